/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every rule of cache-cases.h, with a transport in the process and with a server on loopback */

#include "cache-cases.h"

#include <string.h>

#include "cache-support.h"
#include "http-support.h"
#include "base/pillion-sync.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-engine.h"

/* What the server is to say, for whichever thread it is on */
typedef struct
{
  GMutex mutex;
  const CacheStep *step;
  guint n_requests;
  char *problem; /* with what was sent, or NULL */
} Server;

typedef struct
{
  guint status;
  char *fields;
  char *body;
  gboolean to_the_end;
  gboolean lost; /* there is none */
} Answer;

static gint64 shift; /* of the real time, in s; with the mutex of the server */

static gint64
get_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC + shift;
}

static void
pass_time (gint64 seconds)
{
  shift += seconds;
  pillion_http_engine_shift_real_time (seconds * G_USEC_PER_SEC);
}

/* The lines, with their dates */
static char *
make_fields (const char *lines)
{
  g_auto (GStrv) all = g_strsplit (lines != NULL ? lines : "", "\n", -1);
  GString *fields = g_string_new (NULL);

  for (guint i = 0; all[i] != NULL && all[i][0] != '\0'; i++)
    {
      const char *at = strstr (all[i], ": @");

      if (at != NULL)
        {
          g_autofree char *date = pillion_http_format_date (get_now () + g_ascii_strtoll (at + 3, NULL, 10));

          g_string_append_printf (fields, "%.*s: %s\n", (int) (at - all[i]), all[i], date);
        }
      else
        g_string_append_printf (fields, "%s\n", all[i]);
    }

  return g_string_free (fields, FALSE);
}

typedef char *(*GetField) (gpointer source, const char *name);

/* Compares fields with lines; returns what is wrong, or NULL */
static char *
compare (const char *lines,
         GetField get,
         gpointer source)
{
  g_auto (GStrv) all = g_strsplit (lines != NULL ? lines : "", "\n", -1);

  for (guint i = 0; all[i] != NULL && all[i][0] != '\0'; i++)
    {
      gboolean absent = all[i][0] == '!';
      g_auto (GStrv) parts = g_strsplit (all[i] + absent, ": ", 2);
      g_autofree char *value = get (source, parts[0]);

      if (absent ? value != NULL : value == NULL)
        return g_strdup_printf ("%s is %s", parts[0], value != NULL ? value : "missing");
      /* The last line may be the beginning of a value */
      if (!absent && (all[i + 1] != NULL ? strcmp (value, parts[1]) != 0 : !g_str_has_prefix (value, parts[1])))
        return g_strdup_printf ("%s is %s instead of %s", parts[0], value, parts[1]);
    }

  return NULL;
}

static Answer
answer (Server *self,
        GetField get,
        gpointer source)
{
  const CacheStep *step;
  Answer result;
  g_autofree char *etag = get (source, "If-None-Match");
  g_autofree char *date = get (source, "If-Modified-Since");

  pillion_mutex_lock (&self->mutex);
  step = self->step;
  self->n_requests++;
  g_free (self->problem);
  self->problem = compare (step->sent, get, source);
  result = (Answer) {
    .status = step->status != 0 ? step->status : 200,
    .fields = make_fields (step->response),
    .body = step->body != NULL ? g_strdup (step->body) : g_strdup_printf ("%u", self->n_requests),
    .to_the_end = step->to_the_end,
    .lost = step->from == FROM_NOBODY,
  };
  if ((step->from == FROM_VALIDATED || step->from == FROM_ANEW) && (etag != NULL || date != NULL))
    result.status = 304;

  if (!g_str_has_prefix (result.fields, "Date: ") && strstr (result.fields, "\nDate: ") == NULL)
    {
      g_autofree char *now = pillion_http_format_date (get_now ());
      char *both = g_strconcat (result.fields, "Date: ", now, "\n", NULL);

      g_free (result.fields);
      result.fields = both;
    }
  pillion_mutex_unlock (&self->mutex);

  return result;
}

static void
answer_clear (Answer *self)
{
  g_free (self->fields);
  g_free (self->body);
}

static char *
get_sent_field (gpointer source,
                const char *name)
{
  return test_request_get_field (source, name);
}

/* On loopback */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *method = g_strndup (request, strcspn (request, " "));
  Answer result = answer (data, get_sent_field, (gpointer) request);
  g_auto (GStrv) lines = g_strsplit (result.fields, "\n", -1);
  g_autofree char *fields = g_strjoinv ("\r\n", lines);
  gboolean bare = strcmp (method, "HEAD") == 0 || result.status == 304 || result.status == 204;

  if (result.lost || result.to_the_end)
    {
      if (!result.lost)
        test_connection_printf (connection, "HTTP/1.1 %u Status\r\n%s\r\n%s", result.status, fields, result.body);
      test_connection_close (connection);
    }
  else if (bare || strstr (fields, "Content-Length: ") != NULL)
    test_connection_printf (connection, "HTTP/1.1 %u Status\r\n%s\r\n", result.status, fields);
  else
    test_connection_printf (connection, "HTTP/1.1 %u Status\r\nContent-Length: %zu\r\n%s\r\n%s", result.status, strlen (result.body), fields,
                            result.body);
  answer_clear (&result);
}

static char *
get_exchange_field (gpointer source,
                    const char *name)
{
  return g_strdup (pillion_http_test_exchange_get_header (source, name));
}

/* In the process */
static PillionTask *
handle (PillionHttpTestExchange *exchange,
        gpointer data)
{
  Answer result = answer (data, get_exchange_field, exchange);
  g_auto (GStrv) lines = g_strsplit (result.fields, "\n", -1);

  pillion_http_test_exchange_set_status (exchange, result.status);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      /* Its length is its own business there */
      if (strcmp (parts[0], "Content-Length") != 0 && strcmp (parts[0], "Transfer-Encoding") != 0)
        pillion_http_test_exchange_add_header (exchange, parts[0], parts[1]);
    }
  pillion_http_test_exchange_set_text (exchange, result.body, "text/plain");
  answer_clear (&result);
  return NULL;
}

static char *
get_response_field (gpointer source,
                    const char *name)
{
  return g_strdup (pillion_http_response_get_header (source, name));
}

static PillionHttpRequest *
make_request (const CacheStep *step,
              const char *base)
{
  g_autofree char *url = g_strconcat (base, step->path, NULL);
  g_auto (GStrv) lines = g_strsplit (step->request != NULL ? step->request : "", "\n", -1);
  PillionHttpRequest *request = pillion_http_request_new (step->method != NULL ? step->method : "GET", url);

  pillion_http_request_accept_statuses (request, 200, step->from == FROM_NOBODY ? 504 : 503);
  pillion_http_request_set_cache_mode (request, step->mode);
  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      pillion_http_request_append_header (request, parts[0], parts[1]);
    }

  return request;
}

static void
check (const CacheStep *step,
       PillionHttpResponse *response,
       Server *server,
       guint n_before,
       char **last)
{
  const guint n_asked = server->n_requests - n_before;
  g_autofree char *problem = compare (step->got, get_response_field, response);
  g_autofree char *text = NULL;
  GBytes *body = pillion_http_response_get_body (response);
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  guint status = step->expected;

  text = g_strndup (data != NULL ? data : "", length);
  g_assert_cmpstr (server->problem, ==, NULL);
  g_assert_cmpstr (problem, ==, NULL);

  if (status == 0)
    status = step->from == FROM_NOBODY ? 504 : step->from == FROM_SERVER && step->status != 0 ? step->status : 200;
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, status);

  switch (step->from)
    {
    case FROM_SERVER:
      g_assert_cmpuint (n_asked, ==, 1);
      g_assert_false (pillion_http_response_is_from_cache (response));
      g_free (*last);
      *last = g_strdup (text);
      break;
    case FROM_NOBODY:
      g_assert_false (pillion_http_response_is_from_cache (response));
      g_assert_nonnull (pillion_http_response_get_network_error (response));
      break;
    case FROM_VALIDATED:
      g_assert_cmpuint (n_asked, >=, 1);
      g_assert_true (pillion_http_response_is_from_cache (response));
      break;
    case FROM_ANEW:
      g_assert_cmpuint (n_asked, ==, 2);
      g_assert_false (pillion_http_response_is_from_cache (response));
      g_free (*last);
      *last = g_strdup (text);
      break;
    default:
      /* It may have failed to answer */
      g_assert_cmpuint (n_asked, ==, step->status != 0 ? 1 : 0);
      g_assert_true (pillion_http_response_is_from_cache (response));
      break;
    }

  if (step->text != NULL)
    g_assert_cmpstr (text, ==, step->text);
  else if (status != 204)
    g_assert_cmpstr (text, ==, *last);
}

static void
take_step (const CacheStep *step,
           TestFixture *self,
           PillionHttpTestTransport *transport, /* NULL on loopback */
           Server *server,
           const char *base,
           char **last)
{
  g_autoptr (PillionHttpRequest) request = make_request (step, base);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  guint n_before;

  pillion_mutex_lock (&server->mutex);
  pass_time (step->later);
  server->step = step;
  n_before = server->n_requests;
  g_clear_pointer (&server->problem, g_free);
  pillion_mutex_unlock (&server->mutex);

  if (transport != NULL && step->from == FROM_NOBODY)
    {
      g_autoptr (GError) refused = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "refused");

      pillion_http_test_transport_add_error (transport, "/", refused);
    }
  else if (transport != NULL)
    pillion_http_test_transport_add_handler (transport, "/", handle, server, NULL);

  pillion_http_client_set_offline (self->client, step->offline);
  task = pillion_http_client_send (self->client, request, NULL);
  g_assert_true (pillion_loop_run_until_complete (self->loop, task, NULL) || pillion_task_is_done (task));
  response = pillion_task_get_object (task, &error);

  pillion_mutex_lock (&server->mutex);
  if (step->from == FROM_NOWHERE)
    {
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
      g_assert_cmpuint (server->n_requests, ==, n_before);
    }
  else
    {
      g_assert_no_error (error);
      check (step, response, server, n_before, last);
    }
  pillion_mutex_unlock (&server->mutex);
}

/* A fixture and the folder of its cache */
typedef struct
{
  TestFixture parent;
  TestCacheFolder folder;
} Fixture;

static void
set_up (Fixture *self,
        gconstpointer data)
{
  test_fixture_set_up (&self->parent, data);
  test_cache_folder_init (&self->folder);
}

static void
tear_down (Fixture *self,
           gconstpointer data)
{
  test_fixture_tear_down (&self->parent, data);
  test_cache_folder_clear (&self->folder);
}

static void
run (Fixture *fixture,
     const CacheCase *rule,
     gboolean loopback)
{
  Server server = { 0 };
  TestFixture *self = &fixture->parent;
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (fixture->folder.path);
  g_autoptr (PillionHttpTestTransport) transport = NULL;
  TestServer *test_server = NULL;
  g_autofree char *base = NULL;
  g_autofree char *last = NULL;

  g_mutex_init (&server.mutex);
  if (loopback)
    {
      test_server = test_server_new (TEST_SERVER_PLAIN, serve, &server);
      base = test_server_url (test_server, "/resource");
    }
  else
    {
      transport = pillion_http_test_transport_new (self->loop);
      pillion_http_client_set_transport (self->client, transport);
      base = g_strdup ("http://server.example/resource");
    }
  pillion_http_client_set_cache (self->client, cache);

  for (guint i = 0; i < rule->n_steps; i++)
    {
      g_test_message ("step %u", i + 1);
      take_step (&rule->steps[i], self, transport, &server, base, &last);
    }

  pillion_http_client_set_cache (self->client, NULL);
  g_clear_pointer (&test_server, test_server_free);
  g_free (server.problem);
  g_mutex_clear (&server.mutex);
}

static void
test_in_process (Fixture *self,
                 gconstpointer data)
{
  run (self, data, FALSE);
}

static void
test_on_loopback (Fixture *self,
                  gconstpointer data)
{
  run (self, data, TRUE);
}

static char *
make_path (const char *where,
           guint number,
           const char *section)
{
  g_autofree char *name = g_strdup (section);

  g_strcanon (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS ".", '-');
  return g_strdup_printf ("/http/cache-rules/%s/%03u-%s", where, number, name);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cache_cases); i++)
    {
      g_autofree char *in_process = make_path ("process", i + 1, cache_cases[i].section);
      g_autofree char *on_loopback = make_path ("loopback", i + 1, cache_cases[i].section);

      g_test_add (in_process, Fixture, &cache_cases[i], set_up, test_in_process, tear_down);
      g_test_add (on_loopback, Fixture, &cache_cases[i], set_up, test_on_loopback, tear_down);
    }

  return g_test_run ();
}
