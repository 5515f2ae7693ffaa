/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cookie-store.h"

/* Cookies on disk, in the format of Netscape's cookies.txt, which curl, wget, yt-dlp and Python's http.cookiejar read and write. These
 * functions wait for the disk, and for other processes. */

/* What changed since the file was read or written */
typedef struct
{
  gboolean cleared;    /* everything that was there is removed */
  GHashTable *cookies; /* set and removed ones, each its own key; NULL while there is none */
} PillionCookieChanges;

/* Says that a cookie was set, or removed: if it has expired */
void       pillion_cookie_changes_add      (PillionCookieChanges       *self,
                                            const PillionHttpCookie    *cookie);
gboolean   pillion_cookie_changes_is_empty (const PillionCookieChanges *self);
void       pillion_cookie_changes_clear    (PillionCookieChanges       *self);

/* Moves later changes into @self */
void       pillion_cookie_changes_merge    (PillionCookieChanges       *self,
                                            PillionCookieChanges       *later);

/* Puts the changes into a store */
void       pillion_cookie_changes_apply    (const PillionCookieChanges *self,
                                            PillionCookieStore         *store);

/* Adds what is in the file to a store. There may be no file. If something in it is not a cookie, the file is renamed, one with the rest is
 * written, and *@broken is an error that says so. */
gboolean   pillion_cookie_file_read        (const char                 *path,
                                            PillionCookieStore         *store,
                                            GError                    **broken,
                                            GError                    **error);

/* Applies changes to what is in the file by now, and replaces the file with that in one step. What it contains then is added to @store. */
gboolean   pillion_cookie_file_update      (const char                 *path,
                                            const PillionCookieChanges *changes,
                                            gboolean                    with_session,
                                            PillionCookieStore         *store,
                                            GError                    **broken,
                                            GError                    **error);
