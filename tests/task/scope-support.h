/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"

/* Scopes with tasks that a test ends as it wants */

typedef struct
{
  PillionLoop *loop;
  PillionScope *scope;
  GString *log;
  GPtrArray *made; /* by factory () */
} Fixture;

static inline void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->scope = pillion_scope_new (fixture->loop, "mine", NULL);
  fixture->log = g_string_new (NULL);
  fixture->made = g_ptr_array_new_with_free_func (g_object_unref);
}

static inline void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_ptr_array_unref (fixture->made);
  if (fixture->scope != NULL)
    {
      pillion_scope_close (fixture->scope, -1, NULL);
      end_object (fixture->scope);
    }
  loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static inline void
obey (GCancellable *cancellable,
      gpointer task)
{
  pillion_task_return_if_cancelled (task);
}

static inline PillionTask *
task_new (Fixture *fixture,
          const char *name)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, name, NULL, "here.c:9");

  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (obey), task);
  return task;
}

static inline PillionTask *
add (Fixture *fixture,
     const char *name)
{
  PillionTask *task = task_new (fixture, name);
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_scope_add (fixture->scope, task, &error));
  g_assert_no_error (error);
  return task;
}

static inline void
on_done (PillionTask *task,
         gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s:%d ", pillion_task_get_name (task), pillion_task_get_state (task));
}

static inline void
log_freed (gpointer data)
{
  g_string_append (((Fixture *) data)->log, "freed ");
}

static inline void
assert_log (Fixture *fixture,
            const char *expected)
{
  g_assert_cmpstr (fixture->log->str, ==, expected);
  g_string_truncate (fixture->log, 0);
}
