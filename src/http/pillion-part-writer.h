/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-part-file.h"

/* What follows the writing of a part file and would hold up the I/O thread: computing the digest, and seeing that the disk
 * gets what was written, so that at the end there is little left to wait for. It runs on a worker, one step at a time. */
typedef struct
{
  PillionPartFile *part;
  char *wanted;       /* the digest that is to come out, or NULL */
  const char *digest_name;
  GChecksum *checksum;
  guint8 *buffer;
  gint64 until;           /* how far this step goes */
  gint64 received;        /* how many bytes there are in all */
  PillionRangeSet pieces; /* where those after @until are */
  gint64 hashed;
  gint64 pushed;      /* how many the disk was asked to write */
  gint64 saved;       /* how many it has for sure */
  gboolean last;      /* whether this step ends with the file in its place */
  gboolean stop;      /* atomic: the step is to end soon */

  /* What the last step says */
  gboolean committed; /* the part file is gone, and the target is there */
  GError *error;
} PillionPartWriter;

/* @wanted is NULL or a valid digest in lower case. What the part file has from @from on is yet to come. */
void     pillion_part_writer_init   (PillionPartWriter *self,
                                     PillionPartFile   *part,
                                     const char        *wanted);

/* Goes on with a digest that was computed up to @hashed earlier; @checksum is taken. Only if it is of what the part file still has. */
void     pillion_part_writer_adopt  (PillionPartWriter *self,
                                     GChecksum         *checksum,
                                     gint64             hashed);
void     pillion_part_writer_clear  (PillionPartWriter *self);

/* Whether a step is worth its while */
gboolean pillion_part_writer_is_due (PillionPartWriter *self);

/* Sets how far the next step goes: as far as the part file does now */
void     pillion_part_writer_prepare (PillionPartWriter *self);

/* Takes the step; on a worker */
void     pillion_part_writer_step   (PillionPartWriter *self);
