/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
  GString *log;
  int n_wakes; /* atomic */
  int n_freed; /* atomic */
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->host = PILLION_HOST (pillion_callback_host_new ("addon"));
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  if (fixture->host != NULL)
    end_object (fixture->host);
  g_string_free (fixture->log, TRUE);
}

static void
on_install (PillionLoop *loop,
            gpointer data)
{
  Fixture *fixture = data;

  g_assert_true (loop == fixture->loop);
  g_string_append_c (fixture->log, '+');
}

static void
on_remove (PillionLoop *loop,
           gpointer data)
{
  Fixture *fixture = data;

  g_assert_true (loop == fixture->loop);
  g_string_append_c (fixture->log, '-');
}

static void
on_wake (gpointer data)
{
  add_atomic (&((Fixture *) data)->n_wakes, 1);
}

static void
on_free (gpointer data)
{
  add_atomic (&((Fixture *) data)->n_freed, 1);
}

static void
set_all (Fixture *fixture)
{
  PillionCallbackHost *host = PILLION_CALLBACK_HOST (fixture->host);

  pillion_callback_host_set_install (host, on_install, fixture, on_free);
  pillion_callback_host_set_remove (host, on_remove, fixture, on_free);
  pillion_callback_host_set_wake (host, on_wake, fixture, on_free);
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static void
test_functions (Fixture *fixture,
                gconstpointer data)
{
  int n = 0;

  set_all (fixture);
  g_assert_cmpstr (pillion_host_get_name (fixture->host), ==, "addon");
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  g_assert_cmpstr (fixture->log->str, ==, "+");
  pillion_loop_call_soon (fixture->loop, count, &n, NULL);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpstr (fixture->log->str, ==, "+-");
  pillion_loop_call_soon (fixture->loop, count, &n, NULL);
  g_assert_cmpstr (fixture->log->str, ==, "+-+");
  pillion_loop_stop (fixture->loop);
  g_assert_cmpstr (fixture->log->str, ==, "+-+-");
  g_assert_cmpint (fixture->n_freed, ==, 0);
  loop_end (fixture->loop);
  end_object (fixture->host);
  g_assert_cmpint (fixture->n_freed, ==, 3);
  fixture->loop = loop_new ();
  fixture->host = NULL;
}

static void
test_none (Fixture *fixture,
           gconstpointer data)
{
  int n = 0;

  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  pillion_host_wake (fixture->host);
  pillion_loop_call_soon (fixture->loop, count, &n, NULL);
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpint (n, ==, 1);
}

static void
test_replaced (Fixture *fixture,
               gconstpointer data)
{
  PillionCallbackHost *host = PILLION_CALLBACK_HOST (fixture->host);

  set_all (fixture);
  set_all (fixture);
  g_assert_cmpint (fixture->n_freed, ==, 3);
  pillion_callback_host_set_install (host, NULL, NULL, NULL);
  pillion_callback_host_set_remove (host, NULL, NULL, NULL);
  pillion_callback_host_set_wake (host, NULL, NULL, NULL);
  g_assert_cmpint (fixture->n_freed, ==, 6);
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  pillion_loop_stop (fixture->loop);
  g_assert_cmpstr (fixture->log->str, ==, "");
}

static void
replace_itself (PillionLoop *loop,
                gpointer data)
{
  Fixture *fixture = data;

  on_install (loop, data);
  set_all (fixture);
  /* Not freed while it runs */
  g_assert_cmpint (fixture->n_freed, ==, 0);
}

static void
test_replaces_itself (Fixture *fixture,
                      gconstpointer data)
{
  pillion_callback_host_set_install (PILLION_CALLBACK_HOST (fixture->host), replace_itself, fixture, on_free);
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  g_assert_cmpint (fixture->n_freed, ==, 1);
  pillion_loop_stop (fixture->loop);
  g_assert_cmpstr (fixture->log->str, ==, "+-");
}

static void
kick_at_once (PillionLoop *loop,
              gpointer data)
{
  pillion_loop_kick (loop);
}

static void
test_kicks_inside_install (Fixture *fixture,
                           gconstpointer data)
{
  int n = 0;

  pillion_loop_call_soon (fixture->loop, count, &n, NULL);
  pillion_callback_host_set_install (PILLION_CALLBACK_HOST (fixture->host), kick_at_once, NULL, NULL);
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  g_assert_cmpint (n, ==, 1);
}

static void
close_inside (PillionLoop *loop,
              gpointer data)
{
  pillion_loop_close (loop, -1, NULL);
}

static void
test_closes_inside_install (Fixture *fixture,
                            gconstpointer data)
{
  pillion_callback_host_set_install (PILLION_CALLBACK_HOST (fixture->host), close_inside, NULL, NULL);
  pillion_callback_host_set_remove (PILLION_CALLBACK_HOST (fixture->host), on_remove, fixture, NULL);
  pillion_loop_ensure (fixture->loop, fixture->host, NULL);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_null (pillion_loop_find_by_name ("addon"));
  g_assert_cmpstr (fixture->log->str, ==, "-");
}

/* Without a function there is nothing to keep the data for */
static void
test_data_without_function (Fixture *fixture,
                            gconstpointer data)
{
  PillionCallbackHost *host = PILLION_CALLBACK_HOST (fixture->host);

  pillion_callback_host_set_install (host, NULL, fixture, on_free);
  g_assert_cmpint (fixture->n_freed, ==, 1);
  pillion_callback_host_set_remove (host, NULL, fixture, on_free);
  g_assert_cmpint (fixture->n_freed, ==, 2);
  pillion_callback_host_set_wake (host, NULL, fixture, on_free);
  g_assert_cmpint (fixture->n_freed, ==, 3);
  pillion_loop_set_wake_func (fixture->loop, NULL, fixture, on_free);
  g_assert_cmpint (fixture->n_freed, ==, 4);
}

static void
test_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("none");
  g_autoptr (PillionCallbackHost) other = g_object_new (PILLION_TYPE_CALLBACK_HOST, "context", context, NULL);

  g_assert_null (pillion_callback_host_get_context (host));
  g_assert_true (pillion_callback_host_get_context (other) == context);
}

static gpointer
ring (gpointer host)
{
  for (guint i = 0; i < 2000; i++)
    pillion_host_wake (host);
  return NULL;
}

/* Replaced on one thread while another one is calling it */
static void
test_wake_replaced_while_called (Fixture *fixture,
                                 gconstpointer data)
{
  GThread *thread = g_thread_new ("ringer", ring, fixture->host);

  for (guint i = 0; i < 500; i++)
    pillion_callback_host_set_wake (PILLION_CALLBACK_HOST (fixture->host), on_wake, fixture, on_free);
  g_thread_join (thread);
  pillion_callback_host_set_wake (PILLION_CALLBACK_HOST (fixture->host), NULL, NULL, NULL);
  g_assert_cmpint (fixture->n_freed, ==, 500);
}

static gpointer
call_there (gpointer data)
{
  gpointer *arguments = data;

  pillion_loop_call_soon_threadsafe (arguments[0], count, arguments[1], NULL);
  return NULL;
}

/* Out of work, without the hook: the host is woken, and one kick brings the hook back */
static void
test_thread_while_away (Fixture *fixture,
                        gconstpointer data)
{
  int n = 0;
  gpointer arguments[] = { fixture->loop, &n };

  set_all (fixture);
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpstr (fixture->log->str, ==, "+-");
  g_thread_join (g_thread_new ("caller", call_there, arguments));
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpstr (fixture->log->str, ==, "+-+-");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/host/callback/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("functions-are-called", test_functions);
  ADD ("none-does-nothing", test_none);
  ADD ("replaced-are-freed", test_replaced);
  ADD ("data-without-a-function-is-freed", test_data_without_function);
  ADD ("may-replace-itself", test_replaces_itself);
  ADD ("install-may-kick", test_kicks_inside_install);
  ADD ("install-may-close", test_closes_inside_install);
  ADD ("wake-replaced-while-called", test_wake_replaced_while_called);
  ADD ("thread-brings-work-while-the-hook-is-away", test_thread_while_away);

  g_test_add_func ("/host/callback/context", test_context);

  return g_test_run ();
}
