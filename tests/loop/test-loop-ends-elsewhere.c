/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "core/pillion-core.h"
#include "core/pillion-loop-handle.h"
#include "host/pillion-host-loops.h"

#include "../test-support.h"

/* Whoever drops the last reference to a loop ends it, and may be a worker. What kicks the loop on its own thread leaves it alone from then on. */

typedef struct
{
  PillionLoop *loop;
  PillionCore *core; /* of it, which it can't end without */
  GThread *thread;   /* which ends it */
  int n_calls;
} Fixture;

static void
count (gpointer data)
{
  ((Fixture *) data)->n_calls++;
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  fixture->loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  fixture->core = pillion_core (fixture->loop);
}

static gpointer
bring_work_and_leave (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, count, fixture, NULL);
  g_object_unref (fixture->loop);
  return NULL;
}

/* There is something to do, but another thread is ending the loop, until end () */
static void
begin_end (Fixture *fixture)
{
  pillion_loop_handle_get (fixture->loop);
  pillion_core_enter (fixture->core);
  fixture->thread = g_thread_new ("worker", bring_work_and_leave, fixture);
  /* Detached right before the core is waited for */
  while (__atomic_load_n (&fixture->core->handle, __ATOMIC_SEQ_CST) != NULL)
    g_thread_yield ();
}

static void
end (Fixture *fixture)
{
  pillion_core_leave (fixture->core);
  g_thread_join (g_steal_pointer (&fixture->thread));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_assert_null (fixture->thread);
  g_assert_cmpint (fixture->n_calls, ==, 0);
}

static void
iterate (GMainContext *context)
{
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (context, FALSE);
}

static void
test_riding (Fixture *fixture,
             gconstpointer data)
{
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  PillionHostLoops loops;

  pillion_host_loops_init (&loops);
  pillion_host_loops_add (&loops, fixture->loop);
  pillion_host_loops_add (&loops, other);
  begin_end (fixture);
  g_assert_cmpuint (pillion_host_loops_kick (&loops), ==, 1);
  end (fixture);
  g_assert_cmpuint (pillion_host_loops_kick (&loops), ==, 1);
  pillion_host_loops_clear (&loops);
  g_object_unref (other);
}

static void
test_out_of_work (Fixture *fixture,
                  gconstpointer data)
{
  PillionTickHost *host = pillion_tick_host_new ("tick", 1000);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  while (pillion_loop_is_riding (fixture->loop))
    pillion_tick_host_run (host, 1);
  begin_end (fixture);
  pillion_tick_host_run (host, 1);
  end (fixture);
  pillion_tick_host_run (host, 1);
  g_object_unref (host);
}

static void
test_host_ends_too (Fixture *fixture,
                    gconstpointer data)
{
  PillionHostLoops loops;

  pillion_host_loops_init (&loops);
  pillion_host_loops_add (&loops, fixture->loop);
  begin_end (fixture);
  pillion_host_loops_clear (&loops);
  end (fixture);
}

static void
test_passenger (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_ref (fixture->core->context);

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  begin_end (fixture);
  iterate (context);
  end (fixture);
  iterate (context);
}

static void
test_glib_host (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionGlibHost) host = pillion_glib_host_new ("glib", context);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  begin_end (fixture);
  iterate (context);
  end (fixture);
  iterate (context);
}

static void
test_away_from_glib_host (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionGlibHost) host = pillion_glib_host_new ("glib", context);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  while (pillion_loop_is_riding (fixture->loop))
    g_main_context_iteration (context, TRUE);
  begin_end (fixture);
  iterate (context);
  end (fixture);
  iterate (context);
}

static void
test_glib_host_ends_too (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionGlibHost *host = pillion_glib_host_new ("glib", context);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_stop (fixture->loop);
  begin_end (fixture);
  g_object_unref (host);
  end (fixture);
}

static void
count_hook (PillionLoop *loop,
            gpointer data)
{
  count (data);
}

/* The host wants its hook again */
static void
test_host_keeps_hook (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("callback");

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  while (pillion_loop_is_riding (fixture->loop))
    pillion_loop_kick (fixture->loop);
  pillion_callback_host_set_install (host, count_hook, fixture, NULL);
  begin_end (fixture);
  pillion_callback_host_set_keeps_hook (host, TRUE);
  end (fixture);
  pillion_callback_host_set_keeps_hook (host, FALSE);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/ends-elsewhere/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("riding", test_riding);
  ADD ("out-of-work", test_out_of_work);
  ADD ("host-ends-too", test_host_ends_too);
  ADD ("passenger", test_passenger);
  ADD ("glib-host", test_glib_host);
  ADD ("away-from-glib-host", test_away_from_glib_host);
  ADD ("glib-host-ends-too", test_glib_host_ends_too);
  ADD ("host-keeps-hook", test_host_keeps_hook);

  return g_test_run ();
}
