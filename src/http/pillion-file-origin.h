/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"

/* Tells the version of a downloaded file: from an extended attribute with the server's validators, which is
 * valid only as long as the file has the size and the time that it was written with, or else from its time
 * and size alone. */
typedef struct
{
  char *name;          /* which file it is, or NULL before one is loaded */
  gboolean exists;     /* whether there is a file; if not, the rest means nothing */
  gboolean recorded;   /* whether the attribute vouches for the validators */
  char *source;        /* the digest of what had these validators; NULL if nothing is recorded */
  char *etag;          /* of any kind, or NULL */
  char *last_modified; /* what the server said, or the file's time; NULL if that can't be written as a date */
  gint64 modified;     /* the file's time, in s since the epoch */
  gint64 size;
} PillionFileOrigin;

/* Loads what the file @name in @folder, a descriptor, tells, if it came from @url. Does nothing the second
 * time. Only a regular file counts. */
void     pillion_file_origin_load  (PillionFileOrigin *self,
                                    int                folder,
                                    const char        *name,
                                    const char        *url);
void     pillion_file_origin_clear (PillionFileOrigin *self);

/* Adds the fields that make @source send only another version than the one that is there. An entity tag means
 * nothing to another source. Returns FALSE if the version is unknown. */
gboolean pillion_file_origin_add_conditions (const PillionFileOrigin *self,
                                             const char              *source,
                                             PillionFieldList        *fields);

/* Records the validators from @source, which may be NULL, on the open file @fd. A file system without such
 * attributes is no error. */
void     pillion_file_origin_save  (int                fd,
                                    const char        *url,
                                    const char        *source,
                                    const char        *etag,
                                    const char        *last_modified);

/* Whether a response of @source with these fields (NULL or -1 if absent) has the version that is there */
gboolean pillion_file_origin_matches (const PillionFileOrigin *self,
                                      const char              *source,
                                      const char              *etag,
                                      const char              *last_modified,
                                      gint64                   length);
