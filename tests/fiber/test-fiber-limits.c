/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fiber-support.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "fiber/pillion-stack.h"

/* Where stacks end: too little memory, and too much recursion. Each in a process of its own. */

static void
await_data (PillionTask *task,
            gpointer data)
{
  pillion_task_return_boolean (task, pillion_await (data, NULL));
}

/* With 256 MiB of address space more, and stacks of 1 MiB */
static void
run_out (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *job = pillion_task_new (loop, "job", NULL);
  PillionTask *tasks[600];
  guint n_failed = 0, n_good = 0;
  struct rlimit limit;
  g_autofree char *text = NULL;
  gulong pages;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  pages = strtoul (text, NULL, 10);
  getrlimit (RLIMIT_AS, &limit);
  limit.rlim_cur = pages * 4096 + 256 * 1024 * 1024;
  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_loop_spawn_full (loop, "hungry", 1024 * 1024, await_data, job, NULL);
  kick_until_quiet (loop);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      if (pillion_task_is_done (tasks[i]))
        {
          assert_failed (tasks[i], PILLION_ERROR, PILLION_ERROR_NO_RESOURCES);
          n_failed++;
        }
    }
  g_assert_cmpuint (n_failed, >, 300);
  g_assert_cmpuint (n_failed, <, 600);

  /* Fibers that have a stack are not affected, and the stacks that they free are there for others */
  pillion_task_return_boolean (job, TRUE);
  kick_until_quiet (loop);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      n_good += pillion_task_get_boolean (tasks[i], NULL);
      g_object_unref (tasks[i]);
    }
  g_assert_cmpuint (n_good, ==, 600 - n_failed);
  tasks[0] = pillion_loop_spawn_full (loop, "late", 1024 * 1024, await_data, job, NULL);
  kick_until_quiet (loop);
  g_assert_true (pillion_task_get_boolean (tasks[0], NULL));
  g_object_unref (tasks[0]);
  g_object_unref (job);
  loop_end (loop);
}

static void
test_run_out (void)
{
  g_autofree char *said = NULL;
  gboolean ended_well;

  if (!is_alone ())
    {
      g_test_skip ("memory can't be limited here");
      return;
    }

  said = run_alone ("/fiber/limits/subprocess/run-out", &ended_well);
  if (!ended_well)
    g_error ("%s", said);
}

static guint
recurse (volatile guint depth)
{
  volatile char frame[512];

  frame[depth % sizeof frame] = depth;
  /* Sooner or later there are no more */
  return depth > 0 ? recurse (depth - 1) + frame[0] : 0;
}

static void
overflow (PillionTask *task,
          gpointer data)
{
  g_assert_true (pillion_yield (NULL));
  pillion_task_return_int (task, recurse (GPOINTER_TO_UINT (data)));
}

static void
no_core_dump (void)
{
  struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
}

static void
overflow_with (guint depth)
{
  PillionLoop *loop = loop_new ();

  no_core_dump ();
  pillion_loop_spawn (loop, "too deep", overflow, GUINT_TO_POINTER (depth), NULL);
  kick_until_quiet (loop);
}

static void
overflow_guard (void)
{
  overflow_with (1000000);
}

static void
overflow_mapping (void)
{
  pillion_stack_best_guard = PILLION_GUARD_MAPPING;
  overflow_with (1000000);
}

/* By less than the zone that is checked when it stops */
static void
overflow_red_zone (void)
{
  pillion_stack_best_guard = PILLION_GUARD_NONE;
  for (guint depth = 190; depth < 400; depth++)
    overflow_with (depth);
}

static void
on_fault_before (int number)
{
  static const char message[] = "the handler before\n";

  if (write (STDERR_FILENO, message, sizeof message - 1) < 0)
    _exit (4);
  _exit (3);
}

static void
overflow_chained (void)
{
  struct sigaction before = { .sa_handler = on_fault_before, .sa_flags = SA_ONSTACK };

  sigaction (SIGSEGV, &before, NULL);
  overflow_with (1000000);
}

static void
use_fiber (void)
{
  PillionLoop *loop = loop_new ();

  no_core_dump ();
  g_object_unref (pillion_loop_spawn (loop, "shallow", overflow, GUINT_TO_POINTER (1), NULL));
  kick_until_quiet (loop);
  g_assert_true (pillion_loop_close (loop, 60 * G_USEC_PER_SEC, NULL));
  g_object_unref (loop);
}

static char *volatile nowhere;

/* A fault that is not ours */
static void
fault_elsewhere (void)
{
  use_fiber ();
  *nowhere = 1;
}

static void
fault_elsewhere_chained (void)
{
  struct sigaction before = { .sa_handler = on_fault_before };

  sigaction (SIGSEGV, &before, NULL);
  use_fiber ();
  *nowhere = 1;
}

static void
sent_by_somebody (void)
{
  use_fiber ();
  raise (SIGSEGV);
}

static void
fault_in_fiber (PillionTask *task,
                gpointer data)
{
  *nowhere = 1;
}

static void
fault_inside (void)
{
  PillionLoop *loop = loop_new ();

  no_core_dump ();
  pillion_loop_spawn (loop, "faulty", fault_in_fiber, NULL, NULL);
  kick_until_quiet (loop);
}

/* Runs the subprocess of that name, which crashes with a message that contains @wanted but not @unwanted */
static void
test_fault (const char *name,
            const char *wanted,
            const char *unwanted)
{
  g_autofree char *path = g_strdup_printf ("/fiber/limits/subprocess/%s", name);
  g_autofree char *said = NULL;
  gboolean ended_well;

  if (!is_alone ())
    {
      g_test_skip ("faults are told in other words here");
      return;
    }

  said = run_alone (path, &ended_well);
  g_assert_false (ended_well);
  if (wanted != NULL)
    assert_says (said, wanted);
  if (unwanted != NULL)
    g_assert_false (g_pattern_match_simple (unwanted, said));
}

#define OVERFLOW "*fiber *too deep*test-fiber-limits.c*overflowed*128 KiB*pillion_loop_spawn_full*"

static void
test_guard (void)
{
  test_fault ("guard", OVERFLOW, "*handler before*");
}

static void
test_mapping (void)
{
  test_fault ("mapping", OVERFLOW, NULL);
}

static void
test_red_zone (void)
{
  test_fault ("red-zone", OVERFLOW, NULL);
}

static void
test_chained (void)
{
  test_fault ("chained", OVERFLOW "the handler before*", NULL);
}

static void
test_elsewhere (void)
{
  test_fault ("elsewhere", NULL, "*overflowed*");
}

static void
test_elsewhere_chained (void)
{
  test_fault ("elsewhere-chained", "*the handler before*", "*overflowed*");
}

static void
test_sent (void)
{
  test_fault ("sent", NULL, "*overflowed*");
}

static void
test_inside (void)
{
  test_fault ("inside", NULL, "*overflowed*");
}

static void
do_nothing (PillionTask *task,
            gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
}

/* The thread's signal stack: an existing one is left alone, and ours goes away with the thread */
static gpointer
look_at_handler_stack (gpointer data)
{
  static char own[65536];
  g_autoptr (PillionLoop) loop = NULL;
  g_autoptr (PillionTask) fiber = NULL;
  stack_t stack = { .ss_sp = own, .ss_size = sizeof own };
  stack_t now;

  if (data != NULL)
    g_assert_cmpint (sigaltstack (&stack, NULL), ==, 0);
  loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  fiber = pillion_loop_spawn (loop, "short", do_nothing, NULL, NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, fiber, NULL));
  g_assert_true (pillion_loop_close (loop, 60 * G_USEC_PER_SEC, NULL));
  g_assert_cmpint (sigaltstack (NULL, &now), ==, 0);
  g_assert_false (now.ss_flags & SS_DISABLE);
  if (data != NULL)
    g_assert_true (now.ss_sp == own);
  return NULL;
}

static void
test_handler_stack (void)
{
  if (!is_alone ())
    {
      g_test_skip ("each thread has one of the sanitizer's here");
      return;
    }

  g_thread_join (g_thread_new ("none", look_at_handler_stack, NULL));
  g_thread_join (g_thread_new ("own", look_at_handler_stack, GINT_TO_POINTER (1)));
}

/* Unless the program asks, its handlers stay as they are */
static void
leave_handlers_alone (void)
{
  struct sigaction before, after;

  g_unsetenv ("PILLION_FIBER_GUARD");
  sigaction (SIGSEGV, NULL, &before);
  use_fiber ();
  sigaction (SIGSEGV, NULL, &after);
  if (before.sa_handler != after.sa_handler || before.sa_flags != after.sa_flags)
    _exit (1);
}

static void
test_unasked (void)
{
  g_autofree char *said = NULL;
  gboolean ended_well;

  said = run_alone ("/fiber/limits/subprocess/unasked", &ended_well);
  if (!ended_well)
    g_error ("%s", said);
}

int
main (int argc,
      char **argv)
{
  g_setenv ("PILLION_FIBER_GUARD", "1", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fiber/limits/out-of-memory-is-an-error", test_run_out);
  g_test_add_func ("/fiber/limits/overflow-hits-the-guard-and-is-named", test_guard);
  g_test_add_func ("/fiber/limits/overflow-hits-a-mapped-guard", test_mapping);
  g_test_add_func ("/fiber/limits/overflow-is-seen-in-the-red-zone", test_red_zone);
  g_test_add_func ("/fiber/limits/overflow-goes-on-to-the-handler-before", test_chained);
  g_test_add_func ("/fiber/limits/other-faults-are-not-ours", test_elsewhere);
  g_test_add_func ("/fiber/limits/other-faults-go-to-the-handler-before", test_elsewhere_chained);
  g_test_add_func ("/fiber/limits/signals-that-are-sent-are-not-ours", test_sent);
  g_test_add_func ("/fiber/limits/other-faults-in-a-fiber-are-not-ours", test_inside);
  g_test_add_func ("/fiber/limits/stack-for-handlers", test_handler_stack);
  g_test_add_func ("/fiber/limits/no-handler-unless-asked-for", test_unasked);
  g_test_add_func ("/fiber/limits/subprocess/run-out", run_out);
  g_test_add_func ("/fiber/limits/subprocess/unasked", leave_handlers_alone);
  g_test_add_func ("/fiber/limits/subprocess/guard", overflow_guard);
  g_test_add_func ("/fiber/limits/subprocess/mapping", overflow_mapping);
  g_test_add_func ("/fiber/limits/subprocess/red-zone", overflow_red_zone);
  g_test_add_func ("/fiber/limits/subprocess/chained", overflow_chained);
  g_test_add_func ("/fiber/limits/subprocess/elsewhere", fault_elsewhere);
  g_test_add_func ("/fiber/limits/subprocess/elsewhere-chained", fault_elsewhere_chained);
  g_test_add_func ("/fiber/limits/subprocess/sent", sent_by_somebody);
  g_test_add_func ("/fiber/limits/subprocess/inside", fault_inside);

  return g_test_run ();
}
