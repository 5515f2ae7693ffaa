/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "base/pillion-lift.h"
#include "base/pillion-watch.h"

/* How many priorities that are always ready give turns to those below them */
#define PILLION_PUMP_MAX_LEVELS 8

/* Fair, bounded turns of a GMainContext that the calling thread owns.
 *
 * GLib only dispatches what is ready at the highest priority. So does the first turn after a quiet one. If
 * something is ready again, the next turn goes past that priority to the one below, and so on down to the
 * lowest; then it starts over. If several descriptors are ready together, each of them also gets a turn
 * alone. So a source that is always ready can't keep the others from a share of the turns, and a higher
 * priority still gets the larger share.
 *
 * A pump asks the context again each time what it waits for (prepare and query, which make no system call).
 * It goes to the kernel only if the I/O thread's watch has seen something, or if there is no watch. */
typedef struct
{
  GMainContext *context;

  /* What the last look found */
  GPollFD *fds;
  guint n_fds;
  guint n_allocated;
  int max_priority;
  int timeout; /* ms, 0 now, -1 never */
  gboolean prepared;

  PillionWatch *watch;  /* NULL without a watch */
  gboolean must_poll;   /* whether only the kernel knows if a descriptor is ready */
  gboolean always_poll; /* whether to ask it each time, because a virtual clock must not jump past what is ready */
  gboolean changed;     /* whether something was dispatched since the watch last got the set */
  gboolean looking;     /* whether this pump is asking the sources, rather than some other main loop */
  int depth;            /* g_main_depth () of what is being dispatched; 0 between dispatches */
  gint64 last_poll;     /* when the kernel was last asked, coarse µs */

  /* The priorities that were ready in the last turns, highest first */
  int levels[PILLION_PUMP_MAX_LEVELS];
  guint n_levels;
  guint n_next;   /* how many of them the next turn goes past */
  guint n_lifted; /* how many the coming dispatch goes past */
  PillionLift *lifts[PILLION_PUMP_MAX_LEVELS]; /* created when first needed */

  int n_ready;    /* how many descriptors of sources were ready when the kernel was last asked */
  guint n_polls;  /* how often there was more than one */
  int last_fd;    /* which of them was last served alone */
} PillionPump;

/* A cheap clock, in µs, up to PILLION_COARSE_USEC behind the monotonic one */
#define PILLION_COARSE_USEC 20000
gint64   pillion_coarse_time    (void);

void     pillion_pump_init      (PillionPump      *self,
                                 GMainContext     *context);
void     pillion_pump_clear     (PillionPump      *self);

/* Makes the I/O thread watch from now on; @func and @hold are those of pillion_watch_new () */
void     pillion_pump_watch     (PillionPump      *self,
                                 PillionWatchFunc  func,
                                 PillionWatchFunc  hold,
                                 gpointer          data);
void     pillion_pump_unwatch   (PillionPump      *self);

/* Asks the context what it waits for, without dispatching. Returns whether a turn is wanted now. */
gboolean pillion_pump_look      (PillionPump      *self);

/* Whether the context has work now, or polls descriptors other than its own wake-up and @n_known more; makes
 * no system call */
gboolean pillion_pump_has_others (PillionPump     *self,
                                  guint            n_known);

/* Asks the context when it will have work without a descriptor: in ms, 0 now, -1 never. What a watch has seen
 * is work now. */
int      pillion_pump_get_timeout (PillionPump    *self);

/* Dispatches what is ready, as described above. After descriptors, it also dispatches what needs none, so
 * that sockets that are always readable don't starve idle work. Returns how many rounds that took, 0 if
 * nothing was ready. */
guint    pillion_pump_turn      (PillionPump      *self);

/* At the end of a kick with nothing ready, gives the watch what the last look found */
void     pillion_pump_settle    (PillionPump      *self);

/* Sleeps until a descriptor is ready, the context wants a turn, g_main_context_wakeup () is called, or
 * @timeout_usec is over (-1: never) */
void     pillion_pump_wait      (PillionPump      *self,
                                 gint64            timeout_usec);

/* The two halves of a blocking iteration. The first sleeps like pillion_pump_wait () but always polls; the
 * second dispatches what it found, as fairly as a turn, and returns whether there was anything. */
void     pillion_pump_poll      (PillionPump      *self,
                                 gint64            timeout_usec);
gboolean pillion_pump_dispatch  (PillionPump      *self);

/* Whether this pump dispatches what is being dispatched now, rather than a main loop inside it */
static inline gboolean
pillion_pump_is_dispatching (PillionPump *self)
{
  return self->depth > 0 && self->depth == g_main_depth ();
}
