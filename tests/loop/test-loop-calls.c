/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
  GString *log; /* capitals are calls, small letters are the data being freed */
  guint next_id;
} Fixture;

typedef struct
{
  Fixture *fixture;
  char letter;
} Letter;

static Letter letters[8];

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->host = PILLION_HOST (pillion_test_host_new ());
  fixture->log = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    letters[i] = (Letter) { fixture, 'A' + i };
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  end_object (fixture->host);
  g_string_free (fixture->log, TRUE);
}

static void
on_call (gpointer data)
{
  Letter *self = data;

  g_string_append_c (self->fixture->log, self->letter);
}

static void
on_free (gpointer data)
{
  Letter *self = data;

  g_string_append_c (self->fixture->log, g_ascii_tolower (self->letter));
}

static guint
soon (Fixture *fixture,
      char letter)
{
  guint id = pillion_loop_call_soon (fixture->loop, on_call, &letters[letter - 'A'], on_free);

  g_assert_cmpuint (id, !=, 0);
  return id;
}

static guint
later (Fixture *fixture,
       GTimeSpan delay,
       char letter)
{
  guint id = pillion_loop_call_later (fixture->loop, delay, on_call, &letters[letter - 'A'], on_free);

  g_assert_cmpuint (id, !=, 0);
  return id;
}

static void
advance (Fixture *fixture,
         gint64 usec)
{
  pillion_test_host_advance (PILLION_TEST_HOST (fixture->host), usec);
}

#define assert_log(expected) g_assert_cmpstr (fixture->log->str, ==, expected)

static void
test_soon (Fixture *fixture,
           gconstpointer data)
{
  soon (fixture, 'A');
  soon (fixture, 'B');
  soon (fixture, 'C');
  assert_log ("");
  advance (fixture, 0);
  assert_log ("AaBbCc");
  advance (fixture, 1000);
  assert_log ("AaBbCc");
}

static void
test_later (Fixture *fixture,
            gconstpointer data)
{
  later (fixture, 300, 'A');
  later (fixture, 100, 'B');
  later (fixture, 200, 'C');
  later (fixture, 0, 'D');
  later (fixture, -50, 'E');
  advance (fixture, 0);
  assert_log ("DdEe");
  advance (fixture, 99);
  assert_log ("DdEe");
  advance (fixture, 1);
  assert_log ("DdEeBb");
  advance (fixture, 500);
  assert_log ("DdEeBbCcAa");
}

static void
test_same_time (Fixture *fixture,
                gconstpointer data)
{
  for (guint i = 0; i < 8; i++)
    later (fixture, 100, 'A' + i);
  advance (fixture, 100);
  assert_log ("AaBbCcDdEeFfGgHh");
}

static void
test_extremes (Fixture *fixture,
               gconstpointer data)
{
  guint never = later (fixture, G_MAXINT64, 'A');

  later (fixture, G_MININT64, 'B');
  advance (fixture, G_TIME_SPAN_DAY * 365);
  assert_log ("Bb");
  g_assert_true (pillion_loop_cancel_call (fixture->loop, never));
}

static void
test_cancel_soon (Fixture *fixture,
                  gconstpointer data)
{
  guint a = soon (fixture, 'A');
  guint b = soon (fixture, 'B');

  g_assert_cmpuint (a, !=, b);
  g_assert_true (pillion_loop_cancel_call (fixture->loop, a));
  assert_log ("a");
  g_assert_false (pillion_loop_cancel_call (fixture->loop, a));
  advance (fixture, 0);
  assert_log ("aBb");
  g_assert_false (pillion_loop_cancel_call (fixture->loop, b));
  g_assert_false (pillion_loop_cancel_call (fixture->loop, 0));
  g_assert_false (pillion_loop_cancel_call (fixture->loop, 4711));
}

static void
test_cancel_later (Fixture *fixture,
                   gconstpointer data)
{
  guint a = later (fixture, 100, 'A');
  guint b = later (fixture, 100, 'B');

  g_assert_true (pillion_loop_cancel_call (fixture->loop, a));
  assert_log ("a");
  advance (fixture, 200);
  assert_log ("aBb");
  g_assert_false (pillion_loop_cancel_call (fixture->loop, a));
  g_assert_false (pillion_loop_cancel_call (fixture->loop, b));
}

typedef struct
{
  Fixture *fixture;
  guint own;
  guint other;
} Canceller;

static void
cancel_both (gpointer data)
{
  Canceller *self = data;

  /* Its own call is being made, so there is nothing to cancel */
  g_assert_false (pillion_loop_cancel_call (self->fixture->loop, self->own));
  g_assert_true (pillion_loop_cancel_call (self->fixture->loop, self->other));
}

/* A timer that is due already, and is in the ready queue behind the one that cancels it */
static void
test_cancel_when_ready (Fixture *fixture,
                        gconstpointer data)
{
  Canceller canceller = { fixture };

  canceller.own = pillion_loop_call_later (fixture->loop, 100, cancel_both, &canceller, NULL);
  canceller.other = later (fixture, 100, 'A');
  later (fixture, 100, 'B');
  advance (fixture, 200);
  assert_log ("aBb");

  canceller.own = pillion_loop_call_soon (fixture->loop, cancel_both, &canceller, NULL);
  canceller.other = soon (fixture, 'C');
  advance (fixture, 0);
  assert_log ("aBbc");
}

static void
call_again (gpointer data)
{
  Letter *self = data;

  on_call (data);
  if (self->fixture->log->len < 5)
    pillion_loop_call_later (self->fixture->loop, 1000, call_again, self, NULL);
}

static void
test_again (Fixture *fixture,
            gconstpointer data)
{
  pillion_loop_call_later (fixture->loop, 1000, call_again, &letters[0], NULL);
  advance (fixture, 2500);
  assert_log ("AA");
  advance (fixture, 10000);
  assert_log ("AAAAA");
}

static void
soon_inside (gpointer data)
{
  Letter *self = data;

  on_call (data);
  soon (self->fixture, 'C');
}

static void
test_soon_inside (Fixture *fixture,
                  gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, soon_inside, &letters[0], on_free);
  soon (fixture, 'B');
  advance (fixture, 0);
  assert_log ("AaBbCc");
}

/* Freeing the data may start new calls */
static void
soon_when_freed (gpointer data)
{
  on_free (data);
  soon (((Letter *) data)->fixture, 'B');
}

static void
test_free_begins (Fixture *fixture,
                  gconstpointer data)
{
  guint id = pillion_loop_call_soon (fixture->loop, on_call, &letters[0], soon_when_freed);

  g_assert_true (pillion_loop_cancel_call (fixture->loop, id));
  advance (fixture, 0);
  assert_log ("aBb");
}

static void
count (gpointer data)
{
  (*(guint *) data)++;
}

static void
test_many_timers (Fixture *fixture,
                  gconstpointer data)
{
  enum { N = 10000 };
  g_autofree guint *ids = g_new (guint, N);
  guint n = 0, n_kicks;

  for (guint i = 0; i < N; i++)
    ids[i] = pillion_loop_call_later (fixture->loop, g_test_rand_int_range (0, 10 * G_USEC_PER_SEC), count, &n, NULL);
  for (guint i = 0; i < N; i += 2)
    g_assert_true (pillion_loop_cancel_call (fixture->loop, ids[i]));
  n_kicks = pillion_test_host_run_until_idle (PILLION_TEST_HOST (fixture->host));
  g_assert_cmpuint (n, ==, N / 2);
  g_assert_cmpuint (n_kicks, >, 1);
  g_assert_cmpint (pillion_loop_get_now (fixture->loop), <=, 11 * G_USEC_PER_SEC);
}

/* Threads */

static gpointer
call_there (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, on_call, &letters[1], on_free);
  pillion_loop_call_soon_threadsafe (fixture->loop, on_call, &letters[2], on_free);
  return NULL;
}

static void
test_threadsafe (Fixture *fixture,
                 gconstpointer data)
{
  soon (fixture, 'A');
  g_thread_join (g_thread_new ("caller", call_there, fixture));
  soon (fixture, 'D');
  pillion_loop_call_soon_threadsafe (fixture->loop, on_call, &letters[4], on_free);
  advance (fixture, 0);
  assert_log ("AaBbCcDdEe");
}

static gpointer
call_soon_there (gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpuint (pillion_loop_call_soon (fixture->loop, on_call, &letters[0], NULL), ==, 0);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed*");
  g_thread_join (g_thread_new ("caller", call_soon_there, fixture));
  g_test_assert_expected_messages ();
  advance (fixture, 0);
  assert_log ("");
}

/* The end */

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpuint (pillion_loop_call_soon (fixture->loop, on_call, &letters[0], on_free), ==, 0);
  g_assert_cmpuint (pillion_loop_call_later (fixture->loop, 5, on_call, &letters[1], on_free), ==, 0);
  pillion_loop_call_soon_threadsafe (fixture->loop, on_call, &letters[2], on_free);
  assert_log ("abc");
  g_assert_false (pillion_loop_cancel_call (fixture->loop, 1));
}

/* What is ready is called, what is not due is dropped, and all data is freed */
static void
test_pending_at_close (Fixture *fixture,
                       gconstpointer data)
{
  guint id = later (fixture, 100, 'A');

  soon (fixture, 'B');
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  assert_log ("Bba");
  g_assert_false (pillion_loop_cancel_call (fixture->loop, id));
}

static void
test_pending_at_close_at_once (Fixture *fixture,
                               gconstpointer data)
{
  soon (fixture, 'A');
  later (fixture, 100, 'B');
  pillion_loop_close (fixture->loop, 0, NULL);
  g_string_truncate (fixture->log, 0);
  advance (fixture, 1000);
  assert_log ("");
}

static void
test_null (Fixture *fixture,
           gconstpointer data)
{
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*func != NULL*failed*");
  g_assert_cmpuint (pillion_loop_call_soon (fixture->loop, NULL, NULL, NULL), ==, 0);
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/calls/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("soon-keeps-the-order", test_soon);
  ADD ("soon-inside-a-call-is-after-what-is-ready", test_soon_inside);
  ADD ("later-in-the-order-of-their-times", test_later);
  ADD ("later-of-one-time-keeps-the-order", test_same_time);
  ADD ("later-at-the-ends-of-time", test_extremes);
  ADD ("later-again-from-inside", test_again);
  ADD ("cancel-soon", test_cancel_soon);
  ADD ("cancel-later", test_cancel_later);
  ADD ("cancel-when-ready-already", test_cancel_when_ready);
  ADD ("freeing-data-may-begin-calls", test_free_begins);
  ADD ("many-timers", test_many_timers);
  ADD ("threadsafe-keeps-the-order", test_threadsafe);
  ADD ("soon-on-another-thread-is-critical", test_wrong_thread);
  ADD ("no-function-is-critical", test_null);
  ADD ("on-a-closed-loop-free-their-data", test_closed);
  ADD ("pending-at-close", test_pending_at_close);
  ADD ("pending-at-close-without-time", test_pending_at_close_at_once);

  return g_test_run ();
}
