/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for RUSAGE_THREAD */

#include "config.h"

#include "test/pillion-test-private.h"

#include <pillion/pillion.h>

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The contract of a host, as tests that run in any of them. They stand on the public interface alone, and look at the host from
 * outside: what runs, on which thread, and how often the host's thread wakes up. */

/* How long something that has to happen may take, in µs */
#define PATIENCE_USEC (pillion_test_patience_msec * G_TIME_SPAN_MILLISECOND)

/* How long a host is watched that has to sleep, in µs, and how often it may wake up meanwhile: a toolkit has reasons of its own */
#define WATCH_USEC (400 * G_TIME_SPAN_MILLISECOND)
#define MAX_WAKE_UPS 4

/* A host that has slept this long, in µs, has handled all that its start has left */
#define SETTLED_USEC (60 * G_TIME_SPAN_MILLISECOND)
#define MAX_UNSETTLED 100

/* A host that never sleeps has done so after some frames */
#define N_FRAMES 5

/* The stack of a fiber that runs a toolkit's main loop */
#define STACK_SIZE (2 * 1024 * 1024)

typedef struct _Test Test;

typedef struct _Case Case;

struct _Case
{
  Case *next;
  const PillionHostSuite *suite;
  gpointer data;
  void (*run) (Test *test);
};

/* Kept to the end, because GLib only frees the data of the tests that it runs */
static Case *cases;

struct _Test
{
  const PillionHostSuite *suite;
  gpointer data;
  PillionLoop *loop;
  PillionHost *host; /* NULL: the loop is a passenger */
  GThread *thread;
  guint n_calls;
  guint n_ticks;
  gboolean inside;   /* whether a callback runs the main loop */
};

/* What the host's thread has done so far */
typedef struct
{
  long sleeps;
  gint64 cpu_usec;
} Usage;

static Usage
get_usage (void)
{
  Usage usage = { 0 };
#ifdef RUSAGE_THREAD
  struct rusage now;

  getrusage (RUSAGE_THREAD, &now);
  usage.sleeps = now.ru_nvcsw;
  usage.cpu_usec = (now.ru_utime.tv_sec + now.ru_stime.tv_sec) * G_USEC_PER_SEC + now.ru_utime.tv_usec + now.ru_stime.tv_usec;
#endif
  return usage;
}

static void
turn (Test *self,
      GTimeSpan timeout)
{
  self->suite->turn (timeout, self->data);
}

/* Only what the host is told in the contract's ways may end a turn: one that lasted until its timeout comes too late */
#define turn_until(self, condition) \
  G_STMT_START { \
    gint64 end_time_ = g_get_monotonic_time () + PATIENCE_USEC; \
    gint64 left_ = PATIENCE_USEC; \
    while (!(condition) && left_ > 0) \
      { \
        turn ((self), left_); \
        left_ = end_time_ - g_get_monotonic_time (); \
      } \
    if (left_ <= 0) \
      g_error ("%s: the host has not come to '%s'", G_STRLOC, #condition); \
  } G_STMT_END

/* The host's own start may bring events, such as that its window was mapped. A turn may also last because the machine was busy, but hardly two. */
static void
settle (Test *self)
{
  guint n_long = 0;

  for (guint i = 0; i < MAX_UNSETTLED && n_long < 2; i++)
    {
      gint64 start = g_get_monotonic_time ();

      turn (self, SETTLED_USEC);
      if (self->suite->ticks && i == N_FRAMES)
        return;
      n_long = g_get_monotonic_time () - start >= SETTLED_USEC * 9 / 10 ? n_long + 1 : 0;
    }
  if (n_long < 2)
    g_error ("the host does not sleep");
}

static void
assert_sleeps (Test *self)
{
  gint64 start, left;
  guint n_turns = 0;
  Usage before, after;

  if (self->suite->ticks)
    return;

  settle (self);
  before = get_usage ();
  start = g_get_monotonic_time ();
  while ((left = start + WATCH_USEC - g_get_monotonic_time ()) > 0)
    {
      turn (self, left);
      n_turns++;
    }
  after = get_usage ();

  g_assert_cmpuint (n_turns, <=, MAX_WAKE_UPS);
  g_assert_cmpint (after.sleeps - before.sleeps, <=, MAX_WAKE_UPS);
  g_assert_cmpint (after.cpu_usec - before.cpu_usec, <, WATCH_USEC / 4);
}

static void
ensure (Test *self)
{
  g_autoptr (GError) error = NULL;

  pillion_loop_ensure (self->loop, self->host, &error);
  g_assert_no_error (error);
}

static void
close_loop (Test *self)
{
  g_autoptr (GError) error = NULL;

  pillion_loop_close (self->loop, PATIENCE_USEC, &error);
  g_assert_no_error (error);
}

static void
count (gpointer data)
{
  Test *self = data;

  g_assert_true (g_thread_self () == self->thread);
  self->n_calls++;
}

static gboolean
count_source (gpointer data)
{
  count (data);
  return G_SOURCE_REMOVE;
}

static gboolean
count_readable (int fd,
                GIOCondition condition,
                gpointer data)
{
  count (data);
  return G_SOURCE_REMOVE;
}

static void
count_task (PillionTask *task,
            gpointer data)
{
  count (data);
}

static gpointer
call_from_thread (gpointer data)
{
  Test *self = data;

  /* By then the host sleeps: it has nothing else to do */
  g_usleep (50 * 1000);
  pillion_loop_call_soon_threadsafe (self->loop, count, self, NULL);
  return NULL;
}

static gpointer
wake_from_thread (gpointer data)
{
  Test *self = data;

  pillion_host_wake (self->host);
  return NULL;
}

static void
wake (Test *self)
{
  g_thread_join (g_thread_new ("waker", wake_from_thread, self));
}

static gboolean
is_passenger (Test *self)
{
  if (self->host == NULL)
    g_test_skip ("A passenger has no hook");

  return self->host == NULL;
}

/* The hook */

static void
test_kicks (Test *self)
{
  ensure (self);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  g_assert_cmpuint (self->n_calls, ==, 0);
  turn_until (self, self->n_calls == 1);
}

static void
test_rests (Test *self)
{
  ensure (self);
  for (guint i = 1; i <= 3; i++)
    {
      pillion_loop_call_soon (self->loop, count, self, NULL);
      g_assert_true (pillion_loop_is_riding (self->loop));
      turn_until (self, self->n_calls == i);
      turn_until (self, !pillion_loop_is_riding (self->loop));
    }
  assert_sleeps (self);
}

static void
test_ensured_twice (Test *self)
{
  pillion_loop_hold (self->loop);
  ensure (self);
  ensure (self);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
  turn_until (self, !pillion_loop_is_riding (self->loop));
  assert_sleeps (self);
}

static void
stop (gpointer data)
{
  Test *self = data;

  count (self);
  pillion_loop_stop (self->loop);
}

static void
test_stopped_inside (Test *self)
{
  ensure (self);
  pillion_loop_call_soon (self->loop, stop, self, NULL);
  pillion_loop_call_later (self->loop, G_TIME_SPAN_MILLISECOND, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  assert_sleeps (self);
  g_assert_cmpuint (self->n_calls, ==, 1);
  ensure (self);
  turn_until (self, self->n_calls == 2);
}

static void
test_removed_twice (Test *self)
{
  if (is_passenger (self))
    return;

  pillion_loop_hold (self->loop);
  ensure (self);
  pillion_loop_stop (self->loop);
  pillion_host_remove (self->host, self->loop);
  ensure (self);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
}

static void
test_lost (Test *self)
{
  if (is_passenger (self))
    return;

  pillion_loop_hold (self->loop);
  ensure (self);
  settle (self);
  pillion_loop_hook_lost (self->loop);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  assert_sleeps (self);
  pillion_loop_release (self->loop);
}

static void
test_second_loop (Test *self)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) other = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (GError) error = NULL;

  if (is_passenger (self))
    return;

  pillion_loop_hold (self->loop);
  ensure (self);
  if (pillion_host_install (self->host, other, &error))
    pillion_host_remove (self->host, other);
  else
    g_assert_nonnull (error);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
  pillion_loop_close (other, -1, NULL);
}

/* Sleep */

static void
test_idle (Test *self)
{
  pillion_loop_hold (self->loop);
  ensure (self);
  pillion_loop_call_later (self->loop, G_TIME_SPAN_HOUR, count, self, NULL);
  assert_sleeps (self);
  pillion_loop_release (self->loop);
}

static void
test_timer (Test *self)
{
  gint64 start;

  ensure (self);
  settle (self);
  start = pillion_loop_get_now (self->loop);
  pillion_loop_call_later (self->loop, 70 * G_TIME_SPAN_MILLISECOND, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  g_assert_cmpint (pillion_loop_get_now (self->loop) - start, >=, 70 * G_TIME_SPAN_MILLISECOND);
}

static void
test_thread (Test *self)
{
  GThread *thread;

  pillion_loop_hold (self->loop);
  ensure (self);
  for (guint i = 1; i <= 3; i++)
    {
      settle (self);
      thread = g_thread_new ("caller", call_from_thread, self);
      turn_until (self, self->n_calls == i);
      g_thread_join (thread);
    }
  pillion_loop_release (self->loop);
}

static void
test_thread_while_out_of_work (Test *self)
{
  GThread *thread;

  ensure (self);
  for (guint i = 1; i <= 3; i++)
    {
      settle (self);
      g_assert_false (pillion_loop_is_riding (self->loop));
      thread = g_thread_new ("caller", call_from_thread, self);
      turn_until (self, self->n_calls == i);
      g_thread_join (thread);
    }
}

static void
test_attached_between_kicks (Test *self)
{
  g_autoptr (GSource) source = g_timeout_source_new (20);

  pillion_loop_hold (self->loop);
  ensure (self);
  settle (self);
  g_source_set_callback (source, count_source, self, NULL);
  g_source_attach (source, pillion_loop_get_context (self->loop));
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
}

static gpointer
write_from_thread (gpointer data)
{
  const int *fd = data;

  g_usleep (50 * 1000);
  g_assert_cmpint (write (*fd, "!", 1), ==, 1);
  return NULL;
}

static void
test_descriptor (Test *self)
{
  g_autoptr (GSource) source = NULL;
  GThread *thread;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (fds[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (count_readable), self, NULL);
  g_source_attach (source, pillion_loop_get_context (self->loop));
  pillion_loop_hold (self->loop);
  ensure (self);
  settle (self);
  thread = g_thread_new ("writer", write_from_thread, &fds[1]);
  turn_until (self, self->n_calls == 1);
  g_thread_join (thread);
  pillion_loop_release (self->loop);
  close (fds[0]);
  close (fds[1]);
}

static void
test_wakes_at_any_time (Test *self)
{
  if (is_passenger (self))
    return;

  wake (self);
  turn (self, 0);
  pillion_loop_hold (self->loop);
  ensure (self);
  wake (self);
  assert_sleeps (self);
  pillion_loop_stop (self->loop);
  wake (self);
  assert_sleeps (self);
  ensure (self);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
  close_loop (self);
  wake (self);
  assert_sleeps (self);
}

static void
call_again (gpointer data)
{
  Test *self = data;

  self->n_calls++;
  pillion_loop_call_soon (self->loop, call_again, self, NULL);
}

/* A host that drains the loop before it returns never comes back */
static void
test_busy (Test *self)
{
  ensure (self);
  pillion_loop_call_soon (self->loop, call_again, self, NULL);
  for (guint i = 0; i < 10; i++)
    turn (self, PATIENCE_USEC);
  turn_until (self, self->n_calls > 10);
}

static void
test_region (Test *self)
{
  pillion_loop_hold (self->loop);
  ensure (self);
  settle (self);
  pillion_loop_begin_region (self->loop, "rendering", PILLION_REGION_NO_CALLBACKS);
  pillion_loop_call_soon (self->loop, count, self, NULL);
  assert_sleeps (self);
  g_assert_cmpuint (self->n_calls, ==, 0);
  pillion_loop_end_region (self->loop, "rendering", NULL);
  turn_until (self, self->n_calls == 1);
  pillion_loop_release (self->loop);
}

/* The end */

static void
test_closed_with_work (Test *self)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (self->loop, G_TIME_SPAN_HOUR, NULL);

  ensure (self);
  settle (self);
  close_loop (self);
  g_assert_true (pillion_task_is_cancelled (task));
  assert_sleeps (self);
}

static void
close_inside (gpointer data)
{
  Test *self = data;

  count (self);
  close_loop (self);
}

static void
test_closed_inside (Test *self)
{
  ensure (self);
  pillion_loop_call_soon (self->loop, close_inside, self, NULL);
  turn_until (self, self->n_calls == 1);
  assert_sleeps (self);
}

/* A descriptor gets the lowest number that is free, so those that are opened next have the loop's. What happens to them must not
 * concern the host any more. */
static void
test_number_reused (Test *self)
{
  int fds[2];

  pillion_loop_hold (self->loop);
  ensure (self);
  settle (self);
  pillion_loop_release (self->loop);
  close_loop (self);
  g_clear_object (&self->loop);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    g_assert_cmpint (write (fds[i], "!", 1), ==, 1);
  assert_sleeps (self);
  close (fds[0]);
  close (fds[1]);
}

static void
test_dropped (Test *self)
{
  gpointer weak = self->loop;

  ensure (self);
  settle (self);
  g_object_add_weak_pointer (weak, &weak);
  g_clear_object (&self->loop);
  g_assert_null (weak);
  assert_sleeps (self);
}

/* Main loops that callbacks run */

static void
tick (gpointer data)
{
  Test *self = data;

  self->n_ticks++;
  if (self->inside)
    pillion_loop_call_later (self->loop, 10 * G_TIME_SPAN_MILLISECOND, tick, self, NULL);
}

static void
run_inside (Test *self)
{
  GThread *thread;

  g_assert_false (self->inside);
  self->inside = TRUE;
  tick (self);
  thread = g_thread_new ("caller", call_from_thread, self);
  turn_until (self, self->n_ticks >= 10 && self->n_calls >= 1);
  g_thread_join (thread);
  self->inside = FALSE;
  turn_until (self, self->n_ticks >= 11);
  assert_sleeps (self);
  self->n_calls++;
}

static void
run_in_fiber (PillionTask *task,
              gpointer data)
{
  run_inside (data);
  pillion_task_return_boolean (task, TRUE);
}

static void
run_in_callback (PillionTask *task,
                 gpointer data)
{
  run_inside (data);
}

static void
test_nested_in_callback (Test *self)
{
  g_autoptr (PillionTask) task = pillion_task_new (self->loop, "opener", NULL);

  ensure (self);
  pillion_task_add_done_callback (task, run_in_callback, self, NULL);
  pillion_task_return_boolean (task, TRUE);
  turn_until (self, self->n_calls == 2);
}

static void
test_nested_in_fiber (Test *self)
{
  g_autoptr (PillionTask) task = pillion_loop_spawn_full (self->loop, "opener", STACK_SIZE, run_in_fiber, self, NULL);

  pillion_task_add_done_callback (task, count_task, self, NULL);
  ensure (self);
  turn_until (self, self->n_calls == 3);
}

/* The library's own inner loop, for hosts that have none */
static void
wait_inside (PillionTask *task,
             gpointer data)
{
  Test *self = data;
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (self->loop, 20 * G_TIME_SPAN_MILLISECOND, NULL);

  pillion_loop_run_until_complete (self->loop, sleep, NULL);
  count (self);
}

static void
test_waited_inside (Test *self)
{
  g_autoptr (PillionTask) task = pillion_task_new (self->loop, "waiter", NULL);

  ensure (self);
  pillion_task_add_done_callback (task, wait_inside, self, NULL);
  pillion_task_return_boolean (task, TRUE);
  turn_until (self, self->n_calls == 1);
  turn_until (self, !pillion_loop_is_riding (self->loop));
  assert_sleeps (self);
}

static void
run_case (gconstpointer data)
{
  const Case *self = data;
  Test test = { .suite = self->suite, .data = self->data, .thread = g_thread_self () };

  test.loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  test.host = self->suite->set_up (test.loop, self->data);
  self->run (&test);

  if (test.loop != NULL)
    {
      gpointer weak = test.loop;

      pillion_loop_close (test.loop, PATIENCE_USEC, NULL);
      g_object_add_weak_pointer (weak, &weak);
      g_clear_object (&test.loop);
      if (weak != NULL)
        {
          g_object_remove_weak_pointer (weak, &weak);
          g_test_fail_printf ("the loop is still referenced");
        }
    }
  g_clear_object (&test.host);
  if (self->suite->tear_down != NULL)
    self->suite->tear_down (self->data);
}

static void
add_case (const PillionHostSuite *self,
          const char *path,
          const char *name,
          void (*run) (Test *test),
          gpointer data)
{
  g_autofree char *full = g_strconcat (path, "/", name, NULL);
  Case *one = g_new (Case, 1);

  one->suite = self;
  one->data = data;
  one->run = run;
  one->next = cases;
  cases = one;
  g_test_add_data_func (full, one, run_case);
}

/**
 * pillion_host_suite_add: (skip)
 * @self: what to know of the host; it has to stay until the tests have run
 * @path: the path of the tests, as for `g_test_add_func ()`, without a slash at the end
 * @user_data: data for the functions of @self
 *
 * Adds tests that take a host through everything that [Writing a host](writing-a-host.html) asks for: that the hook kicks, rests and
 * comes back; that the host sleeps when there is nothing to do, and wakes for timers, threads and descriptors; what happens after the
 * end; and main loops inside callbacks. An adapter that passes behaves like those that come with Pillion.
 *
 * This is the test of a main loop that is nothing but `poll ()`:
 *
 * ```c
 * #include <pillion/pillion.h>
 *
 * static GWeakRef rider;
 *
 * static PillionHost *
 * set_up (PillionLoop *loop, gpointer user_data)
 * {
 *   g_weak_ref_set (&rider, loop);
 *   return PILLION_HOST (pillion_callback_host_new ("poll"));
 * }
 *
 * static void
 * turn (GTimeSpan timeout, gpointer user_data)
 * {
 *   g_autoptr (PillionLoop) loop = g_weak_ref_get (&rider);
 *   GPollFD fd = { -1, G_IO_IN, 0 };
 *   GTimeSpan due = -1;
 *   PillionSleep next = PILLION_SLEEP_NOT_YOURS;
 *
 *   if (loop != NULL)
 *     next = pillion_loop_prepare_sleep (loop, &fd.fd, &due);
 *   if (due >= 0)
 *     timeout = MIN (timeout, due);
 *   g_poll (&fd, next == PILLION_SLEEP_NOT_YOURS ? 0 : 1, (timeout + 999) / 1000);
 *   if (loop != NULL)
 *     pillion_loop_kick (loop);
 * }
 *
 * static void
 * tear_down (gpointer user_data)
 * {
 *   g_weak_ref_set (&rider, NULL);
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down };
 *
 *   g_test_init (&argc, &argv, NULL);
 *   pillion_host_suite_add (&suite, "/poll", NULL);
 *
 *   return g_test_run ();
 * }
 * ```
 *
 * The loops of the tests ride on the default context, one after the other. On the thread that runs the tests.
 *
 * Since: 1.0
 */
void
pillion_host_suite_add (const PillionHostSuite *self,
                        const char *path,
                        gpointer user_data)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (self->set_up != NULL);
  g_return_if_fail (self->turn != NULL);
  g_return_if_fail (path != NULL);

#define ADD(name, function) add_case (self, path, name, function, user_data)
  ADD ("hook/kicks-on-the-thread-that-installed-it", test_kicks);
  ADD ("hook/goes-when-out-of-work-and-comes-back", test_rests);
  ADD ("hook/is-installed-once", test_ensured_twice);
  ADD ("hook/is-removed-inside-a-kick", test_stopped_inside);
  ADD ("hook/is-removed-although-it-is-gone", test_removed_twice);
  ADD ("hook/comes-back-after-it-was-lost", test_lost);
  ADD ("hook/of-a-second-loop-works-or-is-refused", test_second_loop);
  ADD ("sleep/while-there-is-nothing-to-do", test_idle);
  ADD ("sleep/ends-when-a-timer-is-due", test_timer);
  ADD ("sleep/ends-for-a-thread", test_thread);
  ADD ("sleep/ends-for-a-thread-while-out-of-work", test_thread_while_out_of_work);
  ADD ("sleep/ends-for-a-source-of-the-program", test_attached_between_kicks);
  ADD ("sleep/ends-for-a-descriptor", test_descriptor);
  ADD ("sleep/in-a-region-without-callbacks", test_region);
  ADD ("sleep/is-ended-at-any-time-from-a-thread", test_wakes_at_any_time);
  ADD ("busy-loop-leaves-the-host-its-turn", test_busy);
  ADD ("end/closed-with-work-pending", test_closed_with_work);
  ADD ("end/closed-inside-a-callback", test_closed_inside);
  ADD ("end/the-number-of-the-descriptor-is-free", test_number_reused);
  ADD ("end/dropped-without-closing", test_dropped);
  ADD ("nested/waits-in-a-callback", test_waited_inside);
  if (!self->no_nesting)
    {
      ADD ("nested/in-a-done-callback", test_nested_in_callback);
      ADD ("nested/in-a-fiber", test_nested_in_fiber);
    }
#undef ADD
}
