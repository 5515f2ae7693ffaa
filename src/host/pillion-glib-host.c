/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <glib-unix.h>

#include <pillion/pillion.h>

#include "core/pillion-core.h"
#include "base/pillion-sync.h"

typedef struct
{
  gconstpointer id; /* of the loop: only compared */
  GWeakRef loop;    /* it may end on any thread */
  GSource *source;  /* NULL while the loop is out of work */
} Hook;

/* Those of a host, and for each loop that may have to leave it: either may end before the other */
typedef struct
{
  GMutex lock;
  GPtrArray *hooks; /* under the lock */
} Hooks;

/**
 * PillionGlibHost:
 *
 * A host that runs a `GMainContext` other than the loop's.
 *
 * ```c
 * g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
 * g_autoptr (PillionGlibHost) host = pillion_glib_host_new ("my-program", NULL);
 *
 * pillion_loop_ensure (loop, PILLION_HOST (host), &error);
 * ```
 *
 * The hook is one `GSource` in the host's context, which sleeps until the loop has something to do. It watches
 * a file descriptor ([method@Pillion.Loop.get_fd]); only on platforms without one does it poll, a hundred times
 * a second.
 *
 * A loop whose own context is the host's needs no host: it becomes a passenger ([method@Pillion.Loop.ensure]).
 * So does a loop that is given a host of this kind for its own context.
 *
 * Since: 1.0
 */
struct _PillionGlibHost
{
  GObject parent_instance;

  char *name;
  GMainContext *context;
  Hooks *shared;
  GSource *return_source; /* under the lock of the hooks: lets loops ride again that were out of work and got some from a thread */
};

typedef struct
{
  GSource source;
  GWeakRef loop;
  gpointer fd_tag;
} HookSource;

enum
{
  PROP_NAME = 1,
  PROP_CONTEXT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PillionGlibHost,
                               pillion_glib_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, host_iface_init))

static gboolean
hook_source_prepare (GSource *source,
                     int *timeout)
{
  HookSource *self = (HookSource *) source;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);
  GTimeSpan left;
  int fd;

  *timeout = -1;
  if (loop == NULL)
    return FALSE;
  if (pillion_loop_prepare_sleep (loop, &fd, &left) == PILLION_SLEEP_KICK)
    return TRUE;

  *timeout = left < 0 ? -1 : (int) MIN ((left + 999) / 1000, G_MAXINT);
  return FALSE;
}

static gboolean
hook_source_check (GSource *source)
{
  HookSource *self = (HookSource *) source;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);

  if (loop == NULL)
    return FALSE;
  if (self->fd_tag == NULL || g_source_query_unix_fd (source, self->fd_tag) != 0)
    return pillion_loop_prepare_sleep (loop, NULL, NULL) != PILLION_SLEEP_NOT_YOURS;

  return pillion_loop_prepare_sleep (loop, NULL, NULL) == PILLION_SLEEP_KICK;
}

static gboolean
hook_source_dispatch (GSource *source,
                      GSourceFunc callback,
                      gpointer user_data)
{
  HookSource *self = (HookSource *) source;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);

  if (loop != NULL)
    pillion_loop_kick (loop);
  return G_SOURCE_CONTINUE;
}

static void
hook_source_finalize (GSource *source)
{
  g_weak_ref_clear (&((HookSource *) source)->loop);
}

static GSourceFuncs hook_source_funcs = {
  .prepare = hook_source_prepare,
  .check = hook_source_check,
  .dispatch = hook_source_dispatch,
  .finalize = hook_source_finalize,
};

/* With the lock */
static Hook *
find_hook (Hooks *self,
           gconstpointer loop)
{
  for (guint i = 0; i < self->hooks->len; i++)
    if (((Hook *) self->hooks->pdata[i])->id == loop)
      return self->hooks->pdata[i];
  return NULL;
}

static void
hook_remove (Hook *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
hook_free (gpointer data)
{
  Hook *hook = data;

  hook_remove (hook);
  g_weak_ref_clear (&hook->loop);
  g_free (hook);
}

static void
hooks_clear (gpointer data)
{
  Hooks *self = data;

  pillion_sync_acquire (self);
  g_ptr_array_unref (self->hooks);
  g_mutex_clear (&self->lock);
}

static void
hooks_unref (Hooks *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, hooks_clear);
}

/* On any thread. The context must not poll the loop's descriptor any more when that is closed. */
static void
on_loop_finalized (gpointer data,
                   GObject *loop)
{
  Hooks *self = data;

  pillion_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->hooks, find_hook (self, loop));
  pillion_mutex_unlock (&self->lock);
  hooks_unref (self);
}

static const char *
pillion_glib_host_get_name (PillionHost *host)
{
  return PILLION_GLIB_HOST (host)->name;
}

static gboolean
pillion_glib_host_install (PillionHost *host,
                           PillionLoop *loop,
                           GError **error)
{
  PillionGlibHost *self = PILLION_GLIB_HOST (host);
  Hooks *shared = self->shared;
  int fd = pillion_loop_get_fd (loop);
  HookSource *source;
  Hook *hook;

  pillion_mutex_lock (&shared->lock);
  hook = find_hook (shared, loop);
  if (hook == NULL)
    {
      hook = g_new0 (Hook, 1);
      hook->id = loop;
      g_weak_ref_init (&hook->loop, loop);
      g_object_weak_ref (G_OBJECT (loop), on_loop_finalized, g_atomic_rc_box_acquire (shared));
      g_ptr_array_add (shared->hooks, hook);
    }
  if (hook->source == NULL)
    {
      hook->source = g_source_new (&hook_source_funcs, sizeof (HookSource));
      source = (HookSource *) hook->source;
      g_weak_ref_init (&source->loop, loop);
      if (fd >= 0)
        source->fd_tag = g_source_add_unix_fd (hook->source, fd, G_IO_IN);
      g_source_set_static_name (hook->source, "pillion hook");
      /* A callback may open a main loop on the host's context */
      g_source_set_can_recurse (hook->source, TRUE);
      g_source_attach (hook->source, self->context);
    }
  pillion_mutex_unlock (&shared->lock);

  return TRUE;
}

static void
pillion_glib_host_remove (PillionHost *host,
                          PillionLoop *loop)
{
  Hooks *shared = PILLION_GLIB_HOST (host)->shared;
  GSource *source = NULL;
  Hook *hook;

  pillion_mutex_lock (&shared->lock);
  hook = find_hook (shared, loop);
  if (hook != NULL)
    source = g_steal_pointer (&hook->source);
  pillion_mutex_unlock (&shared->lock);

  if (source != NULL)
    {
      g_source_destroy (source);
      g_source_unref (source);
    }
}

/* On the host's thread: loops that were out of work ride again if another thread brought some */
static gboolean
call_back (gpointer data)
{
  PillionGlibHost *self = data;
  Hooks *shared = self->shared;
  /* Dropped without the lock, because a loop that ends takes it */
  g_autoptr (GPtrArray) loops = g_ptr_array_new_with_free_func (g_object_unref);

  pillion_mutex_lock (&shared->lock);
  g_clear_pointer (&self->return_source, g_source_unref);
  for (guint i = 0; i < shared->hooks->len; i++)
    {
      Hook *hook = shared->hooks->pdata[i];
      PillionLoop *loop = hook->source == NULL ? g_weak_ref_get (&hook->loop) : NULL;

      if (loop != NULL)
        g_ptr_array_add (loops, loop);
    }
  pillion_mutex_unlock (&shared->lock);

  for (guint i = 0; i < loops->len; i++)
    if (pillion_core_has_ready (pillion_core (loops->pdata[i])))
      pillion_loop_busy (loops->pdata[i]);

  return G_SOURCE_REMOVE;
}

/* A loop that rides wakes the host through its descriptor. That leaves loops without a descriptor, and those
 * that are out of work. */
static void
pillion_glib_host_wake (PillionHost *host)
{
  PillionGlibHost *self = PILLION_GLIB_HOST (host);
  Hooks *shared = self->shared;
  gboolean is_away = FALSE;
  gboolean is_blind = FALSE;

  pillion_mutex_lock (&shared->lock);
  for (guint i = 0; i < shared->hooks->len; i++)
    {
      Hook *hook = shared->hooks->pdata[i];

      is_away |= hook->source == NULL;
      is_blind |= hook->source != NULL && ((HookSource *) hook->source)->fd_tag == NULL;
    }
  if (is_away && self->return_source == NULL)
    {
      self->return_source = g_idle_source_new ();
      g_source_set_priority (self->return_source, G_PRIORITY_DEFAULT);
      g_source_set_callback (self->return_source, call_back, g_object_ref (self), g_object_unref);
      g_source_attach (self->return_source, self->context);
    }
  pillion_mutex_unlock (&shared->lock);

  if (is_blind)
    g_main_context_wakeup (self->context);
}

static gboolean
pillion_glib_host_runs_context (PillionHost *host,
                                GMainContext *context)
{
  return PILLION_GLIB_HOST (host)->context == context;
}

static void
host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = pillion_glib_host_get_name;
  iface->install = pillion_glib_host_install;
  iface->remove = pillion_glib_host_remove;
  iface->wake = pillion_glib_host_wake;
  iface->runs_context = pillion_glib_host_runs_context;
}

static void
pillion_glib_host_finalize (GObject *object)
{
  PillionGlibHost *self = PILLION_GLIB_HOST (object);
  Hooks *shared = self->shared;
  /* Dropped without the lock, like above */
  g_autoptr (GPtrArray) loops = g_ptr_array_new_with_free_func (g_object_unref);

  pillion_sync_acquire (self);

  pillion_mutex_lock (&shared->lock);
  for (guint i = 0; i < shared->hooks->len; i++)
    {
      Hook *hook = shared->hooks->pdata[i];
      PillionLoop *loop = g_weak_ref_get (&hook->loop);

      hook_remove (hook);
      if (loop != NULL)
        g_ptr_array_add (loops, loop);
    }
  pillion_mutex_unlock (&shared->lock);

  /* The others are just ending, and leave by themselves */
  for (guint i = 0; i < loops->len; i++)
    {
      g_object_weak_unref (loops->pdata[i], on_loop_finalized, shared);
      hooks_unref (shared);
    }

  hooks_unref (shared);
  g_clear_pointer (&self->return_source, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->name);

  G_OBJECT_CLASS (pillion_glib_host_parent_class)->finalize (object);
}

static void
pillion_glib_host_get_property (GObject *object,
                                guint prop_id,
                                GValue *value,
                                GParamSpec *pspec)
{
  PillionGlibHost *self = PILLION_GLIB_HOST (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_CONTEXT:
      g_value_set_boxed (value, self->context);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_glib_host_set_property (GObject *object,
                                guint prop_id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  PillionGlibHost *self = PILLION_GLIB_HOST (object);

  switch (prop_id)
    {
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    case PROP_CONTEXT:
      self->context = g_value_dup_boxed (value);
      if (self->context == NULL)
        self->context = g_main_context_ref (g_main_context_default ());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_glib_host_class_init (PillionGlibHostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_glib_host_finalize;
  object_class->get_property = pillion_glib_host_get_property;
  object_class->set_property = pillion_glib_host_set_property;

  /**
   * PillionGlibHost:name:
   *
   * The name under which the hooks are known.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, "glib",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionGlibHost:context: (getter get_context)
   *
   * The context that the host runs, the default one if none was given.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] =
    g_param_spec_boxed ("context", NULL, NULL, G_TYPE_MAIN_CONTEXT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_glib_host_init (PillionGlibHost *self)
{
  self->shared = g_atomic_rc_box_new0 (Hooks);
  g_mutex_init (&self->shared->lock);
  self->shared->hooks = g_ptr_array_new_with_free_func (hook_free);
}

/**
 * pillion_glib_host_new:
 * @name: the name under which the hooks are known
 * @context: (nullable): the context that the host runs; %NULL for the default one
 *
 * Creates a host for a context that this thread runs.
 *
 * Returns: (transfer full): a new host
 *
 * Since: 1.0
 */
PillionGlibHost *
pillion_glib_host_new (const char *name,
                       GMainContext *context)
{
  g_return_val_if_fail (name != NULL, NULL);

  return g_object_new (PILLION_TYPE_GLIB_HOST, "name", name, "context", context, NULL);
}

/**
 * pillion_glib_host_get_context: (get-property context)
 * @self: a host
 *
 * Gets the context that the host runs.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
GMainContext *
pillion_glib_host_get_context (PillionGlibHost *self)
{
  g_return_val_if_fail (PILLION_IS_GLIB_HOST (self), NULL);

  return self->context;
}
