/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-timer-heap.h"

typedef struct
{
  PillionTimerHeap heap;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  pillion_timer_heap_init (&fixture->heap);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  pillion_timer_heap_clear (&fixture->heap);
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  g_assert_null (pillion_timer_heap_peek (&fixture->heap));
  g_assert_null (pillion_timer_heap_pop (&fixture->heap, G_MAXINT64));
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  const gint64 dues[] = { 50, 10, 40, 20, 30, 0, -5, G_MAXINT64 };
  const gint64 sorted[] = { -5, 0, 10, 20, 30, 40, 50, G_MAXINT64 };
  PillionTimer timers[G_N_ELEMENTS (dues)] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (dues); i++)
    pillion_timer_heap_add (&fixture->heap, &timers[i], dues[i]);

  for (guint i = 0; i < G_N_ELEMENTS (dues); i++)
    {
      PillionTimer *timer = pillion_timer_heap_peek (&fixture->heap);

      g_assert_cmpint (timer->due, ==, sorted[i]);
      g_assert_true (pillion_timer_heap_pop (&fixture->heap, G_MAXINT64) == timer);
      g_assert_cmpuint (timer->index, ==, 0);
    }
  g_assert_null (pillion_timer_heap_peek (&fixture->heap));
}

static void
test_equal (Fixture *fixture,
            gconstpointer data)
{
  PillionTimer timers[100] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (timers); i++)
    pillion_timer_heap_add (&fixture->heap, &timers[i], 7);
  for (guint i = 0; i < G_N_ELEMENTS (timers); i++)
    g_assert_true (pillion_timer_heap_pop (&fixture->heap, 7) == &timers[i]);
}

static void
test_not_due (Fixture *fixture,
              gconstpointer data)
{
  PillionTimer timer = { 0 };

  pillion_timer_heap_add (&fixture->heap, &timer, 100);
  g_assert_null (pillion_timer_heap_pop (&fixture->heap, 99));
  g_assert_true (pillion_timer_heap_peek (&fixture->heap) == &timer);
  g_assert_true (pillion_timer_heap_pop (&fixture->heap, 100) == &timer);
}

static void
test_remove_each (Fixture *fixture,
                  gconstpointer data)
{
  enum { N = 20 };

  for (guint gone = 0; gone < N; gone++)
    {
      PillionTimer timers[N] = { 0 };
      gint64 last = G_MININT64;
      guint n = 0;

      for (guint i = 0; i < N; i++)
        pillion_timer_heap_add (&fixture->heap, &timers[i], (i * 7) % N);
      pillion_timer_heap_remove (&fixture->heap, &timers[gone]);
      g_assert_cmpuint (timers[gone].index, ==, 0);

      for (PillionTimer *timer; (timer = pillion_timer_heap_pop (&fixture->heap, G_MAXINT64)) != NULL; n++)
        {
          g_assert_true (timer != &timers[gone]);
          g_assert_cmpint (timer->due, >, last);
          last = timer->due;
        }
      g_assert_cmpuint (n, ==, N - 1);
    }
}

static void
test_remove_absent (Fixture *fixture,
                    gconstpointer data)
{
  PillionTimer in = { 0 }, out = { 0 };

  pillion_timer_heap_add (&fixture->heap, &in, 1);
  pillion_timer_heap_remove (&fixture->heap, &out);
  g_assert_true (pillion_timer_heap_pop (&fixture->heap, 1) == &in);
  pillion_timer_heap_remove (&fixture->heap, &in);
  g_assert_null (pillion_timer_heap_peek (&fixture->heap));
}

static void
test_add_again (Fixture *fixture,
                gconstpointer data)
{
  PillionTimer a = { 0 }, b = { 0 };

  pillion_timer_heap_add (&fixture->heap, &a, 1);
  pillion_timer_heap_add (&fixture->heap, &b, 1);
  pillion_timer_heap_remove (&fixture->heap, &a);
  pillion_timer_heap_add (&fixture->heap, &a, 1);
  g_assert_true (pillion_timer_heap_pop (&fixture->heap, 1) == &b);
  g_assert_true (pillion_timer_heap_pop (&fixture->heap, 1) == &a);
}

/* Compared with a list that is searched from end to end */
static void
test_random (Fixture *fixture,
             gconstpointer data)
{
  enum { N = 300, STEPS = 20000 };
  g_autofree PillionTimer *timers = g_new0 (PillionTimer, N);

  for (guint step = 0; step < STEPS; step++)
    {
      PillionTimer *timer = &timers[g_test_rand_int_range (0, N)];
      PillionTimer *first = NULL;

      if (timer->index == 0)
        pillion_timer_heap_add (&fixture->heap, timer, g_test_rand_int_range (0, 50));
      else if (g_test_rand_bit ())
        pillion_timer_heap_remove (&fixture->heap, timer);
      else
        pillion_timer_heap_pop (&fixture->heap, g_test_rand_int_range (0, 50));

      for (guint i = 0; i < N; i++)
        if (timers[i].index != 0 &&
            (first == NULL || timers[i].due < first->due ||
             (timers[i].due == first->due && timers[i].order < first->order)))
          first = &timers[i];
      g_assert_true (pillion_timer_heap_peek (&fixture->heap) == first);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/core/timer-heap/empty-has-nothing", test_empty);
  ADD ("/core/timer-heap/earliest-comes-first", test_order);
  ADD ("/core/timer-heap/same-time-keeps-the-order-added", test_equal);
  ADD ("/core/timer-heap/not-before-it-is-due", test_not_due);
  ADD ("/core/timer-heap/remove-at-each-place", test_remove_each);
  ADD ("/core/timer-heap/remove-of-what-is-not-in-it-does-nothing", test_remove_absent);
  ADD ("/core/timer-heap/added-again-is-last-of-its-time", test_add_again);
  ADD ("/core/timer-heap/random-is-like-a-searched-list", test_random);

  return g_test_run ();
}
