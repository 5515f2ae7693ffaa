/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Cookies that several clients share, and their file: the inside of a PillionHttpCookieJar. For any thread.
 * The memory and the file have a lock each: nothing that holds the memory's lock waits for the disk, so the
 * I/O thread may use it. */
typedef struct _PillionJar PillionJar;

/* NULL: in memory only */
PillionJar *pillion_jar_new              (GFile                   *file);
PillionJar *pillion_jar_ref              (PillionJar              *self);
void        pillion_jar_unref            (PillionJar              *self);

gboolean    pillion_jar_get_save_session (PillionJar              *self);
void        pillion_jar_set_save_session (PillionJar              *self,
                                          gboolean                 save);

/* Whether the file has been read, or there is none */
gboolean    pillion_jar_is_loaded        (PillionJar              *self);

/* Reads the file unless that was done, which waits for the disk. Always loads libsoup. The error is about the
 * file or libsoup, and the next call tries again. */
gboolean    pillion_jar_load             (PillionJar              *self,
                                          GError                 **error);

/* Writes the changes, which waits for the disk */
gboolean    pillion_jar_save             (PillionJar              *self,
                                          GError                 **error);

/* The error if something in the file was not a cookie, or NULL */
GError     *pillion_jar_copy_broken      (PillionJar              *self);

/* The rest can be called once libsoup and the file are loaded */

/* As in PillionCookieStore */
char       *pillion_jar_get_header       (PillionJar              *self,
                                          GUri                    *uri);
GPtrArray  *pillion_jar_list             (PillionJar              *self,
                                          GUri                    *uri);

/* Adds the cookie of a server's Set-Cookie field */
void        pillion_jar_take             (PillionJar              *self,
                                          const char              *set_cookie,
                                          GUri                    *uri);

/* @cookie has to be valid */
void        pillion_jar_add              (PillionJar              *self,
                                          const PillionHttpCookie *cookie);
gboolean    pillion_jar_remove           (PillionJar              *self,
                                          const PillionHttpCookie *cookie);
void        pillion_jar_clear            (PillionJar              *self);
