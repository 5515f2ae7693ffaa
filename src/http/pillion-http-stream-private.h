/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-call.h"
#include "http/pillion-line-reader.h"
#include "http/pillion-ring.h"

typedef struct _PillionJsonRead PillionJsonRead;
typedef struct _PillionLineRead PillionLineRead;

struct _PillionHttpStream
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionCall *call;
  PillionRing *ring;
  PillionHttpResponse *response;
  char *name; /* of the tasks */
  GWeakRef last_read; /* the task of the last read that had to wait */
  PillionLineReader lines;
  gint64 max_line_size;
  PillionLineRead *line_read; /* the one that waits, or NULL */
  GQueue unwanted_lines;      /* that were read, but that nobody received */
  guint n_lines;              /* that were read */
  PillionJsonRead *json_read; /* the one whose line is being parsed on a worker, or NULL */
  gpointer json_waiting;      /* for a reader of JSON that waits for a line, or NULL */
  gboolean closed;
};

/* On the I/O thread. Takes the response, and references to the rest. */
PillionHttpStream *pillion_http_stream_new (PillionLoop         *loop,
                                            PillionCall         *call,
                                            PillionRing         *ring,
                                            PillionHttpResponse *response);

/* The rest is shared by the readers of lines and pieces, on the loop's thread */

/* Makes the task of a read, which has failed already if nothing can be read now */
PillionTask *pillion_http_stream_begin             (PillionHttpStream *self,
                                                    GCancellable      *cancellable);

/* Has @task return the next piece from the network */
void         pillion_http_stream_receive           (PillionHttpStream *self,
                                                    gsize              max,
                                                    PillionTask       *task);

/* Whether a line is being read. A cancelled read doesn't count: the caller need not let the loop run before
 * reading again. */
gboolean     pillion_http_stream_is_reading_line   (PillionHttpStream *self);

/* Puts back a line (transfer full) that nobody received, for the next reader */
void         pillion_http_stream_put_back_line     (PillionHttpStream *self,
                                                    char              *line);

/* Whether a line is being parsed. The line of a read that was cancelled is put back. */
gboolean     pillion_http_stream_is_parsing        (PillionHttpStream *self);

void         pillion_http_stream_return_cancelled  (PillionTask       *task);
gboolean     pillion_http_stream_fail_if_cancelled (PillionTask       *task);
