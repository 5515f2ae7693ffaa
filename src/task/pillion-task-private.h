/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "core/pillion-core.h"
#include "task/pillion-task-result.h"

typedef struct _PillionTaskExtra PillionTaskExtra;

typedef struct
{
  PillionTaskDoneFunc func;
  gpointer data;
  GDestroyNotify destroy;
  guint id;
} PillionTaskDone;

/* A task is small, because there are many: what few of them need is in the extra part. */
struct _PillionTask
{
  GObject parent_instance;

  PillionItem item;   /* queued when the task is done and has callbacks to deliver */
  PillionLoop *loop;
  PillionLive link;   /* in the core's list of what lives */
  const char *name;
  const char *site;

  guint8 state;       /* atomic: a PillionTaskState; what it is about was written before */
  guint8 returned;    /* atomic: whether somebody has begun to finish it */
  guint8 cancelled;   /* atomic: whether somebody asked it to end */
  guint8 looked;      /* atomic: whether somebody asked for its outcome, or will be told */
  PillionTaskResult result;

  /* The rest belongs to the loop's thread */
  guint owns_name : 1;
  guint owns_site : 1;
  guint live : 1;     /* whether the core counts it, and holds a reference */
  guint queued : 1;   /* whether the item is in the queue or being run */
  guint to_report : 1; /* whether the item carries the report of an unhandled failure */
  guint next_id : 27;
  PillionTaskDone first;   /* most tasks have one callback: func is NULL where there is none */
  GQueue *others;          /* of PillionTaskDone, in the order added */

  GCancellable *cancellable; /* atomic: made when first wanted */
  PillionTaskExtra *extra;   /* atomic: made when first wanted */
};

/* What few tasks have */
struct _PillionTaskExtra
{
  GCancellable *parent; /* that was given at creation */
  gulong parent_handler;

  PillionItem progress_item;
  PillionTask *task;
  GMutex lock; /* for the rest */
  gboolean progress_queued;
  guint progress_turn; /* of the kick that emitted the signal last; the loop's thread */
  gint64 completed;
  gint64 total;
  const char *unit; /* interned */
  char *message;
  gint64 sample_time;
  gint64 sample_completed;
  double rate;
};

PillionTaskExtra *pillion_task_get_extra  (PillionTask      *self);
void              pillion_task_extra_free (PillionTaskExtra *extra);

static inline PillionTask *
pillion_task_from_link (PillionLive *link)
{
  return (PillionTask *) ((char *) link - G_STRUCT_OFFSET (PillionTask, link));
}

/* Marks that somebody asked for the outcome */
static inline void
pillion_task_look (PillionTask *self)
{
  __atomic_store_n (&self->looked, TRUE, __ATOMIC_RELAXED);
}

/* Begins to finish the task: FALSE, with a complaint, where that was done before. Then the caller writes the result and calls
 * pillion_task_finish (). */
gboolean          pillion_task_begin_return (PillionTask      *self);
void              pillion_task_finish       (PillionTask      *self,
                                             PillionTaskState  state);

/* Whether the task ended well; else sets @error */
gboolean          pillion_task_check        (PillionTask      *self,
                                             GError          **error);

/* Takes a pending task off the list of what lives, because its loop is closed. Its reference stays with whoever works on it. */
void              pillion_task_abandon      (PillionTask      *self);

/* Emits the signal, on the loop's thread */
void              pillion_task_emit_progress (PillionTask     *self);
