/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Finds out how many connections are worth having for one download: there are more of them as long as the rate grows by what they should bring,
 * and those that bring nothing are given up. If one is enough, it stays so. */
typedef struct
{
  guint n;       /* how many there should be */
  guint max;
  gboolean settled;

  gboolean based; /* there is something to compare with */
  guint n_best;  /* the largest number that was worth it, and what it brought, in bytes per second */
  double best;
  double before; /* the rate that was measured before, or -1 */
  guint n_doubts; /* measurements of the current number that were not good enough */
  guint factor;  /* by which the number grows next */
  gboolean waiting;   /* for new connections */
  gboolean measuring;
  gint64 since;       /* when this began */
  gint64 retry_at;    /* when to try more again, or 0 */
  guint n_retries;
} PillionClimb;

/* What is seen of the download, all connections together */
typedef struct
{
  gint64 now;
  guint n_ready;       /* connections on which something comes */
  double rate;         /* bytes per second since the last measurement began, or -1 if it can't be told yet */
  gint64 left;         /* bytes that have not come */
  gboolean disk_bound; /* whether the time goes into writing */
} PillionClimbView;

void     pillion_climb_init  (PillionClimb           *self,
                              guint                   max,
                              gint64                  now);

/* To be called every PILLION_CLIMB_STEP µs until it has settled, and now and then after that. Returns whether a new measurement begins. */
gboolean pillion_climb_step  (PillionClimb           *self,
                              const PillionClimbView *view);

/* There can't be more than @n */
void     pillion_climb_limit (PillionClimb           *self,
                              guint                   n);

#define PILLION_CLIMB_STEP 50000
