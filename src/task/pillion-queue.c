/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-wait-queue.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/**
 * PillionQueue:
 *
 * A queue of items between those who produce them and those who consume them, with an optional limit on its
 * length.
 *
 * ```c
 * g_autoptr (PillionQueue) queue = pillion_queue_new (loop, 10);
 * g_autoptr (PillionTask) put = pillion_queue_put_object (queue, file);
 * g_autoptr (PillionTask) get = pillion_queue_get (queue);
 *
 * pillion_task_add_done_callback (get, on_done, NULL, NULL);
 * ```
 *
 * Putting waits while the queue is full; getting waits while it is empty. Both are served in order. The task of
 * a get holds the item: read it with the `get` function for its type, as with any task.
 *
 * ## Nothing is lost
 *
 * A put that is cancelled while it waits has put nothing, and one that succeeded has put its item. An item is
 * handed over when its receiver is told: when a done callback of the task runs, or when something asks for the
 * task's result. If a get is cancelled after it got an item but before its receiver was told, the item goes to
 * the next get. If nothing waits, it returns to its old place in the queue.
 *
 * ## The end
 *
 * After [method@Pillion.Queue.close], nothing can be put any more. The items in the queue can still be read;
 * after that, a get fails with [error@Pillion.Error.CLOSED].
 *
 * A wait keeps a reference to the queue. Closing the loop cancels waits, like all tasks. Use a queue only on
 * the loop's thread.
 *
 * Since: 1.0
 */

struct _PillionQueue
{
  GObject parent_instance;

  PillionLoop *loop;
  guint capacity;  /* 0 if there is none */
  gboolean closed;
  GQueue items;    /* of Item, in the order put; empty while something waits for one */
  guint64 n_put;
  PillionWaitQueue getters;
  PillionWaitQueue putters; /* empty while there is room */
};

typedef struct
{
  PillionTaskResult content;
  guint64 order;
} Item;

enum
{
  PROP_LOOP = 1,
  PROP_CAPACITY,
  PROP_LENGTH,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionQueue, pillion_queue, G_TYPE_OBJECT)

static void
item_free (gpointer data)
{
  Item *self = data;

  pillion_task_result_clear (&self->content);
  g_free (self);
}

/* Takes the content */
static Item *
item_new (PillionTaskResult *content,
          guint64 order)
{
  Item *self = g_new (Item, 1);

  self->content = *content;
  self->order = order;
  content->kind = PILLION_RESULT_NONE;
  return self;
}

/* Takes the content. It is a success in any case: an item can't be a failure. */
static void
end_get (PillionTask *task,
         PillionTaskResult *content,
         guint64 order)
{
  if (!pillion_task_begin_return (task))
    return;

  pillion_waiter_of (task)->served = TRUE;
  pillion_waiter_of (task)->order = order;
  task->result = *content;
  content->kind = PILLION_RESULT_NONE;
  pillion_task_finish (task, PILLION_TASK_SUCCEEDED);
}

/* Takes the content. There is room. */
static void
bring (PillionQueue *self,
       PillionTaskResult *content)
{
  PillionTask *getter = pillion_wait_queue_pop (&self->getters);
  guint64 order = self->n_put++;

  if (getter != NULL)
    {
      end_get (getter, content, order);
      return;
    }

  g_queue_push_tail (&self->items, item_new (content, order));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LENGTH]);
}

/* Takes the content, which had been in the queue before */
static void
bring_back (PillionQueue *self,
            PillionTaskResult *content,
            guint64 order)
{
  PillionTask *getter = pillion_wait_queue_pop (&self->getters);
  GList *link = self->items.head;

  if (getter != NULL)
    {
      end_get (getter, content, order);
      return;
    }

  /* At the front, but after those that were put before it and came back, too */
  while (link != NULL && ((Item *) link->data)->order < order)
    link = link->next;
  g_queue_insert_before (&self->items, link, item_new (content, order));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LENGTH]);
}

static gboolean
has_room (PillionQueue *self)
{
  return self->capacity == 0 || self->items.length < self->capacity;
}

/* Lets puts that wait for room continue */
static void
fill (PillionQueue *self)
{
  PillionTask *putter;

  while (has_room (self) && (putter = pillion_wait_queue_pop (&self->putters)) != NULL)
    {
      PillionTaskResult content = pillion_waiter_of (putter)->item;

      /* In this order: a handler of the property may close the loop, which would end the task */
      pillion_waiter_of (putter)->item.kind = PILLION_RESULT_NONE;
      pillion_task_return_boolean (putter, TRUE);
      bring (self, &content);
    }
}

/* The first item goes to @task */
static void
take_first (PillionQueue *self,
            PillionTask *task)
{
  Item *item = g_queue_pop_head (&self->items);

  end_get (task, &item->content, item->order);
  item_free (item);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LENGTH]);
  fill (self);
}

static void
return_closed (PillionTask *task)
{
  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The queue was closed"));
}

/* The item stays the result of this task, to which the queue then refers */
static void
item_unwanted (PillionTaskBody *body)
{
  PillionWaiter *self = (PillionWaiter *) body;
  PillionTask *task = body->task;
  PillionTaskResult content = { PILLION_RESULT_TASK };
  g_autoptr (PillionQueue) queue = NULL;

  if (!self->served)
    return;

  /* The queue may keep the task from now on, so the task must not keep the queue */
  queue = pillion_waiter_take_owner (self);
  if (queue == NULL)
    return;

  content.task = g_object_ref (task->result.kind == PILLION_RESULT_TASK ? task->result.task : task);
  bring_back (queue, &content, self->order);
}

static const PillionTaskBodyClass put_class = PILLION_WAITER_CLASS (NULL);
static const PillionTaskBodyClass get_class = PILLION_WAITER_CLASS (item_unwanted);

static void
pillion_queue_finalize (GObject *object)
{
  PillionQueue *self = PILLION_QUEUE (object);

  pillion_sync_acquire (self);
  g_queue_clear_full (&self->items, item_free);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_queue_parent_class)->finalize (object);
}

static void
pillion_queue_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec)
{
  PillionQueue *self = PILLION_QUEUE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_CAPACITY:
      g_value_set_uint (value, self->capacity);
      break;
    case PROP_LENGTH:
      g_value_set_uint (value, self->items.length);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_queue_set_property (GObject *object,
                            guint prop_id,
                            const GValue *value,
                            GParamSpec *pspec)
{
  PillionQueue *self = PILLION_QUEUE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    case PROP_CAPACITY:
      self->capacity = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_queue_class_init (PillionQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_queue_finalize;
  object_class->get_property = pillion_queue_get_property;
  object_class->set_property = pillion_queue_set_property;

  /**
   * PillionQueue:loop: (getter get_loop)
   *
   * The loop of the tasks that wait.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionQueue:capacity: (getter get_capacity)
   *
   * The maximum number of items in the queue; 0 for no limit.
   *
   * Since: 1.0
   */
  properties[PROP_CAPACITY] =
    g_param_spec_uint ("capacity", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionQueue:length: (getter get_length)
   *
   * The number of items in the queue.
   *
   * Since: 1.0
   */
  properties[PROP_LENGTH] =
    g_param_spec_uint ("length", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_queue_init (PillionQueue *self)
{
  g_queue_init (&self->items);
}

static gboolean
may_use (PillionQueue *self)
{
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), FALSE);

  return TRUE;
}

/* Takes the content */
static PillionTask *
put (PillionQueue *self,
     PillionTaskResult *content)
{
  PillionTask *task = pillion_waiter_new (self->loop, "put", self, &put_class);

  if (!pillion_task_is_done (task))
    {
      if (self->closed)
        {
          return_closed (task);
        }
      else if (has_room (self))
        {
          bring (self, content);
          /* A handler of the property may have closed the loop */
          if (!pillion_task_is_returned (task))
            pillion_task_return_boolean (task, TRUE);
        }
      else
        {
          pillion_waiter_of (task)->item = *content;
          content->kind = PILLION_RESULT_NONE;
          pillion_wait_queue_push (&self->putters, task);
        }
    }

  pillion_task_result_clear (content);
  return task;
}

static void
set_content (PillionTaskResult *content,
             const GValue *item)
{
  if (item != NULL)
    pillion_task_result_set_value (content, item);
  else
    *content = (PillionTaskResult) { PILLION_RESULT_POINTER };
}

/**
 * pillion_queue_new:
 * @loop: the loop that those who wait belong to
 * @capacity: how many items there can be in the queue; 0 for any number
 *
 * Creates an empty queue.
 *
 * Returns: (transfer full): a new queue
 *
 * Since: 1.0
 */
PillionQueue *
pillion_queue_new (PillionLoop *loop,
                   guint capacity)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);

  return g_object_new (PILLION_TYPE_QUEUE, "loop", loop, "capacity", capacity, NULL);
}

/**
 * pillion_queue_get_loop: (get-property loop)
 * @self: a queue
 *
 * Gets the loop of the tasks that wait.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_queue_get_loop (PillionQueue *self)
{
  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);

  return self->loop;
}

/**
 * pillion_queue_get_capacity: (get-property capacity)
 * @self: a queue
 *
 * Gets the maximum number of items in the queue.
 *
 * Returns: the number of items; 0 for any number
 *
 * Since: 1.0
 */
guint
pillion_queue_get_capacity (PillionQueue *self)
{
  g_return_val_if_fail (PILLION_IS_QUEUE (self), 0);

  return self->capacity;
}

/**
 * pillion_queue_get_length: (get-property length)
 * @self: a queue
 *
 * Gets the number of items in the queue, not counting those that wait to be put. It can exceed the capacity by
 * one for each item that came back from a cancelled get.
 *
 * Returns: the number of items
 *
 * Since: 1.0
 */
guint
pillion_queue_get_length (PillionQueue *self)
{
  g_return_val_if_fail (PILLION_IS_QUEUE (self), 0);

  return self->items.length;
}

/**
 * pillion_queue_put:
 * @self: a queue
 * @item: (nullable): what to put, of any type; copied
 *
 * Puts an item into the queue, waiting until there is room. Cancelling the task gives up the wait.
 *
 * Returns: (transfer full): a task that ends with %TRUE when the item is in the queue, at once if there is room; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] if the queue is closed, or the loop
 *
 * Since: 1.0
 */
PillionTask *
pillion_queue_put (PillionQueue *self,
                   const GValue *item)
{
  PillionTaskResult content = { PILLION_RESULT_NONE };

  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);
  g_return_val_if_fail (item == NULL || G_IS_VALUE (item), NULL);
  if (!may_use (self))
    return NULL;

  set_content (&content, item);
  return put (self, &content);
}

/**
 * pillion_queue_put_object:
 * @self: a queue
 * @item: (type GObject.Object) (nullable) (transfer none): what to put
 *
 * Puts an object into the queue, like [method@Pillion.Queue.put]. The queue takes a reference.
 *
 * Returns: (transfer full): a task as that of [method@Pillion.Queue.put]
 *
 * Since: 1.0
 */
PillionTask *
pillion_queue_put_object (PillionQueue *self,
                          gpointer item)
{
  PillionTaskResult content = { PILLION_RESULT_OBJECT };

  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);
  g_return_val_if_fail (item == NULL || G_IS_OBJECT (item), NULL);
  if (!may_use (self))
    return NULL;

  content.object = item != NULL ? g_object_ref (item) : NULL;
  return put (self, &content);
}

/**
 * pillion_queue_put_pointer: (skip)
 * @self: a queue
 * @item: (nullable) (transfer full): what to put
 * @destroy: (nullable): frees @item, with the task that got it, or if nobody does
 *
 * Puts a pointer into the queue, like [method@Pillion.Queue.put]. The queue takes ownership.
 *
 * Returns: (transfer full): a task as that of [method@Pillion.Queue.put]
 *
 * Since: 1.0
 */
PillionTask *
pillion_queue_put_pointer (PillionQueue *self,
                           gpointer item,
                           GDestroyNotify destroy)
{
  PillionTaskResult content = { PILLION_RESULT_POINTER };

  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);
  if (!may_use (self))
    return NULL;

  content.pointer = item;
  content.destroy = destroy;
  return put (self, &content);
}

/**
 * pillion_queue_try_put:
 * @self: a queue
 * @item: (nullable): what to put, of any type; copied
 *
 * Puts an item into the queue if there is room.
 *
 * Returns: whether it is in the queue now; %FALSE if that is full or closed
 *
 * Since: 1.0
 */
gboolean
pillion_queue_try_put (PillionQueue *self,
                       const GValue *item)
{
  PillionTaskResult content = { PILLION_RESULT_NONE };

  g_return_val_if_fail (PILLION_IS_QUEUE (self), FALSE);
  g_return_val_if_fail (item == NULL || G_IS_VALUE (item), FALSE);
  if (!may_use (self) || self->closed || !has_room (self))
    return FALSE;

  set_content (&content, item);
  bring (self, &content);
  return TRUE;
}

/**
 * pillion_queue_get:
 * @self: a queue
 *
 * Takes the first item out of the queue, waiting for one if it is empty. Cancelling the task gives up the wait.
 *
 * Returns: (transfer full): a task that ends with the item, at once if there is one; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] if the queue is closed and empty, or the loop closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_queue_get (PillionQueue *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);
  if (!may_use (self))
    return NULL;

  task = pillion_waiter_new (self->loop, "get", self, &get_class);
  if (pillion_task_is_done (task))
    return task;

  if (!g_queue_is_empty (&self->items))
    take_first (self, task);
  else if (self->closed)
    return_closed (task);
  else
    pillion_wait_queue_push (&self->getters, task);

  return task;
}

/**
 * pillion_queue_try_get:
 * @self: a queue
 *
 * Takes the first item out of the queue if there is one.
 *
 * Returns: (transfer full) (nullable): a task that has ended with the item; %NULL if the queue is empty, or the loop closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_queue_try_get (PillionQueue *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_QUEUE (self), NULL);
  if (!may_use (self) || g_queue_is_empty (&self->items))
    return NULL;

  task = pillion_waiter_new (self->loop, "get", self, &get_class);
  if (pillion_task_is_done (task))
    {
      g_object_unref (task);
      return NULL;
    }

  take_first (self, task);
  return task;
}

/**
 * pillion_queue_close:
 * @self: a queue
 *
 * Closes the queue: nothing more can be put. Waiting puts and gets fail with [error@Pillion.Error.CLOSED].
 * Items in the queue can still be read. Closing it twice has no effect.
 *
 * Since: 1.0
 */
void
pillion_queue_close (PillionQueue *self)
{
  PillionTask *task;

  g_return_if_fail (PILLION_IS_QUEUE (self));
  if (!may_use (self))
    return;

  self->closed = TRUE;
  while ((task = pillion_wait_queue_pop (&self->putters)) != NULL || (task = pillion_wait_queue_pop (&self->getters)) != NULL)
    return_closed (task);
}

/**
 * pillion_queue_is_closed:
 * @self: a queue
 *
 * Checks whether the queue was closed.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
pillion_queue_is_closed (PillionQueue *self)
{
  g_return_val_if_fail (PILLION_IS_QUEUE (self), FALSE);

  return self->closed;
}
