/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <sys/resource.h>
#include <string.h>

#include "test/pillion-test-private.h"

/* Tests whose bodies are fibers: what they may do, and how they fail */

static guint n_run;

static void
test_time (PillionLoop *loop,
           gpointer data)
{
  gint64 start = pillion_loop_get_now (loop);
  gint64 real_start = g_get_monotonic_time ();
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (loop, G_TIME_SPAN_DAY, NULL);

  g_assert_nonnull (pillion_fiber_get_current_task ());
  g_assert_true (pillion_sleep (G_TIME_SPAN_HOUR, NULL));
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, G_TIME_SPAN_HOUR);
  g_assert_true (pillion_await (sleep, NULL));
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, G_TIME_SPAN_DAY);
  g_assert_cmpint (g_get_monotonic_time () - real_start, <, G_TIME_SPAN_HOUR);
  g_assert_null (data);
  n_run++;
}

static void
test_data (PillionLoop *loop,
           gpointer data)
{
  g_assert_true (data == &n_run);
  g_assert_true (g_main_context_get_thread_default () == pillion_loop_get_context (loop));
  g_assert_true (PILLION_IS_TEST_HOST (pillion_loop_get_host (loop)));
  n_run++;
}

static void
test_gio (PillionLoop *loop,
          gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/proc/version");
  g_autoptr (PillionTask) loading = pillion_task_new (loop, "load", NULL);
  g_autofree char *contents = NULL;

  g_file_load_contents_async (file, NULL, pillion_task_ready, loading);
  g_assert_true (pillion_await (loading, NULL));
  g_assert_true (g_file_load_contents_finish (file, pillion_task_get_async_result (loading), &contents, NULL, NULL, NULL));
  n_run++;
}

static void
work (PillionTask *task,
      GCancellable *cancellable,
      gpointer data)
{
  pillion_task_return_int (task, 5);
}

static void
test_worker (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (PillionTask) task = pillion_loop_run_in_thread (loop, "work", NULL, work, NULL, NULL);

  g_assert_cmpint (pillion_await_int (task, NULL), ==, 5);
  n_run++;
}

static void
test_closes (PillionLoop *loop,
             gpointer data)
{
  g_assert_false (pillion_loop_close (loop, -1, NULL));
  n_run++;
}

static void
test_skips (PillionLoop *loop,
            gpointer data)
{
  g_test_skip ("to see that it can be");
  n_run++;
}

/* What is ready when the body returns is still done */
static void
test_leaves_nothing (PillionLoop *loop,
                     gpointer data)
{
  PillionTask *task = pillion_task_new (loop, "ends", NULL);

  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  n_run++;
}

/* All of the above have run, and were not just added */
static void
test_all_ran (void)
{
  if (n_run > 0)
    g_assert_cmpuint (n_run, ==, 7);
}

/* From here on, the tests fail */

static void
leak_pending (PillionLoop *loop,
              gpointer data)
{
  pillion_task_new (loop, "leaked task", NULL);
}

static void
leak_sleep (PillionLoop *loop,
            gpointer data)
{
  g_object_unref (pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL));
}

static void
leak_reference (PillionLoop *loop,
                gpointer data)
{
  PillionTask *task = pillion_task_new (loop, "held task", NULL);

  pillion_task_return_boolean (task, TRUE);
}

static void
leak_loop (PillionLoop *loop,
           gpointer data)
{
  g_object_ref (loop);
}

static void
fail_unseen (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (loop, "unseen", NULL);

  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "what went wrong");
}

static void
assert_wrong (PillionLoop *loop,
              gpointer data)
{
  g_assert_true (pillion_yield (NULL));
  g_assert_cmpint (1, ==, 2);
}

static void
fail_softly (PillionLoop *loop,
             gpointer data)
{
  g_test_fail ();
}

static void
hang (PillionLoop *loop,
      gpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (loop, "never", NULL);

  pillion_await (task, NULL);
}

static void
yield_until_told (PillionTask *task,
                  gpointer data)
{
  while (pillion_yield (NULL))
    ;
}

static void
leak_busy (PillionLoop *loop,
           gpointer data)
{
  g_object_unref (pillion_loop_spawn (loop, "busy", yield_until_told, NULL, NULL));
}

static void
leave_held (PillionLoop *loop,
            gpointer data)
{
  pillion_loop_hold (loop);
}

static void
leave_region (PillionLoop *loop,
              gpointer data)
{
  pillion_loop_begin_region (loop, "left", PILLION_REGION_NO_DESTRUCTIVE);
}

/* Nothing can continue in it, not even the body */
static void
wait_in_region (PillionLoop *loop,
                gpointer data)
{
  pillion_loop_begin_region (loop, "barred", PILLION_REGION_NO_CALLBACKS);
  pillion_sleep (G_TIME_SPAN_SECOND, NULL);
  pillion_loop_end_region (loop, "barred", NULL);
}

typedef struct
{
  const char *name;
  PillionTestFunc func;
  const char *said;
} Failing;

static const Failing failing[] = {
  { "pending", leak_pending, "*leaked task*test-test.c:*has not ended*" },
  { "sleep", leak_sleep, "*sleep*has not ended*" },
  { "busy", leak_busy, "*busy*has not ended*" },
  { "reference", leak_reference, "*held task*test-test.c:*is still referenced*" },
  { "loop", leak_loop, "*the loop is still referenced*" },
  { "held", leave_held, "*the loop is still held*" },
  { "region", leave_region, "*a region has not ended*" },
  { "barred", wait_in_region, "*the region*barred*a region has not ended*" },
  { "unseen", fail_unseen, "*unseen*test-test.c:*nothing handled its error: what went wrong*" },
  { "assertion", assert_wrong, "*assertion failed (1 == 2)*" },
  { "softly", fail_softly, "*" },
  { "hang", hang, "*has not ended after*waiting for*never*test-test.c*" },
};

/* In a process of its own, in which the failure of an impatient test does no harm */
static void
test_fails (gconstpointer data)
{
  const Failing *self = data;
  g_autofree char *path = g_strdup_printf ("/test/subprocess/%s", self->name);
  g_autofree char *said = NULL;
  gboolean ended_well;

  said = run_alone (path, &ended_well);
  g_assert_false (ended_well);
  assert_says (said, self->said);
}

int
main (int argc,
      char **argv)
{
  struct rlimit none = { 0, 0 };

  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/test/time-passes-at-once", test_time);
  pillion_test_add_data_func ("/test/is-given-its-data", &n_run, test_data);
  pillion_test_add_func ("/test/awaits-gio", test_gio);
  pillion_test_add_func ("/test/awaits-a-worker", test_worker);
  pillion_test_add_func ("/test/closes-its-loop", test_closes);
  pillion_test_add_func ("/test/is-skipped", test_skips);
  pillion_test_add_func ("/test/what-is-ready-ends", test_leaves_nothing);
  g_test_add_func ("/test/all-have-run", test_all_ran);

  for (guint i = 0; i < G_N_ELEMENTS (failing); i++)
    {
      g_autofree char *path = g_strdup_printf ("/test/fails/%s", failing[i].name);
      g_autofree char *inner = g_strdup_printf ("/test/subprocess/%s", failing[i].name);

      g_test_add_data_func (path, &failing[i], test_fails);
      pillion_test_add_func (inner, failing[i].func);
    }

  if (is_run_alone ())
    {
      setrlimit (RLIMIT_CORE, &none);
      pillion_test_patience_msec = 1000;
    }

  return g_test_run ();
}
