/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"

/* What a downloaded file says of the version that it is: an extended attribute with the validators of the server, which counts only as long as
 * the file has the size and the time that it had when it was written, and its time and size alone if there is none. */
typedef struct
{
  char *name;          /* which file it is, or NULL before any was looked at */
  gboolean exists;     /* whether there is a file; the rest is only of meaning then */
  gboolean recorded;   /* whether the attribute vouches for the validators */
  char *source;        /* the digest of what had these validators; NULL if nothing is recorded */
  char *etag;          /* of any kind, or NULL */
  char *last_modified; /* what the server said, or the file's time; NULL if that can't be written as a date */
  gint64 modified;     /* the file's time, in s since the epoch */
  gint64 size;
} PillionFileOrigin;

/* Looks at the file @name in @folder, a descriptor, as one from @url, unless that was done before. Only a regular file counts. */
void     pillion_file_origin_load  (PillionFileOrigin *self,
                                    int                folder,
                                    const char        *name,
                                    const char        *url);
void     pillion_file_origin_clear (PillionFileOrigin *self);

/* Adds the fields that ask @source only for a version other than the one that is there. An entity tag means nothing elsewhere. Returns FALSE if
 * nothing is known about that. */
gboolean pillion_file_origin_add_conditions (const PillionFileOrigin *self,
                                             const char              *source,
                                             PillionFieldList        *fields);

/* Records the validators that @source gave, which may be NULL, at the open file @fd. A file system without such attributes is no error. */
void     pillion_file_origin_save  (int                fd,
                                    const char        *url,
                                    const char        *source,
                                    const char        *etag,
                                    const char        *last_modified);

/* Whether a response of @source with these fields, NULL or -1 if there is none, has the version that is there */
gboolean pillion_file_origin_matches (const PillionFileOrigin *self,
                                      const char              *source,
                                      const char              *etag,
                                      const char              *last_modified,
                                      gint64                   length);
