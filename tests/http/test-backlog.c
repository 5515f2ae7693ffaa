/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-backlog.h"

/* How many fit in */
static guint
fill (PillionBacklog *backlog,
      GArray *entries)
{
  guint n = 0;

  g_array_set_size (entries, 1000);
  while (!pillion_backlog_is_full (backlog))
    pillion_backlog_enter (backlog, &g_array_index (entries, PillionBacklogEntry, n++));

  return n;
}

static void
note (gpointer owner)
{
  (*(guint *) owner)++;
}

static void
test_room_for_one_resumes_one (void)
{
  PillionBacklog backlog = { 0 };
  g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (PillionBacklogEntry));
  PillionBacklogEntry waiting[3] = { 0 };
  guint resumed[3] = { 0 };
  guint n = fill (&backlog, entries);

  g_assert_cmpuint (n, >, 1);
  pillion_backlog_wait (&backlog, &waiting[0], 1, note, &resumed[0]);
  pillion_backlog_wait (&backlog, &waiting[1], 1, note, &resumed[1]);
  pillion_backlog_wait (&backlog, &waiting[2], 0, note, &resumed[2]);

  /* The best priority first, and then those that have waited longest */
  pillion_backlog_leave (&backlog, &g_array_index (entries, PillionBacklogEntry, 0));
  g_assert_false (pillion_backlog_is_full (&backlog));
  g_assert_cmpuint (resumed[0] + resumed[1], ==, 0);
  g_assert_cmpuint (resumed[2], ==, 1);
  pillion_backlog_enter (&backlog, &waiting[2]);
  g_assert_true (pillion_backlog_is_full (&backlog));
  pillion_backlog_leave (&backlog, &waiting[2]);
  g_assert_cmpuint (resumed[0], ==, 1);
  g_assert_cmpuint (resumed[1], ==, 0);

  /* Leaving twice changes nothing */
  pillion_backlog_leave (&backlog, &waiting[2]);
  g_assert_cmpuint (resumed[1], ==, 0);
}

static void
test_one_that_gives_up_is_not_resumed (void)
{
  PillionBacklog backlog = { 0 };
  g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (PillionBacklogEntry));
  PillionBacklogEntry waiting[2] = { 0 };
  guint resumed[2] = { 0 };

  fill (&backlog, entries);
  pillion_backlog_wait (&backlog, &waiting[0], 0, note, &resumed[0]);
  pillion_backlog_wait (&backlog, &waiting[1], 0, note, &resumed[1]);
  pillion_backlog_leave (&backlog, &waiting[0]);
  g_assert_cmpuint (resumed[1], ==, 0);
  pillion_backlog_leave (&backlog, &g_array_index (entries, PillionBacklogEntry, 0));
  g_assert_cmpuint (resumed[0], ==, 0);
  g_assert_cmpuint (resumed[1], ==, 1);
}

/* Whatever those that are resumed do, nobody waits for one that never comes */
static void
test_nobody_waits_when_it_is_empty (void)
{
  PillionBacklog backlog = { 0 };
  g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (PillionBacklogEntry));
  g_autofree PillionBacklogEntry *waiting = NULL;
  guint n = fill (&backlog, entries), n_waiting = 100 * n, resumed = 0;

  waiting = g_new0 (PillionBacklogEntry, n_waiting);
  for (guint i = 0; i < n_waiting; i++)
    pillion_backlog_wait (&backlog, &waiting[i], i % PILLION_HTTP_QUEUE_N_PRIORITIES, note, &resumed);
  for (guint i = 0; i < n; i++)
    pillion_backlog_leave (&backlog, &g_array_index (entries, PillionBacklogEntry, i));
  g_assert_cmpuint (resumed, ==, n_waiting);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/backlog/room-for-one-resumes-one", test_room_for_one_resumes_one);
  g_test_add_func ("/backlog/one-that-gives-up-is-not-resumed", test_one_that_gives_up_is_not_resumed);
  g_test_add_func ("/backlog/nobody-waits-when-it-is-empty", test_nobody_waits_when_it_is_empty);

  return g_test_run ();
}
