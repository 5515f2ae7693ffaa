/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every call of the C library fails in every way, while requests of every kind are made: one at a time, all of them from one on, or so many of
 * them until it works again. Whatever fails: no crash, no hang, no spin, no false success, no file that is not whole; the error says what it is
 * about, and the next try succeeds.
 *
 * By default a sample is run, chosen by PILLION_SEED. With sanitizers, which make each process slow, PILLION_SAMPLE=N tries one in N of the kinds of
 * requests, chosen by the seed that GLib prints. PILLION_FAULTS chooses the functions whose names begin like that, or all of them with
 * "all". */

#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>

#include "../http/http-support.h"
#include "base/pillion-sync.h"
#include "scenarios.h"
#include "server.h"
#include "table.h"

/* How many calls may be the first ones that fail: what is only interrupted is called again for ever */
#define MAX_UNTIL 64

/* Calls that fail in one way: each of them, or the one in a sample */
typedef struct
{
  guint fault;
  FaultsWhen when;
  guint n_calls; /* if none fails */
  guint k;       /* the first one */
  gboolean only; /* there is no other one */
} Row;

typedef struct
{
  guint number; /* of the scenario */
  const Scenario *scenario;
  const guint8 *content;

  GMutex lock; /* for the rest */
  GQueue rows;
  guint n_cells;
  guint n_struck;
  guint n_wrong;
} Run;

/* --- A process that runs cells ---------------------------------------------------------------------------------------- */

typedef struct
{
  GSubprocess *process;
  GOutputStream *input;
  GDataInputStream *output;
} Runner;

static void
runner_init (Runner *self)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "faults", "faults-runner", NULL);
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  /* Nothing here is about the disk, which would take most of the time */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_subprocess_launcher_setenv (launcher, "TMPDIR", "/dev/shm", TRUE);
  self->process = g_subprocess_launcher_spawn (launcher, &error, program, NULL);
  g_assert_no_error (error);
  self->input = g_subprocess_get_stdin_pipe (self->process);
  self->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
}

static void
runner_clear (Runner *self)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_close (self->input, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (self->process, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (self->output);
  g_object_unref (self->process);
}

/* Takes the line. Returns so many words of the answer. */
static char **
runner_ask (Runner *self,
            char *line,
            int n_words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;

  g_output_stream_write_all (self->input, line, strlen (line), NULL, NULL, &error);
  g_assert_no_error (error);
  g_free (line);
  answer = g_data_input_stream_read_line (self->output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (answer);
  if (answer[0] == '!')
    g_error ("%s", answer);

  return g_strsplit (answer, " ", n_words);
}

/* Returns how many calls failed */
static guint
run_cell (Run *run,
          Runner *runner,
          ScenarioServer *server,
          const Row *row,
          guint k)
{
  const Fault *fault = &faults[row->fault];
  g_auto (GStrv) words = runner_ask (runner, g_strdup_printf ("run %u %u %u %u %s %s\n", run->number, row->fault, row->when, k,
                                                              scenario_server_get_url (server), scenario_server_get_tls_url (server)), 3);
  guint n_struck = (guint) atoi (words[1]);

  pillion_mutex_lock (&run->lock);
  run->n_cells++;
  if (n_struck > 0)
    run->n_struck++;
  if (words[2][0] != '\0')
    {
      g_autofree char *wrong = g_strcompress (words[2]);

      run->n_wrong++;
      switch (row->when)
        {
        case FAULTS_ONE:
          g_test_message ("%s: call %u of %s with %s: %s", run->scenario->name, k, fault->functions, fault->name, wrong);
          break;
        case FAULTS_FROM:
          g_test_message ("%s: all from call %u of %s with %s: %s", run->scenario->name, k, fault->functions, fault->name, wrong);
          break;
        case FAULTS_UNTIL:
          g_test_message ("%s: the first %u of %s with %s: %s", run->scenario->name, k, fault->functions, fault->name, wrong);
          break;
        }
    }
  pillion_mutex_unlock (&run->lock);

  return n_struck;
}

/* Each call fails, until there are no more; of hundreds of them, which are much the same, not each. Where several calls fail, not each number is
 * tried, either. 0: that's all. */
static guint
get_next (const Row *row,
          guint k,
          guint n_struck)
{
  switch (row->when)
    {
    case FAULTS_ONE:
      return n_struck > 0 ? k + 1 + k / 200 : 0;
    case FAULTS_FROM:
      return n_struck > 0 ? k + 1 + k / 8 : 0;
    case FAULTS_UNTIL:
      /* Less are there if there are no more */
      return n_struck == k && k < MAX_UNTIL ? 2 * k : 0;
    }
  g_return_val_if_reached (0);
}

static void
run_row (Run *run,
         Runner *runner,
         const Row *row)
{
  ScenarioServer *server = scenario_server_new (run->content, run->scenario->over_tls);

  for (guint k = row->k; k > 0;)
    {
      guint n_struck = run_cell (run, runner, server, row, k);

      k = row->only ? 0 : get_next (row, k, n_struck);
    }
  scenario_server_free (server);
}

static gpointer
run_rows (gpointer data)
{
  Run *run = data;
  Runner runner;

  runner_init (&runner);
  while (TRUE)
    {
      Row *row;

      pillion_mutex_lock (&run->lock);
      row = g_queue_pop_head (&run->rows);
      pillion_mutex_unlock (&run->lock);
      if (row == NULL)
        break;

      run_row (run, &runner, row);
      g_free (row);
    }
  runner_clear (&runner);

  return NULL;
}

/* ---------------------------------------------------------------------------------------------------------------------- */

/* Returns how many calls could fail in each way */
static char **
count_calls (Run *run)
{
  ScenarioServer *server = scenario_server_new (run->content, run->scenario->over_tls);
  Runner runner;
  char **result;

  runner_init (&runner);
  result = runner_ask (&runner, g_strdup_printf ("count %u %s %s\n", run->number, scenario_server_get_url (server),
                                                 scenario_server_get_tls_url (server)), -1);
  runner_clear (&runner);
  scenario_server_free (server);

  return result;
}

static gboolean
is_wanted (const Fault *fault)
{
  const char *wanted = g_getenv ("PILLION_FAULTS");

  return wanted == NULL || strcmp (wanted, "all") == 0 || g_str_has_prefix (fault->functions, wanted);
}

static void
add_rows (Run *run)
{
  g_auto (GStrv) counts = count_calls (run);

  for (guint i = 0; i < n_faults; i++)
    for (FaultsWhen when = FAULTS_ONE; when <= FAULTS_UNTIL; when++)
      if (is_wanted (&faults[i]) && atoi (counts[i]) > 0 && fault_can_be (&faults[i], when))
        {
          Row *row = g_new (Row, 1);

          /* The first one alone is FAULTS_ONE */
          *row = (Row) { i, when, (guint) atoi (counts[i]), when == FAULTS_UNTIL ? 2 : 1, FALSE };
          g_queue_push_tail (&run->rows, row);
        }
}

static guint32
get_seed (void)
{
  const char *seed = g_getenv ("PILLION_SEED");

  return seed != NULL ? (guint32) strtoul (seed, NULL, 10) : 1;
}

/* One cell each of some rows */
static void
sample_rows (Run *run)
{
  GRand *rand = g_rand_new_with_seed (get_seed () + run->number);

  while (run->rows.length > SAMPLE)
    g_free (g_queue_pop_nth (&run->rows, (guint) g_rand_int_range (rand, 0, (gint32) run->rows.length)));

  for (GList *l = run->rows.head; l != NULL; l = l->next)
    {
      Row *row = l->data;

      guint last = row->when == FAULTS_UNTIL ? MIN (row->n_calls, MAX_UNTIL) : row->n_calls;

      row->k = (guint) g_rand_int_range (rand, (gint32) row->k, (gint32) MAX (row->k, last) + 1);
      row->only = TRUE;
    }
  g_rand_free (rand);
}

static void
test_scenario (gconstpointer data)
{
  Run run = { .number = GPOINTER_TO_UINT (data), .scenario = scenario_get (GPOINTER_TO_UINT (data)), .rows = G_QUEUE_INIT };
  g_autofree guint8 *content = test_bytes_new (SCENARIO_LARGE_SIZE);
  GThread *threads[8];
  guint n_threads;

  run.content = content;
  g_mutex_init (&run.lock);
  add_rows (&run);
  if (g_getenv ("PILLION_FAULTS") == NULL)
    sample_rows (&run);

  /* Starting a process takes longer than a few cells */
  n_threads = run.rows.length <= 10 ? 1 : run.scenario->waits ? G_N_ELEMENTS (threads) : 2;
  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("rows", run_rows, &run);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_test_message ("%s: something failed in %u of %u cells", run.scenario->name, run.n_struck, run.n_cells);
  if (run.n_wrong > 0)
    {
      g_test_message ("%s: %u are wrong", run.scenario->name, run.n_wrong);
      g_test_fail ();
    }
  g_mutex_clear (&run.lock);
}

static guint
get_one_in (void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const char *one_in = g_getenv ("PILLION_SAMPLE");

  return one_in != NULL ? (guint) MAX (1, atoi (one_in)) : 1;
#else
  return 1;
#endif
}

int
main (int argc,
      char **argv)
{
  guint one_in = get_one_in ();

  g_test_init (&argc, &argv, NULL);
  g_test_message ("PILLION_SEED=%u", get_seed ());

  for (guint i = (guint) g_test_rand_int_range (0, (gint32) one_in); scenario_get (i) != NULL; i += one_in)
    {
      g_autofree char *path = g_strconcat ("/faults/", scenario_get (i)->name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_scenario);
    }

  return g_test_run ();
}
