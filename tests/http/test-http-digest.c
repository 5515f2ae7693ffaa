/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Digest authentication */

#include "credentials-support.h"

#include <string.h>

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

/* What can't be answered is told, instead of a plain refusal that looks like a wrong password */
static PillionTask *
on_challenge (PillionHttpTestExchange *exchange,
              gpointer data)
{
  const char **challenge = data;

  g_assert_null (pillion_http_test_exchange_get_header (exchange, "Authorization"));
  pillion_http_test_exchange_set_status (exchange, 401);
  pillion_http_test_exchange_add_header (exchange, "WWW-Authenticate", *challenge);
  return NULL;
}

static void
test_unsupported (PillionLoop *loop,
                  gpointer data)
{
  static const struct
  {
    const char *challenge;
    const char *message; /* or NULL, if there is nothing to say */
  } cases[] = {
    { "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-512-256", "the algorithm 'SHA-512-256' of Digest is not supported" },
    { "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"", "the quality of protection 'auth-int' of Digest is not supported" },
    { "Negotiate, Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256-sess", "'SHA-512-256-sess'" },
    { "Digest nonce=\"b\"", "the Digest challenge is not valid" },
    { "Digest realm=\"a\", nonce=\"b\", algorithm=\"\001\"", "the Digest challenge is not valid" },
    { "Negotiate", NULL },
  };
  g_auto (Fixture) self = { NULL };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  const char *challenge = NULL;

  fixture_init (&self, loop);
  pillion_http_test_server_add_handler (self.server, "/a", on_challenge, &challenge, NULL);
  pillion_http_client_set_credentials (self.client, credentials);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      challenge = cases[i].challenge;
      task = pillion_http_client_get_bytes (self.client, "/a", NULL);
      g_assert_false (pillion_await (task, &error));
      g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 401);
      if (cases[i].message != NULL)
        g_assert_nonnull (strstr (error->message, cases[i].message));
      else
        g_assert_true (g_str_has_suffix (error->message, "401 (Unauthorized)"));
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/digest/nonce-is-used-until-the-server-gives-another", test_digest);
  pillion_test_add_func ("/http/digest/stale-nonces-come-to-an-end", test_stale_forever);
  pillion_test_add_func ("/http/digest/what-is-not-supported-is-told", test_unsupported);

  return g_test_run ();
}
