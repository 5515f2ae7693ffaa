/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/stat.h>

#include <gio/gio.h>

#include "http/pillion-range-set.h"

/* A part file is called `.TARGET.pillion-part`, its record has one more suffix */
#define PILLION_PART_SUFFIX ".pillion-part"
#define PILLION_PART_RECORD_SUFFIX ".info"

/* The record is written here first, and renamed when it is complete */
#define PILLION_PART_DRAFT_SUFFIX "~"

/* If the name of the target is not known yet, this many hexadecimal digits of the URL's digest stand for it */
#define PILLION_PART_DIGEST_LENGTH 32

/* What a part file is a part of, recorded in a small file beside it. The part file is touched only if the
 * record vouches for it. */
typedef struct
{
  char *url;           /* without user and password */
  char *source;        /* where its bytes came from, which may be a mirror or the target of a redirect:
                        * validators are useful only there */
  char *etag;          /* strong, or NULL */
  char *last_modified; /* strong, or NULL */
  char *name;          /* the name that the server gave, or NULL: it may not repeat the name with the rest */
  gint64 length;       /* of the whole, or -1 if unknown */
  gint64 safe;         /* how many bytes of the beginning are certainly on the disk */
  gboolean mixed;      /* parts of it came from other URLs, and only a digest can tell whether they fit
                        * together */
  gboolean trusted;    /* whether data that the kernel has yet to write counts too, as it does until the
                        * machine restarts */
  gint64 left_size;    /* how the part was left, so that changes by other programs are noticed; while it is
                        * written to, and */
  gint64 left_usec;    /* after a crash, that is not known: 0. When it was last changed, in µs since the epoch */
  gsize plain_size;    /* the length of the file that says all this except how the part was left, or 0 if none
                        * does */

  /* A part that several connections write to has its full length from the start, and holes, so its size tells
   * nothing */
  gboolean holey;
  gint64 size;                 /* how many bytes of the beginning are there */
  PillionRangeSet pieces;      /* what else there is */
  PillionRangeSet safe_pieces; /* which of these are certainly on the disk */
} PillionPartRecord;

typedef enum
{
  PILLION_PART_RECORD_NONE,    /* there is none */
  PILLION_PART_RECORD_OURS,
  PILLION_PART_RECORD_LOST,    /* it is ours, but a crash of the machine has taken what it said, or some of it */
  PILLION_PART_RECORD_FOREIGN, /* the name belongs to something that this library did not write */
  PILLION_PART_RECORD_FAILED,  /* it can't be read now; errno tells why */
} PillionPartRecordState;

/* Whether @info describes a file that only our user can have made: a regular file with one name */
gboolean               pillion_part_is_ours       (const struct stat       *info);

/* Whether a file could not be opened because it is not one of ours, rather than for lack of descriptors or
 * memory */
gboolean               pillion_part_is_other_file (int                      errsv);

/* Whether a response with these validators, either of which may be NULL, can be of the same version */
gboolean               pillion_part_record_is_of  (const PillionPartRecord *self,
                                                   const char              *etag,
                                                   const char              *last_modified);

/* @folder is a descriptor. @self is zero, and says nothing afterwards unless the record is ours. */
PillionPartRecordState pillion_part_record_load   (PillionPartRecord       *self,
                                                   int                      folder,
                                                   const char              *name);

/* Replaces the record in one step. Returns FALSE and sets errno on failure. */
gboolean               pillion_part_record_save   (PillionPartRecord       *self,
                                                   int                      folder,
                                                   const char              *name);

/* The same, and the record that was there is lost only if the new one is on the disk */
gboolean               pillion_part_record_save_synced
                                                  (PillionPartRecord       *self,
                                                   int                      folder,
                                                   const char              *name);

/* Adds how the part was left to a record that says everything else. That costs much less than replacing it: many downloads may be cancelled
 * together. A crash in between leaves the record as it was. Returns FALSE if the record has to be saved. */
gboolean               pillion_part_record_add_left
                                                  (PillionPartRecord       *self,
                                                   int                      folder,
                                                   const char              *name);

/* Adds @size and @pieces in the same way, again and again. A crash of the machine may take what was added, but nothing else. */
gboolean               pillion_part_record_add_pieces
                                                  (PillionPartRecord       *self,
                                                   int                      folder,
                                                   const char              *name);
void                   pillion_part_record_clear  (PillionPartRecord       *self);
