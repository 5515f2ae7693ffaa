/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion/pillion.h>

#include "base/pillion-inbox.h"
#include "base/pillion-io-thread.h"
#include "base/pillion-live-list.h"
#include "base/pillion-pump.h"
#include "base/pillion-ready-queue.h"
#include "base/pillion-timer-heap.h"
#include "base/pillion-workers.h"

/* What the rooms below the loop know of it: its ready queue, its timers, the pump of its context, and what is alive.
 * Every PillionLoop begins with one. Unless a line says otherwise, all of it belongs to the loop's thread. */
struct _PillionCore
{
  GObject parent_instance;

  GMainContext *context;
  gconstpointer thread; /* what pillion_core_this_thread () gives on the loop's */

  PillionInbox inbox; /* any thread pushes */
  PillionReadyQueue ready;
  PillionReadyQueue later; /* ready as well, but not before the next kick */
  PillionReadyQueue held;  /* ready as well, but not before a safe point; each counts as a call */
  guint turn;              /* counts the kicks, and the stretches of a run-until */
  PillionReadyQueue spare; /* the items of what is over and kept to be used again: never run, and dropped with the rest */
  PillionTimerHeap timers;
  PillionPump pump;

  PillionLiveList live; /* of the tasks' links */
  guint n_calls;   /* calls and timers of call_soon () and call_later () that have not run */
  guint n_holds;
  int n_external;  /* atomic: how many tasks another thread will finish */
  gboolean own_clock;     /* whether the host's clock is not the monotonic one */
  gboolean virtual_clock; /* whether it moves only when it is told to */
  guint depth;     /* how many kicks and run-untils are on the stack */
  gint64 deadline; /* when the work of the innermost of them is to stop, monotonic; 0 outside of such work */
  guint n_barred;  /* how many regions forbid to call anything */
  guint n_unsafe;  /* how many regions there are, and run-untils that a callback called: at 0 it is a safe point */
  guint n_entered; /* atomic: how many threads are in here that may hold no reference */
  gboolean rung;   /* atomic: whether the wake was given since the last kick, or a kick is running */
  gboolean closing; /* whether nothing new is begun any more */
  gboolean closed; /* atomic: what is pushed from now on is dropped */
  gboolean forked; /* whether this is the child of a fork (), and the loop the parent's; it is closed then */

  PillionWorkers *workers;
  guint max_workers;

  PillionLiveList scopes;  /* of the links of those that are open */
  GHashTable *scope_names; /* name → scope; made when first wanted */
};

/* What the loop does for the rooms below it, beyond its public functions: src/loop/ has it */

/* Something lives again: the hook is wanted */
void     pillion_loop_busy       (PillionLoop *self);

/* Ends the sleep of whatever kicks, on any thread, and leaves the core: the loop may be gone when it returns */
void     pillion_loop_wake       (PillionLoop *self);

/* For scopes. Works and sleeps until @is_over says so, the loop is closed, nothing may be called any more, or @timeout_usec is over
 * (less than 0: never). Returns FALSE, with an error, if it can't work at all. */
gboolean pillion_loop_run_until  (PillionLoop *self,
                                  gboolean   (*is_over) (PillionLoop *loop,
                                                         gpointer     data),
                                  gpointer     data,
                                  GTimeSpan    timeout_usec,
                                  GError     **error);

/* For tasks */
void     pillion_loop_list_task            (PillionLoop  *self,
                                            PillionTask  *task,
                                            gboolean      lives);
void     pillion_loop_emit_task_added      (PillionLoop  *self,
                                            PillionTask  *task);
void     pillion_loop_emit_task_done       (PillionLoop  *self,
                                            PillionTask  *task);
void     pillion_loop_emit_unhandled_error (PillionLoop  *self,
                                            PillionTask  *task,
                                            const GError *error);
gboolean pillion_loop_hears_unhandled      (PillionLoop  *self); /* whether anybody is connected to that signal */

static inline PillionCore *
pillion_core (PillionLoop *loop)
{
  return (PillionCore *) loop;
}

static inline PillionLoop *
pillion_core_loop (PillionCore *self)
{
  return (PillionLoop *) self;
}

/* Tells threads apart, at a tenth of what g_thread_self () costs: each has this at an address of its own */
extern __thread char pillion_core_thread_mark __attribute__ ((tls_model ("initial-exec")));

/* How many kicks and run-untils, of whatever loops, are on this thread's stacks and run */
extern __thread guint pillion_core_thread_depth __attribute__ ((tls_model ("initial-exec")));

static inline gconstpointer
pillion_core_this_thread (void)
{
  return &pillion_core_thread_mark;
}

static inline gboolean
pillion_core_on_thread (PillionCore *self)
{
  return self->thread == pillion_core_this_thread ();
}

/* Around what runs items */
static inline void
pillion_core_begin_work (PillionCore *self)
{
  self->depth++;
  pillion_core_thread_depth++;
}

static inline void
pillion_core_end_work (PillionCore *self)
{
  self->depth--;
  pillion_core_thread_depth--;
}

/* Who pushes from another thread has no reference of its own: what it pushes may be delivered, and the loop finalized, before it has
 * rung. So the loop is not freed while somebody is in here. No code of the user's runs between the two. */
static inline void
pillion_core_enter (PillionCore *self)
{
  __atomic_add_fetch (&self->n_entered, 1, __ATOMIC_SEQ_CST);
}

static inline void
pillion_core_leave (PillionCore *self)
{
  __atomic_sub_fetch (&self->n_entered, 1, __ATOMIC_SEQ_CST);
}

void   pillion_core_wait_until_left (PillionCore *self);

/* What the error says when something is asked of a loop that is closed; translated */
const char *pillion_core_describe_closed (PillionCore *self);

/* The context is set already */
void   pillion_core_init  (PillionCore          *self);

/* Drops what is queued and the timers, unrun */
void   pillion_core_drop_all (PillionCore       *self);
void   pillion_core_clear (PillionCore          *self);

/* Puts an item at the end of the ready queue, from any thread. Items of one thread keep their order. */
void   pillion_core_push  (PillionCore          *self,
                           PillionItem          *item);

/* The same for the loop's own thread */
void   pillion_core_push_local (PillionCore     *self,
                                PillionItem     *item);

/* From inside a kick: makes an item ready when that has ended */
static inline void
pillion_core_push_later (PillionCore *self,
                         PillionItem *item)
{
  pillion_ready_queue_push (&self->later, item);
}

/* Puts an item aside until the next safe point, uncounted as ready */
void   pillion_core_hold  (PillionCore          *self,
                           PillionItem          *item);

/* Where this is a safe point: makes ready what was held, before what is ready already and in its order */
void   pillion_core_let_held_go (PillionCore    *self);

/* Makes the timer's item ready at @due */
void   pillion_core_add_timer    (PillionCore  *self,
                                  PillionTimer *timer,
                                  gint64        due);

/* Ends the sleep of whatever kicks, once between two kicks; any thread */
void   pillion_core_ring  (PillionCore          *self);

/* The same for a caller that has entered the core: this leaves it */
void   pillion_core_ring_entered (PillionCore   *self);

/* Says that something lives again, so that the hook is wanted */
void   pillion_core_busy  (PillionCore          *self);

gint64 pillion_core_now   (PillionCore          *self);

/* Moves what other threads pushed and the timers that are due into the ready queue. Returns whether anything is ready. */
gboolean pillion_core_gather (PillionCore       *self);

/* Whether pillion_core_gather () would return TRUE; if no timer is near, a coarse clock is all it reads */
gboolean pillion_core_has_ready (PillionCore    *self);

/* The workers, made when first wanted; NULL once the loop is closed */
PillionWorkers *pillion_core_get_workers (PillionCore *self);

/* A time after another one, where neither is negative; never past the end of time */
static inline gint64
pillion_add_time (gint64 time,
                  gint64 span)
{
  return span > G_MAXINT64 - time ? G_MAXINT64 : time + span;
}

/* Counts a task that another thread will finish, so that a virtual clock waits for it; any thread. @change is 1, and -1 after
 * the task was finished: never before, or it would be lost from sight for a moment. */
static inline void
pillion_core_external (PillionCore *self,
                       int          change)
{
  __atomic_add_fetch (&self->n_external, change, __ATOMIC_SEQ_CST);
}
