/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-waiters.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/**
 * PillionQueue:
 *
 * Items on their way from those who make them to those who use them, with a bound on how many lie in between.
 *
 * ```c
 * g_autoptr (PillionQueue) queue = pillion_queue_new (loop, 10);
 * g_autoptr (PillionTask) put = pillion_queue_put_object (queue, file);
 * g_autoptr (PillionTask) get = pillion_queue_get (queue);
 *
 * pillion_task_add_done_callback (get, on_done, NULL, NULL);
 * ```
 *
 * To put is to wait where the queue is full, to get is to wait where it is empty. Both go first come, first served. What was put is read
 * from the task of the get with the `get` function for its type, as from any task.
 *
 * ## Nothing is lost
 *
 * A put that is cancelled while it waits has put nothing, and one that ended well has put its item. An item is handed over when
 * whoever gets it is told: when a done callback of the task is called, or somebody asks for its result. A get that is cancelled after
 * it got an item, but before anybody was told, lets that go to the next get; where nobody waits, it is in the queue again, at its old place.
 *
 * ## The end
 *
 * After [method@Pillion.Queue.close] nothing can be put any more. What is in the queue can still be got; then a get fails with
 * [error@Pillion.Error.CLOSED].
 *
 * Whoever waits keeps the queue. When the loop is closed waiters are cancelled like all tasks. All of it belongs to the loop's thread.
 *
 * Since: 1.0
 */

struct _PillionQueue
{
  GObject parent_instance;

  PillionLoop *loop;
  guint capacity;  /* 0: none */
  gboolean closed;
  GQueue items;    /* of Item, in the order put; empty while somebody waits to get one */
  guint64 n_put;
  PillionWaiters getters;
  PillionWaiters putters; /* none while there is room */
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

/* Takes the content over */
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

/* Takes the content over. What was put failed nowhere, so neither does what is got. */
static void
end_get (PillionTask *task,
         PillionTaskResult *content,
         guint64 order)
{
  if (!pillion_task_begin_return (task))
    return;

  pillion_waiter_of (task)->order = order;
  task->result = *content;
  content->kind = PILLION_RESULT_NONE;
  pillion_task_finish (task, PILLION_TASK_SUCCEEDED);
}

/* Takes the content over. There is room. */
static void
bring (PillionQueue *self,
       PillionTaskResult *content)
{
  PillionTask *getter = pillion_waiters_pop (&self->getters);
  guint64 order = self->n_put++;

  if (getter != NULL)
    end_get (getter, content, order);
  else
    g_queue_push_tail (&self->items, item_new (content, order));
}

/* Takes the content over, which had been taken out */
static void
bring_back (PillionQueue *self,
            PillionTaskResult *content,
            guint64 order)
{
  PillionTask *getter = pillion_waiters_pop (&self->getters);
  GList *link = self->items.head;

  if (getter != NULL)
    {
      end_get (getter, content, order);
      return;
    }

  /* In front, but for those that came back before it and were put before it */
  while (link != NULL && ((Item *) link->data)->order < order)
    link = link->next;
  g_queue_insert_before (&self->items, link, item_new (content, order));
}

static gboolean
has_room (PillionQueue *self)
{
  return self->capacity == 0 || self->items.length < self->capacity;
}

/* Lets those who wait to put do so */
static void
fill (PillionQueue *self)
{
  PillionTask *putter;

  while (has_room (self) && (putter = pillion_waiters_pop (&self->putters)) != NULL)
    {
      bring (self, &pillion_waiter_of (putter)->item);
      pillion_task_return_boolean (putter, TRUE);
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
  fill (self);
}

static void
return_closed (PillionTask *task)
{
  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The queue was closed"));
}

/* The item goes on as the result of the task that nobody asked */
static void
item_unwanted (PillionTaskBody *body)
{
  PillionWaiter *self = (PillionWaiter *) body;
  PillionTask *task = body->task;
  PillionTaskResult content = { PILLION_RESULT_TASK };
  /* From now on the queue may keep the task */
  g_autoptr (PillionQueue) queue = PILLION_QUEUE (g_steal_pointer (&self->owner));

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
   * The loop that those who wait belong to.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionQueue:capacity: (getter get_capacity)
   *
   * How many items there can be in the queue; 0 for any number.
   *
   * Since: 1.0
   */
  properties[PROP_CAPACITY] =
    g_param_spec_uint ("capacity", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionQueue:length: (getter get_length)
   *
   * How many items there are in the queue. It changes without notification.
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

/* Takes the content over */
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
          pillion_task_return_boolean (task, TRUE);
        }
      else
        {
          pillion_waiter_of (task)->item = *content;
          content->kind = PILLION_RESULT_NONE;
          pillion_waiters_add (&self->putters, task);
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
 * Makes a queue that is empty.
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
 * Gives the loop that those who wait belong to.
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
 * Tells how many items there can be in the queue.
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
 * Tells how many items there are in the queue. Those that wait to be put don't count. It may be one more than the capacity for each
 * item that came back from a get that was cancelled.
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
 * Puts an item into the queue, or stands in line until there is room. Cancelling the task takes it out of the line.
 *
 * Returns: (transfer full): a task that ends with %TRUE when the item is in the queue, at once where there is room; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] where the queue is closed, or the loop
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
 * Does what [method@Pillion.Queue.put] does with an object, which the queue takes a reference of.
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
 * @destroy: (nullable): frees @item, with the task that got it, or where nobody does
 *
 * Does what [method@Pillion.Queue.put] does with a pointer, which the queue takes over.
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
 * Puts an item into the queue where there is room.
 *
 * Returns: whether it is in the queue now; %FALSE where that is full or closed
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
 * Takes the first item out of the queue, or stands in line for one. Cancelling the task takes it out of the line.
 *
 * Returns: (transfer full): a task that ends with the item, at once where there is one; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] where the queue is closed and empty, or the loop closed
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
    pillion_waiters_add (&self->getters, task);

  return task;
}

/**
 * pillion_queue_try_get:
 * @self: a queue
 *
 * Takes the first item out of the queue where there is one.
 *
 * Returns: (transfer full) (nullable): a task that has ended with the item; %NULL where the queue is empty, or the loop closed
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
 * Says that nothing more comes. Who waits to put fails with [error@Pillion.Error.CLOSED], as does who waits to get. What is in
 * the queue stays there to be got. To close a second time does nothing.
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
  while ((task = pillion_waiters_pop (&self->putters)) != NULL || (task = pillion_waiters_pop (&self->getters)) != NULL)
    return_closed (task);
}

/**
 * pillion_queue_is_closed:
 * @self: a queue
 *
 * Tells whether the queue was closed.
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
