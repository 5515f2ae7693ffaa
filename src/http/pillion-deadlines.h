/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "core/pillion-private.h"

/* For g_dngettext (): how many seconds a message says. What is not a whole number of them takes a plural. */
static inline gulong
pillion_count_seconds (GTimeSpan time)
{
  return time % G_USEC_PER_SEC == 0 ? (gulong) (time / G_USEC_PER_SEC) : 2;
}

/* The deadlines of all calls, behind one source of the I/O thread's context or one timer of a loop. A
 * deadline that keeps moving, because something keeps arriving, costs nothing when it moves: its function is
 * called at the time that was set, and returns when to check again. */
typedef struct _PillionDeadlines PillionDeadlines;

#define PILLION_DEADLINE_NEVER G_MAXINT64

/* Returns when to call it again, in µs of the clock, or PILLION_DEADLINE_NEVER if the time was up: then it
 * may have freed the deadline */
typedef gint64 (*PillionDeadlineFunc) (gpointer data,
                                       gint64   now);

/* Embedded; zero while it is not set */
typedef struct
{
  PillionTimer timer;
  PillionDeadlineFunc func;
  gpointer data;
  gboolean deferred; /* because the thread was late */
} PillionDeadline;

PillionDeadlines *pillion_deadlines_new        (GMainContext        *context);

/* On the loop's thread, with the loop's clock. The loop has to outlive the deadlines. */
PillionDeadlines *pillion_deadlines_new_in_loop (PillionLoop        *loop);
void              pillion_deadlines_free       (PillionDeadlines    *self);

/* Sets a deadline, or moves it */
void              pillion_deadlines_set        (PillionDeadlines    *self,
                                                PillionDeadline     *deadline,
                                                gint64               due,
                                                PillionDeadlineFunc  func,
                                                gpointer             data);
void              pillion_deadlines_unset      (PillionDeadlines    *self,
                                                PillionDeadline     *deadline);

/* Calls every function soon, because what they depend on has changed */
void              pillion_deadlines_look_again (PillionDeadlines    *self);
