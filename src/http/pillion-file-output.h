/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-part-file.h"
#include "http/pillion-part-writer.h"

/* The part file of a download, and the worker that does the slow part of writing it, one step at a time. Meanwhile more can be written, but anything
 * else has to wait until the worker gives the file back. Embedded. All of it belongs to the I/O thread. */
typedef struct
{
  const char *digest;      /* what the program expects, or NULL; not owned */
  void (*given_back) (gpointer data);
  gpointer data;
  PillionHttpEngine *engine; /* not owned; NULL until the part file is opened */

  PillionPartFile *part;   /* NULL until it is opened, and once it is closed or committed */
  PillionPartWriter writer;
  char *server_digest;     /* what the server says the digest is, if the program says nothing */
  GChecksum *checksum;     /* of what is in the part file, as far as this process has computed it, or NULL */
  gint64 hashed;           /* how far that is */
  gboolean writing;        /* whether the writer was set up */
  gboolean at_work;        /* whether a worker has it */
  gboolean finishing;      /* whether everything has arrived */
  gboolean wants_holes;    /* in the part file, once the worker gives it back */
} PillionFileOutput;

/* @given_back: the worker has done a step. It is called later, never inside one of these functions. */
void     pillion_file_output_init        (PillionFileOutput  *self,
                                          const char         *digest,
                                          void              (*given_back) (gpointer data),
                                          gpointer            data);

/* The part file must have been closed */
void     pillion_file_output_clear       (PillionFileOutput  *self);

/* Opens the part file: see pillion_part_file_open () */
gboolean pillion_file_output_open        (PillionFileOutput  *self,
                                          PillionHttpEngine  *engine,
                                          PillionTarget      *target,
                                          const char         *base,
                                          const char         *url,
                                          PillionFileId      *busy,
                                          GError            **error);

/* Closes the part file, if it is open. @keep: for another attempt to continue, if possible. */
void     pillion_file_output_close       (PillionFileOutput  *self,
                                          gboolean            keep);

/* Whether a digest tells in the end if the parts of the file fit together */
gboolean pillion_file_output_has_digest  (PillionFileOutput  *self);

/* The first response was accepted. @is_coded: the file is what comes of decoding its body. */
void     pillion_file_output_begin       (PillionFileOutput  *self,
                                          const PillionHead  *head,
                                          gboolean            is_coded);

/* What was written is of no use. No worker may have it. */
void     pillion_file_output_reset       (PillionFileOutput  *self);

/* Writes at @offset, and starts a step if one is due. Without holes, that is the end. */
gboolean pillion_file_output_write       (PillionFileOutput  *self,
                                          gint64              offset,
                                          const guint8       *bytes,
                                          gsize               length,
                                          GError            **error);

/* Makes the part file allow holes: pillion_file_output_go_on () tells when it does */
void     pillion_file_output_allow_holes (PillionFileOutput  *self);

/* Everything has arrived, and the part file is sealed: starts the step that puts the file in its place, now or when the worker gives it back */
void     pillion_file_output_finish      (PillionFileOutput  *self);

/* The worker has given the file back without an error: allows holes if they are wanted, and starts the next step if one is due. @has_holes: set to
 * whether holes are allowed since then. */
gboolean pillion_file_output_go_on       (PillionFileOutput  *self,
                                          gboolean           *has_holes,
                                          GError            **error);

/* Ends the step of the worker soon */
void     pillion_file_output_stop        (PillionFileOutput  *self);
