/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

/* All orders of all outcomes of up to three children, compared with a model that knows nothing about
 * callbacks. */

#define MAX_CHILDREN 3

/* The first three have ended when they are passed in */
typedef enum
{
  DONE_WELL,
  DONE_FAILED,
  DONE_CANCELLED,
  WELL,
  FAILED,
  CANCELLED,      /* by something else */
  STUBBORN_WELL,  /* and does not obey when it is asked to end */
  STUBBORN_FAILED,
  NEVER,          /* but obeys */
  N_PLANS
} Plan;

typedef struct
{
  Kind kind;
  guint n;
  Plan plans[MAX_CHILDREN];
  guint order[MAX_CHILDREN];      /* in which they end */
  gboolean awaited[MAX_CHILDREN]; /* by something else, too */
  gboolean at_once;               /* whether all end before anything is delivered */
} Case;

static const PillionTaskState ends[N_PLANS] = {
  [DONE_WELL] = PILLION_TASK_SUCCEEDED,
  [DONE_FAILED] = PILLION_TASK_FAILED,
  [DONE_CANCELLED] = PILLION_TASK_CANCELLED,
  [WELL] = PILLION_TASK_SUCCEEDED,
  [FAILED] = PILLION_TASK_FAILED,
  [CANCELLED] = PILLION_TASK_CANCELLED,
  [STUBBORN_WELL] = PILLION_TASK_SUCCEEDED,
  [STUBBORN_FAILED] = PILLION_TASK_FAILED,
  [NEVER] = PILLION_TASK_PENDING,
};

/* What the outcome has to be */
typedef struct
{
  PillionTaskState states[MAX_CHILDREN];
  gboolean asked[MAX_CHILDREN]; /* to end */
  PillionTaskState state;
  int source;                   /* the child whose outcome it is, or -1 */
} Model;

static void
model_stop (const Case *test,
            Model *model)
{
  for (guint i = 0; i < test->n; i++)
    {
      if (model->states[i] != PILLION_TASK_PENDING || test->awaited[i])
        continue;
      model->asked[i] = TRUE;
      if (test->plans[i] != STUBBORN_WELL && test->plans[i] != STUBBORN_FAILED)
        model->states[i] = PILLION_TASK_CANCELLED;
    }
}

static int
model_find (const Case *test,
            const Model *model,
            PillionTaskState state)
{
  for (guint i = 0; i < test->n; i++)
    {
      if (model->states[i] == state)
        return i;
    }
  return -1;
}

/* The outcome of combinators that look at all children, when none is pending */
static void
model_conclude (const Case *test,
                Model *model)
{
  int failed = model_find (test, model, PILLION_TASK_FAILED);
  int cancelled = model_find (test, model, PILLION_TASK_CANCELLED);

  if (test->kind == SETTLE || (failed < 0 && cancelled < 0))
    {
      model->state = PILLION_TASK_SUCCEEDED;
      return;
    }

  model->source = failed >= 0 ? failed : cancelled;
  model->state = failed >= 0 ? PILLION_TASK_FAILED : PILLION_TASK_CANCELLED;
}

/* Checks what the children have done; @ended are those that ended in order */
static void
model_react (const Case *test,
             Model *model,
             const guint *ended,
             guint n_ended)
{
  if (model->state != PILLION_TASK_PENDING)
    return;

  if (test->kind == ALL)
    {
      if (model_find (test, model, PILLION_TASK_FAILED) >= 0 || model_find (test, model, PILLION_TASK_CANCELLED) >= 0)
        model_stop (test, model);
    }
  else if (test->kind != SETTLE)
    {
      for (guint i = 0; i < n_ended; i++)
        {
          if (test->kind == RACE || model->states[ended[i]] == PILLION_TASK_SUCCEEDED)
            {
              model->source = ended[i];
              model->state = model->states[ended[i]];
              model_stop (test, model);
              return;
            }
        }
    }

  if (model_find (test, model, PILLION_TASK_PENDING) < 0)
    model_conclude (test, model);
}

static void
finish (PillionTask *task,
        guint index,
        PillionTaskState state)
{
  if (state == PILLION_TASK_SUCCEEDED)
    pillion_task_return_int (task, index);
  else if (state == PILLION_TASK_FAILED)
    pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "child %u", index);
  else
    cancel_from_outside (task);
}

static void
assert_outcome (const Case *test,
                const Model *model,
                PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pillion_task_get_state (task), ==, model->state);
  if (model->state == PILLION_TASK_PENDING)
    return;

  if (model->state == PILLION_TASK_SUCCEEDED && model->source < 0)
    {
      g_assert_true (pillion_task_get_boolean (task, &error));
      g_assert_no_error (error);
    }
  else if (model->state == PILLION_TASK_SUCCEEDED)
    {
      g_assert_cmpint (pillion_task_get_int (task, &error), ==, model->source);
      g_assert_no_error (error);
    }
  else if (model->state == PILLION_TASK_FAILED)
    {
      g_autofree char *message = g_strdup_printf ("child %d", model->source);

      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
      g_assert_cmpstr (error->message, ==, message);
    }
  else
    {
      assert_cancelled (task);
    }
}

static void
assert_children (const Case *test,
                 const Model *model,
                 PillionTask **tasks)
{
  for (guint i = 0; i < test->n; i++)
    {
      g_assert_cmpint (pillion_task_get_state (tasks[i]), ==, model->states[i]);
      g_assert_cmpint (pillion_task_is_cancelled (tasks[i]), ==, model->asked[i]);
    }
}

static void
run_case (Fixture *fixture,
          const Case *test)
{
  PillionTask *tasks[MAX_CHILDREN];
  PillionTask *task;
  g_autoptr (GPtrArray) children = NULL;
  Model model = { .state = PILLION_TASK_PENDING, .source = -1 };
  guint ended[MAX_CHILDREN];
  guint n_ended = 0;
  int n_calls = 0;
  int n_others[MAX_CHILDREN] = { 0 };

  for (guint i = 0; i < test->n; i++)
    {
      tasks[i] = test->plans[i] == STUBBORN_WELL || test->plans[i] == STUBBORN_FAILED ? pending (fixture)
                                                                                     : obedient (fixture);
      model.states[i] = PILLION_TASK_PENDING;
      if (test->plans[i] < WELL)
        {
          model.states[i] = ends[test->plans[i]];
          ended[n_ended++] = i;
        }
    }
  /* Backwards: for those that had ended before, the order in the list counts, not that in time */
  for (guint i = n_ended; i > 0; i--)
    finish (tasks[ended[i - 1]], ended[i - 1], model.states[ended[i - 1]]);

  for (guint i = 0; i < test->n; i++)
    {
      if (test->awaited[i])
        pillion_task_add_done_callback (tasks[i], count, &n_others[i], NULL);
    }
  task = make[test->kind](fixture->loop, tasks, test->n);
  pillion_task_add_done_callback (task, count, &n_calls, NULL);

  if (!test->at_once)
    {
      settle (fixture);
      model_react (test, &model, ended, n_ended);
      assert_outcome (test, &model, task);
    }
  for (guint step = 0; step < test->n; step++)
    {
      guint i = test->order[step];

      if (model.states[i] != PILLION_TASK_PENDING || test->plans[i] == NEVER)
        continue;
      model.states[i] = ends[test->plans[i]];
      ended[n_ended++] = i;
      finish (tasks[i], i, model.states[i]);
      if (!test->at_once)
        {
          settle (fixture);
          model_react (test, &model, ended, n_ended);
          assert_outcome (test, &model, task);
          assert_children (test, &model, tasks);
        }
    }
  if (test->at_once)
    {
      settle (fixture);
      model_react (test, &model, ended, n_ended);
    }
  assert_outcome (test, &model, task);
  assert_children (test, &model, tasks);
  g_assert_cmpint (n_calls, ==, model.state != PILLION_TASK_PENDING);

  /* A wait for one that never ends can be cancelled */
  if (model.state == PILLION_TASK_PENDING)
    {
      int failed = test->kind == ALL ? model_find (test, &model, PILLION_TASK_FAILED) : -1;

      pillion_task_cancel (task);
      assert_state (task, PENDING);
      settle (fixture);
      model_stop (test, &model);
      model.source = failed;
      model.state = failed >= 0 ? PILLION_TASK_FAILED : PILLION_TASK_CANCELLED;
      assert_outcome (test, &model, task);
      assert_children (test, &model, tasks);
    }
  g_assert_cmpint (n_calls, ==, 1);

  children = pillion_task_get_children (task);
  g_assert_cmpuint (children->len, ==, test->n);
  for (guint i = 0; i < test->n; i++)
    {
      g_assert_true (children->pdata[i] == tasks[i]);
      if (!pillion_task_is_done (tasks[i]))
        succeed (tasks[i]);
    }
  g_clear_pointer (&children, g_ptr_array_unref);

  settle (fixture);
  g_assert_cmpint (n_calls, ==, 1);
  end_object (task);
  for (guint i = 0; i < test->n; i++)
    {
      g_assert_cmpint (n_others[i], ==, test->awaited[i]);
      end_object (tasks[i]);
    }
}

static const guint orders[][MAX_CHILDREN] = {
  { 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
};
static const guint n_orders[] = { 1, 1, 2, 6 };

/* Whether another order is the same: for children that don't end later, the time does not matter */
static gboolean
is_repeated (const Case *test)
{
  int last = -1;

  for (guint step = 0; step < test->n; step++)
    {
      guint i = test->order[step];
      gboolean ends_later = test->plans[i] >= WELL && test->plans[i] != NEVER;

      if (last >= 0 && (ends_later || last > (int) i))
        return TRUE;
      if (!ends_later)
        last = i;
    }

  return FALSE;
}

static void
test_permutations (Fixture *fixture,
                   gconstpointer data)
{
  guint n_cases = 0;
  Case test = { .kind = GPOINTER_TO_UINT (data) };

  for (test.n = 1; test.n <= MAX_CHILDREN; test.n++)
    {
      guint n_plans = test.n == 1 ? N_PLANS : test.n == 2 ? N_PLANS * N_PLANS : N_PLANS * N_PLANS * N_PLANS;
      /* Of three, only the one in the middle */
      guint step = test.n == MAX_CHILDREN ? 2 : 1;

      for (guint plan = 0; plan < n_plans; plan++)
        for (guint order = 0; order < n_orders[test.n]; order++)
          for (guint awaited = 0; awaited < 4 && awaited < 1u << test.n; awaited += step)
            for (guint at_once = 0; at_once < 2; at_once++)
              {
                guint rest = plan;

                for (guint i = 0; i < test.n; i++, rest /= N_PLANS)
                  {
                    test.plans[i] = rest % N_PLANS;
                    test.order[i] = orders[order][i];
                    test.awaited[i] = awaited >> i & 1;
                  }
                test.at_once = at_once;
                if (is_repeated (&test))
                  continue;
                run_case (fixture, &test);
                n_cases++;
              }
    }

  g_test_message ("%u cases", n_cases);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      g_autofree char *path = g_strdup_printf ("/task/%s/every-order-of-every-outcome", kind_names[kind]);

      g_test_add (path, Fixture, GUINT_TO_POINTER (kind), set_up, test_permutations, tear_down);
    }

  return g_test_run ();
}
