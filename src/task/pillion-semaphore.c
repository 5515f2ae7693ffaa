/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-wait-queue.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/**
 * PillionSemaphore:
 *
 * Limits how many pieces of work run at once: each needs a permit, and there are only so many.
 *
 * ```c
 * g_autoptr (PillionSemaphore) doors = pillion_semaphore_new (loop, 4);
 * g_autoptr (PillionTask) inside = pillion_semaphore_acquire (doors);
 *
 * pillion_task_add_done_callback (inside, on_done, NULL, NULL);
 * ```
 *
 * When the done callback runs, it holds a permit, and returns it with [method@Pillion.Semaphore.release] when
 * its work is over.
 *
 * ## Who is next
 *
 * Waiters are served in order: a released permit goes directly to the longest waiter. Nothing can overtake, so
 * [method@Pillion.Semaphore.try_acquire] fails while something waits.
 *
 * ## Whose a permit is
 *
 * A permit is handed over when the waiter is told: when a done callback of the task runs, or when something
 * asks for the task's result. If a waiter is cancelled after it got a permit but before it was told, the permit
 * goes to the next one. A task made from the waiter's, such as with [method@Pillion.Task.with_timeout], counts
 * as being told: from then on it holds the permit, so if you give that task up, check how it ended, and release
 * the permit.
 *
 * ## Life and threads
 *
 * A wait keeps a reference to the semaphore. Closing the loop cancels waits, like all tasks. Use a semaphore
 * only on the loop's thread.
 *
 * Since: 1.0
 */

struct _PillionSemaphore
{
  GObject parent_instance;

  PillionLoop *loop;
  guint permits;
  guint available; /* 0 while a waiter that isn't cancelled is in the line */
  PillionWaitQueue waiters;
};

enum
{
  PROP_LOOP = 1,
  PROP_PERMITS,
  PROP_AVAILABLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionSemaphore, pillion_semaphore, G_TYPE_OBJECT)

static void
serve (PillionTask *task)
{
  pillion_waiter_of (task)->served = TRUE;
  pillion_task_return_boolean (task, TRUE);
}

static void
give_back (PillionSemaphore *self)
{
  PillionTask *next = pillion_wait_queue_pop (&self->waiters);

  if (next != NULL)
    serve (next);
  else
    {
      self->available++;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AVAILABLE]);
    }
}

static void
permit_unwanted (PillionTaskBody *body)
{
  PillionWaiter *self = (PillionWaiter *) body;
  g_autoptr (PillionSemaphore) owner = self->served ? pillion_waiter_take_owner (self) : NULL;

  if (owner != NULL)
    give_back (owner);
}

static const PillionTaskBodyClass acquire_class = PILLION_WAITER_CLASS (permit_unwanted);

static void
pillion_semaphore_finalize (GObject *object)
{
  PillionSemaphore *self = PILLION_SEMAPHORE (object);

  pillion_sync_acquire (self);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_semaphore_parent_class)->finalize (object);
}

static void
pillion_semaphore_constructed (GObject *object)
{
  PillionSemaphore *self = PILLION_SEMAPHORE (object);

  G_OBJECT_CLASS (pillion_semaphore_parent_class)->constructed (object);

  self->available = self->permits;
}

static void
pillion_semaphore_get_property (GObject *object,
                                guint prop_id,
                                GValue *value,
                                GParamSpec *pspec)
{
  PillionSemaphore *self = PILLION_SEMAPHORE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_PERMITS:
      g_value_set_uint (value, self->permits);
      break;
    case PROP_AVAILABLE:
      g_value_set_uint (value, self->available);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_semaphore_set_property (GObject *object,
                                guint prop_id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  PillionSemaphore *self = PILLION_SEMAPHORE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    case PROP_PERMITS:
      self->permits = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_semaphore_class_init (PillionSemaphoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_semaphore_constructed;
  object_class->finalize = pillion_semaphore_finalize;
  object_class->get_property = pillion_semaphore_get_property;
  object_class->set_property = pillion_semaphore_set_property;

  /**
   * PillionSemaphore:loop: (getter get_loop)
   *
   * The loop of the tasks that wait.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionSemaphore:permits: (getter get_permits)
   *
   * The number of permits, including those that are taken.
   *
   * Since: 1.0
   */
  properties[PROP_PERMITS] =
    g_param_spec_uint ("permits", NULL, NULL, 1, G_MAXUINT, 1,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionSemaphore:available: (getter get_available)
   *
   * The number of free permits.
   *
   * Since: 1.0
   */
  properties[PROP_AVAILABLE] =
    g_param_spec_uint ("available", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_semaphore_init (PillionSemaphore *self)
{
}

static gboolean
may_use (PillionSemaphore *self)
{
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), FALSE);

  return TRUE;
}

/**
 * pillion_semaphore_new:
 * @loop: the loop that those who wait belong to
 * @permits: how many permits there are, at least 1
 *
 * Creates a semaphore whose permits are all free.
 *
 * Returns: (transfer full): a new semaphore
 *
 * Since: 1.0
 */
PillionSemaphore *
pillion_semaphore_new (PillionLoop *loop,
                       guint permits)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (permits > 0, NULL);

  return g_object_new (PILLION_TYPE_SEMAPHORE, "loop", loop, "permits", permits, NULL);
}

/**
 * pillion_semaphore_get_loop: (get-property loop)
 * @self: a semaphore
 *
 * Gets the loop of the tasks that wait.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_semaphore_get_loop (PillionSemaphore *self)
{
  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), NULL);

  return self->loop;
}

/**
 * pillion_semaphore_get_permits: (get-property permits)
 * @self: a semaphore
 *
 * Gets the number of permits, including those that are taken.
 *
 * Returns: the number of permits
 *
 * Since: 1.0
 */
guint
pillion_semaphore_get_permits (PillionSemaphore *self)
{
  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), 0);

  return self->permits;
}

/**
 * pillion_semaphore_get_available: (get-property available)
 * @self: a semaphore
 *
 * Gets the number of free permits.
 *
 * Returns: the number of permits
 *
 * Since: 1.0
 */
guint
pillion_semaphore_get_available (PillionSemaphore *self)
{
  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), 0);

  return self->available;
}

/**
 * pillion_semaphore_acquire:
 * @self: a semaphore
 *
 * Takes a permit, waiting until one is free. Cancelling the task gives up the wait.
 *
 * Returns: (transfer full): a task that ends with %TRUE when the permit is there, at once if there is one; it fails with
 *   `G_IO_ERROR_CANCELLED`, and with [error@Pillion.Error.CLOSED] if the loop was closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_semaphore_acquire (PillionSemaphore *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), NULL);
  if (!may_use (self))
    return NULL;

  task = pillion_waiter_new (self->loop, "acquire", self, &acquire_class);
  if (pillion_task_is_done (task))
    return task;

  if (!pillion_semaphore_try_acquire (self))
    pillion_wait_queue_push (&self->waiters, task);
  /* A handler of the property may have closed the loop */
  else if (!pillion_task_is_returned (task))
    serve (task);

  return task;
}

/**
 * pillion_semaphore_try_acquire:
 * @self: a semaphore
 *
 * Takes a permit if one is free and nothing waits for it.
 *
 * Returns: whether the caller has a permit now
 *
 * Since: 1.0
 */
gboolean
pillion_semaphore_try_acquire (PillionSemaphore *self)
{
  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), FALSE);
  if (!may_use (self) || self->available == 0)
    return FALSE;

  self->available--;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AVAILABLE]);
  return TRUE;
}

/**
 * pillion_semaphore_release:
 * @self: a semaphore
 * @error: return location for an error
 *
 * Returns a permit. If something waits, the permit goes to the longest waiter.
 *
 * Returns: whether one had been taken; if not, @error is set: to [error@Pillion.Error.OVER_RELEASED], or to
 *   [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
gboolean
pillion_semaphore_release (PillionSemaphore *self,
                           GError **error)
{
  g_return_val_if_fail (PILLION_IS_SEMAPHORE (self), FALSE);
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_core_check_thread (pillion_core (self->loop), error))
    return FALSE;

  if (self->available == self->permits)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_OVER_RELEASED,
                   g_dngettext (GETTEXT_PACKAGE, "The semaphore's %u permit has already been released",
                                "All %u permits of the semaphore have already been released", self->permits),
                   self->permits);
      return FALSE;
    }

  give_back (self);
  return TRUE;
}
