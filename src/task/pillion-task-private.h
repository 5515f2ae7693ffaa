/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "core/pillion-core.h"
#include "core/pillion-note.h"
#include "task/pillion-task-result.h"

typedef struct _PillionTaskBody PillionTaskBody;
typedef struct _PillionTaskBodyClass PillionTaskBodyClass;
typedef struct _PillionTaskExtra PillionTaskExtra;

/* Whatever works on a task on the loop's thread (a combinator, a semaphore's waiter, a fiber): its struct begins with this. The task owns
 * it. */
struct _PillionTaskBody
{
  const PillionTaskBodyClass *klass;
  PillionTask *task;       /* no reference */
  PillionItem cancel_item; /* takes the request to end to the loop's thread */
  gboolean told;           /* atomic: whether that was pushed */
};

struct _PillionTaskBodyClass
{
  /* The task, which is pending, was cancelled. Called once, on the loop's thread, from the ready queue. */
  void         (*cancelled) (PillionTaskBody *self);

  /* The same for work on another thread, instead of the above: called on the thread that cancels the task, which may be any. May be NULL. */
  void         (*cancelled_at_once) (PillionTaskBody *self);

  /* The task that this one waits for: the child with this index, or NULL past the last. No reference. May be NULL. */
  PillionTask *(*get_child) (PillionTaskBody *self,
                             guint            index);

  /* When the task is finalized, perhaps on another thread */
  void         (*free)      (PillionTaskBody *self);

  /* The rest may be NULL. The task succeeded, but nobody got its result or wants it any more. Called at most once, on the loop's thread. */
  void         (*unwanted)  (PillionTaskBody *self);

  /* If the task can be unwanted: nobody has it any more, and what is left to be done must not keep the loop alive. Perhaps on another
   * thread than the loop's. */
  void         (*weaken)     (PillionTaskBody *self);

  /* The loop was closed with the task pending. Ending the task drops the loop's reference. On the loop's thread; the task has no callbacks
   * any more. */
  void         (*abandoned) (PillionTaskBody *self);

  /* Whether the task's own code is on the stack, so that it can't end before the caller returns */
  gboolean     (*is_running) (PillionTaskBody *self);
};

/* What a done callback means for the task. Two things follow from the callbacks, and nothing else:
 *
 *  - Whether anybody waits for the task. If nobody does any more, whoever leaves last cancels it.
 *  - Whether anybody got its result. A permit of a semaphore or an item of a queue that nobody got goes to the next in line
 *    (PillionTaskBodyClass.unwanted).
 *
 * "Whoever waits for the task owns what it got" would be a simpler rule, but not a true one. A task is done before those that wait for it
 * are told, and a timeout, a cancellation or a closed scope may make them leave in between. Then the permit would be lost for good. */
typedef enum
{
  PILLION_CALLBACK_WAITS,   /* waits, and gets the result when it is called */
  PILLION_CALLBACK_RELAYS,  /* waits, for somebody else: to get the result, that one has to ask for it */
  PILLION_CALLBACK_WATCHES, /* neither; it is called when the task is over for everybody else. The scope of a task does this. */
} PillionCallbackKind;

typedef struct
{
  PillionTaskDoneFunc func;
  gpointer data;
  GDestroyNotify destroy;
  guint id : 29;
  guint kind : 2;     /* a PillionCallbackKind */
  guint stand_in : 1; /* whether the data is a task that stands for this one, and has its progress */
} PillionTaskDone;

/* A task has 2 to the power of this ids for its callbacks; then they start again */
#define PILLION_TASK_ID_BITS 22

/* What became of the outcome */
typedef enum
{
  PILLION_OUTCOME_NONE,
  PILLION_OUTCOME_RETURNED, /* something has begun to finish the task */
  PILLION_OUTCOME_TAKEN,    /* somebody was told of it, or asked for it, and so got the result */
} PillionTaskOutcome;

/* There may be many tasks, so each is small: what few of them need is in the extra part. */
struct _PillionTask
{
  GObject parent_instance;

  PillionItem item;   /* queued when the task is done and has callbacks to deliver */
  PillionLoop *loop;
  PillionLive link;   /* in the core's list of live tasks */
  const char *name;
  const char *site;

  guint8 state;       /* atomic: a PillionTaskState; the result is written before it */
  guint8 outcome;     /* atomic: a PillionTaskOutcome */
  guint8 cancelled;   /* atomic: whether the task was cancelled */
  guint8 looked;      /* atomic: whether somebody wants to know how it ends, so that a failure is not reported */

  /* These, and everything after the result, belong to the loop's thread */
  guint owns_name : 1;
  guint owns_site : 1;
  guint live : 1;     /* whether it is in the core's list, which has a reference */
  guint queued : 1;   /* whether the item is queued or running */
  guint to_report : 1; /* whether the item carries the report of an unhandled failure */
  guint running : 1;   /* whether one of its callbacks, or a handler of its last signals, is on the stack */
  guint safe_point : 1; /* whether callbacks wait for a safe point */
  guint ids_again : 1; /* whether the ids of callbacks have started again */
  guint external : 1; /* whether another thread finishes it, and the core counts that */
  guint lent : 1; /* whether the loop's queue has the last reference, and the task meanwhile has none to the loop */
  guint last_id : PILLION_TASK_ID_BITS;

  PillionTaskResult result;

  PillionTaskBody *body;   /* atomic: what works on the task, if that is one of ours */
  PillionTaskDone first;   /* most tasks have one callback: func is NULL if there is none */
  GQueue *others;          /* of PillionTaskDone, in the order added */

  GCancellable *cancellable; /* atomic: made when first needed */
  PillionTaskExtra *extra;   /* atomic: made when first needed */
};

/* The parts of a task's progress that have changed */
typedef enum
{
  PILLION_PROGRESS_COMPLETED = 1 << 0,
  PILLION_PROGRESS_TOTAL = 1 << 1,
  PILLION_PROGRESS_RATE = 1 << 2,
  PILLION_PROGRESS_UNIT = 1 << 3,
  PILLION_PROGRESS_MESSAGE = 1 << 4,
  PILLION_PROGRESS_SAID = 1 << 5, /* something was set, if only to what it was before */
} PillionTaskProgress;

/* What only few tasks need */
struct _PillionTaskExtra
{
  GCancellable *parent; /* given at creation */
  gulong parent_handler;
  gulong own_handler;   /* on the task's own cancellable, for a body */

  GMutex lock; /* for the rest */
  PillionNote *progress_note; /* made at the first change */
  gboolean progress_queued;
  guint progress_changed; /* bits of PillionTaskProgress that haven't been reported yet */
  guint progress_turn; /* of the kick that last emitted the signal; the loop's thread */
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

static inline PillionTaskState
pillion_task_load_state (PillionTask *self)
{
  return __atomic_load_n (&self->state, __ATOMIC_ACQUIRE);
}

/* The done callbacks: pillion-task-callbacks.c */

static inline void
pillion_task_done_clear (PillionTaskDone *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);
}

static inline gboolean
pillion_task_has_callback (PillionTask *self)
{
  return self->first.func != NULL || (self->others != NULL && !g_queue_is_empty (self->others));
}

/* Removes the oldest callback */
gboolean          pillion_task_take_callback  (PillionTask        *self,
                                               PillionTaskDone    *done);

/* Removes all callbacks without calling them. Their destroy functions tell those that wait. */
void              pillion_task_free_callbacks (PillionTask        *self);

/* Whether its loop is closed, or is about to be and has given it up: callbacks that are added are not called any more */
gboolean          pillion_task_is_deaf        (PillionTask        *self);

/* What pillion_task_add_done_callback () does, for any kind of callback. The task must not be deaf. */
guint             pillion_task_add_callback   (PillionTask        *self,
                                               PillionCallbackKind kind,
                                               PillionTaskDoneFunc func,
                                               gpointer            user_data,
                                               GDestroyNotify      destroy);

/* For a task that is done: whether all callbacks up to this id have been called, or one that was added later comes next */
gboolean          pillion_task_is_delivered   (PillionTask        *self,
                                               guint               id);

/* Whether anything waits for the task: there is a callback that has not been called yet, and doesn't only watch */
gboolean          pillion_task_is_awaited     (PillionTask        *self);

/* The same, except for callbacks with @data */
gboolean          pillion_task_is_awaited_by_others (PillionTask  *self,
                                                     gconstpointer data);

/* The data of this done callback is a task that stands for this one: from now on it has this one's progress */
void              pillion_task_pass_progress  (PillionTask        *self,
                                               guint               id);

/* The callback only watches from now on */
void              pillion_task_stop_waiting   (PillionTask        *self,
                                               guint               id);

/* Removes the callback. If nothing else waits for the task, cancels it, or gives up what it got. */
void              pillion_task_give_up        (PillionTask        *self,
                                               guint               id);

/* The data of the callback that watches with this function, or NULL */
gpointer          pillion_task_find_watcher   (PillionTask        *self,
                                               PillionTaskDoneFunc func);

/* Removes all callbacks but those that only watch */
void              pillion_task_remove_waiters (PillionTask        *self);

/* Cancellation: pillion-task-cancel.c */

/* Cancels the task when @cancellable is cancelled. The handler has a reference to the task. */
gulong            pillion_task_follow         (PillionTask                *self,
                                               GCancellable               *cancellable);

/* Whether the task got something that nobody took and that has to go back, but it is being finalized before the request to end was
 * dealt with */
gboolean          pillion_task_is_left_over   (PillionTask               *self);

/* Gives a new task its body, which the task then owns */
void              pillion_task_set_body       (PillionTask                *self,
                                               PillionTaskBody            *body,
                                               const PillionTaskBodyClass *klass);

/* Ends the task with the outcome of @source, which is done */
void              pillion_task_return_from    (PillionTask      *self,
                                               PillionTask      *source);

static inline gboolean
pillion_task_is_returned (PillionTask *self)
{
  return __atomic_load_n (&self->outcome, __ATOMIC_ACQUIRE) != PILLION_OUTCOME_NONE;
}

/* Marks that somebody asked for the outcome, or will be told */
static inline void
pillion_task_look (PillionTask *self)
{
  __atomic_store_n (&self->looked, TRUE, __ATOMIC_RELAXED);
}

/* Marks that somebody got the outcome of a task that is done */
static inline void
pillion_task_take_outcome (PillionTask *self)
{
  pillion_task_look (self);
  __atomic_store_n (&self->outcome, PILLION_OUTCOME_TAKEN, __ATOMIC_RELAXED);
}

static inline gboolean
pillion_task_is_taken (PillionTask *self)
{
  return __atomic_load_n (&self->outcome, __ATOMIC_RELAXED) == PILLION_OUTCOME_TAKEN;
}

/* The waiters were removed: a failure has to be reported again, unless somebody knows of it */
static inline void
pillion_task_unlook (PillionTask *self)
{
  if (!pillion_task_is_awaited (self) && !pillion_task_is_taken (self))
    __atomic_store_n (&self->looked, FALSE, __ATOMIC_RELAXED);
}

/* For items of a task. Called first when they run: if the task was lent to the queue, it has a reference to its loop again. */
static inline void
pillion_task_take_loop (PillionTask *self)
{
  if (G_UNLIKELY (self->lent))
    {
      g_object_ref (self->loop);
      self->lent = FALSE;
    }
}

/* The same when they are dropped, perhaps because the loop is going: then the task has no loop any more, and nobody else has the task */
static inline void
pillion_task_forget_loop (PillionTask *self)
{
  if (self->lent)
    self->loop = NULL;
  self->lent = FALSE;
}

/* Begins to finish the task; then the caller writes the result and calls pillion_task_finish (). Returns FALSE, with a critical message, if
 * the task has been finished before. */
gboolean          pillion_task_begin_return (PillionTask      *self);
void              pillion_task_finish       (PillionTask      *self,
                                             PillionTaskState  state);

/* The task that has the result: this one, or the one whose outcome it passes on. With a reference; the task is done. */
PillionTask      *pillion_task_ref_holder     (PillionTask      *self);

/* Returns whether the task succeeded; if not, sets @error. This doesn't count as looking at the outcome. */
gboolean          pillion_task_peek_error     (PillionTask      *self,
                                               GError          **error);

/* The result of the asynchronous call that a finished task stands for, or NULL. From now on its error is left to the finish function. */
GAsyncResult     *pillion_task_hand_out     (PillionTask      *self);

/* The end of a task: pillion-task-delivery.c */

/* Queued when the task is done: each run calls one callback */
extern const PillionItemClass pillion_task_item_class;

/* Whether the task failed and nobody looked. This counts as a look. */
gboolean          pillion_task_take_unhandled (PillionTask      *self);
void              pillion_task_report         (PillionTask      *self);

/* Removes a pending task from the list of live tasks, because its loop is closed. Whatever works on it keeps its reference. */
void              pillion_task_abandon      (PillionTask      *self);

/* Releases everything that the task has, except its loop */
void              pillion_task_empty        (PillionTask      *self);

#ifdef PILLION_RECYCLE_TASKS
/* Tasks that are over, to be used again: pillion-task-spare.c */

/* If the caller's reference, which is the loop's, is the last one, and nobody could get another: takes it, and keeps the task to be used
 * again. Otherwise returns FALSE. On the loop's thread. */
gboolean          pillion_task_keep         (PillionTask      *self,
                                             PillionCore      *core);

/* A task as g_object_new () makes it, or NULL */
PillionTask      *pillion_task_take_spare   (PillionCore      *core);
#else
static inline gboolean
pillion_task_keep (PillionTask *self,
                   PillionCore *core)
{
  return FALSE;
}

static inline PillionTask *
pillion_task_take_spare (PillionCore *core)
{
  return NULL;
}
#endif

void              pillion_task_notify_state   (PillionTask        *self);

/* Notifies the properties that changed and emits the signal. On the loop's thread. */
void              pillion_task_emit_progress  (PillionTask        *self,
                                               PillionTaskProgress changed);

/* The same for what has changed since it was last reported */
void              pillion_task_flush_progress (PillionTask        *self);
