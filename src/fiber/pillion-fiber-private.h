/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "fiber/pillion-sanitizer.h"
#include "fiber/pillion-stack.h"
#include "fiber/pillion-switch.h"
#include "task/pillion-task-private.h"

typedef struct _PillionFiber PillionFiber;

typedef enum
{
  PILLION_FIBER_NEW,
  PILLION_FIBER_RUNNING,
  PILLION_FIBER_AWAITING,
  PILLION_FIBER_YIELDING,
  PILLION_FIBER_SLEEPING,
  PILLION_FIBER_ENDED,
} PillionFiberState;

/* A function that works on a task, on a stack of its own. It has a reference to the task until the function has returned.
 *
 * tools/gdb/pillion-fibers.py reads some of this. */
struct _PillionFiber
{
  PillionTaskBody body;    /* the fiber's task is cancelled if its told flag is set */

  /* Everything that a switch touches is kept together, and nothing of it is in the task: with many fibers, all of this is cold */
  PillionCore *core;
  PillionFiberState state;
  guint giving_up : 1;     /* whether the awaited task was cancelled because the fiber was */
  guint delivered : 1;     /* whether the awaited task is done */
  guint unhooked : 1;      /* whether the done callback is being removed */
  guint guarded : 1;       /* the stack */
  guint await_id;
  PillionTask *awaited;    /* no reference: the loop keeps it while it is pending */

  PillionSwitch here;      /* where it continues, */
  PillionSwitch back;      /* and where its resumer continues */
  PillionStack *stack;     /* NULL before it first runs, and when it has ended */
  PillionFiber *resumer;   /* the fiber that resumed it, if any */
  guint depth;             /* how deep in kicks and run-untils, */
  int main_depth;          /* and in GLib's dispatches, the thread was then */

  PillionTimer timer;      /* its turn: the first, one after a yield, or the end of a sleep */
  PillionFiberFunc func;
  gpointer data;
  GDestroyNotify destroy;
  gsize stack_size;

  PillionSanitizerSide side;
  PillionSanitizerSide back_side;
};

/* The fiber that runs on this thread, or NULL */
extern __thread PillionFiber *pillion_fiber_current __attribute__ ((tls_model ("initial-exec")));

static inline gboolean
pillion_fiber_is_cancelled (PillionFiber *self)
{
  return __atomic_load_n (&self->body.told, __ATOMIC_SEQ_CST);
}

/* Whether the running fiber called this itself, rather than a loop or a context that it runs */
static inline gboolean
pillion_fiber_is_innermost (PillionFiber *self)
{
  return self->depth == pillion_core_thread_depth && self->main_depth == g_main_depth ();
}

/* Stops the running fiber until pillion_fiber_resume () */
static inline void
pillion_fiber_park (PillionFiber *self,
                    PillionFiberState state)
{
  self->state = state;
  pillion_sanitizer_leave (&self->side, &self->back_side, FALSE);
  pillion_switch_to (&self->here, &self->back);
  pillion_sanitizer_enter (&self->back_side, &self->side);
}

/* Continues the fiber. It, and its task, may be gone afterwards. */
void          pillion_fiber_resume     (PillionFiber      *self);

/* The loop is closed: the fiber never continues */
void          pillion_fiber_abandon    (PillionFiber      *self);

/* The fiber was cancelled while it was parked: it gives up what it awaits. In pillion-fiber-await.c. */
void          pillion_fiber_give_up    (PillionFiber      *self);
