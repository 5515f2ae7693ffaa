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

typedef struct _PillionLoopHandle PillionLoopHandle;

/* What the rooms below the loop know of it: its ready queue, its timers, the pump of its context, and what is
 * alive. Every PillionLoop begins with one. Unless noted otherwise, use it only on the loop's thread. */
struct _PillionCore
{
  GObject parent_instance;

  GMainContext *context;
  gconstpointer thread; /* what pillion_core_this_thread () returns on the loop's thread */

  PillionInbox inbox; /* any thread may push */
  PillionReadyQueue ready;
  PillionReadyQueue later; /* ready, but not before the next kick */
  PillionReadyQueue held;  /* ready, but not before a safe point; each counts as a call */
  guint turn;              /* counts kicks, and stretches of a run-until */
  PillionReadyQueue spare; /* items of ended tasks that are kept for reuse: never run, and dropped with the rest */
  PillionTimerHeap timers;
  PillionPump pump;

  PillionLiveList live; /* of the tasks' links */
  guint n_spare_refs; /* references to the loop that tasks have left for the next ones */
  guint n_calls;   /* calls and timers of call_soon () and call_later () that have not run yet */
  guint n_holds;
  int n_external;  /* atomic: how many tasks another thread will finish; less those that wait for this loop again */
  gboolean own_clock;     /* whether the host's clock is not the monotonic one */
  gboolean virtual_clock; /* whether it moves only when it is told to */
  guint depth;     /* how many kicks and run-untils are on the stack */
  gint64 deadline; /* when the innermost of them has to stop working, monotonic; 0 outside such work */
  guint n_barred;  /* how many regions forbid all calls */
  guint n_unsafe;  /* how many regions there are, plus run-untils that callbacks called; 0 means a safe point */
  guint n_entered; /* atomic: how many threads without a reference may be in here */
  PillionLoopHandle *handle; /* atomic; NULL until it is first asked for */
  gboolean rung;   /* atomic: whether the host was woken since the last kick, or a kick is running */
  gboolean closing; /* whether nothing new is started any more */
  gboolean closed; /* atomic: what is pushed from now on is dropped */
  gboolean forked; /* whether this is the child of a fork () and the loop is the parent's, and so closed */

  PillionWorkers *workers;
  guint max_workers;

  PillionLiveList scopes;  /* of the links of those that are open */
  gboolean scopes_changed; /* whether one of them has another number of live tasks and did not notify yet */
  GHashTable *scope_names; /* name → scope; created when first needed */
};

/* What the loop does for the rooms below it, beyond its public functions. Implemented in src/loop/. */

/* Something is alive again: the hook is wanted */
void     pillion_loop_busy       (PillionLoop *self);

/* From any thread, ends the sleep of whatever kicks, and leaves the core: the loop may be gone when this
 * returns */
void     pillion_loop_wake       (PillionLoop *self);

/* For scopes. Works and sleeps until @is_over returns TRUE, the loop is closed, nothing may be called any
 * more, or @timeout_usec is over (negative: never). Returns FALSE with an error if it can't work at all. */
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
gboolean pillion_loop_hears_unhandled      (PillionLoop  *self); /* whether anything is connected to that signal */

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

/* Identifies the thread, at a tenth of the cost of g_thread_self (): every thread has its own instance at its
 * own address */
extern __thread char pillion_core_thread_mark __attribute__ ((tls_model ("initial-exec")));

/* How many kicks and run-untils, of any loops, are active on this thread's stacks */
extern __thread guint pillion_core_thread_depth __attribute__ ((tls_model ("initial-exec")));

/* g_main_depth () at the place where the innermost of them runs its items, or -1 if it hasn't been asked for yet.
 * Each fiber that is resumed needs it, and it isn't cheap. */
extern __thread int pillion_core_thread_main_depth __attribute__ ((tls_model ("initial-exec")));

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

/* Call these around whatever runs items */
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

/* A task's reference to its loop. In a kick, tasks come and go: one that goes leaves its reference to the next one,
 * which saves two atomic operations for each. pillion_core_drop_spare_refs () is called at the end of the work,
 * while the caller still has a reference. */
static inline PillionLoop *
pillion_core_take_ref (PillionCore *self)
{
  if (self->n_spare_refs == 0)
    return g_object_ref (pillion_core_loop (self));

  self->n_spare_refs--;
  return pillion_core_loop (self);
}

/* On any thread */
static inline void
pillion_core_give_ref (PillionCore *self)
{
  if (pillion_core_on_thread (self) && self->deadline != 0)
    self->n_spare_refs++;
  else
    g_object_unref (pillion_core_loop (self));
}

static inline void
pillion_core_drop_spare_refs (PillionCore *self)
{
  while (self->n_spare_refs > 0)
    {
      self->n_spare_refs--;
      g_object_unref (pillion_core_loop (self));
    }
}

/* Code that pushes from another thread has no reference of its own. What it pushes may be delivered, and the
 * loop finalized, before it has woken the host. So the loop is not freed while a thread is in here. No user
 * code runs between the two calls. */
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

/* The error message for using a closed loop; translated */
const char *pillion_core_describe_closed (PillionCore *self);

/* Whether the calling thread is the loop's; if not, sets @error. For functions that have an error to return. */
gboolean    pillion_core_check_thread    (PillionCore  *self,
                                          GError      **error);

/* The context has to be set before */
void   pillion_core_init  (PillionCore          *self);

/* Drops queued items and timers without running them */
void   pillion_core_drop_all (PillionCore       *self);
void   pillion_core_clear (PillionCore          *self);

/* Puts an item at the end of the ready queue, from any thread. Items from one thread keep their order. */
void   pillion_core_push  (PillionCore          *self,
                           PillionItem          *item);

/* The same for a caller that has entered the core: this leaves it. On the loop's own thread something has to keep
 * the loop. */
void   pillion_core_push_entered (PillionCore   *self,
                                  PillionItem   *item);

/* The same, on the loop's own thread */
void   pillion_core_push_local (PillionCore     *self,
                                PillionItem     *item);

/* Inside a kick: makes an item ready when the kick has ended */
static inline void
pillion_core_push_later (PillionCore *self,
                         PillionItem *item)
{
  pillion_ready_queue_push (&self->later, item);
}

/* Puts an item aside until the next safe point, without counting it as ready */
void   pillion_core_hold  (PillionCore          *self,
                           PillionItem          *item);

/* If this is a safe point: makes the held items ready, in order, before those that are ready already */
void   pillion_core_let_held_go (PillionCore    *self);

/* Makes the timer's item ready at @due */
void   pillion_core_add_timer    (PillionCore  *self,
                                  PillionTimer *timer,
                                  gint64        due);

/* Ends the sleep of whatever kicks, once between two kicks; from any thread */
void   pillion_core_ring  (PillionCore          *self);

/* The same for a caller that has entered the core: this leaves it */
void   pillion_core_ring_entered (PillionCore   *self);

/* Says that something is alive again, so the hook is wanted */
void   pillion_core_busy  (PillionCore          *self);

gint64 pillion_core_now   (PillionCore          *self);

/* Moves what other threads pushed, and timers that are due, into the ready queue. Returns whether anything is
 * ready. */
gboolean pillion_core_gather (PillionCore       *self);

/* Whether pillion_core_gather () would return TRUE; if no timer is near, it only reads a coarse clock */
gboolean pillion_core_has_ready (PillionCore    *self);

/* The workers, created when first needed; NULL once the loop is closed */
PillionWorkers *pillion_core_get_workers (PillionCore *self);

/* The sum of two times that are not negative; never past the end of time */
static inline gint64
pillion_add_time (gint64 time,
                  gint64 span)
{
  return span > G_MAXINT64 - time ? G_MAXINT64 : time + span;
}

/* Counts a task that another thread will finish, so that a virtual clock waits for it; from any thread.
 * @change is 1, and -1 after the task was finished: any earlier, and the clock would not wait for it for a
 * moment. */
static inline void
pillion_core_external (PillionCore *self,
                       int          change)
{
  __atomic_add_fetch (&self->n_external, change, __ATOMIC_SEQ_CST);
}
