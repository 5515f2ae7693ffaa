/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the descriptor of a loop says while the thread that wakes the host is stopped in the middle of that, as it is when the host gets its
 * processor */

typedef struct
{
  PillionLoop *loop;
  gboolean before; /* whether it stops before it writes to the descriptor, and not after it */
  guint n_calls;
  Gate stopped;
  Gate go_on;
} Fixture;

static __thread Fixture *ringer;

/* In place of libc's, also for the library */
ssize_t
write (int fd,
       const void *bytes,
       size_t length)
{
  Fixture *self = ringer;
  ssize_t n;

  if (self == NULL)
    return syscall (SYS_write, fd, bytes, length);

  ringer = NULL;
  if (self->before)
    {
      gate_open (&self->stopped);
      gate_wait_for (&self->go_on, 1);
    }
  n = syscall (SYS_write, fd, bytes, length);
  if (!self->before)
    {
      gate_open (&self->stopped);
      gate_wait_for (&self->go_on, 1);
    }

  return n;
}

static void
called (gpointer data)
{
  ((Fixture *) data)->n_calls++;
}

static gpointer
ring (gpointer data)
{
  Fixture *self = data;

  ringer = self;
  pillion_loop_call_soon_threadsafe (self->loop, called, self, NULL);
  g_assert_null (ringer);
  return NULL;
}

static gboolean
is_readable (Fixture *self)
{
  struct pollfd fd = { pillion_loop_get_fd (self->loop), pillion_loop_get_events (self->loop), 0 };

  return poll (&fd, 1, 0) == 1;
}

static void
test_stopped (gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("host"));
  g_autoptr (GError) error = NULL;
  Fixture self = { .before = GPOINTER_TO_INT (data), .stopped = GATE_INIT, .go_on = GATE_INIT };
  GThread *thread;

  self.loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  pillion_loop_set_auto_stop (self.loop, FALSE);
  pillion_loop_ensure (self.loop, host, &error);
  g_assert_no_error (error);
  pillion_loop_kick (self.loop);
  g_assert_false (is_readable (&self));

  thread = g_thread_new ("ringer", ring, &self);
  gate_wait_for (&self.stopped, 1);
  g_assert_cmpint (is_readable (&self), ==, !self.before);
  pillion_loop_kick (self.loop);
  g_assert_cmpuint (self.n_calls, ==, 1);
  /* A host that sleeps on it would spin, and keep the thread from going on */
  g_assert_false (is_readable (&self));

  gate_open (&self.go_on);
  g_thread_join (thread);
  /* There was a kick, but not after the write */
  g_assert_cmpint (is_readable (&self), ==, self.before);
  pillion_loop_kick (self.loop);
  g_assert_false (is_readable (&self));

  /* It is none the worse for that */
  pillion_loop_call_soon_threadsafe (self.loop, called, &self, NULL);
  pillion_loop_kick (self.loop);
  thread = g_thread_new ("ringer", ring, &self);
  g_thread_join (thread);
  g_assert_true (is_readable (&self));
  pillion_loop_kick (self.loop);
  g_assert_false (is_readable (&self));
  g_assert_cmpuint (self.n_calls, ==, 3);

  pillion_loop_close (self.loop, 0, &error);
  g_assert_no_error (error);
  g_object_unref (self.loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/loop/wake/kick-empties-what-was-just-written", GINT_TO_POINTER (FALSE), test_stopped);
  g_test_add_data_func ("/loop/wake/kick-just-before-the-write-loses-nothing", GINT_TO_POINTER (TRUE), test_stopped);

  return g_test_run ();
}
