/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs scenarios while calls fail, each in a fork of its own. A line of input is one of
 *
 *     count SCENARIO URL TLS-URL
 *     run SCENARIO FAULT WHEN K URL TLS-URL
 *
 * with the numbers of the scenario, the fault, and the FaultsWhen. The first one prints how many calls each fault could be about. The second one
 * prints the number of calls, how many of them failed, and nothing, or what is wrong. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for memfd_create () */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../http/http-support.h"
#include "scenarios.h"
#include "table.h"

/* How long a cell may take, in seconds: only one that hangs takes it */
#define CLOCK 300

/* How many calls may fail in a cell, unless they only fall short, and how long it may be busy, in seconds: only one that spins takes that */
#define MAX_STRUCK 10000
#define MAX_BUSY 20

/* How long it may take to connect, to get an answer, and to close, in µs: even a very busy machine is faster */
#define PATIENCE (60 * G_USEC_PER_SEC)

/* How long to wait for threads that can't be started, in µs */
#define THREADS_LIMIT (10 * G_USEC_PER_SEC)

typedef struct
{
  guint n_ours;    /* of files in the folder */
  guint n_wakeups; /* of main contexts: an eventfd each, or a pipe if there was none */
  guint n_others;
} Descriptors;

/* What a child tells, whatever becomes of it */
typedef struct
{
  FaultsReport faults;
  char wrong[2000]; /* empty if nothing is */
  char said[2000];  /* by the error of the first try */
  Descriptors descriptors; /* at the end */
} Shared;

typedef struct
{
  const Scenario *scenario;
  const Fault *fault; /* NULL: nothing fails, but calls are counted */
  FaultsWhen when;
  guint k;
  const Descriptors *max; /* that may be left; NULL: any number */
  const char *url;
  const char *tls_url;
} Cell;

static Shared *shared;
static guint8 *content;
static FILE *results;
static int errors; /* the descriptor of the file that has what else is printed */

static void G_GNUC_PRINTF (1, 2)
complain (const char *format,
          ...)
{
  va_list arguments;

  if (shared->wrong[0] != '\0')
    return;
  va_start (arguments, format);
  g_vsnprintf (shared->wrong, sizeof shared->wrong, format, arguments);
  va_end (arguments);
}

static void
scene_begin (Scene *scene)
{
  scene->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  scene->client = pillion_http_client_new (scene->loop);
  pillion_http_client_set_max_retries (scene->client, 0);
  pillion_http_client_set_connect_timeout_usec (scene->client, PATIENCE);
  pillion_http_client_set_first_byte_timeout_usec (scene->client, PATIENCE);
}

static void
scene_end (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&scene->client);
  if (!pillion_loop_close (scene->loop, PATIENCE, &error))
    complain ("closing fails: %s", error->message);
  g_clear_object (&scene->loop);

  /* The rest is not about the library */
  faults_end ();
  test_wait_io_thread_gone ();
}

/* What GLib does on threads waits until there are some */
static gboolean
waits_for_threads (const Cell *cell)
{
  return cell->fault != NULL && cell->when == FAULTS_FROM && faults_is_among ("pthread_create", cell->fault->functions);
}

static gboolean
attempt (Cell *cell,
         Scene *scene,
         GError **error)
{
  const Scenario *scenario = cell->scenario;
  gboolean result;

  scene->n_tries++;
  scene_begin (scene);
  if (scene->n_tries == 1 && waits_for_threads (cell))
    pillion_http_client_set_total_timeout_usec (scene->client, THREADS_LIMIT);
  result = scenario->run (scene, error);
  scene_end (scene);

  return result;
}

/* NULL if it is an error that a program can make something of */
static const char *
find_fault_of_error (Cell *cell,
                     Scene *scene,
                     const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) && cell->fault->error != ETIMEDOUT && !waits_for_threads (cell))
    return "it hangs until a time limit ends it";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "it was not cancelled";
  if (!g_utf8_validate (error->message, -1, NULL) || strlen (error->message) > 1000)
    return "the message can't be shown";
  if (strstr (error->message, "127.0.0.1") == NULL && strstr (error->message, ".example") == NULL &&
      strstr (error->message, scene->folder) == NULL && error->domain != PILLION_ERROR)
    return "the message says neither what file nor what server";

  return NULL;
}

static void
find_fault_of_try (Cell *cell,
                   Scene *scene,
                   const GError *error)
{
  const Fault *fault = cell->fault;
  const char *wrong;

  g_strlcpy (shared->said, error->message, sizeof shared->said);
  if (fault == NULL || shared->faults.n_struck == 0)
    complain ("it fails without a fault");
  else if (fault->is_hidden && !fault_explains_error (fault, &shared->faults))
    complain ("it fails, although nothing is wrong");
  else if ((wrong = find_fault_of_error (cell, scene, error)) != NULL)
    complain ("%s", wrong);
}

static void
try_with_fault (Cell *cell,
                Scene *scene)
{
  const Fault *fault = cell->fault;
  FaultsPlan plan = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean result;
  const char *wrong;

  if (fault != NULL)
    plan = (FaultsPlan) { fault->functions, fault->on, cell->when, cell->k, fault->error };
  scene->error = plan.error;
  faults_begin (&plan, &shared->faults);
  result = attempt (cell, scene, &error);

  g_assert_true (result == (error == NULL));
  if (error != NULL)
    find_fault_of_try (cell, scene, error);
  if (fault != NULL && cell->when == FAULTS_FROM && fault->error != FAULTS_SHORT && shared->faults.n_struck > MAX_STRUCK)
    complain ("it spins: %u calls failed", shared->faults.n_struck);
  if (cell->scenario->check != NULL && (wrong = cell->scenario->check (scene, result)) != NULL)
    complain ("%s", wrong);
  scene->error = 0;
}

static void
try_again (Cell *cell,
           Scene *scene)
{
  g_autoptr (GError) error = NULL;
  const char *fault;

  if (!attempt (cell, scene, &error))
    complain ("the next try fails: %s", error->message);
  if (cell->scenario->check != NULL && (fault = cell->scenario->check (scene, error == NULL)) != NULL)
    complain ("after the next try, %s", fault);
}

static Descriptors
count_descriptors (Scene *scene,
                   GString *names)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  Descriptors result = { 0 };
  const char *name;

  g_string_truncate (names, 0);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);
      gboolean is_pipe = target != NULL && g_str_has_prefix (target, "pipe:");

      /* The other end of a pipe */
      if (target == NULL || (is_pipe && strstr (names->str, target) != NULL))
        continue;

      if (g_str_has_prefix (target, scene->folder))
        result.n_ours++;
      else if (is_pipe || strcmp (target, "anon_inode:[eventfd]") == 0)
        result.n_wakeups++;
      else
        result.n_others++;
      g_string_append_printf (names, " %s", target);
    }

  return result;
}

static gboolean
are_too_many (const Cell *cell,
              const Descriptors *self)
{
  const Descriptors *max = cell->max;
  guint n_late;

  if (self->n_ours > 0)
    return TRUE;

  /* If the I/O thread ends while GLib still works for it on a thread of its own (closing a connection, reading a file to upload, looking up a
   * name), the GTask of that work ends in a main context that nobody runs any more. The two refer to each other, so they stay, with the
   * descriptor of the context: once for each thread, of which a cell has two. A TLS handshake that no thread could be started for ends so late,
   * and its connection stays with it. */
  n_late = cell->scenario->over_tls && waits_for_threads (cell) ? 1 : 0;
  return max != NULL && (self->n_wakeups > max->n_wakeups + 2 || self->n_others > max->n_others + n_late);
}

/* GLib keeps a few descriptors once it has been used, but no more than without a fault. A cache is closed by threads that nobody waits for. */
static void
check_descriptors (Cell *cell,
                   Scene *scene)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_autoptr (GString) names = g_string_new (NULL);

  while (shared->descriptors = count_descriptors (scene, names), are_too_many (cell, &shared->descriptors))
    {
      if (g_get_monotonic_time () > end)
        {
          complain ("too many descriptors are left:%s", names->str);
          return;
        }
      g_usleep (1000);
    }
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_unlink (child) != 0)
        remove_folder (child);
    }
  g_rmdir (path);
}

static void
prepare (const Scenario *scenario,
         Scene *scene)
{
  scene_begin (scene);
  scenario->prepare (scene);
  scene_end (scene);
}

/* In a process that ends itself in the middle */
static void
prepare_elsewhere (const Scenario *scenario,
                   Scene *scene)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      alarm (CLOCK);
      prepare (scenario, scene);
      _exit (1);
    }

  if (waitpid (pid, &status, 0) != pid || !WIFSIGNALED (status) || WTERMSIG (status) != SIGKILL)
    g_error ("the other process ends in another way: %d", status);
}

static void
run_cell (Cell *cell)
{
  g_autofree char *folder = g_dir_make_tmp ("pillion-faults-XXXXXX", NULL);
  Scene scene = { .url = cell->url, .tls_url = cell->tls_url, .folder = folder, .content = content };

  g_assert_nonnull (folder);
  if (cell->scenario->dies)
    prepare_elsewhere (cell->scenario, &scene);
  else if (cell->scenario->prepare != NULL)
    prepare (cell->scenario, &scene);

  try_with_fault (cell, &scene);
  try_again (cell, &scene);
  check_descriptors (cell, &scene);
  remove_folder (folder);
}

static char *
read_errors (void)
{
  char text[1500];
  ssize_t n = pread (errors, text, sizeof text - 1, 0);

  text[n > 0 ? n : 0] = '\0';
  return g_strstrip (g_strdup (text));
}

static void
print_result (Cell *cell,
              int status)
{
  g_autoptr (GString) wrong = g_string_new (NULL);
  g_autofree char *said = read_errors ();
  g_autofree char *escaped = NULL;

  if (WIFSIGNALED (status) && fault_explains_end (cell->fault, said))
    ;
  else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM)
    g_string_append (wrong, "it hangs");
  else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGXCPU)
    g_string_append (wrong, "it spins");
  else if (status != 0)
    g_string_append_printf (wrong, "it crashes (%d)", status);
  else
    g_string_append (wrong, shared->wrong);
  /* It does not end the process */
  if (wrong->len == 0 && strstr (said, "ThreadSanitizer: ") != NULL)
    g_string_append (wrong, "threads race");

  if (wrong->len > 0)
    {
      g_string_append_printf (wrong, "\n  about: %s\n  error: %s", shared->faults.about, shared->said);
      if (said[0] != '\0')
        g_string_append_printf (wrong, "\n  printed: %s", said);
      if (shared->faults.n_struck > 0)
        {
          char **frames = backtrace_symbols (shared->faults.frames, shared->faults.n_frames);

          for (int i = 3; i < shared->faults.n_frames; i++)
            g_string_append_printf (wrong, "\n  from: %s", frames[i]);
          free (frames);
        }
    }

  escaped = g_strescape (wrong->str, NULL);
  fprintf (results, "%u %u %s\n", shared->faults.n_calls, shared->faults.n_struck, escaped);
}

/* Returns the status of the process */
static int
fork_cell (Cell *cell)
{
  int status;
  pid_t pid;

  memset (shared, 0, sizeof *shared);
  if (ftruncate (errors, 0) != 0)
    g_error ("ftruncate () fails");
  lseek (errors, 0, SEEK_SET);

  pid = fork ();
  if (pid == 0)
    {
      const struct rlimit limit = { MAX_BUSY, MAX_BUSY + 1 };

      alarm (CLOCK);
      setrlimit (RLIMIT_CPU, &limit);
      run_cell (cell);
      _exit (0);
    }

  if (waitpid (pid, &status, 0) != pid)
    g_error ("waitpid () fails");
  return status;
}

/* Once without a fault, which also shows what GLib keeps. If that goes wrong, no cell says anything. */
static void
fork_without_fault (const Cell *cell)
{
  Cell plain = *cell;
  int status;

  plain.fault = NULL;
  plain.max = NULL;
  status = fork_cell (&plain);
  if (status != 0 || shared->wrong[0] != '\0')
    {
      g_autofree char *said = read_errors ();
      g_autofree char *escaped = g_strescape (said, NULL);

      fprintf (results, "! without a fault: %d, %s %s\n", status, shared->wrong, escaped);
      exit (1);
    }
}

static void
count_calls (const Cell *cell)
{
  fork_without_fault (cell);
  for (guint i = 0; i < n_faults; i++)
    fprintf (results, "%u ", fault_count (&faults[i], &shared->faults));
  fprintf (results, "\n");
}

static void
run (Cell *cell)
{
  static const Scenario *last;
  static Descriptors max;
  int status;

  if (cell->scenario != last)
    {
      fork_without_fault (cell);
      last = cell->scenario;
      max = shared->descriptors;
    }

  cell->max = &max;
  status = fork_cell (cell);
  print_result (cell, status);
}

/* Loads everything that would be loaded by every child, without starting a thread */
static void
warm_up (void)
{
  g_autoptr (GDir) threads = NULL;
  guint n_threads = 0;

  dlopen ("libsoup-3.0.so.0", RTLD_NOW);
  g_tls_backend_get_default ();
  g_proxy_resolver_get_default ();
  g_type_ensure (PILLION_HTTP_TYPE_CLIENT);

  threads = g_dir_open ("/proc/self/task", 0, NULL);
  while (g_dir_read_name (threads) != NULL)
    n_threads++;
  if (n_threads != 1)
    g_error ("there are %u threads before the fork", n_threads);
}

int
main (int argc,
      char **argv)
{
  char line[1000];

  /* Nothing else may come between the results */
  results = fdopen (dup (STDOUT_FILENO), "w");
  setvbuf (results, NULL, _IOLBF, 0);
  errors = memfd_create ("errors", MFD_CLOEXEC);
  dup2 (errors, STDOUT_FILENO);

  content = test_bytes_new (SCENARIO_LARGE_SIZE);
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  warm_up ();
  dup2 (errors, STDERR_FILENO);

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      guint scenario, fault, when, k;
      char url[100], tls_url[100];
      Cell cell = { .url = url, .tls_url = tls_url };

      if (sscanf (line, "count %u %99s %99s", &scenario, url, tls_url) == 3)
        {
          cell.scenario = scenario_get (scenario);
          count_calls (&cell);
        }
      else if (sscanf (line, "run %u %u %u %u %99s %99s", &scenario, &fault, &when, &k, url, tls_url) == 6)
        {
          cell.scenario = scenario_get (scenario);
          cell.fault = &faults[fault];
          cell.when = when;
          cell.k = k;
          run (&cell);
        }
      else
        {
          g_error ("this is no line: %s", line);
        }
    }

  return 0;
}
