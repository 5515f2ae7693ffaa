/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

#include "base/pillion-callback.h"
#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/**
 * PillionCallbackHost:
 *
 * A host that is made of functions: how a program in any language tells Pillion about its main loop.
 *
 * ```python
 * host = Pillion.CallbackHost.new ("my-addon")
 * host.set_install (lambda loop: bpy.app.timers.register (tick, persistent=True))
 * host.set_remove (lambda loop: bpy.app.timers.unregister (tick))
 * loop.ensure (host)
 * ```
 *
 * Functions that are not set do nothing, so a program whose frame loop kicks anyway needs none. The install and
 * remove functions are called on the host's thread. The wake function is called from any thread, at most once
 * between two kicks, and must only wake the host.
 *
 * Since: 1.0
 */
struct _PillionCallbackHost
{
  GObject parent_instance;

  char *name;
  GMainContext *context; /* the context that the host's main loop runs, or NULL */
  gboolean keeps_hook;
  GError *refusal;       /* what the install function set */
  PillionCallback *install;
  PillionCallback *remove;
  GMutex lock;
  PillionCallback *wake; /* under the lock */
};

enum
{
  PROP_NAME = 1,
  PROP_CONTEXT,
  PROP_KEEPS_HOOK,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PillionCallbackHost,
                               pillion_callback_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, host_iface_init))

static const char *
pillion_callback_host_get_name (PillionHost *host)
{
  return PILLION_CALLBACK_HOST (host)->name;
}

static void
call_hook (PillionCallback *hook,
           PillionLoop *loop)
{
  if (hook != NULL)
    {
      /* It may replace itself */
      pillion_callback_ref (hook);
      ((PillionHookFunc) hook->func) (loop, hook->data);
      pillion_callback_unref (hook);
    }
}

static gboolean
pillion_callback_host_install (PillionHost *host,
                               PillionLoop *loop,
                               GError **error)
{
  PillionCallbackHost *self = PILLION_CALLBACK_HOST (host);

  g_clear_error (&self->refusal);
  call_hook (self->install, loop);
  if (self->refusal == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->refusal));
  return FALSE;
}

static gboolean
pillion_callback_host_runs_context (PillionHost *host,
                                    GMainContext *context)
{
  return PILLION_CALLBACK_HOST (host)->context == context;
}

static gboolean
pillion_callback_host_keeps_hook (PillionHost *host)
{
  return PILLION_CALLBACK_HOST (host)->keeps_hook;
}

static void
pillion_callback_host_remove (PillionHost *host,
                              PillionLoop *loop)
{
  call_hook (PILLION_CALLBACK_HOST (host)->remove, loop);
}

static void
pillion_callback_host_wake (PillionHost *host)
{
  PillionCallbackHost *self = PILLION_CALLBACK_HOST (host);
  PillionCallback *wake;

  pillion_mutex_lock (&self->lock);
  wake = pillion_callback_ref (self->wake);
  pillion_mutex_unlock (&self->lock);

  if (wake != NULL)
    ((PillionWakeFunc) wake->func) (wake->data);
  pillion_callback_unref (wake);
}

static void
host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = pillion_callback_host_get_name;
  iface->install = pillion_callback_host_install;
  iface->remove = pillion_callback_host_remove;
  iface->wake = pillion_callback_host_wake;
  iface->runs_context = pillion_callback_host_runs_context;
  iface->keeps_hook = pillion_callback_host_keeps_hook;
}

static void
pillion_callback_host_finalize (GObject *object)
{
  PillionCallbackHost *self = PILLION_CALLBACK_HOST (object);

  pillion_sync_acquire (self);

  g_clear_pointer (&self->install, pillion_callback_unref);
  g_clear_pointer (&self->remove, pillion_callback_unref);
  g_clear_pointer (&self->wake, pillion_callback_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->refusal);
  g_mutex_clear (&self->lock);
  g_free (self->name);

  G_OBJECT_CLASS (pillion_callback_host_parent_class)->finalize (object);
}

static void
pillion_callback_host_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, PILLION_CALLBACK_HOST (object)->name);
      break;
    case PROP_CONTEXT:
      g_value_set_boxed (value, PILLION_CALLBACK_HOST (object)->context);
      break;
    case PROP_KEEPS_HOOK:
      g_value_set_boolean (value, PILLION_CALLBACK_HOST (object)->keeps_hook);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_callback_host_set_property (GObject *object,
                                    guint prop_id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_NAME:
      PILLION_CALLBACK_HOST (object)->name = g_value_dup_string (value);
      break;
    case PROP_CONTEXT:
      PILLION_CALLBACK_HOST (object)->context = g_value_dup_boxed (value);
      break;
    case PROP_KEEPS_HOOK:
      pillion_callback_host_set_keeps_hook (PILLION_CALLBACK_HOST (object), g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_callback_host_class_init (PillionCallbackHostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_callback_host_finalize;
  object_class->get_property = pillion_callback_host_get_property;
  object_class->set_property = pillion_callback_host_set_property;

  /**
   * PillionCallbackHost:name:
   *
   * The name under which the hooks are known.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, "callback",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionCallbackHost:context: (getter get_context)
   *
   * The context that the host's main loop runs by itself, as Qt does with the default one if it was built
   * with GLib. A loop on this context becomes a passenger in [method@Pillion.Loop.ensure].
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] =
    g_param_spec_boxed ("context", NULL, NULL, G_TYPE_MAIN_CONTEXT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionCallbackHost:keeps-hook: (getter get_keeps_hook) (setter set_keeps_hook)
   *
   * Whether the hook stays while Pillion has nothing to do, so that sources that other code attached to the
   * context are served.
   *
   * Since: 1.0
   */
  properties[PROP_KEEPS_HOOK] =
    g_param_spec_boolean ("keeps-hook", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_callback_host_init (PillionCallbackHost *self)
{
  g_mutex_init (&self->lock);
}

/**
 * pillion_callback_host_new:
 * @name: the name under which the hooks are known
 *
 * Creates a host whose functions all do nothing.
 *
 * Returns: (transfer full): a new host
 *
 * Since: 1.0
 */
PillionCallbackHost *
pillion_callback_host_new (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return g_object_new (PILLION_TYPE_CALLBACK_HOST, "name", name, NULL);
}

/**
 * pillion_callback_host_get_context: (get-property context)
 * @self: a host
 *
 * Gets the context that the host's main loop runs by itself.
 *
 * Returns: (transfer none) (nullable): the context, or %NULL if it runs none
 *
 * Since: 1.0
 */
GMainContext *
pillion_callback_host_get_context (PillionCallbackHost *self)
{
  g_return_val_if_fail (PILLION_IS_CALLBACK_HOST (self), NULL);

  return self->context;
}

static void
replace (PillionCallback **slot,
         GCallback func,
         gpointer user_data,
         GDestroyNotify destroy)
{
  PillionCallback *old = *slot;

  *slot = pillion_callback_new (func, user_data, destroy);
  pillion_callback_unref (old);
}

/**
 * pillion_callback_host_set_install:
 * @self: a host
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): installs the hook that kicks
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed
 *
 * Sets the function that installs the hook. The hook calls [method@Pillion.Loop.kick] once a tick.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_install (PillionCallbackHost *self,
                                   PillionHookFunc func,
                                   gpointer user_data,
                                   GDestroyNotify destroy)
{
  g_return_if_fail (PILLION_IS_CALLBACK_HOST (self));

  replace (&self->install, G_CALLBACK (func), user_data, destroy);
}

/**
 * pillion_callback_host_set_install_closure: (rename-to pillion_callback_host_set_install)
 * @self: a host
 * @closure: (nullable): installs the hook that kicks; called with the loop
 *
 * The same as `pillion_callback_host_set_install ()`, with a closure. Language bindings call this one by that
 * name.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_install_closure (PillionCallbackHost *self,
                                           GClosure *closure)
{
  pillion_callback_host_set_install (self, closure != NULL ? pillion_closure_hook : NULL, pillion_closure_take (closure),
                                     pillion_closure_let_go);
}

/**
 * pillion_callback_host_set_remove:
 * @self: a host
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): removes the hook
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed
 *
 * Sets the function that removes the hook. It may be called inside a kick, when the loop is out of work.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_remove (PillionCallbackHost *self,
                                  PillionHookFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy)
{
  g_return_if_fail (PILLION_IS_CALLBACK_HOST (self));

  replace (&self->remove, G_CALLBACK (func), user_data, destroy);
}

/**
 * pillion_callback_host_set_remove_closure: (rename-to pillion_callback_host_set_remove)
 * @self: a host
 * @closure: (nullable): removes the hook; called with the loop
 *
 * The same as `pillion_callback_host_set_remove ()`, with a closure. Language bindings call this one by that
 * name.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_remove_closure (PillionCallbackHost *self,
                                          GClosure *closure)
{
  pillion_callback_host_set_remove (self, closure != NULL ? pillion_closure_hook : NULL, pillion_closure_take (closure),
                                    pillion_closure_let_go);
}

/**
 * pillion_callback_host_set_wake:
 * @self: a host
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): ends the host's sleep; called from any thread
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed, on any thread
 *
 * Sets the function that wakes the host. A host that ticks by itself, such as a game, needs none. It is also
 * called when a thread brings work to a loop that was out of work and whose hook is removed: kicking that loop
 * once installs the hook again.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_wake (PillionCallbackHost *self,
                                PillionWakeFunc func,
                                gpointer user_data,
                                GDestroyNotify destroy)
{
  PillionCallback *wake, *old;

  g_return_if_fail (PILLION_IS_CALLBACK_HOST (self));

  wake = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  pillion_mutex_lock (&self->lock);
  old = self->wake;
  self->wake = wake;
  pillion_mutex_unlock (&self->lock);

  pillion_callback_unref (old);
}

/**
 * pillion_callback_host_set_wake_closure: (rename-to pillion_callback_host_set_wake)
 * @self: a host
 * @closure: (nullable): ends the host's sleep; called without arguments, from any thread
 *
 * The same as `pillion_callback_host_set_wake ()`, with a closure. Language bindings call this one by that
 * name.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_wake_closure (PillionCallbackHost *self,
                                        GClosure *closure)
{
  pillion_callback_host_set_wake (self, closure != NULL ? pillion_closure_call : NULL, pillion_closure_take (closure),
                                  pillion_closure_let_go);
}

/**
 * pillion_callback_host_refuse_install:
 * @self: a host
 * @error: the reason; copied
 *
 * Says that the hook can't be installed. Call it in the function that installs the hook: it makes
 * [method@Pillion.Loop.ensure] fail with @error.
 *
 * Since: 1.0
 */
void
pillion_callback_host_refuse_install (PillionCallbackHost *self,
                                      const GError *error)
{
  g_return_if_fail (PILLION_IS_CALLBACK_HOST (self));
  g_return_if_fail (error != NULL);

  g_clear_error (&self->refusal);
  self->refusal = g_error_copy (error);
}

/**
 * pillion_callback_host_get_keeps_hook: (get-property keeps-hook)
 * @self: a host
 *
 * Checks whether the hook stays while Pillion has nothing to do.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_callback_host_get_keeps_hook (PillionCallbackHost *self)
{
  g_return_val_if_fail (PILLION_IS_CALLBACK_HOST (self), FALSE);

  return self->keeps_hook;
}

/**
 * pillion_callback_host_set_keeps_hook: (set-property keeps-hook)
 * @self: a host
 * @keeps_hook: whether it has to stay
 *
 * Sets whether the hook stays while Pillion has nothing to do, so that sources that other code attached to
 * the context are served. This may change at any time, on the thread of the loop: after
 * [method@Pillion.Loop.ensure], a hook that was removed is installed again, and one that may go is removed by
 * the next kicks.
 *
 * Since: 1.0
 */
void
pillion_callback_host_set_keeps_hook (PillionCallbackHost *self,
                                      gboolean keeps_hook)
{
  g_return_if_fail (PILLION_IS_CALLBACK_HOST (self));

  keeps_hook = keeps_hook != FALSE;
  if (self->keeps_hook != keeps_hook)
    {
      self->keeps_hook = keeps_hook;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KEEPS_HOOK]);
    }
}
