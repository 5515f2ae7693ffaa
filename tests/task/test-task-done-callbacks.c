/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "task/pillion-task-private.h"

typedef struct
{
  GString *log; /* capitals are calls, small letters are the data being freed */
  PillionTask *task;
  char letter;
  guint id;
  void (*extra) (gpointer note);
  GThread *thread;
} Note;

typedef struct
{
  PillionLoop *loop;
  PillionTask *task;
  GString *log;
  Note notes[8];
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  /* A kick does everything that is ready, however slow valgrind makes it */
  pillion_loop_set_budget_usec (fixture->loop, G_TIME_SPAN_MINUTE);
  fixture->task = pillion_task_new (fixture->loop, "job", NULL);
  fixture->log = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixture->notes); i++)
    fixture->notes[i] = (Note) { fixture->log, fixture->task, 'A' + i, 0, NULL, NULL };
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (fixture->task != NULL)
    end_object (fixture->task);
  loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Note *self = data;

  g_assert_true (pillion_task_is_done (task));
  self->thread = g_thread_self ();
  g_string_append_c (self->log, self->letter);
  if (self->extra != NULL)
    self->extra (self);
}

static void
on_freed (gpointer data)
{
  Note *self = data;

  g_string_append_c (self->log, g_ascii_tolower (self->letter));
}

static void
add (Fixture *fixture,
     char letter)
{
  Note *note = &fixture->notes[letter - 'A'];

  note->id = pillion_task_add_done_callback (fixture->task, on_done, note, on_freed);
  g_assert_cmpuint (note->id, !=, 0);
}

static void
finish (Fixture *fixture)
{
  pillion_task_return_boolean (fixture->task, TRUE);
}

#define assert_log(expected) g_assert_cmpstr (fixture->log->str, ==, expected)

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  add (fixture, 'C');
  finish (fixture);
  pillion_loop_kick (fixture->loop);
  /* Each one's data is freed right after its call */
  assert_log ("AaBbCc");
  pillion_loop_kick (fixture->loop);
  assert_log ("AaBbCc");
}

static void
test_never_inside (Fixture *fixture,
                   gconstpointer data)
{
  add (fixture, 'A');
  finish (fixture);
  assert_log ("");
  add (fixture, 'B');
  assert_log ("");
  pillion_loop_kick (fixture->loop);
  assert_log ("AaBb");
}

static void
test_added_when_done (Fixture *fixture,
                      gconstpointer data)
{
  finish (fixture);
  pillion_loop_kick (fixture->loop);
  add (fixture, 'A');
  assert_log ("");
  pillion_loop_kick (fixture->loop);
  assert_log ("Aa");
  add (fixture, 'B');
  add (fixture, 'C');
  pillion_loop_kick (fixture->loop);
  assert_log ("AaBbCc");
}

static Fixture *the_fixture;

static void
add_more (gpointer note)
{
  add (the_fixture, 'D');
  add (the_fixture, 'E');
}

static void
test_added_inside (Fixture *fixture,
                   gconstpointer data)
{
  the_fixture = fixture;
  add (fixture, 'A');
  fixture->notes[0].extra = add_more;
  add (fixture, 'B');
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("AaBbDdEe");
}

static void
test_added_inside_the_last (Fixture *fixture,
                            gconstpointer data)
{
  the_fixture = fixture;
  add (fixture, 'A');
  fixture->notes[0].extra = add_more;
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("AaDdEe");
}

static void
test_removed_before (Fixture *fixture,
                     gconstpointer data)
{
  const char *logs[] = { "aBbCc", "bAaCc", "cAaBb" };

  for (guint gone = 0; gone < 3; gone++)
    {
      PillionTask *task = fixture->task = gone == 0 ? fixture->task : pillion_task_new (fixture->loop, "job", NULL);

      g_string_truncate (fixture->log, 0);
      add (fixture, 'A');
      add (fixture, 'B');
      add (fixture, 'C');
      g_assert_true (pillion_task_remove_done_callback (task, fixture->notes[gone].id));
      g_assert_false (pillion_task_remove_done_callback (task, fixture->notes[gone].id));
      finish (fixture);
      kick_until_quiet (fixture->loop);
      assert_log (logs[gone]);
      for (guint i = 0; i < 3; i++)
        g_assert_false (pillion_task_remove_done_callback (task, fixture->notes[i].id));
      end_object (g_steal_pointer (&fixture->task));
    }
}

static void
test_removed_first_keeps_order (Fixture *fixture,
                                gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  g_assert_true (pillion_task_remove_done_callback (fixture->task, fixture->notes[0].id));
  add (fixture, 'C');
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("aBbCc");
}

static void
test_remove_all (Fixture *fixture,
                 gconstpointer data)
{
  add (fixture, 'A');
  g_assert_true (pillion_task_remove_done_callback (fixture->task, fixture->notes[0].id));
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("a");
  add (fixture, 'B');
  g_assert_true (pillion_task_remove_done_callback (fixture->task, fixture->notes[1].id));
  kick_until_quiet (fixture->loop);
  assert_log ("ab");
}

static void
test_remove_unknown (Fixture *fixture,
                     gconstpointer data)
{
  g_assert_false (pillion_task_remove_done_callback (fixture->task, 0));
  g_assert_false (pillion_task_remove_done_callback (fixture->task, 12345));
  add (fixture, 'A');
  g_assert_false (pillion_task_remove_done_callback (fixture->task, 0));
  g_assert_false (pillion_task_remove_done_callback (fixture->task, fixture->notes[0].id + 1));
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("Aa");
}

static void
remove_self_and_next (gpointer data)
{
  Note *self = data;

  /* Its own call is under way, so it is not there any more */
  g_assert_false (pillion_task_remove_done_callback (self->task, self->id));
  g_assert_true (pillion_task_remove_done_callback (self->task, self[1].id));
}

static void
test_removed_inside (Fixture *fixture,
                     gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  add (fixture, 'C');
  fixture->notes[0].extra = remove_self_and_next;
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("AbaCc");
}

static void
test_removed_inside_the_only_rest (Fixture *fixture,
                                   gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  fixture->notes[0].extra = remove_self_and_next;
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("Aba");
}

static void
drop_task (gpointer data)
{
  Note *self = data;

  g_object_unref (self->task);
  self->task = NULL;
}

static void
test_drops_last_reference (Fixture *fixture,
                           gconstpointer data)
{
  gpointer weak = fixture->task;

  g_object_add_weak_pointer (G_OBJECT (fixture->task), &weak);
  add (fixture, 'A');
  add (fixture, 'B');
  fixture->notes[0].extra = drop_task;
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("AaBb");
  g_assert_null (weak);
  fixture->task = NULL;
}

static gpointer
finish_there (gpointer task)
{
  pillion_task_return_boolean (task, TRUE);
  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  g_thread_join (g_thread_new ("finisher", finish_there, fixture->task));
  assert_log ("");
  kick_until_quiet (fixture->loop);
  assert_log ("AaBb");
  g_assert_true (fixture->notes[0].thread == g_thread_self ());
}

static gpointer
add_there (gpointer task)
{
  g_assert_cmpuint (pillion_task_add_done_callback (task, on_done, NULL, NULL), ==, 0);
  return NULL;
}

static void
test_added_on_another_thread (Fixture *fixture,
                              gconstpointer data)
{
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed*");
  g_thread_join (g_thread_new ("adder", add_there, fixture->task));
  g_test_assert_expected_messages ();
  finish (fixture);
  kick_until_quiet (fixture->loop);
}

/* The clock is read between two callbacks of one task, too */
static void
spin_long (gpointer note)
{
  spin_for (3000);
}

static void
test_budget_between (Fixture *fixture,
                     gconstpointer data)
{
  PillionKick kick;

  for (guint i = 0; i < 3; i++)
    {
      fixture->notes[i].extra = spin_long;
      add (fixture, 'A' + i);
    }
  finish (fixture);
  pillion_loop_kick_until (fixture->loop, 0, &kick);
  assert_log ("Aa");
  g_assert_true (kick.more_ready);
  g_assert_cmpuint (kick.items, ==, 1);
  g_assert_cmpint (kick.next_deadline_usec, ==, 0);
  pillion_loop_kick_until (fixture->loop, 0, &kick);
  assert_log ("AaBb");
  pillion_loop_kick_until (fixture->loop, 0, &kick);
  assert_log ("AaBbCc");
  g_assert_false (kick.more_ready);
}

/* What the callbacks of one task do comes before those of the next */
static void
test_tasks_in_order (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  PillionTask *tasks[3];
  Note notes[6];

  for (guint i = 0; i < 3; i++)
    tasks[i] = pillion_task_new (loop, "job", NULL);
  for (guint i = 0; i < 6; i++)
    {
      notes[i] = (Note) { log, tasks[i % 3], 'A' + i, 0, NULL, NULL };
      pillion_task_add_done_callback (tasks[i % 3], on_done, &notes[i], NULL);
    }
  pillion_task_return_boolean (tasks[2], TRUE);
  pillion_task_return_boolean (tasks[0], TRUE);
  pillion_task_return_boolean (tasks[1], TRUE);
  kick_until_quiet (loop);
  g_assert_cmpstr (log->str, ==, "CFADBE");
  for (guint i = 0; i < 3; i++)
    end_object (tasks[i]);
  loop_end (loop);
}

static void
count (PillionTask *task,
       gpointer data)
{
  (*(guint *) data)++;
}

static void
test_many (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "popular", NULL);
  guint n = 0;

  for (guint i = 0; i < 5000; i++)
    pillion_task_add_done_callback (task, count, &n, NULL);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (loop);
  g_assert_cmpuint (n, ==, 5000);
  end_object (task);
  loop_end (loop);
}

static void
close_loop (gpointer data)
{
  Note *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (pillion_task_get_loop (self->task), G_USEC_PER_SEC, &error));
  g_assert_no_error (error);
}

/* Closing the loop inside a callback ends the callbacks */
static void
test_closed_inside (Fixture *fixture,
                    gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  fixture->notes[0].extra = close_loop;
  finish (fixture);
  g_assert_false (pillion_loop_kick (fixture->loop));
  assert_log ("Aab");
}

/* Whoever ends the task then is not on the loop's thread, perhaps */
static void
test_added_when_closed (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (PillionTask) ended = pillion_task_new (fixture->loop, "ended", NULL);

  pillion_task_return_boolean (ended, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  add (fixture, 'A');
  assert_log ("a");
  g_assert_false (pillion_task_remove_done_callback (fixture->task, fixture->notes[0].id));
  g_assert_cmpuint (pillion_task_add_done_callback (ended, on_done, &fixture->notes[1], on_freed), !=, 0);
  assert_log ("ab");
  finish (fixture);
  assert_log ("ab");
}

typedef struct
{
  PillionTask *task;
  Note *note;
} Late;

static void
add_late (gpointer data)
{
  Late *self = data;

  pillion_task_add_done_callback (self->task, on_done, self->note, on_freed);
  g_string_append_c (self->note->log, '.');
}

/* Close () has given the first task up, but not the loop */
static void
test_added_while_closing (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (PillionTask) second = pillion_task_new (fixture->loop, "second", NULL);
  Late late = { fixture->task, &fixture->notes[0] };

  pillion_task_add_done_callback (second, on_done, &late, add_late);
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  assert_log ("a.");
  finish (fixture);
  pillion_task_return_boolean (second, TRUE);
  assert_log ("a.");
}

/* After all numbers were used, none is used twice at a time, nor 0 */
static void
test_ids (Fixture *fixture,
          gconstpointer data)
{
  add (fixture, 'A');
  add (fixture, 'B');
  /* The last number but one */
  fixture->task->last_id = 0;
  fixture->task->last_id -= 2;
  add (fixture, 'C');
  g_assert_cmpuint (fixture->notes[2].id, >, fixture->notes[1].id);
  for (char letter = 'D'; letter <= 'F'; letter++)
    {
      guint id;

      add (fixture, letter);
      id = fixture->notes[letter - 'A'].id;
      for (guint i = 0; i < 3; i++)
        g_assert_cmpuint (id, !=, fixture->notes[i].id);
      g_assert_true (pillion_task_remove_done_callback (fixture->task, id));
    }
  assert_log ("def");
  finish (fixture);
  kick_until_quiet (fixture->loop);
  assert_log ("defAaBbCc");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/done-callbacks/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("run-in-the-order-added-each-once", test_order);
  ADD ("never-inside-add-or-return", test_never_inside);
  ADD ("added-when-done-run-in-the-next-kick", test_added_when_done);
  ADD ("added-inside-one-run-after-the-others", test_added_inside);
  ADD ("added-inside-the-last-one-run", test_added_inside_the_last);
  ADD ("removed-before-is-not-called", test_removed_before);
  ADD ("removed-first-keeps-the-order", test_removed_first_keeps_order);
  ADD ("removed-all-leaves-nothing", test_remove_all);
  ADD ("removing-an-unknown-one-does-nothing", test_remove_unknown);
  ADD ("removed-inside-one-is-not-called", test_removed_inside);
  ADD ("removed-inside-one-leaves-nothing", test_removed_inside_the_only_rest);
  ADD ("numbers-of-two-are-never-the-same", test_ids);
  ADD ("one-may-drop-the-last-reference", test_drops_last_reference);
  ADD ("run-on-the-loops-thread", test_thread);
  ADD ("added-on-another-thread-is-critical", test_added_on_another_thread);
  ADD ("the-clock-is-read-between-them", test_budget_between);
  ADD ("none-after-the-loop-was-closed-inside-one", test_closed_inside);
  ADD ("added-after-the-loop-was-closed-are-freed-at-once", test_added_when_closed);
  ADD ("added-while-the-loop-is-closed-are-freed-at-once", test_added_while_closing);
  g_test_add_func ("/task/done-callbacks/tasks-in-the-order-they-ended", test_tasks_in_order);
  g_test_add_func ("/task/done-callbacks/many-of-one-task", test_many);

  return g_test_run ();
}
