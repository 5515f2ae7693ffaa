/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"

/* Sends a call's request again after a delay. Embedded; zero before it is used. All of it belongs to the I/O
 * thread. */
typedef struct
{
  PillionCall *call; /* NULL until there is something to wait for */
  PillionDeadline deadline;
  gint64 due;
  guint n; /* how many delays there were since the last success */
} PillionBackoff;

/* How long to wait this time, in µs: twice as long as the last time, up to a limit. It is different for each
 * client of a server that was down, so that they don't all come back at once. */
GTimeSpan pillion_backoff_get_delay (const PillionBackoff *self);

/* Resumes the call after @delay. The caller returns PILLION_VERDICT_WAIT. */
void      pillion_backoff_start     (PillionBackoff       *self,
                                     PillionCall          *call,
                                     GTimeSpan             delay);
void      pillion_backoff_clear     (PillionBackoff       *self);
