/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Credentials that a program gives to a client or to a request */

#include "credentials-support.h"

#include <glib/gstdio.h>
#include <string.h>

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
  connect_handler (&self);
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

static gpointer
make_task (gpointer data)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *task = pillion_task_new (loop, "elsewhere", NULL);

  pillion_task_return_object (task, NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  return task;
}

static PillionTask *
renew_elsewhere (gpointer data)
{
  return g_thread_join (g_thread_new ("elsewhere", make_task, NULL));
}

/* Nothing here can wait for such a task, so there is no token, and nothing hangs */
static void
test_task_of_another_thread (PillionLoop *loop,
                             gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer t1" };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew_elsewhere, NULL, NULL);
  g_autoptr (PillionTask) task = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  g_test_expect_message ("PillionHttp", G_LOG_LEVEL_CRITICAL, "*on_thread*");
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  g_assert_false (pillion_await (task, NULL));
  g_test_assert_expected_messages ();
}

/* A token that is got from the server itself, at /token, with the client that needs it */
typedef struct
{
  PillionHttpClient *client;
  PillionLoop *loop;
  PillionTask *aside; /* a call of somebody else's that begins meanwhile, or NULL */
  PillionTask *dialog;
  guint n_called;
} OwnRenewal;

static PillionTask *
make_token (PillionTask *task,
            gpointer data)
{
  OwnRenewal *self = data;
  PillionTask *result = pillion_task_new (self->loop, "token", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = pillion_task_get_bytes (task, &error);

  if (body == NULL)
    pillion_task_return_error (result, g_steal_pointer (&error));
  else
    {
      g_autofree char *token = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
      g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_bearer (token, 0);

      pillion_task_return_object (result, G_OBJECT (credentials));
    }
  return result;
}

/* At once */
static PillionTask *
renew_here (gpointer data)
{
  OwnRenewal *self = data;
  g_autoptr (PillionTask) got = NULL;

  self->n_called++;
  got = pillion_http_client_get_bytes (self->client, "/token", NULL);
  return pillion_task_and_then (got, make_token, self, NULL);
}

static void
renew_in_fiber_body (PillionTask *task,
                     gpointer data)
{
  OwnRenewal *self = data;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) got = pillion_http_client_get_bytes (self->client, "/token", NULL);
      g_autoptr (PillionTask) made = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GObject) credentials = NULL;

      g_assert_true (pillion_await (got, &error));
      made = make_token (got, self);
      credentials = pillion_task_get_object (made, &error);
      g_assert_no_error (error);
      if (i == 1)
        pillion_task_return_object (task, credentials);
    }
}

/* Later, and several times */
static PillionTask *
renew_in_fiber (gpointer data)
{
  OwnRenewal *self = data;

  self->n_called++;
  return pillion_loop_spawn (self->loop, "renew", renew_in_fiber_body, self, NULL);
}

static void
close_dialog (gpointer data)
{
  OwnRenewal *self = data;

  self->aside = pillion_http_client_get_bytes (self->client, "/aside", NULL);
  pillion_task_return_boolean (self->dialog, TRUE);
}

/* What somebody else begins meanwhile needs the token all the same */
static PillionTask *
renew_with_dialog (gpointer data)
{
  OwnRenewal *self = data;

  self->dialog = pillion_task_new (self->loop, "dialog", NULL);
  g_assert_true (pillion_loop_call_soon (self->loop, close_dialog, self, NULL));
  g_assert_true (pillion_loop_run_until_complete (self->loop, self->dialog, NULL));
  g_clear_object (&self->dialog);
  return renew_here (data);
}

/* A call that has been cancelled no longer wants the token, and the call for the token needs none */
static void
renew_for_nobody_body (PillionTask *task,
                       gpointer data)
{
  OwnRenewal *self = data;
  g_autoptr (PillionTask) got = pillion_http_client_get_bytes (self->client, "/token", NULL);
  g_autoptr (PillionTask) made = NULL;
  g_autoptr (GObject) credentials = NULL;
  g_autoptr (GError) error = NULL;

  if (self->n_called == 1)
    pillion_task_cancel (self->aside);
  if (!pillion_await (got, &error))
    {
      pillion_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  made = make_token (got, self);
  credentials = pillion_task_get_object (made, &error);
  g_assert_no_error (error);
  pillion_task_return_object (task, credentials);
}

static PillionTask *
renew_for_nobody (gpointer data)
{
  OwnRenewal *self = data;

  self->n_called++;
  return pillion_loop_spawn (self->loop, "renew", renew_for_nobody_body, self, NULL);
}

static PillionTask *
on_token (PillionHttpTestExchange *exchange,
          gpointer data)
{
  g_assert_null (pillion_http_test_exchange_get_header (exchange, "Authorization"));
  pillion_http_test_exchange_set_text (exchange, "abc", NULL);
  return NULL;
}

static void
test_renewing_with_itself (PillionLoop *loop,
                           gpointer data)
{
  static const PillionHttpRenewFunc funcs[] = { renew_here, renew_in_fiber, renew_with_dialog };

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer abc" };
      OwnRenewal renewal = { .loop = loop };
      g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, funcs[i], &renewal, NULL);
      g_autoptr (PillionTask) got = NULL;

      fixture_init (&self, loop);
      renewal.client = self.client;
      pillion_http_test_server_add_handler (self.server, "/token", on_token, NULL, NULL);
      pillion_http_client_set_credentials (self.client, credentials);
      got = pillion_http_client_get_bytes (self.client, "/a", NULL);
      assert_text (got, "welcome");
      if (renewal.aside != NULL)
        {
          assert_text (renewal.aside, "welcome");
          g_object_unref (renewal.aside);
        }
      g_assert_cmpuint (renewal.n_called, ==, 1);
      g_assert_cmpuint (self.n_refused, ==, 0);
    }
}

static void
test_renewing_for_nobody (PillionLoop *loop,
                          gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer abc" };
  OwnRenewal renewal = { .loop = loop };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew_for_nobody, &renewal, NULL);
  g_autoptr (PillionTask) cancelled = NULL;
  g_autoptr (PillionTask) got = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  renewal.client = self.client;
  pillion_http_test_server_add_handler (self.server, "/token", on_token, NULL, NULL);
  pillion_http_client_set_credentials (self.client, credentials);
  renewal.aside = cancelled = pillion_http_client_get_bytes (self.client, "/a", NULL);
  g_assert_false (pillion_await (cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  got = pillion_http_client_get_bytes (self.client, "/a", NULL);
  assert_text (got, "welcome");
}

static PillionTask *
on_any_token (PillionHttpTestExchange *exchange,
              gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "abc", NULL);
  return NULL;
}

/* Each token is got with a client that needs the other one */
static void
test_renewing_each_other (PillionLoop *loop,
                          gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer abc" };
  g_autoptr (PillionHttpClient) other = pillion_http_client_new (loop);
  OwnRenewal renewal = { .loop = loop, .client = other };
  OwnRenewal other_renewal = { .loop = loop };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew_in_fiber, &renewal, NULL);
  g_autoptr (PillionHttpCredentials) other_credentials = pillion_http_credentials_new_renewing (loop, renew_in_fiber, &other_renewal, NULL);
  g_autoptr (PillionTask) got = NULL;
  g_autoptr (PillionTask) other_got = NULL;

  fixture_init (&self, loop);
  other_renewal.client = self.client;
  pillion_http_client_set_base_url (other, pillion_http_test_server_get_url (self.server));
  pillion_http_test_server_add_handler (self.server, "/token", on_any_token, NULL, NULL);
  pillion_http_client_set_credentials (self.client, credentials);
  pillion_http_client_set_credentials (other, other_credentials);
  got = pillion_http_client_get_bytes (self.client, "/a", NULL);
  other_got = pillion_http_client_get_bytes (other, "/b", NULL);
  assert_text (got, "welcome");
  assert_text (other_got, "welcome");
  g_assert_cmpuint (renewal.n_called, ==, 1);
  g_assert_cmpuint (other_renewal.n_called, ==, 1);
}

/* The I/O thread, and a client that works in the loop, each have a token of their own */
static void
test_renewing_shared (PillionLoop *loop,
                      gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Bearer", .accepted = "Bearer" };
  Renewal renewal = { .loop = loop };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_renewing (loop, renew, &renewal, NULL);
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (loop);
  PillionHttpClient *clients[3];
  PillionTask *tasks[G_N_ELEMENTS (clients) * 2];

  fixture_init (&self, loop);
  pillion_http_test_transport_add_handler (transport, "/", on_request, &self, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = pillion_http_client_new (loop);
      if (i == 0)
        pillion_http_client_set_transport (clients[i], transport);
      pillion_http_client_set_credentials (clients[i], credentials);
      pillion_http_client_set_base_url (clients[i], pillion_http_test_server_get_url (self.server));
    }
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);

      tasks[i] = pillion_http_client_get_bytes (clients[i % G_N_ELEMENTS (clients)], path, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_text (tasks[i], "welcome");
      g_object_unref (tasks[i]);
    }
  g_assert_cmpuint (renewal.n_called, ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
}

/* Nobody is asked, and nothing is sent */
static void
test_no_credentials (PillionLoop *loop,
                     gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Basic realm=\"r\"", .accepted = "never" };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_basic ("me", "secret");
  g_autoptr (PillionHttpRequest) request = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_credentials (self.client, credentials);
  request = pillion_http_request_new ("GET", "/a");
  g_assert_true (pillion_http_request_get_use_credentials (request));
  pillion_http_request_set_use_credentials (request, FALSE);
  g_assert_false (pillion_http_request_get_use_credentials (request));
  task = pillion_http_client_send (self.client, request, NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
  g_assert_cmpuint (self.n_refused, ==, 1);
  g_assert_cmpstr (self.sent->str, ==, "-;");
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

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/credentials/given-ones-wait-for-the-server", test_given);
  pillion_test_add_func ("/http/credentials/basic-is-sent-at-once", test_given_at_once);
  pillion_test_add_func ("/http/credentials/given-ones-that-are-wrong", test_given_wrong);
  pillion_test_add_func ("/http/credentials/what-can-not-be-sent", test_colon);
  pillion_test_add_func ("/http/credentials/bearer", test_bearer);
  pillion_test_add_func ("/http/credentials/token-is-renewed-once-for-all", test_renewing);
  pillion_test_add_func ("/http/credentials/renewing-with-a-task-of-another-thread", test_task_of_another_thread);
  pillion_test_add_func ("/http/credentials/netrc", test_netrc);
  pillion_test_add_func ("/http/credentials/token-is-got-with-the-client-that-needs-it", test_renewing_with_itself);
  pillion_test_add_func ("/http/credentials/token-that-nobody-wants-any-more", test_renewing_for_nobody);
  pillion_test_add_func ("/http/credentials/tokens-that-need-each-other", test_renewing_each_other);
  pillion_test_add_func ("/http/credentials/token-of-clients-on-different-threads", test_renewing_shared);
  pillion_test_add_func ("/http/credentials/none-are-used-if-the-request-says-so", test_no_credentials);
  pillion_test_add_func ("/http/credentials/loop-of-the-token-is-closed", test_renewing_closed);
  pillion_test_add_func ("/http/credentials/token-by-a-closure", test_renewing_closure);
  pillion_test_add_func ("/http/credentials/token-expires", test_renewing_expired);
  pillion_test_add_func ("/http/credentials/body-is-sent-again", test_body);
  pillion_test_add_func ("/http/credentials/body-that-can-be-read-once", test_body_once);
  pillion_test_add_func ("/http/credentials/never-for-another-server", test_redirect);

  return g_test_run ();
}
