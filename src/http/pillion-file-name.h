/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Names for downloaded files. What a server or a URL proposes becomes a name that stays in its folder, is visible, looks like what it is, and
 * can be copied to any common file system. */

/* The longest name that Linux file systems take, in bytes */
#define PILLION_FILE_NAME_MAX 255

/* A name made from a proposed one, at most @max bytes long with its extension kept; NULL if nothing of it can be used */
char *pillion_file_name_sanitize (const char *proposed,
                                  gsize       max);

/* The name that Content-Disposition proposes (RFC 6266), sanitized; NULL if there is none */
char *pillion_file_name_from_disposition (const char *content_disposition,
                                          gsize       max);

/* The last segment of a URL's path, decoded and sanitized, or `index` for a folder. A name without an extension gets the one that belongs to
 * @content_type, which may be NULL. */
char *pillion_file_name_from_url (GUri       *uri,
                                  const char *content_type,
                                  gsize       max);

/* The name with a number, as in `name (2).ext`, and not longer than @max bytes */
char *pillion_file_name_add_number (const char *name,
                                    guint       number,
                                    gsize       max);

/* Finds a free number that follows a taken one. @taken is the last number known to be taken, 0 for the name
 * without a number. The search tests few numbers however many are taken, so it may miss a gap. Returns 0 if
 * no number is free. */
guint pillion_file_name_find_number (guint    taken,
                                     gboolean (*is_taken) (guint number, gpointer data),
                                     gpointer data);

/* How many of the first @max bytes of @text can be kept without cutting a character of UTF-8 */
gsize pillion_file_name_cut (const char *text,
                             gsize       max);
