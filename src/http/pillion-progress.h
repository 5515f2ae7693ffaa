/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-engine.h"

/* The progress of a call, in bytes. Reports that come too soon after each other, or after those of the client's other calls, have to wait, because
 * each would wake the host; only the last of them is made. It belongs to the I/O thread. */
typedef struct
{
  PillionHttpEngine *engine; /* outlives it */
  PillionTask *task;         /* NULL once nothing is to be reported any more */
  gint64 next;               /* not before then, in µs */
  gboolean waiting;          /* there is a report to make then: */
  gint64 completed;
  gint64 total;              /* or -1 */
  PillionDeadline deadline;
} PillionProgress;

/* No reference to the task is taken */
void pillion_progress_init   (PillionProgress   *self,
                              PillionHttpEngine *engine,
                              PillionTask       *task);

/* Reports it now, or soon. @total is -1 if it is not known. */
void pillion_progress_set    (PillionProgress   *self,
                              gint64             completed,
                              gint64             total);

/* Reports it now: for the first and the last report */
void pillion_progress_report (PillionProgress   *self,
                              gint64             completed,
                              gint64             total);

/* Makes the report that waits. After this, there are no more. */
void pillion_progress_end    (PillionProgress   *self);
