/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-wait-queue.h"

#include "base/pillion-sync.h"

/**
 * PillionEvent:
 *
 * Something that happens once, and that any number of tasks can wait for.
 *
 * ```c
 * g_autoptr (PillionEvent) loaded = pillion_event_new (loop);
 * g_autoptr (PillionTask) wait = pillion_event_wait (loaded);
 *
 * pillion_task_add_done_callback (wait, on_done, NULL, NULL);
 * pillion_event_set (loaded);
 * ```
 *
 * Setting the event ends all waits, in the order in which they began, even if the event is cleared right after.
 * Until then, later waits end at once.
 *
 * A wait keeps a reference to the event. Closing the loop cancels waits, like all tasks. Use an event only on
 * the loop's thread.
 *
 * Since: 1.0
 */

struct _PillionEvent
{
  GObject parent_instance;

  PillionLoop *loop;
  gboolean is_set;
  PillionWaitQueue waiters;
};

enum
{
  PROP_LOOP = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionEvent, pillion_event, G_TYPE_OBJECT)

static const PillionTaskBodyClass wait_class = PILLION_WAITER_CLASS (NULL);

static void
pillion_event_finalize (GObject *object)
{
  PillionEvent *self = PILLION_EVENT (object);

  pillion_sync_acquire (self);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_event_parent_class)->finalize (object);
}

static void
pillion_event_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec)
{
  PillionEvent *self = PILLION_EVENT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_event_set_property (GObject *object,
                            guint prop_id,
                            const GValue *value,
                            GParamSpec *pspec)
{
  PillionEvent *self = PILLION_EVENT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_event_class_init (PillionEventClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_event_finalize;
  object_class->get_property = pillion_event_get_property;
  object_class->set_property = pillion_event_set_property;

  /**
   * PillionEvent:loop: (getter get_loop)
   *
   * The loop of the tasks that wait.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_event_init (PillionEvent *self)
{
}

/**
 * pillion_event_new:
 * @loop: the loop that those who wait belong to
 *
 * Creates an event that is not set.
 *
 * Returns: (transfer full): a new event
 *
 * Since: 1.0
 */
PillionEvent *
pillion_event_new (PillionLoop *loop)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);

  return g_object_new (PILLION_TYPE_EVENT, "loop", loop, NULL);
}

/**
 * pillion_event_get_loop: (get-property loop)
 * @self: an event
 *
 * Gets the loop of the tasks that wait.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_event_get_loop (PillionEvent *self)
{
  g_return_val_if_fail (PILLION_IS_EVENT (self), NULL);

  return self->loop;
}

/**
 * pillion_event_is_set:
 * @self: an event
 *
 * Checks whether the event is set.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
pillion_event_is_set (PillionEvent *self)
{
  g_return_val_if_fail (PILLION_IS_EVENT (self), FALSE);

  return self->is_set;
}

/**
 * pillion_event_set:
 * @self: an event
 *
 * Sets the event, which ends all waits. Setting it again has no effect.
 *
 * Since: 1.0
 */
void
pillion_event_set (PillionEvent *self)
{
  PillionTask *task;

  g_return_if_fail (PILLION_IS_EVENT (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (pillion_core_on_thread (pillion_core (self->loop)));

  self->is_set = TRUE;
  while ((task = pillion_wait_queue_pop (&self->waiters)) != NULL)
    pillion_task_return_boolean (task, TRUE);
}

/**
 * pillion_event_clear:
 * @self: an event
 *
 * Clears the event: waits that begin from now on wait until it is set again.
 *
 * Since: 1.0
 */
void
pillion_event_clear (PillionEvent *self)
{
  g_return_if_fail (PILLION_IS_EVENT (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (pillion_core_on_thread (pillion_core (self->loop)));

  self->is_set = FALSE;
}

/**
 * pillion_event_wait:
 * @self: an event
 *
 * Waits until the event is set.
 *
 * Returns: (transfer full): a task that ends with %TRUE when the event is set, at once if it is; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] if the loop was closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_event_wait (PillionEvent *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_EVENT (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  task = pillion_waiter_new (self->loop, "event", self, &wait_class);
  if (pillion_task_is_done (task))
    return task;

  if (self->is_set)
    pillion_task_return_boolean (task, TRUE);
  else
    pillion_wait_queue_push (&self->waiters, task);

  return task;
}
