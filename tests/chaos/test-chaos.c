/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every behaviour of a server with every kind of request, or those behaviours whose names begin with PILLION_CHAOS. Valgrind gets a sample,
 * chosen by the seed that GLib prints, unless PILLION_CHAOS is set. Whatever the server does: no crash, no hang, no success with anything else than the content, no file that is not whole. */

#include <stdlib.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "../http/http-support.h"
#include "../test-support.h"
#include "base/pillion-sync.h"
#include "behaviours.h"

/* How many requests run at the same time */
#define N_FIBERS 32

/* One in so many is in the sample */
#define SAMPLE 10

/* How long the client waits for a server that falls silent, in µs */
#define PATIENCE G_USEC_PER_SEC

typedef struct _Kind Kind;

typedef struct
{
  TestFixture *fixture;
  PillionHttpClient *hasty; /* for servers that fall silent */
  PillionHttpCache *cache;
  TestServer *server;
  GPtrArray *behaviours;
  const Kind *kind;
  guint next;
  guint n_run;
  GPtrArray *wrong; /* descriptions */

  GMutex lock;
  GHashTable *seen; /* paths that were requested before */
} Chaos;

/* One behaviour with one kind of request */
typedef struct
{
  Chaos *chaos;
  const ChaosBehaviour *behaviour;
  PillionHttpClient *client;
  char *url;
  char *path; /* of a file that nothing else uses */
} Cell;

struct _Kind
{
  const char *name;
  /* Returns the content, or NULL and the error */
  GBytes *(*request) (Cell    *cell,
                      GError **error);
  gboolean in_memory; /* so that it has a limit */
  gboolean to_file;
  gboolean refuses_all; /* because none of the behaviours is what it wants */
};

/* --- The server ------------------------------------------------------------------------------------------------------- */

static void
behave (TestConnection *connection,
        const ChaosBehaviour *behaviour)
{
  const guint8 *bytes = behaviour->bytes->data;
  gsize length = behaviour->bytes->len;

  if (behaviour->trickles)
    {
      for (gsize i = 0; i < length; i++)
        if (!test_connection_write (connection, bytes + i, 1))
          return;
    }
  else if (length > 0 && !test_connection_write (connection, bytes, (gssize) length))
    return;

  switch (behaviour->end)
    {
    case CHAOS_KEEP:
      break;
    case CHAOS_CLOSE:
      test_connection_close (connection);
      break;
    case CHAOS_RESET:
      test_connection_reset (connection);
      break;
    case CHAOS_SILENCE:
      test_connection_wait_closed (connection);
      break;
    case CHAOS_FLOOD:
      while (test_connection_write (connection, bytes + length - behaviour->n_repeated, (gssize) behaviour->n_repeated))
        ;
      break;
    default:
      g_assert_not_reached ();
    }
}

/* The first half of an ordinary answer, so that there is something to continue */
static gboolean
serve_half (TestConnection *connection,
            Chaos *chaos,
            const char *path)
{
  gboolean is_first;

  pillion_mutex_lock (&chaos->lock);
  is_first = g_hash_table_add (chaos->seen, g_strdup (path));
  pillion_mutex_unlock (&chaos->lock);
  if (is_first)
    {
      test_connection_write (connection, g_bytes_get_data (chaos_get_answer (), NULL), (gssize) g_bytes_get_size (chaos_get_answer ()) - 1000);
      test_connection_close (connection);
    }

  return is_first;
}

/* The path is /KIND/NUMBER, or anything else for an ordinary answer */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Chaos *chaos = data;
  g_autofree char *path = test_request_get_path (request);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);

  if (g_strv_length (parts) < 3)
    test_connection_write (connection, g_bytes_get_data (chaos_get_answer (), NULL), (gssize) g_bytes_get_size (chaos_get_answer ()));
  else if (strcmp (parts[1], "resumed") != 0 || !serve_half (connection, chaos, path))
    behave (connection, chaos->behaviours->pdata[atoi (parts[2])]);
}

/* --- The kinds of requests -------------------------------------------------------------------------------------------- */

static GBytes *
get_bytes (Cell *cell,
           GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (cell->client, cell->url, NULL);

  return pillion_await_bytes (task, error);
}

static GBytes *
get_json (Cell *cell,
          GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_json (cell->client, cell->url, NULL);
  g_autoptr (JsonParser) parser = pillion_await_object (task, error);
  g_autofree char *text = NULL;

  if (parser == NULL)
    return NULL;

  text = json_to_string (json_parser_get_root (parser), FALSE);
  return g_bytes_new (text, strlen (text));
}

static GBytes *
put (Cell *cell,
     GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", cell->url);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (PillionTask) task = NULL;

  pillion_http_request_set_body (request, chaos_get_body (), "application/json");
  task = pillion_http_client_send (cell->client, request, NULL);
  response = pillion_await_object (task, error);

  return response != NULL ? g_bytes_ref (pillion_http_response_get_body (response)) : NULL;
}

static GBytes *
read_stream (Cell *cell,
             GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open (cell->client, request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (task, error);
  GByteArray *content;

  if (stream == NULL)
    return NULL;

  content = g_byte_array_new ();
  while (TRUE)
    {
      g_autoptr (PillionTask) read = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (read, error);

      if (piece == NULL)
        {
          g_byte_array_unref (content);
          return NULL;
        }
      if (g_bytes_get_size (piece) == 0)
        return g_byte_array_free_to_bytes (content);
      g_byte_array_append (content, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
    }
}

static GBytes *
download (Cell *cell,
          GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (cell->path);
  g_autoptr (PillionTask) task = pillion_http_client_download (cell->client, cell->url, file, NULL, NULL);
  g_autoptr (PillionHttpDownload) result = pillion_await_object (task, error);
  char *content;
  gsize length;

  if (result == NULL)
    return NULL;

  g_assert_true (g_file_get_contents (cell->path, &content, &length, NULL));
  g_assert_cmpint (pillion_http_download_get_size (result), ==, length);
  return g_bytes_new_take (content, length);
}

static GBytes *
resume (Cell *cell,
        GError **error)
{
  PillionHttpClient *client = cell->client;
  g_autoptr (GError) local = NULL;

  cell->client = cell->chaos->fixture->client;
  g_assert_null (download (cell, &local));
  g_assert_error (local, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  cell->client = client;
  return download (cell, error);
}

/* Through a cache, and again, when it may have learned something wrong */
static GBytes *
get_cached (Cell *cell,
            GError **error)
{
  g_autoptr (GBytes) first = NULL;

  pillion_http_client_set_cache (cell->client, cell->chaos->cache);
  first = get_bytes (cell, NULL);
  if (first != NULL && !g_bytes_equal (first, cell->behaviour->content))
    return g_steal_pointer (&first);
  return get_bytes (cell, error);
}

/* None of the behaviours is an event stream, except that some say that there is nothing more */
static GBytes *
get_event (Cell *cell,
           GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (cell->client, request);
  g_autoptr (PillionHttpEvent) event = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (PillionTask) task = NULL;

  pillion_http_event_stream_set_max_reconnects (stream, 0);
  task = pillion_http_event_stream_next (stream, NULL);
  event = pillion_await_boxed (task, PILLION_HTTP_TYPE_EVENT, &local);
  pillion_http_event_stream_close (stream);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));

  return *error == NULL ? g_bytes_new_static ("", 0) : NULL;
}

/* Nor does any of them speak WebSocket */
static GBytes *
open_web_socket (Cell *cell,
                 GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (cell->client, request, NULL, NULL);
  g_autoptr (PillionHttpWebSocket) socket = pillion_await_object (task, error);

  return socket != NULL ? g_bytes_new_static ("", 0) : NULL;
}

static const Kind kinds[] = {
  { "bytes", get_bytes, .in_memory = TRUE },
  { "json", get_json, .in_memory = TRUE },
  { "put", put, .in_memory = TRUE },
  { "stream", read_stream },
  { "download", download, .to_file = TRUE },
  { "resumed", resume, .to_file = TRUE },
  { "cached", get_cached, .in_memory = TRUE },
  { "event", get_event, .refuses_all = TRUE },
  { "web-socket", open_web_socket, .refuses_all = TRUE },
};

/* --- What has to come of it ------------------------------------------------------------------------------------------- */

/* Whether the content is what has to arrive, as far as this kind of request tells */
static gboolean
is_right (Cell *cell,
          GBytes *content)
{
  gsize length = g_bytes_get_size (content);

  if (cell->chaos->kind->request != get_json)
    return g_bytes_equal (content, cell->behaviour->content);
  /* Blanks after a JSON text are no part of it */
  return g_bytes_get_size (cell->behaviour->content) >= length &&
         memcmp (g_bytes_get_data (cell->behaviour->content, NULL), g_bytes_get_data (content, NULL), length) == 0;
}

static ChaosOutcome
get_outcome (Cell *cell)
{
  const ChaosBehaviour *behaviour = cell->behaviour;

  if (cell->chaos->kind->refuses_all)
    return behaviour->no_content ? CHAOS_EITHER : CHAOS_FAILS;
  /* A part of a JSON text is none */
  if (cell->chaos->kind->request == get_json && g_bytes_get_size (behaviour->content) < g_bytes_get_size (chaos_get_body ()))
    return CHAOS_FAILS;
  if (cell->chaos->kind->to_file && behaviour->no_content)
    return CHAOS_FAILS;
  return behaviour->outcome;
}

/* NULL if it is an error that a program can make something of */
static const char *
find_fault_of_error (Cell *cell,
                     const GError *error)
{
  if (error->domain != PILLION_HTTP_ERROR && error->domain != PILLION_HTTP_STATUS_ERROR && error->domain != G_IO_ERROR &&
      error->domain != G_RESOLVER_ERROR)
    return "an error of another domain";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "it was not cancelled";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED))
    return "an error that says nothing";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) && cell->behaviour->end != CHAOS_SILENCE)
    return "it hangs";
  if (error->domain == PILLION_HTTP_STATUS_ERROR && error->code / 100 == 2 && !cell->behaviour->no_content && !cell->chaos->kind->refuses_all)
    return "the status of a success";
  if (strstr (error->message, cell->url) == NULL && strstr (error->message, "127.0.0.1") == NULL)
    return "the message names no URL";
  if (!g_utf8_validate (error->message, -1, NULL) || strlen (error->message) > 1000)
    return "the message can't be shown";

  return NULL;
}

static const char *
find_fault (Cell *cell,
            GBytes *content,
            const GError *error)
{
  ChaosOutcome outcome = get_outcome (cell);

  if (content != NULL && outcome == CHAOS_FAILS)
    return "a false success";
  if (content != NULL && !is_right (cell, content))
    return "other content";
  if (content == NULL && outcome == CHAOS_GOOD)
    return "a failure";
  if (content == NULL && g_file_test (cell->path, G_FILE_TEST_EXISTS))
    return "a file that is not whole";

  return error != NULL ? find_fault_of_error (cell, error) : NULL;
}

static void
run_cell (Chaos *chaos,
          guint number)
{
  const ChaosBehaviour *behaviour = chaos->behaviours->pdata[number];
  g_autofree char *server_path = g_strdup_printf ("/%s/%u", chaos->kind->name, number);
  g_autofree char *url = test_server_url (chaos->server, server_path);
  g_autofree char *path = g_strdup_printf ("%s/%u", chaos->fixture->folder, number);
  gboolean is_silent = behaviour->end == CHAOS_SILENCE && behaviour->outcome != CHAOS_GOOD;
  Cell cell = { chaos, behaviour, is_silent ? chaos->hasty : chaos->fixture->client, url, path };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) content = NULL;
  const char *fault;

  if (g_test_verbose ())
    g_test_message ("%s begins", behaviour->name);
  content = chaos->kind->request (&cell, &error);
  fault = find_fault (&cell, content, error);
  g_assert_true ((content == NULL) == (error != NULL));
  if (g_test_verbose ())
    g_test_message ("%s: %s", behaviour->name, error != NULL ? error->message : "good");
  if (fault != NULL)
    g_ptr_array_add (chaos->wrong, g_strdup_printf ("%s/%s: %s (%s)", chaos->kind->name, behaviour->name, fault,
                                                    error != NULL ? error->message : "it succeeds"));
  chaos->n_run++;
}

static gboolean
is_wanted (Chaos *chaos,
           guint number)
{
  const ChaosBehaviour *behaviour = chaos->behaviours->pdata[number];
  const char *wanted;

  /* What needs no memory has no limit, either */
  if (strcmp (behaviour->name, "coding/bomb") == 0 && !chaos->kind->in_memory)
    return FALSE;

  wanted = g_getenv ("PILLION_CHAOS");
  if (wanted != NULL)
    return g_str_has_prefix (behaviour->name, wanted);
  return !is_under_valgrind () || g_test_rand_int_range (0, SAMPLE) == 0;
}

static void
run_cells (PillionTask *task,
           gpointer data)
{
  Chaos *chaos = data;

  while (chaos->next < chaos->behaviours->len)
    {
      guint number = chaos->next++;

      if (is_wanted (chaos, number))
        run_cell (chaos, number);
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
test_kind (TestFixture *self,
           gconstpointer data)
{
  Chaos chaos = { .fixture = self, .kind = data };
  g_autofree char *cache_path = NULL;

  g_mutex_init (&chaos.lock);
  chaos.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  chaos.behaviours = chaos_behaviours_new ();
  chaos.wrong = g_ptr_array_new_with_free_func (g_free);
  chaos.server = test_server_new (TEST_SERVER_PLAIN, serve, &chaos);
  cache_path = test_fixture_path (self, "cache");
  chaos.cache = pillion_http_cache_new (cache_path);
  chaos.hasty = pillion_http_client_new (self->loop);
  pillion_http_client_set_first_byte_timeout_usec (chaos.hasty, PATIENCE);
  pillion_http_client_set_idle_timeout_usec (chaos.hasty, PATIENCE);
  pillion_http_client_set_max_connections_per_host (chaos.hasty, N_FIBERS);
  pillion_http_client_set_max_connections (chaos.hasty, N_FIBERS);
  pillion_http_client_set_max_connections_per_host (self->client, N_FIBERS);
  pillion_http_client_set_max_connections (self->client, N_FIBERS);
  /* Not more than is in the table, whatever happens */
  pillion_http_client_set_max_body_size (self->client, 8 << 20);

  {
    g_autoptr (GPtrArray) fibers = g_ptr_array_new_with_free_func (g_object_unref);

    for (guint i = 0; i < N_FIBERS; i++)
      g_ptr_array_add (fibers, pillion_loop_spawn (self->loop, "cells", run_cells, &chaos, NULL));
    for (guint i = 0; i < N_FIBERS; i++)
      test_fixture_await (self, fibers->pdata[i]);
  }

  g_test_message ("%s: %u of %u behaviours", chaos.kind->name, chaos.n_run, chaos.behaviours->len);
  g_assert_cmpuint (chaos.behaviours->len, >=, 250);
  g_assert_cmpuint (chaos.n_run, >, 0);
  for (guint i = 0; i < chaos.wrong->len; i++)
    g_test_message ("wrong: %s", (char *) chaos.wrong->pdata[i]);
  g_assert_cmpuint (chaos.wrong->len, ==, 0);

  g_clear_object (&chaos.hasty);
  g_clear_object (&chaos.cache);
  test_server_free (chaos.server);
  g_ptr_array_unref (chaos.wrong);
  g_ptr_array_unref (chaos.behaviours);
  g_hash_table_unref (chaos.seen);
  g_mutex_clear (&chaos.lock);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/chaos/%s", kinds[i].name);

      g_test_add (path, TestFixture, &kinds[i], test_fixture_set_up, test_kind, test_fixture_tear_down);
    }

  return g_test_run ();
}
