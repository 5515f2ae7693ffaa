/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <gobject/gvaluecollector.h>

#include "core/pillion-closure.h"

/* The marshaller for closures of C functions that have none. GLib's generic one can't call a function without
 * arguments. */
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
  if (closure == NULL)
    return NULL;

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, marshal);

  return closure;
}

void
pillion_closure_let_go (gpointer closure)
{
  if (closure != NULL)
    g_closure_unref (closure);
}

/* Calls a closure with n_arguments arguments, each given as its GType and its value. */
static void
invoke (GClosure *closure,
        GValue *result,
        guint n_arguments,
        ...)
{
  GValue arguments[2] = { G_VALUE_INIT, G_VALUE_INIT };
  va_list list;

  g_assert (n_arguments <= G_N_ELEMENTS (arguments));

  va_start (list, n_arguments);
  for (guint i = 0; i < n_arguments; i++)
    {
      GType type = va_arg (list, GType);
      char *problem;

      G_VALUE_COLLECT_INIT (&arguments[i], type, list, 0, &problem);
      g_assert (problem == NULL);
    }
  va_end (list);

  g_closure_invoke (closure, result, n_arguments, arguments, NULL);
  for (guint i = 0; i < n_arguments; i++)
    g_value_unset (&arguments[i]);
}

void
pillion_closure_call (gpointer closure)
{
  invoke (closure, NULL, 0);
}

void
pillion_closure_call_done (PillionTask *task,
                           gpointer closure)
{
  invoke (closure, NULL, 1, PILLION_TYPE_TASK, task);
}

void
pillion_closure_work (PillionTask *task,
                      GCancellable *cancellable,
                      gpointer closure)
{
  invoke (closure, NULL, 2, PILLION_TYPE_TASK, task, G_TYPE_CANCELLABLE, cancellable);
}

void
pillion_closure_hook (PillionLoop *loop,
                      gpointer closure)
{
  invoke (closure, NULL, 1, PILLION_TYPE_LOOP, loop);
}

gint64
pillion_closure_poll (PillionPollSource *source,
                      gint64 deadline_usec,
                      gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_INT64);
  invoke (closure, &result, 2, PILLION_TYPE_POLL_SOURCE, source, G_TYPE_INT64, deadline_usec);

  return g_value_get_int64 (&result);
}

PillionTask *
pillion_closure_start (gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  invoke (closure, &result, 0);

  return g_value_dup_object (&result);
}

PillionTask *
pillion_closure_number (guint number,
                        gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  invoke (closure, &result, 1, G_TYPE_UINT, number);

  return g_value_dup_object (&result);
}

PillionTask *
pillion_closure_then (PillionTask *task,
                      gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  invoke (closure, &result, 1, PILLION_TYPE_TASK, task);

  return g_value_dup_object (&result);
}

gboolean
pillion_closure_decide (const GError *error,
                        guint attempt,
                        gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_BOOLEAN);
  invoke (closure, &result, 2, G_TYPE_ERROR, error, G_TYPE_UINT, attempt);

  return g_value_get_boolean (&result);
}
