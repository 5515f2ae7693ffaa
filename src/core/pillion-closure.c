/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-closure.h"

/* For the closures of C functions, which have none of their own. GLib's generic one takes a first argument for granted. */
static void
marshal (GClosure *closure,
         GValue *result,
         guint n_arguments,
         const GValue *arguments,
         gpointer hint,
         gpointer data)
{
  GCallback callback = ((GCClosure *) closure)->callback;

  if (n_arguments > 0)
    g_cclosure_marshal_generic (closure, result, n_arguments, arguments, hint, data);
  else if (result == NULL)
    ((PillionCallFunc) callback) (closure->data);
  else
    g_value_take_object (result, ((PillionStartFunc) callback) (closure->data));
}

GClosure *
pillion_closure_take (GClosure *closure)
{
  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, marshal);

  return closure;
}

void
pillion_closure_let_go (gpointer closure)
{
  g_closure_unref (closure);
}

static void
invoke (GClosure *closure,
        GValue *result,
        GValue *arguments,
        guint n_arguments)
{
  g_closure_invoke (closure, result, n_arguments, arguments, NULL);
  for (guint i = 0; i < n_arguments; i++)
    g_value_unset (&arguments[i]);
}

static PillionTask *
invoke_for_task (GClosure *closure,
                 GValue *arguments,
                 guint n_arguments)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  invoke (closure, &result, arguments, n_arguments);

  return g_value_dup_object (&result);
}

void
pillion_closure_call (gpointer closure)
{
  invoke (closure, NULL, NULL, 0);
}

void
pillion_closure_call_done (PillionTask *task,
                           gpointer closure)
{
  GValue argument = G_VALUE_INIT;

  g_value_init (&argument, PILLION_TYPE_TASK);
  g_value_set_object (&argument, task);
  invoke (closure, NULL, &argument, 1);
}

void
pillion_closure_work (PillionTask *task,
                      GCancellable *cancellable,
                      gpointer closure)
{
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&arguments[0], PILLION_TYPE_TASK);
  g_value_set_object (&arguments[0], task);
  g_value_init (&arguments[1], G_TYPE_CANCELLABLE);
  g_value_set_object (&arguments[1], cancellable);
  invoke (closure, NULL, arguments, G_N_ELEMENTS (arguments));
}

void
pillion_closure_hook (PillionLoop *loop,
                      gpointer closure)
{
  GValue argument = G_VALUE_INIT;

  g_value_init (&argument, PILLION_TYPE_LOOP);
  g_value_set_object (&argument, loop);
  invoke (closure, NULL, &argument, 1);
}

gint64
pillion_closure_poll (PillionPollSource *source,
                      gint64 deadline_usec,
                      gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&result, G_TYPE_INT64);
  g_value_init (&arguments[0], PILLION_TYPE_POLL_SOURCE);
  g_value_set_object (&arguments[0], source);
  g_value_init (&arguments[1], G_TYPE_INT64);
  g_value_set_int64 (&arguments[1], deadline_usec);
  invoke (closure, &result, arguments, G_N_ELEMENTS (arguments));

  return g_value_get_int64 (&result);
}

PillionTask *
pillion_closure_start (gpointer closure)
{
  return invoke_for_task (closure, NULL, 0);
}

PillionTask *
pillion_closure_number (guint number,
                        gpointer closure)
{
  GValue argument = G_VALUE_INIT;

  g_value_init (&argument, G_TYPE_UINT);
  g_value_set_uint (&argument, number);

  return invoke_for_task (closure, &argument, 1);
}

PillionTask *
pillion_closure_then (PillionTask *task,
                      gpointer closure)
{
  GValue argument = G_VALUE_INIT;

  g_value_init (&argument, PILLION_TYPE_TASK);
  g_value_set_object (&argument, task);

  return invoke_for_task (closure, &argument, 1);
}

gboolean
pillion_closure_decide (const GError *error,
                        guint attempt,
                        gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_value_init (&arguments[0], G_TYPE_ERROR);
  g_value_set_boxed (&arguments[0], error);
  g_value_init (&arguments[1], G_TYPE_UINT);
  g_value_set_uint (&arguments[1], attempt);
  invoke (closure, &result, arguments, G_N_ELEMENTS (arguments));

  return g_value_get_boolean (&result);
}
