/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "task/pillion-task-private.h"

typedef struct _PillionCombinator PillionCombinator;
typedef struct _PillionCombinatorClass PillionCombinatorClass;

/* The body of a task that waits for other tasks, its children. All of it belongs to the loop's thread. While a child has its done
 * callback, that holds a reference to the task. */
struct _PillionCombinator
{
  PillionTaskBody body;
  guint n_heard; /* of callbacks that were called or taken back, and whose data is yet to be freed */
  gboolean over; /* whether the task was ended */
  guint n_calls; /* of functions of the user's that are on the stack */
};

struct _PillionCombinatorClass
{
  PillionTaskBodyClass body;

  /* A child that is waited for is done. Not called any more when it is over. */
  void (*child_done) (PillionCombinator *self,
                      PillionTask       *child);

  /* It is over: lets go of what it needed until then. May be NULL. */
  void (*ended)      (PillionCombinator *self);
};

/* For the classes of bodies */
void         pillion_combinator_abandoned   (PillionTaskBody              *body);
gboolean     pillion_combinator_is_running  (PillionTaskBody              *body);

/* Makes a task with a body of @size bytes that begins with a PillionCombinator and is all zero else. Where the loop is closed the
 * task has failed already, and has no body. */
PillionTask *pillion_combinator_new         (PillionLoop                  *loop,
                                             const char                   *name,
                                             GCancellable                 *cancellable,
                                             const PillionCombinatorClass *klass,
                                             gsize                         size);

/* The same, named @kind and after the child that it is about */
PillionTask *pillion_combinator_new_for     (PillionTask                  *child,
                                             const char                   *kind,
                                             const PillionCombinatorClass *klass,
                                             gsize                         size);

/* Waits for a child. Returns the number of the callback, never 0. */
guint        pillion_combinator_wait        (PillionCombinator            *self,
                                             PillionTask                  *child);

/* Whether nobody else waits for the child */
gboolean     pillion_combinator_is_alone    (PillionCombinator            *self,
                                             PillionTask                  *child);

/* Stops waiting for a child, and cancels it if nothing else waits for it */
void         pillion_combinator_give_up     (PillionCombinator            *self,
                                             PillionTask                  *child,
                                             guint                         id);

/* Why what a function of the user's returned can't be waited for; NULL if it can */
GError      *pillion_combinator_check_child (PillionTask                  *task,
                                             PillionTask                  *child);

/* Drops what a function of the user's returned when it was over already: nobody wants it, unless somebody else waits for it */
void         pillion_combinator_discard     (PillionCombinator            *self,
                                             PillionTask                  *child);

/* The ends. The caller has a reference to the task, and it is not over yet. */
void         pillion_combinator_end_well      (PillionCombinator          *self);
void         pillion_combinator_end_from      (PillionCombinator          *self,
                                               PillionTask                *child);
void         pillion_combinator_end_error     (PillionCombinator          *self,
                                               GError                     *error);
void         pillion_combinator_end_cancelled (PillionCombinator          *self);

/* If it is not over yet: the loop is gone, and nobody is left to end it */
void         pillion_combinator_end_closed    (PillionCombinator          *self);

static inline PillionCore *
pillion_combinator_core (PillionCombinator *self)
{
  return pillion_core (self->body.task->loop);
}
