/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "loop/pillion-loop-private.h"
#include "loop/pillion-task-watches.h"

typedef struct _PillionReadyTimer PillionReadyTimer;

struct _PillionPollSource
{
  GObject parent_instance;

  PillionLoop *loop;
  int fd;
  GSource *source;   /* lasts as long as this, destroyed or not */
  gboolean closed;   /* atomic */
  gpointer tag;      /* of the descriptor in the source */
  PillionCallback *callback; /* atomic, because another thread lets go of it where the loop is closed */

  gint64 ready_usec;
  PillionReadyTimer *timer; /* stands for the ready time where the host's clock is a virtual one; NULL where it is in no queue */

  PillionItem ring;   /* queued, with a reference, when another thread has rung */
  gboolean rung;      /* atomic: whether it is */
  gboolean silenced;  /* atomic: whether another thread that ran the context has silenced the source */

  gboolean busy;
  gboolean muted;
  gboolean resting;   /* whether the context does not poll the descriptor, because the source was dispatched while muted */
  gboolean acquired;  /* whether the context became the loop's when the source was muted */
  gboolean dispatching;
  gboolean again;     /* whether somebody rang while the callback was being called */
  guint n_waits;      /* how many waits are on the stack */
  gboolean fired;     /* whether the source was dispatched in a wait */
  guint n_external;

  PillionTaskWatches *tasks;
  PillionItem tell;   /* queued, with a reference, when a task is done */
  gboolean telling;   /* whether it is */
};

static inline gboolean
pillion_poll_source_is_open (PillionPollSource *self)
{
  return !__atomic_load_n (&self->closed, __ATOMIC_RELAXED) && !__atomic_load_n (&self->loop->core.closed, __ATOMIC_RELAXED);
}

/* pillion-poll-source.c */
void pillion_poll_source_change_ready_time (PillionPollSource *self,
                                            gint64             ready_usec);
void pillion_poll_source_set_resting       (PillionPollSource *self,
                                            gboolean           resting);
