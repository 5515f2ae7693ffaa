/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Finds out how many connections a download is worth: their number grows as long as the rate grows with it,
 * and connections that bring nothing are given up. If one is enough, it stays at one. */
typedef struct
{
  guint n;       /* how many there should be */
  guint max;
  gboolean settled;

  gboolean based; /* there is a rate to compare with */
  guint n_best;  /* the largest number that was worth it, and what it brought, in bytes per second */
  double best;
  double before; /* the rate that was measured before, or -1 */
  guint n_doubts; /* measurements of the current number that were not good enough */
  guint factor;  /* how much the number grows next */
  gboolean waiting;   /* for new connections */
  gboolean measuring;
  gint64 since;       /* when this began */
  gint64 retry_at;    /* when to try more again, or 0 */
  guint n_retries;
} PillionClimb;

/* What is known of the download, over all connections */
typedef struct
{
  gint64 now;
  guint n_ready;       /* connections that receive something */
  double rate;         /* bytes per second since the last measurement began, or -1 if it is too early to say */
  gint64 left;         /* bytes that have not arrived */
  gboolean disk_bound; /* whether writing takes the time */
} PillionClimbView;

void     pillion_climb_init  (PillionClimb           *self,
                              guint                   max,
                              gint64                  now);

/* Call this every PILLION_CLIMB_STEP µs until it has settled, and now and then after that. Returns whether a
 * new measurement begins. */
gboolean pillion_climb_step  (PillionClimb           *self,
                              const PillionClimbView *view);

/* There can't be more than @n */
void     pillion_climb_limit (PillionClimb           *self,
                              guint                   n);

#define PILLION_CLIMB_STEP 50000
