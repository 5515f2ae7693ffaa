/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-part-record.h"
#include "http/pillion-target.h"

/* Identifies an open file */
typedef struct
{
  guint64 device;
  guint64 inode;
} PillionFileId;

/* The part file: what has arrived of a download, in the folder of its target, with a record of what it is a
 * part of. It is hidden, and locked while it is open, so that nothing else writes to it, in this process or
 * another. Only files that a record vouches for are touched. If another file happens to have the name, it
 * stays as it is, and another name is used. A part file belongs to one thread at a time. Errors name the
 * target, because that is what the user knows. */
typedef struct
{
  PillionTarget *target; /* not owned */
  char *name;            /* in the target's folder */
  char *record_name;
  char *url;             /* without user and password */
  int fd;
  PillionFileId id;
  gint64 size;           /* how much of the beginning is good */
  PillionRangeSet pieces; /* what else is good, if the record allows holes */
  gint64 modified_usec;  /* when the last byte was written, once all have arrived */
  gboolean spoiled;      /* by another program: nothing in it is good any more */
  gboolean doubtful;     /* whether only the first `safe` bytes of the record are good */
  gboolean named;        /* whether the names of the file and its record are certainly on the disk */
  gboolean dated;        /* whether the file gets the time @date, in s since the epoch */
  gint64 date;
  gboolean remembers;    /* whether the file itself remembers where it came from: @url and these, which are
                          * NULL or not owned */
  const char *origin_source;
  const char *origin_etag;
  const char *origin_last_modified;
  PillionPartRecord record;
} PillionPartFile;

/* Opens or makes the part file for @base in the folder of @target, which has to outlive it. Its content is
 * kept if it came from @url and can be continued. Fails with G_IO_ERROR_EXISTS while another download has it
 * open: then @busy is set to its identity. */
PillionPartFile *pillion_part_file_open          (PillionTarget   *target,
                                                  const char      *base,
                                                  const char      *url,
                                                  PillionFileId   *busy,
                                                  GError         **error);

/* Closes it. Keeps the file if @keep is TRUE and it can be continued; otherwise deletes it. */
void             pillion_part_file_close         (PillionPartFile *self,
                                                  gboolean         keep);

/* Whether there is something that a later request can continue */
gboolean         pillion_part_file_can_continue  (PillionPartFile *self);

/* The offset to request; 0 if there is nothing to continue. It may be one byte less than what is there,
 * because an empty range can't be requested. */
gint64           pillion_part_file_get_offset    (PillionPartFile *self);

/* The value for If-Range */
const char      *pillion_part_file_get_validator (PillionPartFile *self);

/* Forgets everything, and records what comes next from @source. Validators that are not strong are NULL. */
gboolean         pillion_part_file_begin         (PillionPartFile *self,
                                                  const char      *source,
                                                  const char      *etag,
                                                  const char      *last_modified,
                                                  const char      *name,
                                                  gint64           length,
                                                  GError         **error);

/* Continues at @offset, which must be within or right after the good beginning */
gboolean         pillion_part_file_continue      (PillionPartFile *self,
                                                  gint64           offset,
                                                  GError         **error);

/* Allows holes from now on, so that it can be written to anywhere. Its length has to be known, and no worker
 * may be using it. */
gboolean         pillion_part_file_allow_holes   (PillionPartFile *self,
                                                  GError         **error);

/* Records that what follows may be of another version, which a digest will tell. Later attempts can't
 * continue it then. */
gboolean         pillion_part_file_mix           (PillionPartFile *self,
                                                  GError         **error);

/* Writes at @offset. Without holes, that is the end. */
gboolean         pillion_part_file_write         (PillionPartFile *self,
                                                  gint64           offset,
                                                  const guint8    *bytes,
                                                  gsize            length,
                                                  GError         **error);

/* How many bytes are good, wherever they are */
gint64           pillion_part_file_get_received  (PillionPartFile *self);

/* Records that the first @size bytes and @pieces are there, if the record allows holes. If that fails, the record says less, which is just as true.
 * On a worker, while the I/O thread writes. */
void             pillion_part_file_note          (PillionPartFile       *self,
                                                  gint64                 size,
                                                  const PillionRangeSet *pieces);

/* Waits until the first @size bytes and @pieces are on the disk, and records that. On a worker, while the I/O
 * thread writes. */
gboolean         pillion_part_file_save          (PillionPartFile       *self,
                                                  gint64                 size,
                                                  const PillionRangeSet *pieces,
                                                  GError               **error);

/* Notes that everything has arrived, so that later changes by other programs are noticed */
gboolean         pillion_part_file_seal          (PillionPartFile *self,
                                                  GError         **error);

/* Waits until everything is on the disk, and moves the file to the target in one step, which frees the part
 * file. On failure it stays. If the existing file is to stay, the part file is deleted. */
gboolean         pillion_part_file_commit        (PillionPartFile *self,
                                                  GError         **error);

/* Makes the error for a part file that another program changed; nothing in it is good any more */
void             pillion_part_file_spoil         (PillionPartFile *self,
                                                  GError         **error);
