/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "base/pillion-lift.h"
#include "base/pillion-watch.h"

/* How many priorities that are ready all the time leave turns to those below them */
#define PILLION_PUMP_MAX_LEVELS 8

/* Fair, bounded turns of a GMainContext that the calling thread owns.
 *
 * GLib dispatches what is ready at the highest priority, and nothing else. So does the first turn after a quiet one. If something is ready
 * again, the next turn goes past that priority to the one below, and so on to the lowest; then it begins anew. Of descriptors that are
 * ready together, each has its turn alone as well. So whatever is ready all the time keeps nobody else from a share of the turns, and a
 * higher priority still gets the larger one.
 *
 * A pump asks the context afresh what it waits for (prepare and query, which make no system call), and goes to the kernel
 * only when the I/O thread's watch has seen something, or if there is no watch. */
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

  PillionWatch *watch;  /* NULL while nobody watches */
  gboolean must_poll;   /* whether only the kernel knows if a descriptor is ready */
  gboolean always_poll; /* whether to ask it each time: before a virtual clock jumps, what the watch is about to see has to be seen */
  gboolean changed;     /* whether something was dispatched since the set was last handed to the watch */
  gboolean looking;     /* whether the sources are being asked by this pump, and not by a main loop of somebody else's */
  int depth;            /* g_main_depth () of what is being dispatched; 0 between dispatches */
  gint64 last_poll;     /* when the kernel was last asked, coarse µs */

  /* The priorities that were ready in the last turns, highest first */
  int levels[PILLION_PUMP_MAX_LEVELS];
  guint n_levels;
  guint n_next;   /* how many of them the next turn goes past */
  guint n_lifted; /* how many the dispatch does that is about to come */
  PillionLift *lifts[PILLION_PUMP_MAX_LEVELS]; /* made when first wanted */

  int n_ready;    /* how many descriptors of sources were ready when the kernel was last asked */
  guint n_polls;  /* how often it was more than one */
  int last_fd;    /* which of them was last served alone */
} PillionPump;

/* A clock that costs little, in µs, behind the monotonic one by up to PILLION_COARSE_USEC */
#define PILLION_COARSE_USEC 20000
gint64   pillion_coarse_time    (void);

void     pillion_pump_init      (PillionPump      *self,
                                 GMainContext     *context);
void     pillion_pump_clear     (PillionPump      *self);

/* Lets the I/O thread watch from now on; @func and @hold as in pillion_watch_new () */
void     pillion_pump_watch     (PillionPump      *self,
                                 PillionWatchFunc  func,
                                 PillionWatchFunc  hold,
                                 gpointer          data);
void     pillion_pump_unwatch   (PillionPump      *self);

/* Asks the context what it waits for, without dispatching. Returns whether a turn is wanted now. */
gboolean pillion_pump_look      (PillionPump      *self);

/* Whether the context has work now, or polls descriptors besides its own wake-up and @n_known others; no system call */
gboolean pillion_pump_has_others (PillionPump     *self,
                                  guint            n_known);

/* Asks the context afresh when it will have work without a descriptor: in ms, 0 now, -1 never. If there is a watch, what that has
 * seen is work now. */
int      pillion_pump_get_timeout (PillionPump    *self);

/* Dispatches what is ready, as said above; and after descriptors what needs none, so that sockets that are always readable don't starve
 * idle work. Returns how many rounds of dispatching that took, 0 if nothing was ready. */
guint    pillion_pump_turn      (PillionPump      *self);

/* Hands what the last look found to the watch, when a kick ends with nothing ready */
void     pillion_pump_settle    (PillionPump      *self);

/* Sleeps until a descriptor is ready, the context wants a turn, somebody calls g_main_context_wakeup (), or @timeout_usec
 * is over (-1: never) */
void     pillion_pump_wait      (PillionPump      *self,
                                 gint64            timeout_usec);

/* The two halves of a blocking iteration: the first one sleeps like pillion_pump_wait () but polls in any case, the second one dispatches what
 * that has found, as fairly as a turn. Returns whether that was anything. */
void     pillion_pump_poll      (PillionPump      *self,
                                 gint64            timeout_usec);
gboolean pillion_pump_dispatch  (PillionPump      *self);

/* Whether what is being dispatched now was dispatched by this pump, and not by a main loop inside of that */
static inline gboolean
pillion_pump_is_dispatching (PillionPump *self)
{
  return self->depth > 0 && self->depth == g_main_depth ();
}
