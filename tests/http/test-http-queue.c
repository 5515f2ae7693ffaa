/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib.h>

#include "http/pillion-http-queue.h"

typedef struct
{
  PillionHttpQueueEntry entry;
  int id;
} Entry;

static int
pop (PillionHttpQueue *queue)
{
  Entry *entry = pillion_http_queue_pop (queue);

  return entry != NULL ? entry->id : -1;
}

static void
push (PillionHttpQueue *queue,
      const char *origin,
      Entry *entry,
      int id)
{
  entry->id = id;
  pillion_http_queue_push (queue, origin, &entry->entry, entry);
}

static void
test_first_in_first_out (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 100);
  Entry entries[5] = { 0 };

  g_assert_cmpint (pop (queue), ==, -1);
  for (int i = 0; i < 5; i++)
    push (queue, "a", &entries[i], i);

  for (int i = 0; i < 5; i++)
    g_assert_cmpint (pop (queue), ==, i);
  g_assert_cmpint (pop (queue), ==, -1);
  g_assert_cmpuint (pillion_http_queue_get_running (queue), ==, 5);

  for (int i = 0; i < 5; i++)
    pillion_http_queue_remove (queue, &entries[i].entry);
  g_assert_cmpuint (pillion_http_queue_get_running (queue), ==, 0);
  pillion_http_queue_free (queue);
}

static void
test_limit_in_all (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (2, 100);
  Entry entries[4] = { 0 };
  const char *const origins[] = { "a", "b", "c", "d" };

  for (int i = 0; i < 4; i++)
    push (queue, origins[i], &entries[i], i);

  g_assert_cmpint (pop (queue), ==, 0);
  g_assert_cmpint (pop (queue), ==, 1);
  g_assert_cmpint (pop (queue), ==, -1);

  pillion_http_queue_remove (queue, &entries[0].entry);
  g_assert_cmpint (pop (queue), ==, 2);
  g_assert_cmpint (pop (queue), ==, -1);

  for (int i = 1; i < 4; i++)
    pillion_http_queue_remove (queue, &entries[i].entry);
  pillion_http_queue_free (queue);
}

static void
test_limit_per_origin (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 1);
  Entry a[3] = { 0 };
  Entry b = { 0 };

  for (int i = 0; i < 3; i++)
    push (queue, "a", &a[i], i);
  push (queue, "b", &b, 10);

  g_assert_cmpint (pop (queue), ==, 0);
  g_assert_cmpint (pop (queue), ==, 10);
  g_assert_cmpint (pop (queue), ==, -1);

  pillion_http_queue_remove (queue, &a[0].entry);
  g_assert_cmpint (pop (queue), ==, 1);
  g_assert_cmpint (pop (queue), ==, -1);

  pillion_http_queue_remove (queue, &a[1].entry);
  pillion_http_queue_remove (queue, &a[2].entry);
  pillion_http_queue_remove (queue, &b.entry);
  g_assert_cmpint (pop (queue), ==, -1);
  pillion_http_queue_free (queue);
}

static void
test_origins_take_turns (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 100);
  Entry a[3] = { 0 };
  Entry b[3] = { 0 };
  const int expected[] = { 0, 10, 1, 11, 2, 12 };

  for (int i = 0; i < 3; i++)
    push (queue, "a", &a[i], i);
  for (int i = 0; i < 3; i++)
    push (queue, "b", &b[i], 10 + i);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (pop (queue), ==, expected[i]);

  for (int i = 0; i < 3; i++)
    {
      pillion_http_queue_remove (queue, &a[i].entry);
      pillion_http_queue_remove (queue, &b[i].entry);
    }
  pillion_http_queue_free (queue);
}

static void
test_enter (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 2);
  Entry entered[3] = { 0 };
  Entry waiting = { 0 };

  for (int i = 0; i < 3; i++)
    pillion_http_queue_enter (queue, "a", &entered[i].entry, &entered[i]);
  push (queue, "a", &waiting, 10);
  g_assert_cmpuint (pillion_http_queue_get_running (queue), ==, 3);

  pillion_http_queue_remove (queue, &entered[0].entry);
  g_assert_cmpint (pop (queue), ==, -1);
  pillion_http_queue_remove (queue, &entered[1].entry);
  g_assert_cmpint (pop (queue), ==, 10);

  pillion_http_queue_remove (queue, &entered[2].entry);
  pillion_http_queue_remove (queue, &waiting.entry);
  g_assert_cmpuint (pillion_http_queue_get_running (queue), ==, 0);
  pillion_http_queue_free (queue);
}

static void
test_remove_waiting (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 100);
  Entry entries[3] = { 0 };

  for (int i = 0; i < 3; i++)
    push (queue, "a", &entries[i], i);
  pillion_http_queue_remove (queue, &entries[1].entry);
  /* What is in no queue may be taken out again */
  pillion_http_queue_remove (queue, &entries[1].entry);

  g_assert_cmpint (pop (queue), ==, 0);
  g_assert_cmpint (pop (queue), ==, 2);
  g_assert_cmpint (pop (queue), ==, -1);

  /* And in again */
  push (queue, "a", &entries[1], 1);
  g_assert_cmpint (pop (queue), ==, 1);

  for (int i = 0; i < 3; i++)
    pillion_http_queue_remove (queue, &entries[i].entry);
  pillion_http_queue_free (queue);
}

static void
test_change_limits (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 1);
  Entry entries[6] = { 0 };

  for (int i = 0; i < 6; i++)
    push (queue, "a", &entries[i], i);
  g_assert_cmpint (pop (queue), ==, 0);
  g_assert_cmpint (pop (queue), ==, -1);

  pillion_http_queue_set_limits (queue, 100, 3);
  g_assert_cmpint (pop (queue), ==, 1);
  g_assert_cmpint (pop (queue), ==, 2);
  g_assert_cmpint (pop (queue), ==, -1);

  /* Lower than what runs: nothing starts until enough has ended */
  pillion_http_queue_set_limits (queue, 100, 2);
  pillion_http_queue_remove (queue, &entries[0].entry);
  g_assert_cmpint (pop (queue), ==, -1);
  pillion_http_queue_remove (queue, &entries[1].entry);
  g_assert_cmpint (pop (queue), ==, 3);

  pillion_http_queue_set_limits (queue, 1, 100);
  g_assert_cmpint (pop (queue), ==, -1);

  for (int i = 0; i < 6; i++)
    pillion_http_queue_remove (queue, &entries[i].entry);
  pillion_http_queue_free (queue);
}

static void
test_many (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (32, 6);
  g_autofree Entry *entries = g_new0 (Entry, 20000);
  GQueue running = G_QUEUE_INIT;
  guint n_done = 0;

  for (int i = 0; i < 20000; i++)
    {
      char origin[16];

      g_snprintf (origin, sizeof origin, "host%d", i % 10);
      push (queue, origin, &entries[i], i);
    }

  while (n_done < 20000)
    {
      Entry *entry;

      while ((entry = pillion_http_queue_pop (queue)) != NULL)
        g_queue_push_tail (&running, entry);
      g_assert_cmpuint (running.length, <=, 32);
      g_assert_cmpuint (running.length, ==, pillion_http_queue_get_running (queue));

      entry = g_queue_pop_head (&running);
      g_assert_nonnull (entry);
      pillion_http_queue_remove (queue, &entry->entry);
      n_done++;
    }

  pillion_http_queue_free (queue);
}

/* At the end of the others with that priority */
static void
test_set_priority (void)
{
  PillionHttpQueue *queue = pillion_http_queue_new (100, 100);
  Entry entries[3] = { { .entry.priority = 0 }, { .entry.priority = 2 }, { .entry.priority = 1 } };

  for (int i = 0; i < 3; i++)
    push (queue, "a", &entries[i], i);
  pillion_http_queue_set_priority (queue, &entries[1].entry, 0);
  for (int i = 0; i < 3; i++)
    g_assert_cmpint (pop (queue), ==, i);
  g_assert_cmpint (pop (queue), ==, -1);

  /* One that runs stays where it is */
  pillion_http_queue_set_priority (queue, &entries[2].entry, 0);
  g_assert_cmpuint (pillion_http_queue_get_running (queue), ==, 3);
  for (int i = 0; i < 3; i++)
    pillion_http_queue_remove (queue, &entries[i].entry);
  pillion_http_queue_free (queue);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/queue/first-in-first-out", test_first_in_first_out);
  g_test_add_func ("/http/queue/limit-in-all", test_limit_in_all);
  g_test_add_func ("/http/queue/limit-per-origin", test_limit_per_origin);
  g_test_add_func ("/http/queue/origins-take-turns", test_origins_take_turns);
  g_test_add_func ("/http/queue/enter-exceeds-limits-and-counts", test_enter);
  g_test_add_func ("/http/queue/remove-waiting", test_remove_waiting);
  g_test_add_func ("/http/queue/change-limits", test_change_limits);
  g_test_add_func ("/http/queue/set-priority", test_set_priority);
  g_test_add_func ("/http/queue/many", test_many);

  return g_test_run ();
}
