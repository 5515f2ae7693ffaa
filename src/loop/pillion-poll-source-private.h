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
  GSource *source;   /* lives as long as this, destroyed or not */
  GSource *turn_source; /* gets a share for it while it steps back; NULL until needed */
  gboolean closed;   /* atomic */
  gboolean let_go;   /* whether the loop's thread has done its part of the closing */
  PillionCallback *callback; /* atomic, because another thread drops it if the loop is closed */

  gint64 ready_usec;
  PillionReadyTimer *timer; /* stands for the ready time if the host has a virtual clock; NULL while it is in no queue */

  PillionNote *ring; /* queued when another thread has rung */
  gboolean rung;      /* atomic: whether it is */
  gboolean silenced;  /* atomic: whether the source was put off until the next kick */

  gboolean busy;
  gboolean running;
  gboolean resting;   /* whether the context ignores the source, because nothing can be done about what it sees */
  gboolean acquired;  /* whether the loop acquired the context when the other loop started to run */
  guint n_calls;      /* how many calls of the callback are on the stack */
  guint turn;         /* the last turn of the loop in which the context called it: once in each, whatever the time */
  gboolean untold;    /* whether only the other loop, which is on the stack, knows what is ready in it */
  gboolean again;     /* whether something rang during the callback */
  guint n_waits;      /* how many waits are on the stack */
  guint wait_depth;   /* the depth of the loop at which the innermost of them works */
  gboolean fired;     /* whether the innermost of them has seen the source */
  guint n_brief;      /* how many more waits may end without a turn of the context */
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

/* As if it had never been ready, with another descriptor */
void     pillion_poll_source_start_over        (PillionPollSource *self,
                                                int                fd);

/* While it rests, neither the descriptor nor the ready time is checked */
void     pillion_poll_source_set_resting       (PillionPollSource *self,
                                                gboolean           resting);

/* Whether whatever runs the context next has to call the callback first */
void     pillion_poll_source_set_untold        (PillionPollSource *self,
                                                gboolean           untold);

/* The context has its turn: the next waits may end without one */
void     pillion_poll_source_allow_brief       (PillionPollSource *self);

/* For the watched tasks: one of them is done */
void     pillion_poll_source_on_task_done      (gpointer           self);
