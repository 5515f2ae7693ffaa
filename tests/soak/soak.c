/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Load for as long as somebody likes: rounds of many calls of one kind, in a loop of their own, in which nothing happens in the middle, or
 * everything is cancelled, or the loop is closed, or the server dies. Their order comes from a seed, which is printed.
 *
 * Each round checks that every call ends once and rightly, that every file is right or not there, that closing takes no longer than it may, and that no task,
 * descriptor or thread is left. All rounds together check that memory does not grow. How long kicks take is only recorded. */

#include "round.h"

#include "base/pillion-sync.h"

#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* What malloc () has given out, and what the process takes, may grow by so much over all rounds: pools, hash tables and fragments vary.
 * One byte lost with each request of an hour would be more. */
#define MAX_HEAP_GROWTH (2. * 1024 * 1024)
#define MAX_RSS_GROWTH (48. * 1024 * 1024)

/* With fewer rounds there is no line to draw */
#define MIN_POINTS 10

typedef struct
{
  Meter meter;
  ServerProcess server;
  GRand *rand;
  guint8 *content;
  char *folder;
  double share;
  int n_rounds;
  GArray *heap; /* double, bytes after each round but the first of each scenario */
  GArray *rss;
  gint64 longest_close;
  guint n_descriptors; /* that GLib keeps: those that there are when all scenarios have run once. 0 before that */
} Soak;

static const Scenario *const scenarios[] = {
  &scenario_gets, &scenario_downloads, &scenario_stalled, &scenario_cached, &scenario_lasting,
};

static int minutes;
static int seed = -1;
static int share = 100;
static int niceness;
static double interval = 0.5;
static char *record;
static char *only;

static const GOptionEntry entries[] = {
  { "minutes", 'm', 0, G_OPTION_ARG_INT, &minutes, "How long; each scenario runs once in any case", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT, &seed, "What decides on the order of rounds", "N" },
  { "share", 0, 0, G_OPTION_ARG_INT, &share, "How much of a processor to take on average", "PERCENT" },
  { "nice", 0, 0, G_OPTION_ARG_INT, &niceness, "How much to let others go first", "N" },
  { "interval", 0, 0, G_OPTION_ARG_DOUBLE, &interval, "How often to take samples", "SECONDS" },
  { "record", 'r', 0, G_OPTION_ARG_FILENAME, &record, "Where to write the samples", "FILE" },
  { "only", 0, 0, G_OPTION_ARG_STRING, &only, "Only scenarios whose names contain this", "TEXT" },
  G_OPTION_ENTRY_NULL
};

static double
get_cpu_seconds (Soak *self)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
         + server_process_get_cpu_seconds (&self->server);
}

static double
get_seconds (Soak *self)
{
  return (double) (g_get_monotonic_time () - self->meter.start) / G_USEC_PER_SEC;
}

/* Leaves the processor to others for a while */
static void
pace (Soak *self)
{
  while (get_cpu_seconds (self) > get_seconds (self) * share / 100)
    {
      meter_sample (&self->meter, -1, "nothing");
      g_usleep (G_USEC_PER_SEC / 20);
    }
}

static char *
get_folder (Soak *self,
            const Scenario *scenario)
{
  g_autofree char *name = g_strdup (scenario->name);

  return g_build_filename (self->folder, g_strdelimit (name, " ,", '-'), NULL);
}

static void
run_round (Soak *self,
           const Scenario *scenario,
           Ending ending)
{
  g_autofree char *folder = get_folder (self, scenario);
  double start = get_seconds (self), heap, rss;
  Round round = {
    .scenario = scenario,
    .ending = ending,
    .number = self->n_rounds,
    .server = &self->server,
    .meter = &self->meter,
    .rand = self->rand,
    .content = self->content,
    .folder = folder,
    .max_descriptors = self->n_rounds < (int) G_N_ELEMENTS (scenarios) ? G_MAXUINT : self->n_descriptors,
  };

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  round_run (&round);
  if (self->n_rounds < (int) G_N_ELEMENTS (scenarios))
    self->n_descriptors = meter_count_descriptors ();
  self->longest_close = MAX (self->longest_close, round.close_usec);

  malloc_trim (0);
  heap = (double) meter_get_heap ();
  rss = (double) meter_get_rss ();
  if (self->n_rounds >= (int) G_N_ELEMENTS (scenarios))
    {
      g_array_append_val (self->heap, heap);
      g_array_append_val (self->rss, rss);
    }
  g_test_message ("%7.1f s, round %d, %s, %s%s: %.1f s, %u succeeded, closed in %.3f s; heap %.2f MiB, RSS %.1f MiB, %u descriptors, %u threads",
                  get_seconds (self), self->n_rounds, scenario->name, ending_names[ending], round.retries ? ", retries" : "",
                  get_seconds (self) - start, round.n_succeeded, (double) round.close_usec / 1e6, heap / (1024 * 1024), rss / (1024 * 1024),
                  meter_count_descriptors (), meter_count_threads ());
  self->n_rounds++;
  pace (self);
}

/* How much the values grow from the first to the last one, by the line that is nearest to all of them (least squares) */
static double
get_growth (GArray *values)
{
  double n = values->len, mean_x = (n - 1) / 2, mean_y = 0, above = 0, below = 0;

  for (guint i = 0; i < values->len; i++)
    mean_y += g_array_index (values, double, i) / n;
  for (guint i = 0; i < values->len; i++)
    {
      above += (i - mean_x) * (g_array_index (values, double, i) - mean_y);
      below += (i - mean_x) * (i - mean_x);
    }

  return above / below * (n - 1);
}

static void
check_growth (GArray *values,
              const char *what,
              double max)
{
  double growth;

  if (values->len < MIN_POINTS || !meter_counts_memory ())
    return;

  growth = get_growth (values);
  g_test_message ("%s grew by %.2f MiB in %u rounds", what, growth / (1024 * 1024), values->len);
  if (growth > max)
    g_error ("%s grew by %.2f MiB in %u rounds", what, growth / (1024 * 1024), values->len);
}

static void
say_kicks (const char *what,
           const guint64 *buckets)
{
  g_test_message ("%s: half of them took at most %" G_GINT64_FORMAT " µs, 99 %% %" G_GINT64_FORMAT " µs, 99.9 %% %" G_GINT64_FORMAT
                  " µs, all %" G_GINT64_FORMAT " µs", what, meter_get_fraction (buckets, 0.5), meter_get_fraction (buckets, 0.99),
                  meter_get_fraction (buckets, 0.999), meter_get_fraction (buckets, 1));
}

/* Otherwise it may still write after its last client is gone. It may have lost something, if the disk is too slow. */
static void
flush_cache (Soak *self)
{
  g_autofree char *folder = get_folder (self, &scenario_cached);
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (folder);
  PillionTask *task = pillion_http_cache_flush (cache, loop, NULL);
  g_autoptr (GError) error = NULL;

  if (!pillion_loop_run_until_complete (loop, task, &error))
    g_test_message ("%s", error->message);
  /* A worker may drop them last */
  pillion_sync_unref (task);
  pillion_sync_unref (loop);
}

static void
run (void)
{
  guint deck[G_N_ELEMENTS (scenarios) * N_ENDINGS], n_left = 0;
  Soak soak = { .rand = g_rand_new_with_seed ((guint32) seed) };
  g_autoptr (GError) error = NULL;

  meter_init (&soak.meter, record, (gint64) (interval * G_USEC_PER_SEC));
  server_process_init (&soak.server);
  server_process_start (&soak.server);
  soak.content = content_new ();
  soak.folder = g_dir_make_tmp ("pillion-soak-XXXXXX", &error);
  g_assert_no_error (error);
  soak.heap = g_array_new (FALSE, FALSE, sizeof (double));
  soak.rss = g_array_new (FALSE, FALSE, sizeof (double));

  /* What is made once and kept is there after these */
  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    if (only == NULL || strstr (scenarios[i]->name, only) != NULL)
      run_round (&soak, scenarios[i], ENDING_FINISH);

  /* Then every scenario with every ending, in some order, and again */
  while (get_seconds (&soak) < minutes * 60)
    {
      guint card;

      if (n_left == 0)
        while (n_left < G_N_ELEMENTS (deck))
          {
            deck[n_left] = n_left;
            n_left++;
          }
      card = (guint) g_rand_int_range (soak.rand, 0, (gint32) n_left);
      n_left--;
      if (only == NULL || strstr (scenarios[deck[card] / N_ENDINGS]->name, only) != NULL)
        run_round (&soak, scenarios[deck[card] / N_ENDINGS], deck[card] % N_ENDINGS);
      deck[card] = deck[n_left];
    }

  g_test_message ("%d rounds, %" G_GINT64_FORMAT " requests and %" G_GINT64_FORMAT " MB in %.0f s, of which %.0f s of processor time", soak.n_rounds,
                  server_process_get_requests (&soak.server), server_process_get_bytes (&soak.server) / 1000000, get_seconds (&soak),
                  get_cpu_seconds (&soak));
  say_kicks ("kicks", soak.meter.kicks);
  say_kicks ("kicks in processor time", soak.meter.costs);
  g_test_message ("closing took at most %.3f s", (double) soak.longest_close / G_USEC_PER_SEC);
  check_growth (soak.heap, "The heap", MAX_HEAP_GROWTH);
  check_growth (soak.rss, "The process", MAX_RSS_GROWTH);

  flush_cache (&soak);
  round_empty_folder (soak.folder);
  g_assert_no_errno (rmdir (soak.folder));
  g_array_unref (soak.heap);
  g_array_unref (soak.rss);
  server_process_clear (&soak.server);
  meter_clear (&soak.meter);
  g_rand_free (soak.rand);
  g_free (soak.content);
  g_free (soak.folder);
}

/* That of g_test_init (), which prints even what is for debugging */
static GLogFunc print_message;

static void
handle_message (const char *domain,
                GLogLevelFlags level,
                const char *message,
                gpointer data)
{
  if ((level & G_LOG_LEVEL_MASK) <= G_LOG_LEVEL_MESSAGE)
    print_message (domain, level, message, data);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (seed < 0)
    seed = (int) (g_get_real_time () / G_USEC_PER_SEC % G_MAXINT);
  if (niceness != 0)
    setpriority (PRIO_PROCESS, 0, niceness);

  g_test_init (&argc, &argv, NULL);
  print_message = g_log_set_default_handler (handle_message, NULL);
  g_test_message ("seed: %d", seed);
  g_test_add_func ("/soak/calls-end-once-and-nothing-is-left", run);
  return g_test_run ();
}
