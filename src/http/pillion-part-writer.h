/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-part-file.h"

/* The slow work of writing a part file, which would hold up the I/O thread: computing the digest, and
 * flushing to the disk, so that little is left to wait for at the end. It runs on a worker, one step at a
 * time. */
typedef struct
{
  PillionPartFile *part;
  char *wanted;       /* the expected digest, or NULL */
  const char *digest_name;
  GChecksum *checksum;
  guint8 *buffer;
  gint64 until;           /* how far this step goes */
  gint64 received;        /* how many bytes there are altogether */
  PillionRangeSet pieces; /* where those after @until are */
  gint64 hashed;
  gint64 pushed;      /* how many are being flushed to the disk */
  gint64 noted;       /* how many the record tells of, if the part file has holes */
  gint64 saved;       /* how many are certainly on the disk */
  gboolean last;      /* whether this step ends with the file in its place */
  gboolean stop;      /* atomic: the step is to end soon */

  /* What the last step says */
  gboolean committed; /* the part file is gone, and the target is there */
  GError *error;
} PillionPartWriter;

/* @wanted is NULL or a valid digest in lower case. */
void     pillion_part_writer_init   (PillionPartWriter *self,
                                     PillionPartFile   *part,
                                     const char        *wanted);

/* Continues a digest of the first @hashed bytes, which the part file must still have; @checksum is taken */
void     pillion_part_writer_adopt  (PillionPartWriter *self,
                                     GChecksum         *checksum,
                                     gint64             hashed);
void     pillion_part_writer_clear  (PillionPartWriter *self);

/* Whether enough was written for another step */
gboolean pillion_part_writer_is_due (PillionPartWriter *self);

/* Sets how far the next step goes: as far as the part file does now. */
void     pillion_part_writer_prepare (PillionPartWriter *self);

/* Takes the step; on a worker */
void     pillion_part_writer_step   (PillionPartWriter *self);
