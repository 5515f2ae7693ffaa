/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The server for other people's tests */

#include "await-support.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

static void
count_up (gpointer count)
{
  ++*(guint *) count;
}

static PillionHttpTestServer *
new_server (PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;
  PillionHttpTestServer *server = pillion_http_test_server_new (loop, &error);

  g_assert_no_error (error);
  return server;
}

static PillionTask *
get (PillionHttpTestServer *server,
     const char *path)
{
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (pillion_http_test_server_get_loop (server));
  g_autofree char *url = g_strconcat (pillion_http_test_server_get_url (server), path, NULL);

  return pillion_http_client_get_bytes (client, url, NULL);
}

static void
assert_gets (PillionHttpTestServer *server,
             const char *path,
             const char *text)
{
  g_autoptr (PillionTask) task = get (server, path);

  assert_text (task, text);
}

/* Returns the beginning of the body */
static char *
assert_refuses (PillionHttpTestServer *server,
                const char *path,
                int status)
{
  g_autoptr (PillionTask) task = get (server, path);
  g_autoptr (GError) error = NULL;
  PillionHttpResponse *response;
  GBytes *body;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, status);
  response = pillion_http_response_from_error (error);
  body = pillion_http_response_get_body (response);

  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static void
wait_for_request (PillionHttpTestServer *server,
                  const char *path)
{
  turn_until (pillion_http_test_server_get_n_requests (server, path) > 0);
}

static void
add_text (PillionHttpTestServer *server,
          const char *path,
          const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  pillion_http_test_server_add_bytes (server, path, body, "text/plain");
}

static void
test_fixed (PillionLoop *loop,
            gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (GBytes) untyped = g_bytes_new_static ("untyped", strlen ("untyped"));
  g_autofree char *missing = NULL;

  add_text (server, "/empty", "");
  assert_gets (server, "/empty", "");
  add_text (server, "/a", "one");
  add_text (server, "/dir/", "below");
  add_text (server, "/dir/b", "two");
  assert_gets (server, "/a", "one");
  assert_gets (server, "/a?x=y", "one");
  assert_gets (server, "/dir/", "below");
  assert_gets (server, "/dir/c/d", "below");
  assert_gets (server, "/dir/b", "two");
  missing = assert_refuses (server, "/dir", 404);
  g_clear_pointer (&missing, g_free);
  missing = assert_refuses (server, "/", 404);

  add_text (server, "/a", "another");
  assert_gets (server, "/a", "another");

  g_assert_cmpuint (pillion_http_test_server_get_n_requests (server, "/a"), ==, 3);
  g_assert_cmpuint (pillion_http_test_server_get_n_requests (server, "/dir"), ==, 1);
  g_assert_cmpuint (pillion_http_test_server_get_n_requests (server, "/never"), ==, 0);
  g_assert_cmpuint (pillion_http_test_server_get_n_requests (server, NULL), ==, 9);

  add_text (server, "/", "all");
  assert_gets (server, "/anything", "all");

  pillion_http_test_server_add_bytes (server, "/untyped", untyped, NULL);
  assert_gets (server, "/untyped", "untyped");
}

static PillionTask *
on_echo (PillionHttpTestExchange *exchange,
         gpointer data)
{
  GBytes *body = pillion_http_test_exchange_get_body (exchange);
  g_autofree char *text = NULL;

  g_assert_true (pillion_loop_is_on_thread (data));
  g_assert_cmpuint (g_bytes_get_size (body), ==, 0);
  g_assert_null (pillion_http_test_exchange_get_header (exchange, "X-Nothing"));
  text = g_strjoin (" ", pillion_http_test_exchange_get_method (exchange), pillion_http_test_exchange_get_path (exchange),
                    pillion_http_test_exchange_get_query (exchange), pillion_http_test_exchange_get_header (exchange, "HOST"), NULL);
  pillion_http_test_exchange_set_text (exchange, text, NULL);

  return NULL;
}

static void
test_request (PillionLoop *loop,
              gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  const char *url = pillion_http_test_server_get_url (server);
  g_autofree char *text = NULL;

  g_assert_true (g_str_has_prefix (url, "http://127.0.0.1:"));
  text = g_strdup_printf ("GET /echo/%%C3%%A9 q=1&q=%%20 %s", url + strlen ("http://"));
  pillion_http_test_server_add_handler (server, "/echo/", on_echo, loop, NULL);
  assert_gets (server, "/echo/%C3%A9?q=1&q=%20", text);
}

static PillionTask *
on_wait (PillionHttpTestExchange *exchange,
         gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "late", NULL);

  return g_object_ref (data);
}

static void
unref_data (gpointer data,
            GClosure *closure)
{
  g_object_unref (data);
}

static void
count_finalized (gpointer count,
                 GClosure *closure)
{
  ++*(guint *) count;
}

/* As a binding does it */
static void
test_closure (PillionLoop *loop,
              gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  guint destroyed = 0;
  GClosure *closure = g_cclosure_new (G_CALLBACK (on_wait), pillion_task_new (loop, "wait", NULL), unref_data);
  g_autoptr (PillionTask) waiting = NULL;

  g_closure_add_finalize_notifier (closure, &destroyed, count_finalized);
  pillion_http_test_server_add_handler_closure (server, "/", closure);
  waiting = get (server, "/");
  wait_for_request (server, "/");
  pillion_task_return_boolean (closure->data, TRUE);
  g_assert_true (pillion_await (waiting, NULL));

  add_text (server, "/", "other");
  g_assert_cmpuint (destroyed, ==, 1);
}

static PillionTask *
on_refuse (PillionHttpTestExchange *exchange,
           gpointer data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("busy", 4);

  pillion_http_test_exchange_set_status (exchange, 503);
  pillion_http_test_exchange_add_header (exchange, "Retry-After", "7");
  pillion_http_test_exchange_add_header (exchange, "X-Twice", "a");
  pillion_http_test_exchange_add_header (exchange, "X-Twice", "b");
  pillion_http_test_exchange_set_body (exchange, body, "text/plain");

  return NULL;
}

static void
test_response (PillionLoop *loop,
               gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  PillionHttpResponse *response;

  pillion_http_test_server_add_handler (server, "/", on_refuse, NULL, NULL);
  task = get (server, "/");
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 503);
  response = pillion_http_response_from_error (error);
  g_assert_cmpstr (pillion_http_response_get_header (response, "retry-after"), ==, "7");
  g_assert_cmpstr (pillion_http_response_get_header (response, "X-Twice"), ==, "a, b");
}

/* What was last logged as a message: always on the main thread. g_test_expect_message () doesn't see structured logs. */
static char *last_message;

static GLogWriterOutput
on_log (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer data)
{
  for (gsize i = 0; i < n_fields && level == G_LOG_LEVEL_MESSAGE; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      {
        g_free (last_message);
        last_message = g_strdup (fields[i].value);
      }

  return g_log_writer_default (level, fields, n_fields, data);
}

static PillionTask *
on_nothing (PillionHttpTestExchange *exchange,
            gpointer data)
{
  return NULL;
}

static PillionTask *
on_bare_task (PillionHttpTestExchange *exchange,
              gpointer data)
{
  return g_object_new (PILLION_TYPE_TASK, NULL);
}

static void
test_bare_task (PillionLoop *loop,
                gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autofree char *text = NULL;

  pillion_http_test_server_add_handler (server, "/", on_bare_task, NULL, NULL);
  text = assert_refuses (server, "/", 500);
  g_assert_cmpstr (text, ==, "The handler's task has no loop.");
}

static void
test_nothing_set (PillionLoop *loop,
                  gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autofree char *text = NULL;

  pillion_http_test_server_add_handler (server, "/", on_nothing, NULL, NULL);
  text = assert_refuses (server, "/", 500);
  g_assert_cmpstr (text, ==, "The handler set no response.");
  g_assert_cmpstr (last_message, ==, "GET /: the handler set no response");
  g_clear_pointer (&last_message, g_free);
}

/* It waits for the task, and a failure of that is the server's */
static void
test_tasks (PillionLoop *loop,
            gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (PillionTask) good = pillion_task_new (loop, "good", NULL);
  g_autoptr (PillionTask) bad = pillion_task_new (loop, "bad", NULL);
  g_autoptr (PillionTask) waiting = NULL;
  g_autofree char *text = NULL;

  pillion_http_test_server_add_handler (server, "/good", on_wait, g_object_ref (good), g_object_unref);
  pillion_http_test_server_add_handler (server, "/bad", on_wait, g_object_ref (bad), g_object_unref);
  add_text (server, "/other", "other");

  waiting = get (server, "/good");
  wait_for_request (server, "/good");
  assert_gets (server, "/other", "other");
  g_assert_false (pillion_task_is_done (waiting));
  pillion_task_return_boolean (good, TRUE);
  g_assert_true (pillion_await (waiting, NULL));

  pillion_task_return_new_error (bad, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", "no database");
  text = assert_refuses (server, "/bad", 500);
  g_assert_cmpstr (text, ==, "no database");
}

static PillionTask *
on_fault (PillionHttpTestExchange *exchange,
          gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "0123456789", NULL);
  if (g_str_equal (pillion_http_test_exchange_get_path (exchange), "/cut"))
    pillion_http_test_exchange_cut (exchange, 4);
  else if (g_str_equal (pillion_http_test_exchange_get_path (exchange), "/reset"))
    pillion_http_test_exchange_reset (exchange, 0);
  else
    pillion_http_test_exchange_set_delay (exchange, 50 * G_TIME_SPAN_MILLISECOND);

  return NULL;
}

static void
test_faults (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (PillionTask) cut = NULL, reset = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;

  pillion_http_test_server_add_handler (server, "/", on_fault, NULL, NULL);
  cut = get (server, "/cut");
  g_assert_false (pillion_await (cut, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);

  reset = get (server, "/reset");
  g_assert_false (pillion_await (reset, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_nonnull (strstr (error->message, g_strerror (ECONNRESET)));

  /* In real time, for which the virtual clock waits */
  start = g_get_monotonic_time ();
  assert_gets (server, "/slow", "0123456789");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50 * G_TIME_SPAN_MILLISECOND);
}

static void
test_close (PillionLoop *loop,
            gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (PillionTask) never = pillion_task_new (loop, "never", NULL);
  g_autoptr (PillionTask) cut = NULL, refused = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_test_server_add_handler (server, "/", on_wait, g_object_ref (never), g_object_unref);
  cut = get (server, "/");
  wait_for_request (server, NULL);
  pillion_http_test_server_close (server);
  pillion_http_test_server_close (server);
  g_assert_false (pillion_await (cut, &error));
  g_clear_error (&error);

  refused = get (server, "/");
  g_assert_false (pillion_await (refused, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  pillion_task_return_boolean (never, TRUE);
}

/* Without a test's loop, because it is closed */
static void
test_loop_closed (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  guint destroyed = 0;
  char head[] = "GET /handler HTTP/1.1\r\nHost: localhost\r\n\r\n";
  g_autoptr (GSocketConnection) waiting = NULL, refused = NULL;
  char byte;

  pillion_http_test_server_add_handler (server, "/", on_nothing, &destroyed, count_up);
  waiting = g_socket_client_connect_to_uri (client, pillion_http_test_server_get_url (server), 80, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (waiting)), head, strlen (head), NULL, NULL, NULL));
  while (pillion_http_test_server_get_n_requests (server, "/handler") == 0)
    g_thread_yield ();

  /* The handler had no turn */
  g_assert_true (pillion_loop_close (loop, -1, &error));
  g_assert_no_error (error);
  while (g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (waiting)), &byte, 1, NULL, NULL) > 0)
    ;
  refused = g_socket_client_connect_to_uri (client, pillion_http_test_server_get_url (server), 80, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);

  g_assert_cmpuint (destroyed, ==, 0);
  g_clear_object (&server);
  g_assert_cmpuint (destroyed, ==, 1);
}

/* What is fixed is served to a client that blocks the host */
static void
test_blocking_client (PillionLoop *loop,
                      gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  char head[] = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

  add_text (server, "/a", "one");
  connection = g_socket_client_connect_to_uri (client, pillion_http_test_server_get_url (server), 80, NULL, NULL);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), head, strlen (head), NULL, NULL,
                                            NULL));
  lines = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_cmpstr (line, ==, "HTTP/1.1 200 OK\r");
}

static PillionTask *
on_misuse (PillionHttpTestExchange *exchange,
           gpointer data)
{
  PillionHttpTestExchange **kept = data;

  ASSERT_CRITICAL (pillion_http_test_exchange_set_status (exchange, 100));
  ASSERT_CRITICAL (pillion_http_test_exchange_set_status (exchange, 600));
  ASSERT_CRITICAL (pillion_http_test_exchange_add_header (exchange, "A B", "c"));
  ASSERT_CRITICAL (pillion_http_test_exchange_add_header (exchange, "", "c"));
  ASSERT_CRITICAL (pillion_http_test_exchange_add_header (exchange, "A", "b\r\nC: d"));
  ASSERT_CRITICAL (pillion_http_test_exchange_set_text (exchange, "text", "plain"));
  ASSERT_CRITICAL (pillion_http_test_exchange_set_delay (exchange, -1));
  pillion_http_test_exchange_set_status (exchange, 200);
  *kept = g_object_ref (exchange);

  return NULL;
}

static void
test_bad_input (PillionLoop *loop,
                gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (PillionHttpTestExchange) kept = NULL;
  g_autoptr (PillionHttpTestExchange) alone = g_object_new (PILLION_HTTP_TYPE_TEST_EXCHANGE, NULL);
  g_autoptr (PillionHttpTestServer) dead = g_object_new (PILLION_HTTP_TYPE_TEST_SERVER, NULL);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);

  ASSERT_CRITICAL (pillion_http_test_server_add_handler (server, "no-slash", on_nothing, NULL, NULL));
  ASSERT_CRITICAL (pillion_http_test_server_add_bytes (server, "/", empty, "plain"));
  pillion_http_test_server_add_handler (server, "/", on_misuse, &kept, NULL);
  assert_gets (server, "/", "");

  /* It was sent */
  ASSERT_CRITICAL (pillion_http_test_exchange_set_status (kept, 200));
  g_assert_cmpstr (pillion_http_test_exchange_get_path (kept), ==, "/");

  /* Made without their constructors */
  g_assert_null (pillion_http_test_exchange_get_header (alone, "Host"));
  ASSERT_CRITICAL (pillion_http_test_exchange_cut (alone, 0));
  g_assert_null (pillion_http_test_server_get_url (dead));
  pillion_http_test_server_add_bytes (dead, "/", empty, NULL);
  pillion_http_test_server_close (dead);
}

/* The server's thread is not in the child */
static void
test_forked (PillionLoop *loop,
             gpointer data)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  g_test_skip ("the sanitizers don't unlock all that is theirs in the child of a fork");
#else
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("hello", 5);
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      /* Kills a child that hangs */
      alarm (20);
      pillion_http_test_server_close (server);
      g_clear_object (&server);
      /* Not an orderly exit: valgrind would count what the parent's threads have on their stacks as leaked */
      raise (SIGKILL);
    }

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);

  pillion_http_test_server_add_bytes (server, "/hello", bytes, NULL);
  assert_gets (server, "/hello", "hello");
#endif
}

static void
send_late (PillionTask *task,
           gpointer exchange)
{
  pillion_http_test_exchange_set_text (exchange, "late", NULL);
}

static PillionTask *
on_hour (PillionHttpTestExchange *exchange,
         gpointer loop)
{
  PillionTask *task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);

  pillion_task_add_done_callback (task, send_late, g_object_ref (exchange), g_object_unref);
  return task;
}

/* It sleeps on the virtual clock, which stands still for calls that nobody's handler has */
static void
test_sleeping (PillionLoop *loop,
               gpointer data)
{
  g_autoptr (PillionHttpTestServer) server = new_server (loop);
  g_autoptr (GBytes) fixed = g_bytes_new_static ("fixed", 5);
  gint64 start = pillion_loop_get_now (loop);
  g_autoptr (PillionTask) given_up = NULL;
  g_autoptr (PillionTask) sleep = NULL;

  pillion_http_test_server_add_handler (server, "/hour", on_hour, loop, NULL);
  pillion_http_test_server_add_bytes (server, "/fixed", fixed, NULL);
  assert_gets (server, "/hour", "late");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, G_TIME_SPAN_HOUR);

  given_up = get (server, "/hour");
  while (pillion_http_test_server_get_n_requests (server, "/hour") < 2)
    g_assert_true (pillion_yield (NULL));
  pillion_task_cancel (given_up);
  g_assert_false (pillion_await (given_up, NULL));
  start = pillion_loop_get_now (loop);
  assert_gets (server, "/hour", "late");

  /* Calls that share a request, in both orders: another one may end first, or be given up */
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
      g_autofree char *url = g_strconcat (pillion_http_test_server_get_url (server), "/hour", NULL);
      guint n_before = pillion_http_test_server_get_n_requests (server, "/hour");
      PillionTask *calls[3];

      for (guint j = 0; j < G_N_ELEMENTS (calls); j++)
        calls[j] = pillion_http_client_get_bytes (client, url, NULL);
      if (i < 2)
        {
          turn_until (pillion_http_test_server_get_n_requests (server, "/hour") > n_before);
          pillion_task_cancel (calls[i]);
          g_assert_false (pillion_await (calls[i], NULL));
        }
      for (guint j = 0; j < G_N_ELEMENTS (calls); j++)
        {
          if (i >= 2 || i != j)
            assert_text (calls[j], "late");
          g_object_unref (calls[j]);
        }
      g_assert_cmpuint (pillion_http_test_server_get_n_requests (server, "/hour") - n_before, ==, 1);
    }

  sleep = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  for (guint i = 0; i < 20; i++)
    assert_gets (server, "/fixed", "fixed");
  g_assert_false (pillion_task_is_done (sleep));
  pillion_task_cancel (sleep);
  g_assert_false (pillion_await (sleep, NULL));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (on_log, NULL, NULL);

  pillion_test_add_func ("/http/test-server/fixed-bodies", test_fixed);
  pillion_test_add_func ("/http/test-server/handler-sees-the-request", test_request);
  pillion_test_add_func ("/http/test-server/handler-decides-about-the-response", test_response);
  pillion_test_add_func ("/http/test-server/handler-that-sets-nothing-is-told", test_nothing_set);
  pillion_test_add_func ("/http/test-server/handlers-task-without-a-loop-is-told", test_bare_task);
  pillion_test_add_func ("/http/test-server/handler-may-sleep-on-the-virtual-clock", test_sleeping);
  pillion_test_add_func ("/http/test-server/handler-waits-for-its-task", test_tasks);
  pillion_test_add_func ("/http/test-server/closure", test_closure);
  pillion_test_add_func ("/http/test-server/faults", test_faults);
  pillion_test_add_func ("/http/test-server/close-refuses", test_close);
  g_test_add_func ("/http/test-server/closes-with-its-loop", test_loop_closed);
  pillion_test_add_func ("/http/test-server/fixed-bodies-for-a-client-that-blocks", test_blocking_client);
  pillion_test_add_func ("/http/test-server/closed-in-a-child", test_forked);
  pillion_test_add_func ("/http/test-server/bad-input", test_bad_input);

  return g_test_run ();
}
