/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "log-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionQueue *queue; /* of 2 items */
  Log log;
  int n_left; /* how many notifications until the loop is closed */
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->queue = pillion_queue_new (fixture->loop, 2);
  log_init (&fixture->log, fixture->loop);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  kick_until_quiet (fixture->loop);
  end_object (fixture->queue);
  loop_end (fixture->loop);
  log_clear (&fixture->log);
}

static PillionTask *
put (Fixture *fixture,
     int item)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *name = g_strdup_printf ("put%d", item);

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, item);

  return log_task (&fixture->log, pillion_queue_put (fixture->queue, &value), name, log_done);
}

static gboolean
try_put (Fixture *fixture,
         int item)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, item);
  return pillion_queue_try_put (fixture->queue, &value);
}

static PillionTask *
get (Fixture *fixture,
     const char *name)
{
  return log_task (&fixture->log, pillion_queue_get (fixture->queue), name, log_done_int);
}

static int
try_get (Fixture *fixture)
{
  g_autoptr (PillionTask) task = pillion_queue_try_get (fixture->queue);

  return task != NULL ? (int) pillion_task_get_int (task, NULL) : -1;
}

static void
test_new (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (PillionLoop) loop = NULL;
  guint capacity, length;

  g_object_get (fixture->queue, "loop", &loop, "capacity", &capacity, "length", &length, NULL);
  g_assert_true (loop == fixture->loop);
  g_assert_true (pillion_queue_get_loop (fixture->queue) == loop);
  g_assert_cmpuint (capacity, ==, 2);
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpuint (pillion_queue_get_capacity (fixture->queue), ==, 2);
  g_assert_false (pillion_queue_is_closed (fixture->queue));
}

static void
test_in_order (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *a = put (fixture, 1), *b = put (fixture, 2), *c = put (fixture, 3), *d = put (fixture, 4);

  assert_log (&fixture->log, "put1:1 put2:1 ");
  g_assert_cmpuint (pillion_queue_get_length (fixture->queue), ==, 2);
  g_assert_false (try_put (fixture, 9));
  g_assert_cmpint (try_get (fixture), ==, 1);
  /* The longest waiter gets the room */
  g_assert_false (try_put (fixture, 9));
  assert_log (&fixture->log, "put3:1 ");
  g_assert_cmpint (try_get (fixture), ==, 2);
  g_assert_cmpint (try_get (fixture), ==, 3);
  g_assert_cmpint (try_get (fixture), ==, 4);
  g_assert_cmpint (try_get (fixture), ==, -1);
  assert_log (&fixture->log, "put4:1 ");
  g_assert_true (try_put (fixture, 5));
  g_assert_cmpint (try_get (fixture), ==, 5);
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
}

static void
test_get_waits (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *a = get (fixture, "a"), *b = get (fixture, "b"), *c = get (fixture, "c"), *one, *two;

  assert_log (&fixture->log, "");
  one = put (fixture, 1);
  g_assert_cmpuint (pillion_queue_get_length (fixture->queue), ==, 0);
  g_assert_cmpint (try_get (fixture), ==, -1);
  two = put (fixture, 2);
  assert_log (&fixture->log, "a=1 put1:1 b=2 put2:1 ");
  g_assert_true (try_put (fixture, 3));
  assert_log (&fixture->log, "c=3 ");
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (one);
  end_object (two);
}

static void
test_unbounded (Fixture *fixture,
                gconstpointer data)
{
  PillionQueue *queue = pillion_queue_new (fixture->loop, 0);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (PillionTask) task = pillion_queue_put_object (queue, fixture->loop);

      g_assert_true (pillion_task_is_done (task));
    }
  g_assert_cmpuint (pillion_queue_get_length (queue), ==, 1000);
  kick_until_quiet (fixture->loop);
  end_object (queue);
}

static void
test_types (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3), got = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  PillionTask *task;
  g_autoptr (GObject) object = NULL;
  gpointer pointer = g_strdup ("freed with the task");

  g_value_init (&value, G_TYPE_BYTES);
  g_value_set_boxed (&value, bytes);
  g_assert_true (pillion_queue_try_put (fixture->queue, &value));
  task = pillion_queue_get (fixture->queue);
  got = pillion_task_get_bytes (task, NULL);
  g_assert_true (got == bytes);
  g_object_unref (task);

  g_object_unref (pillion_queue_put_object (fixture->queue, fixture->queue));
  task = pillion_queue_get (fixture->queue);
  object = pillion_task_get_object (task, NULL);
  g_assert_true (object == G_OBJECT (fixture->queue));
  g_object_unref (task);

  g_object_unref (pillion_queue_put_pointer (fixture->queue, pointer, g_free));
  task = pillion_queue_get (fixture->queue);
  g_assert_true (pillion_task_get_pointer (task, NULL) == pointer);
  g_object_unref (task);

  g_object_unref (pillion_queue_put (fixture->queue, NULL));
  g_object_unref (pillion_queue_put_object (fixture->queue, NULL));
  task = pillion_queue_get (fixture->queue);
  g_assert_null (pillion_task_get_pointer (task, NULL));
  g_assert_true (pillion_task_check (task, NULL));
  g_object_unref (task);
  task = pillion_queue_get (fixture->queue);
  g_assert_null (pillion_task_get_object (task, NULL));
  g_assert_true (pillion_task_check (task, NULL));
  g_object_unref (task);
  kick_until_quiet (fixture->loop);
}

static void
count_freed (gpointer data)
{
  ++*(int *) data;
}

/* Items that were never taken are freed: in the line, in the queue, and when the queue is closed */
static void
test_freed (Fixture *fixture,
            gconstpointer data)
{
  PillionQueue *queue = pillion_queue_new (fixture->loop, 1);
  int n_freed = 0;
  PillionTask *in = pillion_queue_put_pointer (queue, &n_freed, count_freed),
              *waiting = pillion_queue_put_pointer (queue, &n_freed, count_freed),
              *late;

  pillion_task_cancel (waiting);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (waiting), ==, PILLION_TASK_CANCELLED);
  end_object (waiting);
  g_assert_cmpint (n_freed, ==, 1);
  pillion_queue_close (queue);
  late = pillion_queue_put_pointer (queue, &n_freed, count_freed);
  g_assert_cmpint (n_freed, ==, 2);
  g_assert_false (pillion_task_check (late, NULL));
  kick_until_quiet (fixture->loop);
  end_object (in);
  end_object (late);
  end_object (queue);
  g_assert_cmpint (n_freed, ==, 3);
}

static void
test_cancel_put (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *a = put (fixture, 1), *b = put (fixture, 2), *c = put (fixture, 3), *d = put (fixture, 4);

  pillion_task_cancel (c);
  /* Passed over from now on */
  g_assert_cmpint (try_get (fixture), ==, 1);
  assert_log (&fixture->log, "put1:1 put2:1 put4:1 put3:3 ");
  /* A put that has succeeded stays put */
  pillion_task_cancel (b);
  g_assert_cmpint (try_get (fixture), ==, 2);
  g_assert_cmpint (try_get (fixture), ==, 4);
  g_assert_cmpint (try_get (fixture), ==, -1);
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
}

static void
test_cancel_get (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *a = get (fixture, "a"), *b = get (fixture, "b");

  pillion_task_cancel (a);
  g_assert_true (try_put (fixture, 1));
  assert_log (&fixture->log, "b=1 a:3 ");
  end_object (a);
  end_object (b);
}

/* An item that was not delivered goes back to the front */
/* Those that are cancelled leave the line, on both sides, so that it does not grow */
static void
test_many_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  PillionTask *last;

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (tasks, pillion_queue_get (fixture->queue));
  last = get (fixture, "last");
  cancel_all (tasks);
  g_assert_true (try_put (fixture, 1));
  assert_log (&fixture->log, "last=1 ");
  end_object (last);
  end_all (tasks);

  g_assert_true (try_put (fixture, 2));
  g_assert_true (try_put (fixture, 3));
  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (tasks, pillion_queue_put_object (fixture->queue, NULL));
  last = put (fixture, 4);
  cancel_all (tasks);
  g_assert_cmpint (try_get (fixture), ==, 2);
  assert_log (&fixture->log, "put4:1 ");
  end_object (last);
  end_all (tasks);
  g_assert_cmpint (try_get (fixture), ==, 3);
  g_assert_cmpint (try_get (fixture), ==, 4);
}

/* Tasks that were ended by whoever has them got no item, so they have none to give back */
static void
test_ended_by_caller (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *ended = pillion_queue_get (fixture->queue), *next = get (fixture, "next");

  pillion_task_return_int (ended, 7);
  pillion_task_cancel (ended);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_queue_get_length (fixture->queue), ==, 0);
  g_assert_true (try_put (fixture, 1));
  assert_log (&fixture->log, "next=1 ");
  pillion_task_cancel (ended);
  g_assert_cmpint (pillion_task_get_int (ended, NULL), ==, 7);
  end_object (ended);
  end_object (next);
}

static void
test_unwanted (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *a, *b;
  guint id;

  g_assert_true (try_put (fixture, 1));
  g_assert_true (try_put (fixture, 2));
  a = pillion_queue_get (fixture->queue);
  id = pillion_task_add_done_callback (a, log_done_int, &fixture->log, NULL);
  g_assert_true (pillion_task_remove_done_callback (a, id));
  pillion_task_cancel (a);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_queue_get_length (fixture->queue), ==, 2);

  /* Twice */
  b = pillion_queue_get (fixture->queue);
  pillion_task_cancel (b);
  kick_until_quiet (fixture->loop);
  g_object_unref (a);
  end_object (b);
  g_assert_cmpint (try_get (fixture), ==, 1);
  g_assert_cmpint (try_get (fixture), ==, 2);

  /* Or to one that waits by then */
  g_assert_true (try_put (fixture, 3));
  a = pillion_queue_get (fixture->queue);
  b = get (fixture, "b");
  pillion_task_cancel (a);
  assert_log (&fixture->log, "b=3 ");
  end_object (b);
  end_object (a);

  /* Even after the end */
  g_assert_true (try_put (fixture, 4));
  pillion_queue_close (fixture->queue);
  a = pillion_queue_get (fixture->queue);
  pillion_task_cancel (a);
  kick_until_quiet (fixture->loop);
  g_object_unref (a);
  g_assert_cmpint (try_get (fixture), ==, 4);
}

/* Items that go back keep their order, in whatever order their gets were cancelled */
static void
test_unwanted_in_order (Fixture *fixture,
                        gconstpointer data)
{
  static const guint orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autoptr (PillionQueue) queue = pillion_queue_new (fixture->loop, 0);
      PillionTask *gets[3];

      for (int item = 0; item < 4; item++)
        {
          g_auto (GValue) value = G_VALUE_INIT;

          g_value_init (&value, G_TYPE_INT);
          g_value_set_int (&value, item);
          g_assert_true (pillion_queue_try_put (queue, &value));
        }
      for (guint j = 0; j < 3; j++)
        gets[j] = pillion_queue_get (queue);
      for (guint j = 0; j < 3; j++)
        pillion_task_cancel (gets[orders[i][j]]);
      kick_until_quiet (fixture->loop);
      for (int item = 0; item < 4; item++)
        {
          g_autoptr (PillionTask) get = pillion_queue_try_get (queue);

          g_assert_cmpint (pillion_task_get_int (get, NULL), ==, item);
        }
      for (guint j = 0; j < 3; j++)
        g_object_unref (gets[j]);
    }
}

/* An item that went back and is never taken is freed with the queue */
static void
test_unwanted_is_freed (Fixture *fixture,
                        gconstpointer data)
{
  PillionQueue *queue = pillion_queue_new (fixture->loop, 0);
  PillionTask *get;
  int n_freed = 0;

  g_object_unref (pillion_queue_put_pointer (queue, &n_freed, count_freed));
  get = pillion_queue_get (queue);
  pillion_task_cancel (get);
  kick_until_quiet (fixture->loop);
  g_object_unref (get);
  g_assert_cmpuint (pillion_queue_get_length (queue), ==, 1);
  end_object (queue);
  g_assert_cmpint (n_freed, ==, 1);
}

static void
test_handed_over (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *a;

  g_assert_true (try_put (fixture, 1));
  a = get (fixture, "a");
  pillion_task_cancel (a);
  assert_log (&fixture->log, "a=1 ");
  pillion_task_cancel (a);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_queue_get_length (fixture->queue), ==, 0);
  end_object (a);
}

static void
test_close_with_putters (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *a = put (fixture, 1), *b = put (fixture, 2), *c = put (fixture, 3), *d, *e;
  g_autoptr (GError) error = NULL;

  pillion_queue_close (fixture->queue);
  pillion_queue_close (fixture->queue);
  g_assert_true (pillion_queue_is_closed (fixture->queue));
  assert_log (&fixture->log, "put1:1 put2:1 put3:2 ");
  g_assert_false (pillion_task_check (c, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_false (try_put (fixture, 9));
  d = put (fixture, 9);
  assert_log (&fixture->log, "put9:2 ");

  /* What is left can still be taken */
  e = get (fixture, "e");
  g_assert_cmpint (try_get (fixture), ==, 2);
  g_assert_cmpint (try_get (fixture), ==, -1);
  assert_log (&fixture->log, "e=1 ");
  end_object (e);
  e = get (fixture, "e");
  assert_log (&fixture->log, "e:2 ");
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
  end_object (e);
}

static void
test_close_with_getters (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *a = get (fixture, "a"), *b = get (fixture, "b");
  g_autoptr (GError) error = NULL;

  pillion_task_cancel (a);
  pillion_queue_close (fixture->queue);
  assert_log (&fixture->log, "b:2 a:3 ");
  g_assert_false (pillion_task_check (b, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (a);
  end_object (b);
}

static void
test_loop_closed (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *a, *b, *late;

  g_assert_true (try_put (fixture, 1));
  g_assert_true (try_put (fixture, 2));
  a = put (fixture, 3);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpstr (fixture->log.text->str, ==, "put3:3 ");
  late = pillion_queue_get (fixture->queue);
  g_assert_cmpint (pillion_task_get_state (late), ==, PILLION_TASK_FAILED);
  g_assert_null (pillion_queue_try_get (fixture->queue));
  b = pillion_queue_put (fixture->queue, NULL);
  g_assert_cmpint (pillion_task_get_state (b), ==, PILLION_TASK_FAILED);
  end_object (a);
  end_object (b);
  end_object (late);
}

static gpointer
use_from_thread (gpointer data)
{
  Fixture *fixture = data;

  g_assert_null (pillion_queue_get (fixture->queue));
  g_assert_null (pillion_queue_put (fixture->queue, NULL));
  pillion_queue_close (fixture->queue);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed");
  g_thread_join (g_thread_new ("other", use_from_thread, fixture));
  g_test_assert_expected_messages ();
  g_assert_false (pillion_queue_is_closed (fixture->queue));
}

static void
close_loop (Fixture *fixture)
{
  if (--fixture->n_left == 0)
    pillion_loop_close (fixture->loop, 0, NULL);
}

/* The length is notified at each step: of a put, of a get, and of the put that this makes room for */
static void
test_closed_in_handler (Fixture *fixture,
                        gconstpointer data)
{
  fixture->n_left = GPOINTER_TO_INT (data);
  g_signal_connect_swapped (fixture->queue, "notify::length", G_CALLBACK (close_loop), fixture);
  for (int i = 0; i < 3; i++)
    {
      PillionTask *task = pillion_queue_put_object (fixture->queue, NULL);

      g_assert_true (i == 2 || pillion_task_is_done (task));
      g_object_unref (task);
    }
  g_object_unref (pillion_queue_get (fixture->queue));
  g_assert_true (pillion_loop_is_closed (fixture->loop));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/queue/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("new", test_new);
  for (int i = 1; i <= 4; i++)
    {
      g_autofree char *path = g_strdup_printf ("/queue/loop-closed-in-notification-%d", i);

      g_test_add (path, Fixture, GINT_TO_POINTER (i), set_up, test_closed_in_handler, tear_down);
    }
  ADD ("put-waits-in-order", test_in_order);
  ADD ("get-waits-in-order", test_get_waits);
  ADD ("unbounded", test_unbounded);
  ADD ("items-of-all-types", test_types);
  ADD ("items-are-freed", test_freed);
  ADD ("cancel-put", test_cancel_put);
  ADD ("cancel-get", test_cancel_get);
  ADD ("many-cancelled-leave-the-line", test_many_cancelled);
  ADD ("unwanted-item-goes-back", test_unwanted);
  ADD ("one-that-the-caller-ended-has-none", test_ended_by_caller);
  ADD ("unwanted-in-order", test_unwanted_in_order);
  ADD ("unwanted-is-freed", test_unwanted_is_freed);
  ADD ("handed-over-when-told", test_handed_over);
  ADD ("close-with-putters", test_close_with_putters);
  ADD ("close-with-getters", test_close_with_getters);
  ADD ("loop-closed", test_loop_closed);
  ADD ("wrong-thread", test_wrong_thread);
#undef ADD

  return g_test_run ();
}
