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

/* A function that works on a task, on a stack of its own. It has a reference of the task until the function has returned.
 *
 * tools/gdb/pillion-fibers.py reads some of this. */
struct _PillionFiber
{
  PillionTaskBody body;    /* its told flag is where a fiber checks whether it was cancelled */

  /* What each stop touches is together, and of the task nothing is: among many fibers all of it is cold */
  PillionCore *core;
  PillionFiberState state;
  guint giving_up : 1;     /* whether what is awaited was cancelled, because the fiber was */
  guint delivered : 1;     /* whether what was awaited is done */
  guint unhooked : 1;      /* whether the done callback is being taken back */
  guint guarded : 1;       /* the stack */
  guint await_id;
  PillionTask *awaited;    /* no reference: a task that is pending lives */

  PillionSwitch here;      /* where it goes on, */
  PillionSwitch back;      /* and where its resumer goes on */
  PillionStack *stack;     /* NULL before it first runs, and when it has ended */
  PillionFiber *resumer;   /* the fiber on whose stack that was, if any */
  guint depth;             /* how deep in kicks and run-untils, */
  int main_depth;          /* and in GLib's dispatching, the thread was then */

  PillionTimer timer;      /* its turn: the first, one after a yield, or the end of a sleep */
  PillionFiberFunc func;
  gpointer data;
  GDestroyNotify destroy;
  gsize stack_size;

  PillionSanitizerSide side;
  PillionSanitizerSide back_side;
};

/* The one that runs on this thread */
extern __thread PillionFiber *pillion_fiber_current __attribute__ ((tls_model ("initial-exec")));

static inline gboolean
pillion_fiber_is_cancelled (PillionFiber *self)
{
  return __atomic_load_n (&self->body.told, __ATOMIC_SEQ_CST);
}

/* Whether the fiber, which is the one that runs, has called this itself, and not through a loop or a context that it runs */
static inline gboolean
pillion_fiber_is_innermost (PillionFiber *self)
{
  return self->depth == pillion_core_thread_depth && self->main_depth == g_main_depth ();
}

/* Stops the fiber, which is the one that runs, until pillion_fiber_resume () */
static inline void
pillion_fiber_park (PillionFiber *self,
                    PillionFiberState state)
{
  self->state = state;
  pillion_sanitizer_leave (&self->side, &self->back_side, FALSE);
  pillion_switch_to (&self->here, &self->back);
  pillion_sanitizer_enter (&self->back_side, &self->side);
}

/* Lets it go on. The fiber, and its task, may be gone afterwards. */
void          pillion_fiber_resume     (PillionFiber      *self);

/* The loop is closed: it never goes on */
void          pillion_fiber_abandon    (PillionFiber      *self);

/* The fiber, which is parked, was cancelled: what it awaits is over for it. In pillion-fiber-await.c. */
void          pillion_fiber_give_up    (PillionFiber      *self);
