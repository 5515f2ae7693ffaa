/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Servers that want to know who asks */

#include <pillion-http/pillion-http.h>

#include <glib/gstdio.h>
#include <string.h>

#define SECRET "Basic bWU6c2VjcmV0" /* me:secret */

/* A server that answers to me:secret alone, and what a program gives it */
typedef struct
{
  PillionLoop *loop;
  PillionHttpTestServer *server;
  PillionHttpClient *client;
  const char *challenge;
  const char *accepted; /* value of the field, or how it begins */
  guint n_requests;
  guint n_refused;      /* of them */
  GString *sent;        /* what each request was authorized with */

  /* What the handler answers with */
  PillionHttpCredentials *answers[4];
  guint n_asked;
  gboolean later;      /* not at once: it leaves its task in @asked */
  PillionTask *asked;
  PillionHttpChallenge *seen;
} Fixture;

static PillionTask *
on_request (PillionHttpTestExchange *exchange,
            gpointer data)
{
  Fixture *self = data;
  const char *authorization = pillion_http_test_exchange_get_header (exchange, "Authorization");

  self->n_requests++;
  g_string_append_printf (self->sent, "%s;", authorization != NULL ? authorization : "-");
  if (authorization != NULL && g_str_has_prefix (authorization, self->accepted))
    {
      GBytes *body = pillion_http_test_exchange_get_body (exchange);

      if (g_bytes_get_size (body) > 0)
        pillion_http_test_exchange_set_body (exchange, body, NULL);
      else
        pillion_http_test_exchange_set_text (exchange, "welcome", NULL);
    }
  else
    {
      self->n_refused++;
      pillion_http_test_exchange_set_status (exchange, 401);
      if (self->challenge != NULL)
        pillion_http_test_exchange_add_header (exchange, "WWW-Authenticate", self->challenge);
      pillion_http_test_exchange_set_text (exchange, "who are you?", NULL);
    }

  return NULL;
}

static PillionTask *
on_authenticate (PillionHttpClient *client,
                 PillionHttpChallenge *challenge,
                 gpointer data)
{
  Fixture *self = data;
  PillionHttpCredentials *answer = self->n_asked < G_N_ELEMENTS (self->answers) ? self->answers[self->n_asked] : NULL;
  PillionTask *task;

  g_assert_true (client == self->client);
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (challenge), <=, self->n_asked);
  self->n_asked++;
  g_set_object (&self->seen, challenge);
  if (answer == NULL && !self->later)
    return NULL;

  task = pillion_task_new (self->loop, "ask", NULL);
  if (self->later)
    g_set_object (&self->asked, task);
  else
    pillion_task_return_object (task, G_OBJECT (answer));
  return task;
}

static void
fixture_init (Fixture *self,
              PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;

  self->loop = loop;
  self->server = pillion_http_test_server_new (loop, &error);
  g_assert_no_error (error);
  self->client = pillion_http_client_new (loop);
  self->sent = g_string_new (NULL);
  if (self->challenge == NULL)
    self->challenge = "Basic realm=\"notes\"";
  if (self->accepted == NULL)
    self->accepted = SECRET;
  pillion_http_client_set_base_url (self->client, pillion_http_test_server_get_url (self->server));
  pillion_http_test_server_add_handler (self->server, "/", on_request, self, NULL);
}

static void
fixture_clear (Fixture *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->answers); i++)
    g_clear_object (&self->answers[i]);
  g_clear_object (&self->asked);
  g_clear_object (&self->seen);
  g_clear_object (&self->client);
  g_clear_object (&self->server);
  g_string_free (self->sent, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
answer_with (Fixture *self,
             const char *user,
             const char *password)
{
  guint n = 0;

  while (self->answers[n] != NULL)
    n++;
  self->answers[n] = pillion_http_credentials_new (user, password);
  if (n == 0)
    g_signal_connect (self->client, "authenticate", G_CALLBACK (on_authenticate), self);
}

/* Turns of the loop, until something is so; not by the clock, which waits for the call */
#define turn_until(condition) \
  while (!(condition)) \
    { \
      g_thread_yield (); \
      g_assert_true (pillion_yield (NULL)); \
    }

static void
assert_text (PillionTask *task,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (task, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static void
assert_gets (Fixture *self,
             const char *path,
             guint n_requests)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, path, NULL);

  assert_text (task, "welcome");
  g_assert_cmpuint (self->n_requests, ==, n_requests);
}

static void
assert_refused (Fixture *self,
                guint n_requests)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "/a", NULL);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *body;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
  response = pillion_http_response_from_task (task);
  body = pillion_http_response_get_body (response);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "who are you?", strlen ("who are you?"));
  g_assert_cmpuint (self->n_requests, ==, n_requests);
}

static void
test_asked (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  assert_gets (&self, "/a/b", 2);
  g_assert_cmpstr (pillion_http_challenge_get_scheme (self.seen), ==, "Basic");
  g_assert_cmpstr (pillion_http_challenge_get_realm (self.seen), ==, "notes");
  g_assert_cmpstr (pillion_http_challenge_get_parameter (self.seen, "Realm"), ==, "notes");
  g_assert_cmpstr (pillion_http_challenge_get_origin (self.seen), ==, pillion_http_test_server_get_url (self.server));
  g_assert_false (pillion_http_challenge_get_is_proxy (self.seen));
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 0);

  /* Below the same folder they are sent at once; elsewhere the server says that it is the same realm */
  assert_gets (&self, "/a/c", 3);
  assert_gets (&self, "/b", 5);
  assert_gets (&self, "/c", 6);
  g_assert_cmpuint (self.n_asked, ==, 1);
}

static void
test_other_realm (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  answer_with (&self, "me", "other");
  assert_gets (&self, "/a", 2);
  self.challenge = "Basic realm=\"other\"";
  self.accepted = "Basic bWU6b3RoZXI="; /* me:other */
  assert_gets (&self, "/a", 4);
  g_assert_cmpuint (self.n_asked, ==, 2);
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 0);
}

static void
test_wrong (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "wrong");
  answer_with (&self, "me", "secret");
  assert_gets (&self, "/a", 3);
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 1);
}

static void
test_wrong_forever (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  for (guint i = 0; i < G_N_ELEMENTS (self.answers); i++)
    answer_with (&self, "me", "wrong");
  assert_refused (&self, 4);
  g_assert_cmpuint (self.n_asked, ==, 3);
}

static void
test_declined (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  assert_refused (&self, 2);
  g_assert_cmpuint (self.n_asked, ==, 1);
}

static void
test_handler_fails (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  turn_until (self.asked != NULL);
  pillion_task_return_new_error (self.asked, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no key ring");
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "no key ring"));
}

static void
test_handler_gives_something_else (PillionLoop *loop,
                                   gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  turn_until (self.asked != NULL);
  pillion_task_return_object (self.asked, G_OBJECT (self.client));
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
}

/* Many calls wait for one answer, and others run meanwhile */
static void
test_one_question (PillionLoop *loop,
                   gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (GBytes) open = g_bytes_new_static ("open", 4);
  g_autoptr (PillionTask) other = NULL;
  PillionTask *tasks[12];

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  pillion_http_client_set_max_connections_per_host (self.client, 2);
  pillion_http_test_server_add_bytes (self.server, "/open", open, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      /* Equal ones would share a request */
      g_autofree char *path = g_strdup_printf ("/a?%u", i);

      tasks[i] = pillion_http_client_get_bytes (self.client, path, NULL);
    }
  turn_until (self.n_requests == G_N_ELEMENTS (tasks));

  other = pillion_http_client_get_bytes (self.client, "/open", NULL);
  assert_text (other, "open");
  turn_until (self.asked != NULL);
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_text (tasks[i], "welcome");
      g_object_unref (tasks[i]);
    }
  g_assert_cmpuint (self.n_asked, ==, 1);
  g_assert_cmpuint (self.n_requests, ==, 2 * G_N_ELEMENTS (tasks));
}

static void
test_cancelled (PillionLoop *loop,
                gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (GBytes) open = g_bytes_new_static ("open", 4);
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;
  g_autoptr (PillionTask) third = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  /* With one connection the third call runs once both wait for the answer */
  pillion_http_client_set_max_connections (self.client, 1);
  pillion_http_test_server_add_bytes (self.server, "/open", open, NULL);
  first = pillion_http_client_get_bytes (self.client, "/a", NULL);
  second = pillion_http_client_get_bytes (self.client, "/b", NULL);
  third = pillion_http_client_get_bytes (self.client, "/open", NULL);
  assert_text (third, "open");
  turn_until (self.asked != NULL);

  pillion_task_cancel (first);
  g_assert_false (pillion_await (first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (g_cancellable_is_cancelled (pillion_task_get_cancellable (self.asked)));

  /* Nobody needs the answer any more */
  pillion_task_cancel (second);
  g_assert_false (pillion_await (second, &error));
  turn_until (g_cancellable_is_cancelled (pillion_task_get_cancellable (self.asked)));
  g_assert_true (pillion_task_return_if_cancelled (self.asked));
}

static void
test_client_gone (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (PillionTask) task = NULL;

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  turn_until (self.asked != NULL);
  g_clear_object (&self.client);
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  assert_text (task, "welcome");
}

static void
test_loop_closed (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  while (self.asked == NULL)
    pillion_loop_kick_until (loop, g_get_monotonic_time () + 1000, NULL);
  g_signal_connect_swapped (pillion_task_get_cancellable (self.asked), "cancelled", G_CALLBACK (pillion_task_return_if_cancelled), self.asked);
  g_assert_true (pillion_loop_close (loop, 30 * G_USEC_PER_SEC, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_given (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  g_assert_true (pillion_http_client_get_credentials (self.client) == credentials);
  assert_gets (&self, "/a", 2);
  assert_gets (&self, "/a", 3);
  g_assert_cmpstr (self.sent->str, ==, "-;" SECRET ";" SECRET ";");
}

static void
test_given_at_once (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) wrong = pillion_http_credentials_new ("me", "wrong");
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_basic ("me", "secret");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "/a");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, wrong);
  pillion_http_client_set_header (self.client, "Authorization", "Basic of the client");
  pillion_http_request_set_credentials (request, credentials);
  g_assert_true (pillion_http_request_get_credentials (request) == credentials);
  task = pillion_http_client_send (self.client, request, NULL);
  g_assert_true (pillion_await (task, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (self.sent->str, ==, SECRET ";");
}

/* Wrong ones are sent once, and then somebody who may know better is asked */
static void
test_given_wrong (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) waiting = pillion_http_credentials_new ("me", "wrong");
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_basic ("me", "wrong");

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_refused (&self, 1);
  pillion_http_client_set_credentials (self.client, waiting);
  assert_refused (&self, 2);
  answer_with (&self, "me", "secret");
  assert_gets (&self, "/a", 4);
  g_assert_cmpuint (self.n_asked, ==, 1);
}

static void
test_colon (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) at_once = pillion_http_credentials_new_basic ("m:e", "secret");
  g_autoptr (PillionHttpCredentials) line = pillion_http_credentials_new_bearer ("a\r\nb", 0);
  g_autoptr (PillionHttpCredentials) asked = pillion_http_credentials_new ("m:e", "secret");
  PillionHttpCredentials *const invalid[] = { at_once, line };

  fixture_init (&self, loop);
  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_client_set_credentials (self.client, invalid[i]);
      task = pillion_http_client_get_bytes (self.client, "/a", NULL);
      g_assert_false (pillion_await (task, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
      g_assert_null (strstr (error->message, "secret"));
    }

  pillion_http_client_set_credentials (self.client, asked);
  assert_refused (&self, 1);
  pillion_http_client_set_credentials (self.client, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self.answers); i++)
    answer_with (&self, "m:e", "secret");
  assert_refused (&self, 5);
}

static void
test_bearer (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer realm=\"api\", error=\"invalid_token\"", .accepted = "Bearer abc" };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_bearer ("abc", 0);

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_gets (&self, "/a", 1);
  pillion_http_client_set_credentials (self.client, NULL);
  self.answers[0] = pillion_http_credentials_new_bearer ("old", 0);
  self.answers[1] = pillion_http_credentials_new_bearer ("abc", G_USEC_PER_SEC);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  assert_gets (&self, "/a", 4);
  g_assert_cmpstr (pillion_http_challenge_get_parameter (self.seen, "error"), ==, "invalid_token");
  assert_gets (&self, "/b/c", 5);
}

/* What a function gives that is called for a token: each time the next one */
typedef struct
{
  PillionLoop *loop;
  GTimeSpan lifetime;
  guint n_called;
  gboolean fails;
  gboolean freed;
  PillionTask *pending; /* without a reference: its loop keeps it */
} Renewal;

static PillionTask *
renew (gpointer data)
{
  Renewal *self = data;
  PillionTask *task = pillion_task_new (self->loop, "renew", NULL);
  g_autofree char *token = g_strdup_printf ("t%u", ++self->n_called);
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_bearer (token, self->lifetime);

  if (self->fails)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "no token");
  else
    pillion_task_return_object (task, G_OBJECT (credentials));
  return task;
}

static void
renewal_freed (gpointer data)
{
  Renewal *self = data;

  g_assert_true (pillion_loop_get_default () == self->loop);
  self->freed = TRUE;
}

static void
test_renewing (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer t1" };
  Renewal renewal = { .loop = loop };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew, &renewal, renewal_freed);
  PillionTask *tasks[8];

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);

  /* Once for all that wait, and before anything is sent */
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);

      tasks[i] = pillion_http_client_get_bytes (self.client, path, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_text (tasks[i], "welcome");
      g_object_unref (tasks[i]);
    }
  g_assert_cmpuint (renewal.n_called, ==, 1);
  g_assert_cmpuint (self.n_refused, ==, 0);

  /* The server wants another one */
  self.accepted = "Bearer t2";
  assert_gets (&self, "/a", G_N_ELEMENTS (tasks) + 2);
  assert_gets (&self, "/a", G_N_ELEMENTS (tasks) + 3);
  g_assert_cmpuint (renewal.n_called, ==, 2);

  /* And then it wants none of them, without even saying what else */
  self.accepted = "never";
  self.challenge = NULL;
  assert_refused (&self, G_N_ELEMENTS (tasks) + 5);
  g_assert_cmpuint (renewal.n_called, ==, 3);

  g_clear_object (&credentials);
  g_clear_object (&self.client);
  turn_until (renewal.freed);
}

static PillionTask *
renew_never (gpointer data)
{
  Renewal *self = data;

  self->n_called++;
  self->pending = pillion_task_new (self->loop, "renew", NULL);
  return self->pending;
}

/* The loop in which the token is renewed may be closed meanwhile, and another loop's calls go on without */
static void
test_renewing_closed (PillionLoop *loop,
                      gpointer data)
{
  g_auto (Fixture) self = { .accepted = "Bearer t1" };
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  Renewal renewal = { .loop = other };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (other, renew_never, &renewal, NULL);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  while (renewal.n_called == 0)
    {
      pillion_loop_kick (loop);
      pillion_loop_kick (other);
    }
  pillion_loop_close (other, 0, NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
  pillion_task_return_boolean (renewal.pending, TRUE);
  g_object_unref (other);
}

static void
test_netrc (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("pillion-netrc-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_assert_true (g_close (fd, &error));
  g_assert_true (g_file_set_contents (path, "machine 127.0.0.1 login me password secret", -1, &error));
  g_setenv ("NETRC", path, TRUE);
  fixture_init (&self, loop);
  assert_refused (&self, 1);
  pillion_http_client_set_use_netrc (self.client, TRUE);
  g_assert_true (pillion_http_client_get_use_netrc (self.client));
  assert_gets (&self, "/a", 2);
  pillion_http_client_set_use_netrc (self.client, FALSE);
  assert_refused (&self, 3);
  g_unsetenv ("NETRC");
  g_unlink (path);
}

static PillionTask *
renew_closure (PillionLoop *loop,
               gpointer data)
{
  g_assert_true (loop == ((Renewal *) data)->loop);
  return renew (data);
}

static void
test_renewing_closure (PillionLoop *loop,
                       gpointer data)
{
  g_auto (Fixture) self = { .accepted = "Bearer t1" };
  Renewal renewal = { .loop = loop };
  g_autoptr (PillionHttpCredentials) credentials =
    pillion_http_credentials_new_renewing_closure (loop, g_cclosure_new (G_CALLBACK (renew_closure), &renewal, NULL));

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_gets (&self, "/a", 1);
}

static void
test_renewing_expired (PillionLoop *loop,
                       gpointer data)
{
  g_auto (Fixture) self = { .accepted = "Bearer t" };
  Renewal renewal = { .loop = loop, .lifetime = 1 };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew, &renewal, NULL);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  /* A token that is over at once is used as long as there is no other */
  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  assert_text (task, "welcome");
  g_assert_cmpuint (renewal.n_called, <=, 11);
  g_clear_object (&task);

  renewal.lifetime = G_TIME_SPAN_HOUR;
  renewal.n_called = 0;
  assert_gets (&self, "/a", 2);
  assert_gets (&self, "/a", 3);
  g_assert_cmpuint (renewal.n_called, ==, 1);

  renewal.fails = TRUE;
  self.accepted = "never";
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_unknown_scheme (PillionLoop *loop,
                     gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Negotiate, NTLM, Digest realm=a, nonce=b, algorithm=MD4" };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  assert_refused (&self, 1);
  self.challenge = "";
  assert_refused (&self, 2);
  g_assert_cmpuint (self.n_asked, ==, 0);
}

static void
test_body (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", "/a");
  g_autoptr (GBytes) body = g_bytes_new_static ("body", 4);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  pillion_http_request_set_body (request, body, "text/plain");
  task = pillion_http_client_send (self.client, request, NULL);
  g_assert_true (pillion_await (task, &error));
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (pillion_http_response_get_body (response), body));
  g_assert_cmpuint (pillion_http_response_get_history (response)->len, ==, 0);
}

/* A stream that can't be read again */
static GInputStream *
make_pipe_stream (void)
{
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_data ("body", 4, NULL);
  g_autoptr (GConverter) converter = G_CONVERTER (g_charset_converter_new ("UTF-8", "UTF-8", NULL));

  return g_converter_input_stream_new (memory, converter);
}

static void
test_body_once (PillionLoop *loop,
                gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", "/a");
      g_autoptr (GInputStream) stream = make_pipe_stream ();
      g_autoptr (PillionHttpCredentials) credentials = NULL;
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      if (i == 2)
        credentials = pillion_http_credentials_new_basic ("me", "secret");
      else if (i != 1)
        credentials = pillion_http_credentials_new ("me", "secret");
      pillion_http_request_set_body_from_stream (request, stream, -1, NULL);
      pillion_http_request_set_credentials (request, credentials);
      task = pillion_http_client_send (self.client, request, NULL);
      pillion_await (task, &error);
      if (i == 0)
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE);
      else if (i == 1)
        g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
      else
        g_assert_no_error (error);
    }
}

static PillionTask *
redirect (PillionHttpTestExchange *exchange,
          gpointer data)
{
  pillion_http_test_exchange_set_status (exchange, 302);
  pillion_http_test_exchange_add_header (exchange, "Location", data);
  pillion_http_test_exchange_set_text (exchange, "there", NULL);
  return NULL;
}

/* Neither what was given nor what a handler gave for the first server reaches the second one, but it is there again on the way back */
static void
test_redirect (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_auto (Fixture) other = { NULL };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_basic ("me", "secret");
  g_autofree char *there = NULL;
  g_autofree char *back = NULL;
  g_autofree char *userinfo = NULL;

  fixture_init (&self, loop);
  fixture_init (&other, loop);
  other.accepted = "never";
  there = g_strconcat (pillion_http_test_server_get_url (other.server), "/x", NULL);
  back = g_strconcat (pillion_http_test_server_get_url (self.server), "/back", NULL);
  pillion_http_test_server_add_handler (self.server, "/there", redirect, there, NULL);
  pillion_http_test_server_add_handler (self.server, "/here", redirect, (gpointer) "/back", NULL);
  pillion_http_test_server_add_handler (self.server, "/round", redirect, (gpointer) there, NULL);
  userinfo = g_strdup_printf ("http://me:secret@%s/here", pillion_http_test_server_get_url (self.server) + strlen ("http://"));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      if (i == 0)
        pillion_http_client_set_credentials (self.client, credentials);
      else
        answer_with (&self, "me", "secret");
      task = pillion_http_client_get_bytes (self.client, "/there", NULL);
      g_assert_false (pillion_await (task, &error));
      g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
      if (i == 0)
        {
          g_assert_cmpstr (other.sent->str, ==, "-;");
          pillion_http_client_set_credentials (self.client, NULL);
        }
    }
  /* The handler was asked for the other server, and its answer is wrong there */
  g_assert_true (g_str_has_suffix (pillion_http_challenge_get_origin (self.seen), pillion_http_test_server_get_url (other.server)));

  g_string_truncate (self.sent, 0);
  self.n_requests = 0;
  g_signal_handlers_disconnect_by_data (self.client, &self);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_gets (&self, "/here", 1);
  pillion_http_client_set_credentials (self.client, NULL);
  assert_gets (&self, userinfo, 2);

  /* And back again */
  g_string_truncate (self.sent, 0);
  pillion_http_client_set_credentials (self.client, credentials);
  pillion_http_test_server_add_handler (other.server, "/x", redirect, back, NULL);
  assert_gets (&self, "/round", 3);
  g_assert_cmpstr (self.sent->str, ==, SECRET ";");
}

/* What must be in an answer to a Digest challenge */
static char *
digest_parameter (const char *value,
                  const char *name)
{
  g_autofree char *begin = g_strdup_printf (" %s=", name);
  const char *found = strstr (value, begin);

  g_assert_nonnull (found);
  found += strlen (begin);
  return *found == '"' ? g_strndup (found + 1, strcspn (found + 1, "\"")) : g_strndup (found, strcspn (found, ","));
}

static char *
sha256 (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

typedef struct
{
  guint nonce;
  guint n_requests;
  guint n_refused;
  guint last_count;
  gboolean stale; /* the nonce is to be too old once */
} DigestServer;

static PillionTask *
on_digest_request (PillionHttpTestExchange *exchange,
                   gpointer data)
{
  DigestServer *self = data;
  const char *authorization = pillion_http_test_exchange_get_header (exchange, "Authorization");
  g_autofree char *wanted = g_strdup_printf ("n%u", self->nonce);
  g_autofree char *challenge = NULL;
  gboolean stale = FALSE;

  self->n_requests++;
  if (authorization != NULL && g_str_has_prefix (authorization, "Digest "))
    {
      g_autofree char *nonce = digest_parameter (authorization, "nonce");
      g_autofree char *count = digest_parameter (authorization, "nc");
      g_autofree char *cnonce = digest_parameter (authorization, "cnonce");
      g_autofree char *target = digest_parameter (authorization, "uri");
      g_autofree char *response = digest_parameter (authorization, "response");
      g_autofree char *a1 = sha256 ("J\303\244s\303\270n Doe:all \\\"there\\\" is:p\303\244ss");
      g_autofree char *real_a1 = sha256 ("J\303\244s\303\270n Doe:all \"there\" is:p\303\244ss");
      g_autofree char *path = g_strconcat (pillion_http_test_exchange_get_method (exchange), ":", target, NULL);
      g_autofree char *a2 = sha256 (path);
      g_autofree char *all = g_strjoin (":", real_a1, nonce, count, cnonce, "auth", a2, NULL);
      g_autofree char *right = sha256 (all);

      g_assert_cmpstr (target, ==, "/digest?q=1");
      if (g_str_equal (right, response) && g_str_equal (nonce, wanted) && !self->stale)
        {
          guint number = (guint) g_ascii_strtoull (count, NULL, 16);

          g_assert_cmpuint (number, >, self->last_count);
          self->last_count = number;
          pillion_http_test_exchange_set_text (exchange, "welcome", NULL);
          return NULL;
        }
      stale = g_str_equal (right, response);
    }

  self->n_refused++;
  self->nonce++;
  self->last_count = 0;
  self->stale = FALSE;
  challenge = g_strdup_printf ("Digest realm=\"all \\\"there\\\" is\", nonce=\"n%u\", algorithm=SHA-256, qop=\"auth-int, auth\", charset=UTF-8%s, "
                               "Digest realm=\"all \\\"there\\\" is\", nonce=\"md5\", algorithm=MD5, qop=auth, Basic realm=\"x\"",
                               self->nonce, stale ? ", stale=TRUE" : "");
  pillion_http_test_exchange_set_status (exchange, 401);
  pillion_http_test_exchange_add_header (exchange, "WWW-Authenticate", "Negotiate");
  pillion_http_test_exchange_add_header (exchange, "WWW-Authenticate", challenge);
  pillion_http_test_exchange_set_text (exchange, "who are you?", NULL);
  return NULL;
}

static void
test_digest (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = { NULL };
  DigestServer server = { 0 };
  g_autoptr (PillionHttpCredentials) wrong = pillion_http_credentials_new ("J\303\244s\303\270n Doe", "wrong");
  g_autoptr (PillionHttpCredentials) at_once = pillion_http_credentials_new_basic ("J\303\244s\303\270n Doe", "p\303\244ss");
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("J\303\244s\303\270n Doe", "p\303\244ss");

  fixture_init (&self, loop);
  pillion_http_test_server_add_handler (self.server, "/digest", on_digest_request, &server, NULL);
  pillion_http_client_set_credentials (self.client, at_once);
  assert_gets (&self, "/digest?q=1", 0);
  g_assert_cmpuint (server.n_requests, ==, 2);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_gets (&self, "/digest?q=1", 0);
  assert_gets (&self, "/digest?q=1", 0);
  g_assert_cmpuint (server.n_requests, ==, 4);
  g_assert_cmpuint (server.last_count, ==, 3);

  /* The nonce is too old: no reason to doubt the password */
  server.stale = TRUE;
  assert_gets (&self, "/digest?q=1", 0);
  g_assert_cmpuint (server.n_requests, ==, 6);

  /* The server was restarted */
  server.nonce = 70;
  assert_gets (&self, "/digest?q=1", 0);
  g_assert_cmpuint (server.n_requests, ==, 8);

  /* And no end of it with a wrong password */
  pillion_http_client_set_credentials (self.client, wrong);
  {
    g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self.client, "/digest?q=1", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (pillion_await (task, &error));
    g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
  }
  g_assert_cmpuint (server.n_requests, ==, 10);
}

/* A server that always says that the nonce was too old */
static PillionTask *
on_stale_request (PillionHttpTestExchange *exchange,
                  gpointer data)
{
  guint *n_requests = data;
  g_autofree char *challenge = g_strdup_printf ("Digest realm=\"a\", nonce=\"%u\", qop=auth, stale=true", ++*n_requests);

  pillion_http_test_exchange_set_status (exchange, 401);
  pillion_http_test_exchange_add_header (exchange, "WWW-Authenticate", challenge);
  pillion_http_test_exchange_set_text (exchange, "who are you?", NULL);
  return NULL;
}

static void
test_stale_forever (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  guint n_requests = 0;

  fixture_init (&self, loop);
  pillion_http_test_server_add_handler (self.server, "/a", on_stale_request, &n_requests, NULL);
  pillion_http_client_set_credentials (self.client, credentials);
  assert_refused (&self, 0);
  g_assert_cmpuint (n_requests, ==, 11);
}

static PillionTask *
on_slow_request (PillionHttpTestExchange *exchange,
                 gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "slow", NULL);
  pillion_http_test_exchange_set_delay (exchange, 50 * G_TIME_SPAN_MILLISECOND);
  return NULL;
}

/* A handler may wait for the loop's clock, although the calls that wait for it are of the network */
static void
test_handler_on_virtual_clock (PillionLoop *loop,
                               gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  PillionTask *tasks[3];
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (PillionTask) slow = NULL;
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;
  g_autoptr (PillionTask) third = NULL;

  fixture_init (&self, loop);
  pillion_http_test_server_add_handler (self.server, "/slow", on_slow_request, NULL, NULL);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate), &self);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_get_bytes (self.client, i == 0 ? "/a" : i == 1 ? "/b" : "/c", NULL);
  turn_until (self.asked != NULL && self.n_refused == G_N_ELEMENTS (tasks));

  /* Without this the test would never end */
  first = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_assert_true (pillion_await (first, NULL));

  /* One that was cancelled counts no more, and not less than nothing */
  pillion_task_cancel (tasks[2]);
  g_assert_false (pillion_await (tasks[2], NULL));
  second = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_assert_true (pillion_await (second, NULL));

  /* The clock stands still for the network */
  third = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  slow = pillion_http_client_get_bytes (self.client, "/slow", NULL);
  assert_text (slow, "slow");
  g_assert_false (pillion_task_is_done (third));
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  for (guint i = 0; i < 2; i++)
    assert_text (tasks[i], "welcome");
  g_assert_false (pillion_task_is_done (third));
  g_assert_true (pillion_await (third, NULL));

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    g_object_unref (tasks[i]);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/credentials/handler-is-asked-once-for-a-realm", test_asked);
  pillion_test_add_func ("/http/credentials/another-realm-is-another-question", test_other_realm);
  pillion_test_add_func ("/http/credentials/wrong-ones-are-asked-for-again", test_wrong);
  pillion_test_add_func ("/http/credentials/wrong-ones-are-asked-for-three-times", test_wrong_forever);
  pillion_test_add_func ("/http/credentials/none-give-the-response", test_declined);
  pillion_test_add_func ("/http/credentials/error-of-the-handler-is-the-calls", test_handler_fails);
  pillion_test_add_func ("/http/credentials/handler-gives-something-else", test_handler_gives_something_else);
  pillion_test_add_func ("/http/credentials/many-calls-wait-for-one-answer-without-a-place", test_one_question);
  pillion_test_add_func ("/http/credentials/cancel-while-asking", test_cancelled);
  pillion_test_add_func ("/http/credentials/client-goes-while-asking", test_client_gone);
  g_test_add_func ("/http/credentials/loop-closes-while-asking", test_loop_closed);
  pillion_test_add_func ("/http/credentials/given-ones-wait-for-the-server", test_given);
  pillion_test_add_func ("/http/credentials/basic-is-sent-at-once", test_given_at_once);
  pillion_test_add_func ("/http/credentials/given-ones-that-are-wrong", test_given_wrong);
  pillion_test_add_func ("/http/credentials/what-can-not-be-sent", test_colon);
  pillion_test_add_func ("/http/credentials/bearer", test_bearer);
  pillion_test_add_func ("/http/credentials/token-is-renewed-once-for-all", test_renewing);
  pillion_test_add_func ("/http/credentials/netrc", test_netrc);
  pillion_test_add_func ("/http/credentials/loop-of-the-token-is-closed", test_renewing_closed);
  pillion_test_add_func ("/http/credentials/token-by-a-closure", test_renewing_closure);
  pillion_test_add_func ("/http/credentials/token-expires", test_renewing_expired);
  pillion_test_add_func ("/http/credentials/unknown-scheme-asks-nobody", test_unknown_scheme);
  pillion_test_add_func ("/http/credentials/body-is-sent-again", test_body);
  pillion_test_add_func ("/http/credentials/body-that-can-be-read-once", test_body_once);
  pillion_test_add_func ("/http/credentials/never-for-another-server", test_redirect);
  pillion_test_add_func ("/http/credentials/digest", test_digest);
  pillion_test_add_func ("/http/credentials/handler-may-wait-for-a-virtual-clock", test_handler_on_virtual_clock);
  pillion_test_add_func ("/http/credentials/stale-nonces-come-to-an-end", test_stale_forever);

  return g_test_run ();
}
