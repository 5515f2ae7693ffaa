/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "credentials-support.h"

#include <string.h>

PillionTask *
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

void
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

void
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

void
connect_handler (Fixture *self)
{
  g_signal_connect (self->client, "authenticate", G_CALLBACK (on_authenticate), self);
}

void
answer_with (Fixture *self,
             const char *user,
             const char *password)
{
  guint n = 0;

  while (self->answers[n] != NULL)
    n++;
  self->answers[n] = pillion_http_credentials_new (user, password);
  if (n == 0)
    connect_handler (self);
}

void
assert_gets (Fixture *self,
             const char *path,
             guint n_requests)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, path, NULL);

  assert_text (task, "welcome");
  g_assert_cmpuint (self->n_requests, ==, n_requests);
}

void
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
