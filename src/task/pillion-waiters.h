/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-task-private.h"

/* Tasks that stand in line for something, first come, first served: for a permit, for an item, for an event. */

typedef struct _PillionWaiter PillionWaiter;

typedef struct
{
  PillionLiveList line;
} PillionWaiters;

struct _PillionWaiter
{
  PillionTaskBody body;
  PillionLive link;
  PillionWaiters *waiters; /* NULL once it stands in line no more */
  GObject *owner;          /* what has the line; kept as long as somebody stands in it */
  PillionTaskResult item;  /* what it brings, if anything */
  guint64 order;           /* of what it got, if that may have to go back */
};

/* What a class of bodies that begin with a waiter is made of. @func does what is right with what a task got that nobody wants. */
#define PILLION_WAITER_CLASS(func) \
  { \
    .cancelled = pillion_waiter_cancelled, \
    .free = pillion_waiter_free, \
    .unwanted = (func), \
    .abandoned = pillion_waiter_cancelled, \
  }

void           pillion_waiter_cancelled (PillionTaskBody *body);
void           pillion_waiter_free      (PillionTaskBody *body);

/* Makes a task that its caller ends, or puts into a line. If the loop is closed, it has already failed and has no body. */
PillionTask   *pillion_waiter_new       (PillionLoop     *loop,
                                         const char      *name,
                                         gpointer         owner,
                                         const PillionTaskBodyClass *klass);

static inline PillionWaiter *
pillion_waiter_of (PillionTask *task)
{
  return (PillionWaiter *) task->body;
}

/* Puts the task at the end of the line. Cancelled, it leaves. */
void           pillion_waiters_add      (PillionWaiters  *self,
                                         PillionTask     *task);

/* The first that was not asked to leave, or NULL; the caller is given no reference */
PillionTask   *pillion_waiters_peek     (PillionWaiters  *self);

/* The same, taken out of the line, to be ended by the caller */
PillionTask   *pillion_waiters_pop      (PillionWaiters  *self);
