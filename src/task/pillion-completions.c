/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/**
 * PillionCompletions:
 *
 * Returns tasks one by one, in the order in which they end.
 *
 * ```c
 * static void
 * on_next (PillionTask *next,
 *          gpointer user_data)
 * {
 *   g_autoptr (PillionTask) finished = pillion_task_get_object (next, NULL);
 *
 *   if (finished == NULL)
 *     return;
 *
 *   g_print ("%s has ended\n", pillion_task_get_name (finished));
 *   next = pillion_completions_next (user_data);
 *   pillion_task_add_done_callback (next, on_next, user_data, NULL);
 *   g_object_unref (next);
 * }
 * ```
 *
 * [method@Pillion.Completions.next] returns a task at once. Its result is the [class@Pillion.Task] that ended
 * next, which has its own outcome, or %NULL if none is left. Tasks that had ended when they were added come
 * first, in the order in which they were added.
 *
 * You can ask for several at the same time; they are served in order. If one of those waits is cancelled, its
 * turn goes to the next, and no completion is lost. Tasks can be added at any time, with
 * [method@Pillion.Completions.add].
 *
 * A wait keeps a reference to the object. When the object goes, the tasks carry on: they are not cancelled. Use
 * it only on the loop's thread.
 *
 * Since: 1.0
 */

typedef struct _State State;

/* A task that is waited for */
typedef struct
{
  State *state;   /* a reference */
  PillionTask *task;
  guint id;       /* of its callback */
  guint index;    /* in the array of the pending ones */
  gboolean heard; /* whether the callback was called */
} Pending;

/* A task that has ended */
typedef struct
{
  PillionTask *task;
  guint64 order; /* in which they are handed out */
} Completion;

/* The part that belongs to the loop's thread. If another thread drops the object, the callbacks may outlive it for a moment. */
struct _State
{
  PillionItem item; /* tells the loop's thread that the object is gone */
  PillionLoop *loop;  /* not referenced: the object has a reference, and so have the tasks */
  GPtrArray *pending; /* of Pending */
  guint64 n_finished;
  GQueue nexts;       /* of Next: those that wait */

  /* These are for any thread. Tasks that are done keep their loop, so they must not wait here, for a kick that may never come, once the
   * object is gone. */
  GMutex lock;
  GQueue finished;    /* of Completion, in their order: those that haven't been handed out yet */
  gboolean gone;      /* whether the object is */
};

struct _PillionCompletions
{
  GObject parent_instance;

  PillionLoop *loop;
  State *state;
};

enum
{
  PROP_LOOP = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionCompletions, pillion_completions, G_TYPE_OBJECT)

/* The body of the task that stands for the next completion */
typedef struct
{
  PillionTaskBody body;
  GList link;                /* in the state's queue, which has a reference to the task */
  PillionCompletions *owner; /* a reference while it waits */
  State *state;              /* a reference */
  gboolean given;            /* whether it was given a completion, rather than ended by whoever has the task */
  guint64 order;             /* of that */
} Next;

static void
completion_free (gpointer data)
{
  Completion *self = data;

  g_object_unref (self->task);
  g_free (self);
}

/* Takes the reference to the task */
static Completion *
completion_new (PillionTask *task,
                guint64 order)
{
  Completion *self = g_new (Completion, 1);

  self->task = task;
  self->order = order;
  return self;
}

static void
state_clear (gpointer memory)
{
  State *self = memory;

  pillion_sync_acquire (self);
  g_ptr_array_unref (self->pending);
  g_mutex_clear (&self->lock);
}

static void
state_unref (State *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, state_clear);
}

/* Takes the completion, to be handed out in its turn */
static void
keep (State *self,
      Completion *completion)
{
  GList *link;

  pillion_mutex_lock (&self->lock);
  link = self->finished.tail;
  /* Those that come back are among the first */
  if (link != NULL && ((Completion *) link->data)->order > completion->order)
    for (link = self->finished.head; ((Completion *) link->data)->order < completion->order;)
      link = link->next;
  else
    link = NULL;
  if (!self->gone)
    g_queue_insert_before (&self->finished, link, g_steal_pointer (&completion));
  pillion_mutex_unlock (&self->lock);

  g_clear_pointer (&completion, completion_free);
}

static guint
count_finished (State *self)
{
  guint n;

  pillion_mutex_lock (&self->lock);
  n = self->finished.length;
  pillion_mutex_unlock (&self->lock);
  return n;
}

static Completion *
take_finished (State *self)
{
  Completion *completion;

  pillion_mutex_lock (&self->lock);
  completion = g_queue_pop_head (&self->finished);
  pillion_mutex_unlock (&self->lock);
  return completion;
}

static void
drop_finished (State *self)
{
  GQueue finished;

  pillion_mutex_lock (&self->lock);
  self->gone = TRUE;
  finished = self->finished;
  g_queue_init (&self->finished);
  pillion_mutex_unlock (&self->lock);

  g_queue_clear_full (&finished, completion_free);
}

/* Stops waiting. The caller has a reference to the owner and to the task. */
static void
leave_queue (State *self,
             Next *next)
{
  g_queue_unlink (&self->nexts, &next->link);
  g_object_unref (g_steal_pointer (&next->owner));
  pillion_sync_unref (next->body.task);
}

/* Serves those that wait, as long as there is something for them */
static void
serve (State *self)
{
  while (!g_queue_is_empty (&self->nexts) && (count_finished (self) > 0 || self->pending->len == 0))
    {
      Next *next = self->nexts.head->data;
      g_autoptr (PillionCompletions) owner = g_object_ref (next->owner);
      g_autoptr (PillionTask) task = g_object_ref (next->body.task);

      leave_queue (self, next);
      /* If the caller cancelled it, or ended it, it wants no completion */
      if (!pillion_task_is_done (task) && !pillion_task_return_if_cancelled (task))
        {
          Completion *finished = take_finished (self);

          pillion_task_return_object (task, finished != NULL ? finished->task : NULL);
          if (finished != NULL)
            {
              next->given = TRUE;
              next->order = finished->order;
              completion_free (finished);
            }
        }
    }
}

static void
finish (State *self,
        PillionTask *task)
{
  keep (self, completion_new (g_object_ref (task), self->n_finished++));
}

static void
remove_pending (Pending *pending)
{
  State *self = pending->state;

  g_ptr_array_remove_index_fast (self->pending, pending->index);
  if (pending->index < self->pending->len)
    ((Pending *) self->pending->pdata[pending->index])->index = pending->index;
  pending->index = G_MAXUINT;
}

static void
on_done (PillionTask *task,
         gpointer user_data)
{
  Pending *pending = user_data;

  pending->heard = TRUE;
  remove_pending (pending);
  finish (pending->state, task);
  serve (pending->state);
}

/* After on_done (), or instead of it if the task will never be delivered, or is no longer waited for */
static void
on_callback_freed (gpointer user_data)
{
  Pending *pending = user_data;
  State *self = pending->state;

  if (!pending->heard)
    {
      remove_pending (pending);
      /* Now it isn't known how many there will be */
      while (!g_queue_is_empty (&self->nexts))
        {
          Next *next = self->nexts.head->data;
          g_autoptr (PillionTask) task = g_object_ref (next->body.task);
          g_autoptr (PillionCompletions) owner = g_object_ref (next->owner);

          leave_queue (self, next);
          if (pillion_task_is_done (task))
            continue;
          pillion_task_look (task);
          pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED,
                                         _("The loop was closed while waiting for '%s'"), task->name);
        }
    }

  g_object_unref (pending->task);
  g_free (pending);
  state_unref (self);
}

/* The object is gone and nothing waits: the tasks are left alone */
static void
state_end (State *self)
{
  while (self->pending->len > 0)
    {
      Pending *pending = self->pending->pdata[self->pending->len - 1];

      pillion_task_remove_done_callback (pending->task, pending->id);
    }
}

static gboolean
state_end_run (PillionItem *item,
               PillionCore *core)
{
  State *self = (State *) item;

  state_end (self);
  state_unref (self);

  return FALSE;
}

static const char *
state_end_get_name (PillionItem *item)
{
  return "end of completions";
}

/* The loop is gone, and its tasks' callbacks are freed with it */
static void
state_end_drop (PillionItem *item)
{
  state_unref ((State *) item);
}

static const PillionItemClass state_end_class = {
  .run = state_end_run,
  .get_name = state_end_get_name,
  .drop = state_end_drop,
};

static void
pillion_completions_finalize (GObject *object)
{
  PillionCompletions *self = PILLION_COMPLETIONS (object);
  State *state = g_steal_pointer (&self->state);

  pillion_sync_acquire (self);

  if (state != NULL)
    {
      PillionCore *core = pillion_core (state->loop);

      drop_finished (state);
      if (pillion_core_on_thread (core))
        {
          state_end (state);
          state_unref (state);
        }
      else
        {
          pillion_sync_release (state);
          pillion_core_push (core, &state->item);
        }
    }
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_completions_parent_class)->finalize (object);
}

static void
pillion_completions_get_property (GObject *object,
                                  guint prop_id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  PillionCompletions *self = PILLION_COMPLETIONS (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, pillion_completions_get_loop (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_completions_class_init (PillionCompletionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_completions_finalize;
  object_class->get_property = pillion_completions_get_property;

  /**
   * PillionCompletions:loop: (getter get_loop)
   *
   * The loop that the tasks belong to.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_completions_init (PillionCompletions *self)
{
}

/* Whether tasks can be added here and now; if not, sets @error */
static gboolean
check_open (PillionCore *core,
            GError **error)
{
  if (!pillion_core_check_thread (core, error))
    return FALSE;
  if (!core->closing && !core->closed)
    return TRUE;

  g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED, pillion_core_describe_closed (core));
  return FALSE;
}

/* Whether the task can be handed out; if not, sets @error */
static gboolean
check_task (PillionLoop *loop,
            PillionTask *task,
            GError **error)
{
  if (task->loop == loop)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("'%s' belongs to another loop"), task->name);
  return FALSE;
}

static void
add_task (State *self,
          PillionTask *task)
{
  Pending *pending;

  if (pillion_task_is_done (task))
    {
      pillion_task_look (task);
      finish (self, task);
      return;
    }

  pending = g_new0 (Pending, 1);
  pending->state = g_atomic_rc_box_acquire (self);
  pending->task = g_object_ref (task);
  pending->index = self->pending->len;
  g_ptr_array_add (self->pending, pending);
  pending->id = pillion_task_add_done_callback (task, on_done, pending, on_callback_freed);
}

/**
 * pillion_completions_new:
 * @loop: the loop that the tasks belong to
 * @tasks: (array length=n_tasks) (element-type PillionTask) (nullable): the tasks
 * @n_tasks: how many there are
 * @error: return location for an error
 *
 * Creates an object that returns tasks as they end. A task that is given twice is returned twice.
 *
 * Returns: (transfer full): new completions; %NULL if @error is set: to `G_IO_ERROR_INVALID_ARGUMENT` if one of @tasks belongs
 *   to another loop, to [error@Pillion.Error.CLOSED] if the loop was closed, or to [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
PillionCompletions *
pillion_completions_new (PillionLoop *loop,
                         PillionTask **tasks,
                         gsize n_tasks,
                         GError **error)
{
  PillionCompletions *self;
  PillionCore *core = pillion_core (loop);

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (n_tasks == 0 || tasks != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  for (gsize i = 0; i < n_tasks; i++)
    g_return_val_if_fail (PILLION_IS_TASK (tasks[i]) && tasks[i]->loop != NULL, NULL);

  if (!check_open (core, error))
    return NULL;
  for (gsize i = 0; i < n_tasks; i++)
    {
      if (!check_task (loop, tasks[i], error))
        return NULL;
    }

  self = g_object_new (PILLION_TYPE_COMPLETIONS, NULL);
  self->state = g_atomic_rc_box_new0 (State);
  self->state->item.klass = &state_end_class;
  self->loop = g_object_ref (loop);
  self->state->loop = loop;
  self->state->pending = g_ptr_array_new ();
  g_mutex_init (&self->state->lock);
  for (gsize i = 0; i < n_tasks; i++)
    add_task (self->state, tasks[i]);

  return self;
}

/**
 * pillion_completions_get_loop: (get-property loop)
 * @self: completions
 *
 * Gets the loop that the tasks belong to.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_completions_get_loop (PillionCompletions *self)
{
  g_return_val_if_fail (PILLION_IS_COMPLETIONS (self), NULL);

  return self->state != NULL ? self->state->loop : NULL;
}

/**
 * pillion_completions_add:
 * @self: completions
 * @task: one more task
 * @error: return location for an error
 *
 * Adds a task to those that are returned as they end.
 *
 * Returns: whether it was added; if not, @error is set: to `G_IO_ERROR_INVALID_ARGUMENT` if @task belongs to another loop, to
 *   [error@Pillion.Error.CLOSED] if the loop was closed, or to [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
gboolean
pillion_completions_add (PillionCompletions *self,
                         PillionTask *task,
                         GError **error)
{
  g_return_val_if_fail (PILLION_IS_COMPLETIONS (self), FALSE);
  g_return_val_if_fail (self->state != NULL, FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task) && task->loop != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_open (pillion_core (self->state->loop), error) || !check_task (self->state->loop, task, error))
    return FALSE;

  add_task (self->state, task);
  serve (self->state);

  return TRUE;
}

static void
next_cancelled (PillionTaskBody *body)
{
  Next *next = (Next *) body;
  g_autoptr (PillionCompletions) owner = g_object_ref (next->owner);

  leave_queue (owner->state, next);
  pillion_task_return_if_cancelled (body->task);
}

/* Nobody got what it was given, which goes back to its old place */
static void
next_unwanted (PillionTaskBody *body)
{
  Next *next = (Next *) body;

  if (next->given)
    keep (next->state, completion_new (PILLION_TASK (g_object_ref (body->task->result.object)), next->order));
  serve (next->state);
}

static PillionTask *
next_get_child (PillionTaskBody *body,
                guint index)
{
  Next *next = (Next *) body;
  GPtrArray *pending = next->owner != NULL ? next->owner->state->pending : NULL;

  return pending != NULL && index < pending->len ? ((Pending *) pending->pdata[index])->task : NULL;
}

/* The state doesn't keep the loop, but what the task was given does, and nobody can ask the task for that any more */
static void
next_weaken (PillionTaskBody *body)
{
  Next *next = (Next *) body;
  PillionTaskResult *result = &body->task->result;

  if (!next->given || result->object == NULL)
    return;

  next->given = FALSE;
  result->kind = PILLION_RESULT_NONE;
  keep (next->state, completion_new (PILLION_TASK (g_steal_pointer (&result->object)), next->order));
}

static void
next_free (PillionTaskBody *body)
{
  state_unref (((Next *) body)->state);
  g_free (body);
}

static const PillionTaskBodyClass next_class = {
  .cancelled = next_cancelled,
  .get_child = next_get_child,
  .free = next_free,
  .unwanted = next_unwanted,
  .weaken = next_weaken,
};

/**
 * pillion_completions_next:
 * @self: completions
 *
 * Creates a task that ends with the task that ends next, or that has ended already. If none is left, it ends
 * with %NULL, as do other waits. Cancelling it leaves the completion to the next wait, even if it is done but
 * nothing was told, and doesn't affect the tasks.
 *
 * Returns: (transfer full): a task that ends with an object, which is a [class@Pillion.Task] or %NULL; it fails with `G_IO_ERROR_CANCELLED`, or
 *   with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *
pillion_completions_next (PillionCompletions *self)
{
  PillionTask *task;
  PillionLoop *loop;
  Next *next;

  g_return_val_if_fail (PILLION_IS_COMPLETIONS (self), NULL);
  g_return_val_if_fail (self->state != NULL, NULL);

  loop = self->state->loop;
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);

  task = pillion_task_new_static (loop, "next completion", NULL, NULL);
  if (pillion_task_is_done (task))
    return task;

  next = g_new0 (Next, 1);
  next->owner = g_object_ref (self);
  next->state = g_atomic_rc_box_acquire (self->state);
  next->link.data = next;
  pillion_task_set_body (task, &next->body, &next_class);
  g_object_ref (task);
  g_queue_push_tail_link (&self->state->nexts, &next->link);
  serve (self->state);

  return task;
}

/**
 * pillion_completions_try_next:
 * @self: completions
 *
 * Takes the task that ended next, if one has ended already. This makes no task, so it suits a program that looks once per frame for
 * whatever has ended since. On the loop's thread only.
 *
 * Returns: (transfer full) (nullable): a task that is done; %NULL if no further task has ended so far, or if none is left
 *   ([method@Pillion.Completions.get_n_left])
 *
 * Since: 1.0
 */
PillionTask *
pillion_completions_try_next (PillionCompletions *self)
{
  Completion *finished;
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_COMPLETIONS (self), NULL);
  g_return_val_if_fail (self->state != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->state->loop)), NULL);

  finished = take_finished (self->state);
  if (finished == NULL)
    return NULL;

  task = g_object_ref (finished->task);
  completion_free (finished);
  return task;
}

/**
 * pillion_completions_get_n_left:
 * @self: completions
 *
 * Gets the number of tasks that were added but not returned yet, whether they have ended or not.
 *
 * Returns: the number of tasks
 *
 * Since: 1.0
 */
guint
pillion_completions_get_n_left (PillionCompletions *self)
{
  g_return_val_if_fail (PILLION_IS_COMPLETIONS (self), 0);

  return self->state != NULL ? self->state->pending->len + count_finished (self->state) : 0;
}
