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

/* What works on a task on the loop's thread (a combinator, a waiter of a semaphore, a fiber): its struct begins with this. The task
 * owns it. */
struct _PillionTaskBody
{
  const PillionTaskBodyClass *klass;
  PillionTask *task;       /* no reference */
  PillionItem cancel_item; /* takes the request to end to the loop's thread */
  gboolean told;           /* atomic: whether it was pushed */
};

struct _PillionTaskBodyClass
{
  /* Somebody asked the task, which is pending, to end: called once, on the loop's thread, from the ready queue */
  void         (*cancelled) (PillionTaskBody *self);

  /* What the task waits for: the child of this index, or NULL past the last one. No reference; may be NULL. */
  PillionTask *(*get_child) (PillionTaskBody *self,
                             guint            index);

  /* With the task: perhaps on another thread than the loop's */
  void         (*free)      (PillionTaskBody *self);

  /* These may be NULL. The task had succeeded when somebody asked it to end, and nobody was ever told: what it got is nobody's.
   * Called once at most, as cancelled (), and instead of it. */
  void         (*unwanted)  (PillionTaskBody *self);

  /* If the task can be unwanted: nobody has it any more, and what is left to be done must not keep the loop alive. Perhaps on another
   * thread than the loop's. */
  void         (*weaken)     (PillionTaskBody *self);

  /* The loop is being closed with the task pending, and it is off the list of what lives: to end it lets go of the loop's reference.
   * The loop's thread; no callbacks are left. */
  void         (*abandoned) (PillionTaskBody *self);

  /* Whether the task's own code is on the stack now, so that it can't end before its callee returns */
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
  guint8 outcome;     /* atomic: a PillionTaskOutcome */
  guint8 cancelled;   /* atomic: whether somebody asked it to end */
  guint8 looked;      /* atomic: whether somebody wants to know how it ends, so that a failure is not reported */

  /* These, and what follows the result, belong to the loop's thread */
  guint owns_name : 1;
  guint owns_site : 1;
  guint live : 1;     /* whether the core counts it, and holds a reference */
  guint queued : 1;   /* whether the item is in the queue or being run */
  guint to_report : 1; /* whether the item carries the report of an unhandled failure */
  guint running : 1;   /* whether one of its callbacks is on the stack */
  guint safe_point : 1; /* whether callbacks wait for a safe point */
  guint ids_again : 1; /* whether all ids of callbacks were given once */
  guint external : 1; /* whether another thread finishes it, and the core counts that */
  guint lent : 1; /* whether the loop's queue has the last reference, and the task meanwhile has none to the loop */
  guint last_id : PILLION_TASK_ID_BITS;

  PillionTaskResult result;

  PillionTaskBody *body;   /* atomic: what works on it, if that is one of ours */
  PillionTaskDone first;   /* most tasks have one callback: func is NULL if there is none */
  GQueue *others;          /* of PillionTaskDone, in the order added */

  GCancellable *cancellable; /* atomic: made when first wanted */
  PillionTaskExtra *extra;   /* atomic: made when first wanted */
};

/* What of a task's progress has changed */
typedef enum
{
  PILLION_PROGRESS_COMPLETED = 1 << 0,
  PILLION_PROGRESS_TOTAL = 1 << 1,
  PILLION_PROGRESS_RATE = 1 << 2,
  PILLION_PROGRESS_UNIT = 1 << 3,
  PILLION_PROGRESS_MESSAGE = 1 << 4,
  PILLION_PROGRESS_SAID = 1 << 5, /* anything, even what was said before */
} PillionTaskProgress;

/* What few tasks have */
struct _PillionTaskExtra
{
  GCancellable *parent; /* that was given at creation */
  gulong parent_handler;
  gulong own_handler;   /* on the task's own cancellable, if a body wants to know */

  GMutex lock; /* for the rest */
  PillionNote *progress_note; /* made by the first change */
  gboolean progress_queued;
  guint progress_changed; /* bits of PillionTaskProgress that nobody was told of yet */
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

/* The oldest callback, taken out */
gboolean          pillion_task_take_callback  (PillionTask        *self,
                                               PillionTaskDone    *done);

/* They are not called any more. What waits is told so by this, and lets go of the task. */
void              pillion_task_free_callbacks (PillionTask        *self);

/* What pillion_task_add_done_callback () does, for any kind of callback */
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

/* Cancels the task when @cancellable is cancelled. While the handler is there it holds a reference. */
gulong            pillion_task_follow         (PillionTask                *self,
                                               GCancellable               *cancellable);

/* Whether the task got something that nobody took and that has to go back, but it is being finalized before the request to end was
 * dealt with */
gboolean          pillion_task_is_left_over   (PillionTask               *self);

/* Gives a new task its body, which from now on belongs to it */
void              pillion_task_set_body       (PillionTask                *self,
                                               PillionTaskBody            *body,
                                               const PillionTaskBodyClass *klass);

/* Ends the task as @source, which is done, has ended. Its result is that of @source. */
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

/* Marks that somebody was told how a task has ended that is done, or asked for it */
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

/* Those that waited were removed: a failure has to be reported again, unless somebody knows of it */
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

/* Begins to finish the task: FALSE, with a critical message, if that was done before. Then the caller writes the result and calls
 * pillion_task_finish (). */
gboolean          pillion_task_begin_return (PillionTask      *self);
void              pillion_task_finish       (PillionTask      *self,
                                             PillionTaskState  state);

/* The task that has the result: this one, or the one whose outcome it passes on. With a reference; the task is done. */
PillionTask      *pillion_task_ref_holder     (PillionTask      *self);

/* Returns whether the task succeeded; if not, sets @error. It does not count as a look at the outcome. */
gboolean          pillion_task_peek_error     (PillionTask      *self,
                                               GError          **error);

/* The outcome of the call that a task which is done stands for, or NULL. Its error is left to the call's finish function from now on. */
GAsyncResult     *pillion_task_hand_out     (PillionTask      *self);

/* Takes a pending task off the list of what lives, because its loop is closed. Whatever works on it keeps its reference. */
void              pillion_task_abandon      (PillionTask      *self);

/* Lets go of all that the task has except its loop */
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

/* Notifies of the properties that changed and emits the signal, on the loop's thread */
void              pillion_task_emit_progress  (PillionTask        *self,
                                               PillionTaskProgress changed);

/* Tells of what has changed and was not told yet, on the loop's thread */
void              pillion_task_flush_progress (PillionTask        *self);
