/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Cookies that several clients share, and their file: what is behind a PillionHttpCookieJar. For any thread. The memory and the file have a
 * lock each: nothing that holds the lock of the memory waits for the disk, so the I/O thread may use it. */
typedef struct _PillionJar PillionJar;

/* NULL: in memory only */
PillionJar *pillion_jar_new              (GFile                   *file);
PillionJar *pillion_jar_ref              (PillionJar              *self);
void        pillion_jar_unref            (PillionJar              *self);

gboolean    pillion_jar_get_save_session (PillionJar              *self);
void        pillion_jar_set_save_session (PillionJar              *self,
                                          gboolean                 save);

/* Whether the file was read, or there is none */
gboolean    pillion_jar_is_loaded        (PillionJar              *self);

/* Reads the file unless that was done; waits for the disk then. Loads libsoup in any case. The error is one of the file or of libsoup, and the next call tries again. */
gboolean    pillion_jar_load             (PillionJar              *self,
                                          GError                 **error);

/* Writes what changed; waits for the disk */
gboolean    pillion_jar_save             (PillionJar              *self,
                                          GError                 **error);

/* What was wrong with the file, if something in it was not a cookie, or NULL */
GError     *pillion_jar_copy_broken      (PillionJar              *self);

/* The rest is for when libsoup and the file are loaded */

/* As in PillionCookieStore */
char       *pillion_jar_get_header       (PillionJar              *self,
                                          GUri                    *uri);
GPtrArray  *pillion_jar_list             (PillionJar              *self,
                                          GUri                    *uri);

/* Takes what a server says in a Set-Cookie field */
void        pillion_jar_take             (PillionJar              *self,
                                          const char              *set_cookie,
                                          GUri                    *uri);

/* @cookie has to be valid */
void        pillion_jar_add              (PillionJar              *self,
                                          const PillionHttpCookie *cookie);
gboolean    pillion_jar_remove           (PillionJar              *self,
                                          const PillionHttpCookie *cookie);
void        pillion_jar_clear            (PillionJar              *self);
