/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every call of the C library fails in every way, one at a time, while requests of every kind are made. Whatever fails: no crash, no hang, no
 * false success, no file that is not whole; the error says what it is about, and the next try succeeds.
 *
 * By default a sample is run, chosen by PILLION_SEED. PILLION_FAULTS chooses the functions whose names begin like that, or all of them with
 * "all". */

#include <stdlib.h>
#include <string.h>

#include "../http/http-support.h"
#include "base/pillion-sync.h"
#include "scenarios.h"
#include "table.h"

/* How many rows of a scenario are in the sample */
#define SAMPLE 20

/* The calls of one function that fail in one way */
typedef struct
{
  guint fault;
  guint first;
  guint last;
} Row;

typedef struct
{
  const Scenario *scenario;
  guint8 *content;
  gboolean samples;

  GMutex lock; /* for the rest */
  GRand *rand;
  GQueue rows;
  guint n_cells;
  guint n_struck;
  guint n_wrong;
} Run;

/* --- The server ------------------------------------------------------------------------------------------------------- */

static void
echo_frames (TestConnection *connection)
{
  guint8 header[6];

  while (test_connection_read (connection, header, sizeof header))
    {
      guint length = header[1] & 0x7f;
      guint8 frame[2 + 125];

      g_assert_cmpuint (length, <=, 125);
      if (!test_connection_read (connection, frame + 2, length))
        break;
      frame[0] = header[0];
      frame[1] = (guint8) length;
      for (guint i = 0; i < length; i++)
        frame[2 + i] ^= header[2 + i % 4];
      test_connection_write (connection, frame, (gssize) (2 + length));
      /* A closing frame is the last one */
      if ((header[0] & 0xf) == 8)
        break;
    }
  test_connection_close (connection);
}

static void
serve_upload (TestConnection *connection,
              const char *request)
{
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);

  if (g_bytes_get_size (body) == SCENARIO_CONTENT_SIZE)
    test_connection_answer (connection, NULL, digest, -1);
  else
    test_connection_close (connection);
}

static void
serve_content (TestConnection *connection,
               const char *request,
               const char *fields,
               Run *run)
{
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *cut = test_request_get_field (request, SCENARIO_CUT);
  gsize first = range != NULL ? g_ascii_strtoull (range + strlen ("bytes="), NULL, 10) : 0;
  gsize end = cut != NULL ? SCENARIO_CONTENT_SIZE / 2 : SCENARIO_CONTENT_SIZE;

  g_assert_cmpuint (first, <, end);
  test_connection_printf (connection, "HTTP/1.1 %s\r\nETag: \"1\"\r\nContent-Length: %zu\r\n%s",
                          range != NULL ? "206 Partial Content" : "200 OK", SCENARIO_CONTENT_SIZE - first, fields);
  if (range != NULL)
    test_connection_printf (connection, "Content-Range: bytes %zu-%u/%u\r\n", first, SCENARIO_CONTENT_SIZE - 1, SCENARIO_CONTENT_SIZE);
  test_connection_printf (connection, "\r\n");
  test_connection_write (connection, run->content + first, (gssize) (end - first));
  if (cut != NULL)
    test_connection_close (connection);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Run *run = data;
  g_autofree char *whole_path = test_request_get_path (request);
  /* As a proxy gets it */
  const char *path = g_str_has_prefix (whole_path, "http://") ? strchr (whole_path + strlen ("http://"), '/') : whole_path;
  g_autofree char *authorization = test_request_get_field (request, "Authorization");
  g_autofree char *tag = test_request_get_field (request, "If-None-Match");

  if (strcmp (path, "/socket") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      echo_frames (connection);
    }
  else if (strcmp (path, "/upload") == 0)
    serve_upload (connection, request);
  else if (strcmp (path, "/json") == 0)
    test_connection_answer (connection, "Content-Type: application/json\r\n", SCENARIO_JSON, -1);
  else if (strcmp (path, "/events") == 0)
    {
      test_connection_answer (connection, "Content-Type: text/event-stream\r\n", SCENARIO_EVENTS, -1);
      test_connection_close (connection);
    }
  else if (strcmp (path, "/redirect") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /content\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/secret") == 0 && authorization == NULL)
    test_connection_printf (connection, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/stale") == 0 && tag != NULL)
    test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: no-cache\r\n\r\n");
  else if (strcmp (path, "/stale") == 0)
    serve_content (connection, request, "Cache-Control: no-cache\r\n", run);
  else if (strcmp (path, "/fresh") == 0)
    serve_content (connection, request, "Cache-Control: max-age=1000\r\n", run);
  else if (strcmp (path, "/named") == 0)
    serve_content (connection, request, "Content-Disposition: attachment; filename=file\r\n", run);
  else if (strcmp (path, "/cookies") == 0)
    serve_content (connection, request, "Set-Cookie: new=2; Path=/; Expires=Sat, 31 Oct 2093 13:16:17 GMT\r\n", run);
  else
    serve_content (connection, request, "", run);
}

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
  g_autofree char *library = g_test_build_filename (G_TEST_BUILT, "faults", "libpillion-faults.so", NULL);
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "LD_PRELOAD", library, TRUE);
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

/* Returns how many calls the last one of these cells made */
static guint
run_row (Run *run,
         Runner *runner,
         const Row *row)
{
  const Fault *fault = &faults[row->fault];
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, run);
  TestServer *tls_server = run->scenario->over_tls ? test_server_new (TEST_SERVER_TLS, serve, run) : NULL;
  g_autofree char *url = test_server_url (server, "");
  g_autofree char *tls_url = tls_server != NULL ? test_server_url (tls_server, "") : g_strdup ("-");
  g_autofree char *line = g_strdup_printf ("%u %u %u %u %s %s\n", (guint) (run->scenario - scenarios), row->fault, row->first, row->last,
                                           url, tls_url);
  g_autoptr (GError) error = NULL;
  guint n_calls = 0;

  g_output_stream_write_all (runner->input, line, strlen (line), NULL, NULL, &error);
  g_assert_no_error (error);
  while (TRUE)
    {
      g_autofree char *answer = g_data_input_stream_read_line (runner->output, NULL, NULL, &error);
      g_auto (GStrv) words = NULL;

      g_assert_no_error (error);
      g_assert_nonnull (answer);
      if (answer[0] == '\0')
        break;

      words = g_strsplit (answer, " ", 4);
      n_calls = (guint) atoi (words[1]);
      pillion_mutex_lock (&run->lock);
      run->n_cells++;
      if (words[2][0] == '1')
        run->n_struck++;
      if (words[3][0] != '\0')
        {
          g_autofree char *wrong = g_strcompress (words[3]);

          run->n_wrong++;
          g_test_message ("%s: call %s of %s with %s: %s", run->scenario->name, words[0], fault->function, fault->name, wrong);
        }
      pillion_mutex_unlock (&run->lock);
    }

  test_server_free (server);
  g_clear_pointer (&tls_server, test_server_free);
  return n_calls;
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

      if (run->samples)
        {
          guint n_calls = run_row (run, &runner, row);

          if (n_calls > 0)
            {
              pillion_mutex_lock (&run->lock);
              row->first = row->last = (guint) g_rand_int_range (run->rand, 1, (gint32) n_calls + 1);
              pillion_mutex_unlock (&run->lock);
              run_row (run, &runner, row);
            }
        }
      else
        run_row (run, &runner, row);
      g_free (row);
    }
  runner_clear (&runner);

  return NULL;
}

/* ---------------------------------------------------------------------------------------------------------------------- */

static void
add_rows (Run *run)
{
  const char *wanted = g_getenv ("PILLION_FAULTS");

  for (guint i = 0; i < n_faults; i++)
    {
      Row *row;

      if (wanted != NULL && strcmp (wanted, "all") != 0 && !g_str_has_prefix (faults[i].function, wanted))
        continue;
      row = g_new (Row, 1);
      *row = (Row) { i, run->samples ? G_MAXUINT : 1, G_MAXUINT };
      g_queue_push_tail (&run->rows, row);
    }

  while (run->samples && run->rows.length > SAMPLE)
    g_free (g_queue_pop_nth (&run->rows, (guint) g_rand_int_range (run->rand, 0, (gint32) run->rows.length)));
}

static guint32
get_seed (void)
{
  const char *seed = g_getenv ("PILLION_SEED");

  return seed != NULL ? (guint32) strtoul (seed, NULL, 10) : 1;
}

static void
test_scenario (gconstpointer data)
{
  Run run = { .scenario = data, .samples = g_getenv ("PILLION_FAULTS") == NULL, .rows = G_QUEUE_INIT };
  GThread *threads[2];

  run.rand = g_rand_new_with_seed (get_seed () + (guint32) (run.scenario - scenarios));
  run.content = test_bytes_new (SCENARIO_CONTENT_SIZE);
  g_mutex_init (&run.lock);
  add_rows (&run);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("rows", run_rows, &run);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_test_message ("%s: %u cells, of which %u failed", run.scenario->name, run.n_cells, run.n_struck);
  if (run.n_wrong > 0)
    {
      g_test_message ("%s: %u are wrong", run.scenario->name, run.n_wrong);
      g_test_fail ();
    }

  g_mutex_clear (&run.lock);
  g_rand_free (run.rand);
  g_free (run.content);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_message ("PILLION_SEED=%u", get_seed ());

  for (guint i = 0; i < n_scenarios; i++)
    {
      g_autofree char *path = g_strconcat ("/faults/", scenarios[i].name, NULL);

      g_test_add_data_func (path, &scenarios[i], test_scenario);
    }

  return g_test_run ();
}
