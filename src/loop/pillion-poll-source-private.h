/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-note.h"
#include "loop/pillion-loop-private.h"
#include "loop/pillion-awaited-tasks.h"

typedef struct _PillionReadyTimer PillionReadyTimer;

struct _PillionPollSource
{
  GObject parent_instance;

  PillionLoop *loop;
  int fd;
  GSource *source;   /* lasts as long as this, destroyed or not */
  GSource *turn_source; /* has a share for it while it steps back; NULL until that is needed */
  gboolean closed;   /* atomic */
  PillionCallback *callback; /* atomic, because another thread lets go of it if the loop is closed */

  gint64 ready_usec;
  PillionReadyTimer *timer; /* stands for the ready time if the host's clock is a virtual one; NULL while it is in no queue */

  PillionNote *ring; /* queued when another thread has rung */
  gboolean rung;      /* atomic: whether it is */
  gboolean silenced;  /* atomic: whether the source was put off until the next kick */

  gboolean busy;
  gboolean running;
  gboolean resting;   /* whether the context does not look at the source, because there is nothing to be done about what it sees */
  gboolean acquired;  /* whether the context became the loop's when the other loop began to run */
  guint n_calls;      /* how many calls of the callback are on the stack */
  guint turn;         /* the loop's last turn in which the context has called it: once in each, whatever the time */
  gboolean untold;    /* whether only the other loop, which is on the stack, knows what is ready in it */
  gboolean again;     /* whether somebody rang while the callback was being called */
  guint n_waits;      /* how many waits are on the stack */
  guint wait_depth;   /* the depth of the loop at which the innermost of them works */
  gboolean fired;     /* whether the innermost of them has seen the source */
  guint n_brief;      /* how many more waits a task may end before the context has had its turn */
  guint n_external;

  PillionAwaitedTasks *tasks;
  PillionNote *tell; /* queued when a task is done */
  gboolean telling;   /* whether it is */
};

static inline gboolean
pillion_poll_source_is_open (PillionPollSource *self)
{
  return !__atomic_load_n (&self->closed, __ATOMIC_RELAXED) && !__atomic_load_n (&self->loop->core.closed, __ATOMIC_RELAXED);
}

/* pillion-foreign-source.c */
GSource *pillion_foreign_source_new            (PillionPollSource *owner);
void     pillion_poll_source_init_notes        (PillionPollSource *self);
void     pillion_poll_source_clear_notes       (PillionPollSource *self);
void     pillion_poll_source_push_ring         (PillionPollSource *self);
void     pillion_poll_source_apply_ready_time  (PillionPollSource *self);
void     pillion_poll_source_change_ready_time (PillionPollSource *self,
                                                gint64             ready_usec);
void     pillion_poll_source_unset_timer       (PillionPollSource *self);

/* While it rests neither the descriptor nor the ready time is looked at */
void     pillion_poll_source_set_resting       (PillionPollSource *self,
                                                gboolean           resting);

/* Whether the next one to run the context has to call the callback first */
void     pillion_poll_source_set_untold        (PillionPollSource *self,
                                                gboolean           untold);

/* In a wait the context has had its turn */
void     pillion_poll_source_allow_brief       (PillionPollSource *self);

/* For the tasks that are watched: one of them is done */
void     pillion_poll_source_on_task_done      (gpointer           self);
