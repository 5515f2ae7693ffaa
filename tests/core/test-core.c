/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "core/pillion-core.h"
#include "../test-support.h"

/* A core without a loop: this does what a loop does for its core */
typedef struct
{
  PillionCore core;
  gint64 now;
  int n_busy;
  int n_wakes; /* atomic */
} Fake;

void
pillion_loop_busy (PillionLoop *loop)
{
  ((Fake *) loop)->n_busy++;
}

void
pillion_loop_wake (PillionLoop *loop)
{
  add_atomic (&((Fake *) loop)->n_wakes, 1);
}

gint64
pillion_loop_get_now (PillionLoop *loop)
{
  return ((Fake *) loop)->now;
}

typedef struct
{
  PillionTimer timer;
  char letter;
  GString *dropped;
} Letter;

static void
letter_drop (PillionItem *item)
{
  Letter *self = (Letter *) item;

  g_string_append_c (self->dropped, self->letter);
}

static const PillionItemClass letter_class = { .drop = letter_drop };

typedef struct
{
  Fake fake;
  GString *dropped;
  Letter letters[8];
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer virtual_clock)
{
  fixture->fake.core.context = g_main_context_new ();
  fixture->fake.core.thread = pillion_core_this_thread ();
  fixture->fake.core.own_clock = fixture->fake.core.virtual_clock = virtual_clock != NULL;
  pillion_core_init (&fixture->fake.core);
  fixture->dropped = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixture->letters); i++)
    {
      fixture->letters[i].timer.item.klass = &letter_class;
      fixture->letters[i].letter = 'a' + i;
      fixture->letters[i].dropped = fixture->dropped;
    }
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  pillion_core_clear (&fixture->fake.core);
  g_string_free (fixture->dropped, TRUE);
}

static PillionItem *
item (Fixture *fixture,
      char letter)
{
  return &fixture->letters[letter - 'a'].timer.item;
}

static PillionTimer *
timer (Fixture *fixture,
       char letter)
{
  return &fixture->letters[letter - 'a'].timer;
}

static void
assert_ready (Fixture *fixture,
              const char *letters)
{
  PillionItem *next;

  for (; (next = pillion_ready_queue_pop (&fixture->fake.core.ready)) != NULL; letters++)
    g_assert_cmpint (((Letter *) next)->letter, ==, *letters);
  g_assert_cmpint (*letters, ==, '\0');
}

static gpointer
push_b (gpointer data)
{
  Fixture *fixture = data;

  pillion_core_push (&fixture->fake.core, item (fixture, 'b'));
  return NULL;
}

static void
test_push (Fixture *fixture,
           gconstpointer data)
{
  PillionCore *core = &fixture->fake.core;

  g_assert_true (pillion_core_on_thread (core));
  g_assert_false (pillion_core_has_ready (core));
  g_assert_false (pillion_core_gather (core));

  pillion_core_push (core, item (fixture, 'a'));
  g_thread_join (g_thread_new ("pusher", push_b, fixture));
  g_assert_true (pillion_core_has_ready (core));
  pillion_core_push (core, item (fixture, 'c'));
  g_assert_true (pillion_core_gather (core));
  assert_ready (fixture, "abc");
}

static void
test_ring (Fixture *fixture,
           gconstpointer data)
{
  Fake *fake = &fixture->fake;

  pillion_core_push (&fake->core, item (fixture, 'a'));
  g_assert_cmpint (fake->n_busy, ==, 1);
  g_assert_cmpint (fake->n_wakes, ==, 1);
  pillion_core_push (&fake->core, item (fixture, 'c'));
  g_thread_join (g_thread_new ("pusher", push_b, fixture));
  g_assert_cmpint (fake->n_wakes, ==, 1);

  fake->core.rung = FALSE;
  pillion_core_ring (&fake->core);
  pillion_core_ring (&fake->core);
  g_assert_cmpint (fake->n_wakes, ==, 2);

  /* Inside a kick, nothing needs to be woken */
  fake->core.depth = 1;
  pillion_core_push (&fake->core, item (fixture, 'd'));
  pillion_core_add_timer (&fake->core, timer (fixture, 'e'), 3);
  g_assert_cmpint (fake->n_wakes, ==, 2);

  /* Except for a main loop that sleeps inside a callback */
  fake->core.rung = FALSE;
  pillion_core_push (&fake->core, item (fixture, 'f'));
  g_assert_cmpint (fake->n_wakes, ==, 3);
  fake->core.rung = FALSE;
  pillion_core_add_timer (&fake->core, timer (fixture, 'g'), 2);
  pillion_core_add_timer (&fake->core, timer (fixture, 'h'), 4);
  g_assert_cmpint (fake->n_wakes, ==, 4);
  g_assert_cmpint (fake->n_busy, ==, 2);
}

static void
test_first_timer_rings (Fixture *fixture,
                        gconstpointer data)
{
  Fake *fake = &fixture->fake;

  pillion_core_add_timer (&fake->core, timer (fixture, 'a'), 100);
  g_assert_cmpint (fake->n_wakes, ==, 1);
  fake->core.rung = FALSE;
  pillion_core_add_timer (&fake->core, timer (fixture, 'b'), 200);
  g_assert_cmpint (fake->n_wakes, ==, 1);
  pillion_core_add_timer (&fake->core, timer (fixture, 'c'), 50);
  g_assert_cmpint (fake->n_wakes, ==, 2);
}

static void
test_virtual_timers (Fixture *fixture,
                     gconstpointer data)
{
  Fake *fake = &fixture->fake;

  fake->now = 1000;
  g_assert_cmpint (pillion_core_now (&fake->core), ==, 1000);
  pillion_core_add_timer (&fake->core, timer (fixture, 'a'), 1002);
  pillion_core_add_timer (&fake->core, timer (fixture, 'b'), 1001);
  pillion_core_add_timer (&fake->core, timer (fixture, 'c'), 1001);
  pillion_core_add_timer (&fake->core, timer (fixture, 'd'), 1003);
  g_assert_false (pillion_core_has_ready (&fake->core));
  fake->now = 1002;
  g_assert_true (pillion_core_has_ready (&fake->core));
  g_assert_true (pillion_core_gather (&fake->core));
  assert_ready (fixture, "bca");
  g_assert_false (pillion_core_gather (&fake->core));
}

static void
test_real_timers (Fixture *fixture,
                  gconstpointer data)
{
  PillionCore *core = &fixture->fake.core;
  gint64 due = g_get_monotonic_time () + 30000;

  pillion_core_add_timer (core, timer (fixture, 'a'), due);
  pillion_core_add_timer (core, timer (fixture, 'b'), G_MAXINT64);
  while (!pillion_core_gather (core))
    ;
  g_assert_cmpint (g_get_monotonic_time (), >=, due);
  assert_ready (fixture, "a");
  g_assert_false (pillion_core_has_ready (core));
}

static void
test_drop_all (Fixture *fixture,
               gconstpointer data)
{
  PillionCore *core = &fixture->fake.core;

  pillion_core_add_timer (core, timer (fixture, 'a'), 5);
  pillion_core_add_timer (core, timer (fixture, 'c'), 3);
  pillion_core_push (core, item (fixture, 'd'));
  g_thread_join (g_thread_new ("pusher", push_b, fixture));
  pillion_core_drop_all (core);
  g_assert_cmpstr (fixture->dropped->str, ==, "cadb");
  g_assert_false (pillion_core_has_ready (core));
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionCore *core = &fixture->fake.core;

  __atomic_store_n (&core->closed, TRUE, __ATOMIC_SEQ_CST);
  pillion_core_push (core, item (fixture, 'a'));
  g_thread_join (g_thread_new ("pusher", push_b, fixture));
  g_assert_cmpstr (fixture->dropped->str, ==, "ab");
  g_assert_false (pillion_core_has_ready (core));
  g_assert_null (pillion_core_get_workers (core));
}

static void
test_coarse_time (void)
{
  gint64 before = g_get_monotonic_time ();
  gint64 coarse = pillion_coarse_time ();

  g_assert_cmpint (coarse, <=, g_get_monotonic_time ());
  g_assert_cmpint (coarse, >=, before - PILLION_COARSE_USEC);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, virtual_clock, function) g_test_add (path, Fixture, virtual_clock, set_up, function, tear_down)
  ADD ("/core/core/push-keeps-the-order-across-threads", NULL, test_push);
  ADD ("/core/core/rings-once-until-the-next-kick", NULL, test_ring);
  ADD ("/core/core/timer-rings-where-it-is-the-first", NULL, test_first_timer_rings);
  ADD ("/core/core/timers-are-ready-in-the-order-of-their-times", "virtual", test_virtual_timers);
  ADD ("/core/core/timers-by-the-monotonic-clock-are-not-early", NULL, test_real_timers);
  ADD ("/core/core/drop-all-frees-what-waits", NULL, test_drop_all);
  ADD ("/core/core/closed-drops-at-once", NULL, test_closed);
  g_test_add_func ("/core/core/coarse-clock-is-not-far-behind", test_coarse_time);

  return g_test_run ();
}
