/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Shows whether a file changed while it was being sent */
#define PILLION_FILE_STATE_ATTRIBUTES \
  G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC

/* Looks up the size, in bytes, and the time of the last change, in µs since the epoch. May wait for the disk.
 * The error names the file, even if it is not a regular one. */
gboolean pillion_file_state_query      (GFile     *file,
                                        gint64    *size,
                                        gint64    *modified,
                                        GError   **error);

gint64   pillion_file_state_get_modified (GFileInfo *info);

/* Puts the name of the file before the message */
void     pillion_file_state_prefix     (GError   **error,
                                        GFile     *file);
