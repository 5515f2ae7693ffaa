/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-task-private.h"

/* The tasks that wait for a permit of a semaphore, for an item of a queue, for an event…: first come, first served. */

typedef struct _PillionWaiter PillionWaiter;

typedef struct
{
  PillionLiveList line;
} PillionWaitQueue;

struct _PillionWaiter
{
  PillionTaskBody body;
  PillionLive link;
  PillionWaitQueue *queue; /* NULL when it isn't in one */
  GObject *owner;          /* what the queue is a part of; NULL once it was weakened or taken */
  GWeakRef weak_owner;     /* then, if it was weakened */
  PillionTaskResult item;  /* what it brings, if anything */
  gboolean served;         /* whether it got something, which may have to go back */
  guint64 order;           /* of that */
};

/* The class of a body that begins with a waiter. @func is called if the task got something that nobody wants. */
#define PILLION_WAITER_CLASS(func) \
  { \
    .cancelled = pillion_waiter_cancelled, \
    .free = pillion_waiter_free, \
    .unwanted = (func), \
    .weaken = pillion_waiter_weaken, \
    .abandoned = pillion_waiter_cancelled, \
  }

void           pillion_waiter_cancelled (PillionTaskBody *body);
void           pillion_waiter_free      (PillionTaskBody *body);
void           pillion_waiter_weaken    (PillionTaskBody *body);

/* The owner, with the waiter's reference; NULL if it is gone */
gpointer       pillion_waiter_take_owner (PillionWaiter  *self);

/* Makes a task, which the caller then finishes or adds to a queue. If the loop is closed, it has already failed and has no body. */
PillionTask   *pillion_waiter_new       (PillionLoop     *loop,
                                         const char      *name,
                                         gpointer         owner,
                                         const PillionTaskBodyClass *klass);

static inline PillionWaiter *
pillion_waiter_of (PillionTask *task)
{
  return (PillionWaiter *) task->body;
}

/* Puts the task at the end. It leaves when it is cancelled. */
void           pillion_wait_queue_push  (PillionWaitQueue *self,
                                         PillionTask     *task);

/* The first task that isn't cancelled, or NULL. It still belongs to the queue. */
PillionTask   *pillion_wait_queue_peek  (PillionWaitQueue *self);

/* Takes that task out. The caller finishes it. */
PillionTask   *pillion_wait_queue_pop   (PillionWaitQueue *self);
