/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"

/* A scope to be closed, and tasks that end when they are asked to */

typedef struct
{
  PillionLoop *loop;
  PillionScope *scope;
  GString *log;
  PillionHost *host; /* with a clock that only jumps, if the test wants one */
  PillionTask *task;
  gboolean closed;   /* what a nested close returned */
  GError *error;     /* and said */
} Fixture;

static inline void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->scope = pillion_scope_new (fixture->loop, "mine", NULL);
  fixture->log = g_string_new (NULL);
}

static inline void
set_up_virtual (Fixture *fixture,
                gconstpointer data)
{
  set_up (fixture, data);
  fixture->host = PILLION_HOST (pillion_test_host_new ());
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static inline void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_assert_true (pillion_scope_is_closed (fixture->scope));
  g_assert_null (pillion_scope_find (fixture->loop, "mine"));
  end_object (fixture->scope);
  loop_end (fixture->loop);
  g_clear_object (&fixture->host);
  g_clear_error (&fixture->error);
  g_string_free (fixture->log, TRUE);
}

static inline void
obey (GCancellable *cancellable,
      gpointer task)
{
  pillion_task_return_if_cancelled (task);
}

static inline void
on_done (PillionTask *task,
         gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s:%d ", pillion_task_get_name (task), pillion_task_get_state (task));
}

/* A task that ends when asked to */
static inline PillionTask *
obedient (Fixture *fixture,
          PillionScope *scope,
          const char *name)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, name, NULL, "here.c:9");

  g_assert_true (pillion_scope_add (scope, task, NULL));
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (obey), task);
  return task;
}

/* A task that nothing ends */
static inline PillionTask *
stubborn (Fixture *fixture,
          PillionScope *scope,
          const char *name)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, name, NULL, "there.c:7");

  g_assert_true (pillion_scope_add (scope, task, NULL));
  return task;
}

static inline void
close_well (Fixture *fixture,
            GTimeSpan timeout)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_scope_close (fixture->scope, timeout, &error));
  g_assert_no_error (error);
}

static inline void
assert_contains (const char *text,
                 const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("'%s' is not in '%s'", part, text);
}

static inline PillionTask *
make_stuck (gpointer data)
{
  Fixture *fixture = data;

  fixture->task = pillion_task_new_at (fixture->loop, "leaf", NULL, "leaf.c:3");
  return g_object_ref (fixture->task);
}
