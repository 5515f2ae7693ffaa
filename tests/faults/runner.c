/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs scenarios with the preloaded library, each in a fork of its own. A line of input is
 *
 *     SCENARIO FAULT FIRST-K LAST-K URL TLS-URL
 *
 * with the numbers of the scenario and the fault. The call of each k of that range fails, until there is no k-th call. For each k, a line is
 * printed with k, the number of calls, whether one has failed, and nothing, or what is wrong; then an empty line. */

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
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../http/http-support.h"
#include "scenarios.h"
#include "table.h"

/* How long a cell may take, in seconds: only one that hangs takes it */
#define CLOCK 120

/* How long it may take to close, in µs */
#define PATIENCE (60 * G_USEC_PER_SEC)

/* What a child tells, whatever becomes of it */
typedef struct
{
  FaultsReport faults;
  char wrong[2000]; /* empty if nothing is */
  char said[2000];  /* by the error of the first try */
  guint n_descriptors; /* at the end */
} Shared;

typedef struct
{
  const Scenario *scenario;
  const Fault *fault;
  guint k;
  guint max_descriptors; /* that may be left */
  const char *url;
  const char *tls_url;
} Cell;

static FaultsBeginFunc faults_begin;
static FaultsEndFunc faults_end;
static Shared *shared;
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

static gboolean
attempt (const Scenario *scenario,
         Scene *scene,
         GError **error)
{
  gboolean result;

  scene_begin (scene);
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
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) && cell->fault->error != ETIMEDOUT)
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
try_with_fault (Cell *cell,
                Scene *scene)
{
  const Scenario *scenario = cell->scenario;
  g_autoptr (GError) error = NULL;
  gboolean result;
  const char *fault;

  faults_begin (cell->fault->function, cell->fault->on, cell->k, cell->fault->error, &shared->faults);
  scene->error = cell->fault->error;
  result = attempt (scenario, scene, &error);

  g_assert_true (result == (error == NULL));
  if (error != NULL)
    g_strlcpy (shared->said, error->message, sizeof shared->said);
  if (error != NULL && !shared->faults.has_struck)
    complain ("it fails without a fault");
  if (error != NULL && cell->fault->is_hidden && exception_find (cell->fault, &shared->faults) == NULL)
    complain ("it fails, although nothing is wrong");
  if (error != NULL && (fault = find_fault_of_error (cell, scene, error)) != NULL)
    complain ("%s", fault);
  if (scenario->check != NULL && (fault = scenario->check (scene, result)) != NULL)
    complain ("%s", fault);
  scene->error = 0;
}

static void
try_again (Cell *cell,
           Scene *scene)
{
  g_autoptr (GError) error = NULL;
  const char *fault;

  if (!attempt (cell->scenario, scene, &error))
    complain ("the next try fails: %s", error->message);
  if (cell->scenario->check != NULL && (fault = cell->scenario->check (scene, error == NULL)) != NULL)
    complain ("after the next try, %s", fault);
}

/* Counts the descriptors, and those of files in the folder, which are ours */
static guint
count_descriptors (Scene *scene,
                   guint *n_ours,
                   GString *names)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  *n_ours = 0;
  g_string_truncate (names, 0);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      n++;
      if (target != NULL && g_str_has_prefix (target, scene->folder))
        ++*n_ours;
      g_string_append_printf (names, " %s", target != NULL ? target : "?");
    }

  return n;
}

/* GLib keeps a few descriptors once it has been used, but no more than without a fault. A cache is closed by threads that nobody waits for. */
static void
check_descriptors (Cell *cell,
                   Scene *scene)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_autoptr (GString) names = g_string_new (NULL);
  guint n_ours;

  while ((shared->n_descriptors = count_descriptors (scene, &n_ours, names)) > cell->max_descriptors || n_ours > 0)
    {
      if (g_get_monotonic_time () > end)
        {
          complain ("%u descriptors are left, not %u:%s", shared->n_descriptors, cell->max_descriptors, names->str);
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
run_cell (Cell *cell)
{
  g_autofree char *folder = g_dir_make_tmp ("pillion-faults-XXXXXX", NULL);
  g_autofree guint8 *content = test_bytes_new (SCENARIO_CONTENT_SIZE);
  Scene scene = { .url = cell->url, .tls_url = cell->tls_url, .folder = folder, .content = content };

  g_assert_nonnull (folder);
  if (cell->scenario->prepare != NULL)
    {
      scene_begin (&scene);
      cell->scenario->prepare (&scene);
      scene_end (&scene);
    }

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

  const Exception *exception = exception_find (cell->fault, &shared->faults);

  if (WIFSIGNALED (status) && exception != NULL && exception->printed != NULL && strstr (said, exception->printed) != NULL)
    ;
  else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM)
    g_string_append (wrong, "it hangs");
  else if (status != 0)
    g_string_append_printf (wrong, "it crashes (%d)", status);
  else
    g_string_append (wrong, shared->wrong);

  if (wrong->len > 0)
    {
      g_string_append_printf (wrong, "\n  about: %s\n  error: %s", shared->faults.about, shared->said);
      if (said[0] != '\0')
        g_string_append_printf (wrong, "\n  printed: %s", said);
      if (shared->faults.has_struck)
        {
          char **frames = backtrace_symbols (shared->faults.frames, shared->faults.n_frames);

          for (int i = 2; i < shared->faults.n_frames; i++)
            g_string_append_printf (wrong, "\n  from: %s", frames[i]);
          free (frames);
        }
    }

  escaped = g_strescape (wrong->str, NULL);
  fprintf (results, "%u %u %d %s\n", cell->k, shared->faults.n_calls, shared->faults.has_struck, escaped);
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
      alarm (CLOCK);
      run_cell (cell);
      _exit (0);
    }

  if (waitpid (pid, &status, 0) != pid)
    g_error ("waitpid () fails");
  return status;
}

/* The calls of each k of the range, until there is none */
static void
run_row (Cell *cell,
         guint first,
         guint last)
{
  /* Once without a fault, to see what GLib keeps */
  static guint max_descriptors[100];
  guint *max = &max_descriptors[cell->scenario - scenarios];

  cell->k = cell->max_descriptors = G_MAXUINT;
  if (*max == 0 && fork_cell (cell) == 0)
    *max = shared->n_descriptors;
  /* GLib may keep one more, which depends on the order of its threads, or on whether it has a pipe instead of an eventfd */
  if (*max > 0)
    cell->max_descriptors = *max + 1;

  for (cell->k = first; cell->k <= last; cell->k++)
    {
      print_result (cell, fork_cell (cell));
      if (!shared->faults.has_struck)
        break;
    }
  fprintf (results, "\n");
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
    g_warning ("there are %u threads before the fork", n_threads);
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

  faults_begin = (FaultsBeginFunc) dlsym (RTLD_DEFAULT, FAULTS_BEGIN);
  faults_end = (FaultsEndFunc) dlsym (RTLD_DEFAULT, FAULTS_END);
  if (faults_begin == NULL || faults_end == NULL)
    g_error ("the library is not preloaded");
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  warm_up ();
  dup2 (errors, STDERR_FILENO);

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      guint scenario, fault, first, last;
      char url[100], tls_url[100];
      Cell cell;

      if (sscanf (line, "%u %u %u %u %99s %99s", &scenario, &fault, &first, &last, url, tls_url) != 6)
        g_error ("this is no line: %s", line);
      cell = (Cell) { .scenario = &scenarios[scenario], .fault = &faults[fault], .url = url, .tls_url = tls_url };
      run_row (&cell, first, last);
    }

  return 0;
}
