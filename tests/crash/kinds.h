/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What a victim does, and what it should get: the test and its victims agree on that here */

#define CRASH_MAX_FILES 4
#define CRASH_N_BODIES 40
#define CRASH_N_COOKIES 12

typedef struct
{
  const char *name;
  guint n_victims;     /* at the same time, each with a folder for its files */
  gsize lengths[CRASH_MAX_FILES]; /* of the files it downloads, or 0 */
  gboolean has_digest; /* of the second file */
  gboolean has_old;    /* there is another file in place of the last one, which is to be replaced */
  gboolean is_named_by_server; /* files are downloaded into a folder */
  gboolean is_large;   /* so large that some of it is known to be on the disk before the rest has come. It takes long, and matters only if the power
                        * fails. */
  gboolean is_cut;     /* the server cuts responses off */
  gboolean is_split;   /* the server limits the rate of a connection, so that the download uses several */
  gboolean is_cached;  /* bodies are requested, too, and everything goes through a cache, which the victims share */
  gboolean has_jar;    /* cookies are saved */
} CrashKind;

extern const CrashKind crash_kinds[];
extern const guint crash_n_kinds;

const CrashKind *crash_kind_find (const char      *name);
guint            crash_kind_get_n_files (const CrashKind *self);

/* How many of @n moments are for this kind. There are a few more for the large ones. */
guint            crash_kind_get_share (const CrashKind  *self,
                                       guint             n);

/* @length bytes that are no pattern, other ones for each number. They are never freed. */
const guint8    *crash_content_get  (guint            number,
                                     gsize            length);

/* The body of a version, and whether its version never changes */
const guint8    *crash_body_get     (guint            number,
                                     guint            version,
                                     gsize           *length);
gboolean         crash_body_is_fixed (guint           number);

char            *crash_cookie_get_value (guint        number);
