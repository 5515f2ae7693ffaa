/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"

/* Shared by the tests of combinators */

/* A loop on a host whose clock moves when told */
typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
} Fixture;

static inline void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  /* A kick does everything that is ready, however slow valgrind makes it */
  pillion_loop_set_budget_usec (fixture->loop, G_TIME_SPAN_MINUTE);
  fixture->host = PILLION_HOST (pillion_test_host_new ());
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static inline void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (!pillion_loop_is_closed (fixture->loop))
    g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  loop_end (fixture->loop);
  end_object (fixture->host);
}

static inline void
advance (Fixture *fixture,
         gint64 usec)
{
  pillion_test_host_advance (PILLION_TEST_HOST (fixture->host), usec);
}

/* Does everything that is ready, without time passing */
static inline void
settle (Fixture *fixture)
{
  kick_until_quiet (fixture->loop);
}

static inline PillionTask *
pending (Fixture *fixture)
{
  return pillion_task_new (fixture->loop, "child", NULL);
}

static void
obey (GCancellable *cancellable,
      gpointer task)
{
  if (!pillion_task_is_done (task))
    pillion_task_return_if_cancelled (task);
}

/* A task that ends when asked to */
static inline PillionTask *
obedient (Fixture *fixture)
{
  PillionTask *task = pending (fixture);

  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (obey), task);
  return task;
}

static inline void
fail (PillionTask *task)
{
  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "broken");
}

static inline void
succeed (PillionTask *task)
{
  pillion_task_return_int (task, 42);
}

static inline void
cancel_from_outside (PillionTask *task)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
}

#define assert_ended_with(task, domain, code) \
  G_STMT_START \
    { \
      g_autoptr (GError) ended_with = NULL; \
\
      g_assert_true (pillion_task_is_done (task)); \
      pillion_task_check ((task), &ended_with); \
      g_assert_error (ended_with, (domain), (int) (code)); \
    } \
  G_STMT_END

/* Whether both have the same outcome. This looks at the error. */
static inline void
assert_same (PillionTask *task,
             PillionTask *other)
{
  g_autoptr (GError) error = NULL, other_error = NULL;

  g_assert_cmpint (pillion_task_get_state (task), ==, pillion_task_get_state (other));
  pillion_task_check (task, &error);
  pillion_task_check (other, &other_error);
  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, other_error != NULL ? other_error->message : NULL);
}

#define assert_cancelled(task) assert_ended_with (task, G_IO_ERROR, G_IO_ERROR_CANCELLED)
#define assert_failed(task) assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_FAILED)
#define assert_closed(task) assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_CLOSED)
#define assert_state(task, state) g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_##state)

#define expect_critical(text) g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*" text "*failed*")

static inline void
count (PillionTask *task,
       gpointer n_calls)
{
  ++*(int *) n_calls;
}

static inline void
count_freed (gpointer n_freed)
{
  ++*(int *) n_freed;
}

/* The combinators of a set of tasks */
typedef enum
{
  ALL,
  SETTLE,
  ANY,
  RACE,
  N_KINDS
} Kind;

G_GNUC_UNUSED static PillionTask *(*const make[N_KINDS]) (PillionLoop *, PillionTask **, gsize) = {
  [ALL] = (pillion_task_all),
  [SETTLE] = (pillion_task_settle),
  [ANY] = (pillion_task_any),
  [RACE] = (pillion_task_race),
};

G_GNUC_UNUSED static const char *const kind_names[N_KINDS] = { "all", "settle", "any", "race" };
