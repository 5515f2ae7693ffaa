/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "task/pillion-task-private.h"

typedef struct _PillionCombinator PillionCombinator;
typedef struct _PillionCombinatorClass PillionCombinatorClass;

/* The body of a task that waits for other tasks, its children. It belongs to the loop's thread. A child's done callback holds a reference to
 * the task. */
struct _PillionCombinator
{
  PillionTaskBody body;
  guint n_heard; /* callbacks that were called or removed, but whose data isn't freed yet */
  gboolean over; /* whether the task has ended */
  guint n_calls; /* the user's functions that are on the stack */
};

struct _PillionCombinatorClass
{
  PillionTaskBodyClass body;

  /* A child is done. Not called once the task is over. */
  void (*child_done) (PillionCombinator *self,
                      PillionTask       *child);

  /* The task is over: releases what is no longer needed. May be NULL. */
  void (*ended)      (PillionCombinator *self);
};

/* For the classes */
void         pillion_combinator_abandoned   (PillionTaskBody              *body);
gboolean     pillion_combinator_is_running  (PillionTaskBody              *body);

/* Makes a task with a body of @size bytes, which begins with a PillionCombinator; the rest is zero. If the loop is closed, the task has
 * already failed and has no body. */
PillionTask *pillion_combinator_new         (PillionLoop                  *loop,
                                             const char                   *name,
                                             GCancellable                 *cancellable,
                                             const PillionCombinatorClass *klass,
                                             gsize                         size);

/* The same, named after @kind and the child */
PillionTask *pillion_combinator_new_for     (PillionTask                  *child,
                                             const char                   *kind,
                                             const PillionCombinatorClass *klass,
                                             gsize                         size);

/* Waits for a child. Returns the id of the callback, never 0. */
guint        pillion_combinator_wait        (PillionCombinator            *self,
                                             PillionTask                  *child);

/* Whether nothing else waits for the child */
gboolean     pillion_combinator_is_alone    (PillionCombinator            *self,
                                             PillionTask                  *child);

/* Stops waiting for a child, and cancels it if nothing else waits for it */
void         pillion_combinator_give_up     (PillionCombinator            *self,
                                             PillionTask                  *child,
                                             guint                         id);

/* Why a task that the user's function returned can't be waited for; NULL if it can */
GError      *pillion_combinator_check_child (PillionTask                  *task,
                                             PillionTask                  *child);

/* Drops a task that the user's function returned too late, and cancels it if nothing else waits for it */
void         pillion_combinator_discard     (PillionCombinator            *self,
                                             PillionTask                  *child);

/* These end the task. It isn't over yet, and the caller has a reference to it. */
void         pillion_combinator_end_well      (PillionCombinator          *self);
void         pillion_combinator_end_from      (PillionCombinator          *self,
                                               PillionTask                *child);
void         pillion_combinator_end_error     (PillionCombinator          *self,
                                               GError                     *error);
void         pillion_combinator_end_cancelled (PillionCombinator          *self);

/* The same, if it isn't over yet, because the loop was closed */
void         pillion_combinator_end_closed    (PillionCombinator          *self);

static inline PillionCore *
pillion_combinator_core (PillionCombinator *self)
{
  return pillion_core (self->body.task->loop);
}
