/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

struct _PillionHttpDownloadOptions
{
  GObject parent_instance;

  char *digest; /* in lower case, or NULL */
  PillionHttpNameConflict name_conflict;
  gboolean only_if_changed;
  gboolean preserve_time;
  gboolean resume;
  char **mirrors; /* or NULL */
};

gboolean                    pillion_http_download_options_equal (PillionHttpDownloadOptions *self,
                                                                 PillionHttpDownloadOptions *other);

/* Makes a copy that nobody else has, also of NULL */
PillionHttpDownloadOptions *pillion_http_download_options_copy (PillionHttpDownloadOptions *self);
