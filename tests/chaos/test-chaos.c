/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Every behaviour of a server with every kind of request, or those behaviours whose names begin with PILLION_CHAOS. Without that variable, a sample of
 * every family, chosen by the seed that GLib prints; the plain build tries all of HTTP/1.
 * Whatever the server does: no crash, no hang, no success with anything but the content, no file that is incomplete. */

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "../http/cache-support.h"
#include "../http/http-support.h"
#include "../test-support.h"
#include "base/pillion-sync.h"
#include "behaviours.h"
#include "certificates.h"
#include "heap.h"
#include "kinds.h"
#include "server.h"

/* How many requests run at the same time */
#define N_FIBERS 32

/* One in so many is in the sample: of what one server can answer over HTTP/1, and of each other family, whose behaviours need servers of their own */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PLAIN_SAMPLE 4
#define SERVED_SAMPLE 40
#else
#define PLAIN_SAMPLE (is_under_valgrind () ? 40 : 2)
#define SERVED_SAMPLE (is_under_valgrind () ? 200 : 20)
#endif

/* Every family has more behaviours than that */
#define SMALLEST_FAMILY 10

/* How long the client waits for a server that falls silent, in µs */
#define PATIENCE G_USEC_PER_SEC

/* And for any other one, which never takes so long unless something is wrong, in µs */
#define LONG_PATIENCE (240 * (GTimeSpan) G_USEC_PER_SEC)

typedef struct
{
  TestFixture *fixture;
  PillionHttpClient *hasty; /* for servers that fall silent */
  PillionHttpCache *cache;
  GTlsDatabase *database;
  TestServer *server; /* for all behaviours that are CHAOS_PLAIN */
  GPtrArray *behaviours;
  const ChaosKind *kind;
  gboolean measures; /* how much memory each cell takes */
  GArray *chosen; /* the numbers of those that are tried */
  guint next;     /* of those */
  guint n_run;
  GPtrArray *wrong; /* descriptions */

  GMutex lock;
  GHashTable *counts; /* of the requests, by the number of the behaviour */
} Chaos;

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

/* How many requests there were before for the behaviour */
static guint
count (Chaos *chaos,
       guint number)
{
  guint n;

  pillion_mutex_lock (&chaos->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (chaos->counts, GUINT_TO_POINTER (number)));
  g_hash_table_insert (chaos->counts, GUINT_TO_POINTER (number), GUINT_TO_POINTER (n + 1));
  pillion_mutex_unlock (&chaos->lock);

  return n;
}

/* The path is /KIND/NUMBER, or anything else for an ordinary answer. If the kind resumes, there is first the first half of an ordinary
 * answer, so that there is something to continue. */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Chaos *chaos = data;
  g_autofree char *path = test_request_get_path (request);
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);
  const ChaosBehaviour *behaviour;
  guint number;
  guint n;

  if (g_strv_length (parts) < 3)
    {
      test_connection_write (connection, g_bytes_get_data (chaos_get_answer (), NULL), (gssize) g_bytes_get_size (chaos_get_answer ()));
      return;
    }

  number = (guint) atoi (parts[2]);
  n = count (chaos, number);
  if (chaos->kind->resumes && n == 0)
    {
      test_connection_write (connection, g_bytes_get_data (chaos_get_answer (), NULL), (gssize) g_bytes_get_size (chaos_get_answer ()) - 1000);
      test_connection_close (connection);
      return;
    }

  behaviour = chaos->behaviours->pdata[number];
  for (guint i = chaos->kind->resumes ? 1 : 0; i < n && behaviour->next != NULL; i++)
    behaviour = behaviour->next;
  behave (connection, behaviour);
}

/* --- What has to come of it ------------------------------------------------------------------------------------------- */

/* Whether the content is what has to arrive, as far as this kind of request tells */
static gboolean
is_right (ChaosCell *cell,
          GBytes *content)
{
  gsize length = g_bytes_get_size (content);

  /* It is only about memory then */
  if (cell->behaviour->bomb)
    return TRUE;
  if (!cell->kind->is_json)
    return g_bytes_equal (content, cell->behaviour->content);
  /* Blanks after a JSON text are no part of it */
  return g_bytes_get_size (cell->behaviour->content) >= length &&
         memcmp (g_bytes_get_data (cell->behaviour->content, NULL), g_bytes_get_data (content, NULL), length) == 0;
}

/* Whether only the client's limits end it */
static gboolean
is_hasty (const ChaosBehaviour *behaviour)
{
  return behaviour->hasty || (behaviour->end == CHAOS_SILENCE && behaviour->outcome != CHAOS_GOOD);
}

/* Whether it redirects a PUT together with its body */
static gboolean
wants_body_again (const ChaosBehaviour *behaviour)
{
  static const char *const heads[] = { "HTTP/1.1 301", "HTTP/1.1 302", "HTTP/1.1 307", "HTTP/1.1 308" };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    if (behaviour->bytes->len > strlen (heads[i]) && memcmp (behaviour->bytes->data, heads[i], strlen (heads[i])) == 0)
      return TRUE;

  return FALSE;
}

static ChaosOutcome
get_outcome (ChaosCell *cell)
{
  const ChaosBehaviour *behaviour = cell->behaviour;

  if (cell->kind->refuses_all)
    return behaviour->no_content ? CHAOS_EITHER : CHAOS_FAILS;
  /* A part of a JSON text is none */
  if (cell->kind->is_json && g_bytes_get_size (behaviour->content) < g_bytes_get_size (chaos_get_body ()))
    return CHAOS_FAILS;
  if (cell->kind->to_file && behaviour->no_content)
    return CHAOS_FAILS;
  if (behaviour->bomb && !cell->kind->in_memory)
    return CHAOS_EITHER;
  if (cell->kind->asks_twice && behaviour->then_good)
    return CHAOS_GOOD;
  if (cell->kind->retries && behaviour->passes)
    return CHAOS_GOOD;
  if (cell->kind->sends_once && wants_body_again (behaviour))
    return CHAOS_FAILS;
  return behaviour->outcome;
}

/* NULL if it is an error that a program can make something of */
static const char *
find_fault_of_error (ChaosCell *cell,
                     const GError *error)
{
  if (error->domain != PILLION_HTTP_ERROR && error->domain != PILLION_HTTP_STATUS_ERROR && error->domain != G_IO_ERROR &&
      error->domain != G_RESOLVER_ERROR && (error->domain != G_TLS_ERROR || cell->behaviour->ground < CHAOS_TLS))
    return "an error of another domain";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "it was not cancelled";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED))
    return "an error that says nothing";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) && !is_hasty (cell->behaviour))
    return "it hangs";
  if (error->domain == PILLION_HTTP_STATUS_ERROR && error->code / 100 == 2 && !cell->behaviour->no_content && !cell->kind->refuses_all)
    return "the status of a success";
  if (strstr (error->message, cell->url) == NULL && strstr (error->message, "127.0.0.1") == NULL)
    return "the message names no URL";
  if (!g_utf8_validate (error->message, -1, NULL) || strlen (error->message) > 1000)
    return "the message can't be shown";

  return NULL;
}

static const char *
find_fault (ChaosCell *cell,
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
  if (content == NULL && chaos_cell_has_file (cell))
    return "a file that is not whole";
  if (cell->fault != NULL)
    return cell->fault;

  return error != NULL ? find_fault_of_error (cell, error) : NULL;
}

/* --- The cells -------------------------------------------------------------------------------------------------------- */

static void
set_limits (Chaos *chaos,
            PillionHttpClient *client,
            GTimeSpan patience)
{
  pillion_http_client_set_first_byte_timeout_usec (client, patience);
  pillion_http_client_set_idle_timeout_usec (client, patience);
  pillion_http_client_set_connect_timeout_usec (client, patience);
  pillion_http_client_set_max_connections_per_host (client, N_FIBERS);
  pillion_http_client_set_max_connections (client, N_FIBERS);
  /* Not more than is in the table, whatever happens */
  pillion_http_client_set_max_body_size (client, CHAOS_MAX_BODY);
  pillion_http_client_set_tls_database (client, chaos->database);
}

/* A client that uses the proxy */
static PillionHttpClient *
make_client (Chaos *chaos,
             const char *scheme,
             guint16 port,
             GTimeSpan patience)
{
  PillionHttpClient *client = pillion_http_client_new (chaos->fixture->loop);
  g_autofree char *proxy = g_strdup_printf ("%s://127.0.0.1:%u", scheme != NULL ? scheme : "http", port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy, NULL);

  set_limits (chaos, client, patience);
  pillion_http_client_set_proxy_resolver (client, resolver);

  return client;
}

static char *
make_url (Chaos *chaos,
          guint number,
          ChaosServer *server)
{
  const ChaosBehaviour *behaviour = chaos->behaviours->pdata[number];
  g_autofree char *path = g_strdup_printf ("/%s/%u", chaos->kind->name, number);

  switch (behaviour->ground)
    {
    case CHAOS_PLAIN:
      return test_server_url (chaos->server, path);
    case CHAOS_RAW:
      return g_strdup_printf ("http://127.0.0.1:%u%s", chaos_server_get_port (server), path);
    case CHAOS_TLS:
      return g_strdup_printf ("https://127.0.0.1:%u%s", chaos_server_get_port (server), path);
    /* Nothing listens there */
    case CHAOS_FORWARD:
      return g_strdup_printf ("http://127.0.0.1:1%s", path);
    case CHAOS_TUNNEL:
      return g_strdup_printf ("https://127.0.0.1:1%s", path);
    default:
      g_assert_not_reached ();
    }
}

/* libsoup's HTTP/2 receives without regard to what is read, and keeps all of it until the end. What the table has of that is not much. */
static gsize
get_memory_limit (const ChaosKind *kind,
                  const ChaosBehaviour *behaviour)
{
  return g_str_has_prefix (behaviour->name, "http2/data/") ? 10 * CHAOS_MAX_BODY : kind->memory;
}

static void
run_cell (Chaos *chaos,
          guint number)
{
  const ChaosBehaviour *behaviour = chaos->behaviours->pdata[number];
  gboolean through_proxy = behaviour->ground == CHAOS_FORWARD || behaviour->ground == CHAOS_TUNNEL;
  ChaosServer *server = behaviour->ground != CHAOS_PLAIN ? chaos_server_new (behaviour, chaos->kind->resumes) : NULL;
  g_autofree char *url = make_url (chaos, number, server);
  g_autofree char *folder = g_strdup_printf ("%s/%u", chaos->fixture->folder, number);
  g_autoptr (PillionHttpClient) patient =
    through_proxy ? make_client (chaos, behaviour->proxy, chaos_server_get_port (server), LONG_PATIENCE) : g_object_ref (chaos->fixture->client);
  g_autoptr (PillionHttpClient) hasty =
    through_proxy ? make_client (chaos, behaviour->proxy, chaos_server_get_port (server), PATIENCE) : g_object_ref (chaos->hasty);
  ChaosCell cell = { chaos->kind, behaviour, is_hasty (behaviour) ? hasty : patient, patient, chaos->cache, url, folder };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) content = NULL;
  const char *fault;

  if (g_test_verbose ())
    g_test_message ("%s begins", behaviour->name);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  if (chaos->measures)
    chaos_heap_begin ();
  content = chaos->kind->request (&cell, &error);
  chaos_heap_end ();
  fault = find_fault (&cell, content, error);
  if (fault == NULL && chaos->measures && chaos_heap_get_peak () > get_memory_limit (chaos->kind, behaviour))
    fault = "too much memory";
  if (chaos->measures && (fault != NULL || g_test_verbose ()))
    g_test_message ("%s/%s: %zu KiB", chaos->kind->name, behaviour->name, chaos_heap_get_peak () >> 10);
  g_assert_true ((content == NULL) == (error != NULL));
  if (g_test_verbose ())
    g_test_message ("%s: %s", behaviour->name, error != NULL ? error->message : "good");
  if (fault != NULL)
    g_ptr_array_add (chaos->wrong, g_strdup_printf ("%s/%s: %s (%s)", chaos->kind->name, behaviour->name, fault,
                                                    error != NULL ? error->message : "it succeeds"));
  g_clear_pointer (&server, chaos_server_free);
  chaos->n_run++;
}

/* Whether it may need much memory */
static gboolean
is_heavy (const ChaosBehaviour *behaviour)
{
  return behaviour->bomb || behaviour->end == CHAOS_FLOOD || behaviour->bytes->len > 40000 ||
         g_str_has_prefix (behaviour->name, "http2/block/") || g_str_has_prefix (behaviour->name, "http2/data/much");
}

static gboolean
applies (Chaos *chaos,
         const ChaosBehaviour *behaviour)
{
  const ChaosKind *kind = chaos->kind;

  if (chaos->measures && !is_heavy (behaviour))
    return FALSE;

  /* What needs no memory has no limit, either, and may go on for long. libsoup's HTTP/2 always needs memory. */
  if (behaviour->bomb && !kind->in_memory && (!chaos->measures || behaviour->ground != CHAOS_PLAIN))
    return FALSE;

  if (kind->only != NULL && !g_str_has_prefix (behaviour->name, kind->only))
    return FALSE;

  /* Files are not sent over HTTP/2 */
  return !(kind->from_file && g_str_has_prefix (behaviour->name, "http2/"));
}

/* Behaviours of one family come next to each other in the table */
static gboolean
is_same_family (const ChaosBehaviour *a,
                const ChaosBehaviour *b)
{
  return a->ground == b->ground && g_str_has_prefix (a->name, "http2/") == g_str_has_prefix (b->name, "http2/");
}

/* Which behaviours are tried, as numbers. Each family is sampled on its own, so that none is left out. */
static GArray *
choose (Chaos *chaos)
{
  const char *wanted = g_getenv ("PILLION_CHAOS");
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (guint));
  const ChaosBehaviour *previous = NULL;
  int until_next = 0;

  for (guint number = 0; number < chaos->behaviours->len; number++)
    {
      const ChaosBehaviour *behaviour = chaos->behaviours->pdata[number];
      int one_in = behaviour->ground == CHAOS_PLAIN && !chaos->measures ? PLAIN_SAMPLE : SERVED_SAMPLE;

      if (!applies (chaos, behaviour))
        continue;
      if (wanted != NULL)
        {
          if (g_str_has_prefix (behaviour->name, wanted))
            g_array_append_val (chosen, number);
          continue;
        }
      /* They keep the machine busy for as long as the client is patient, and test-floods.c tries their kinds in every build */
      if (behaviour->floods_tls)
        continue;

      if (previous == NULL || !is_same_family (behaviour, previous))
        until_next = g_test_rand_int_range (0, MIN (one_in, SMALLEST_FAMILY));
      previous = behaviour;
      if (until_next-- == 0)
        {
          g_array_append_val (chosen, number);
          /* On average one in so many, and never two at a fixed distance: neighbours differ in the same way throughout a family */
          until_next = g_test_rand_int_range (0, 2 * one_in - 1);
        }
    }

  return chosen;
}

static void
run_cells (PillionTask *task,
           gpointer data)
{
  Chaos *chaos = data;

  while (chaos->next < chaos->chosen->len)
    run_cell (chaos, g_array_index (chaos->chosen, guint, chaos->next++));
  pillion_task_return_boolean (task, TRUE);
}

static void
run_kind (TestCacheFixture *fixture,
          const ChaosKind *kind,
          gboolean measures)
{
  TestFixture *self = &fixture->parent;
  Chaos chaos = { .fixture = self, .kind = kind, .measures = measures };
  guint n_fibers = measures ? 1 : N_FIBERS;

  g_mutex_init (&chaos.lock);
  chaos.counts = g_hash_table_new (NULL, NULL);
  chaos.behaviours = chaos_behaviours_new ();
  chaos.chosen = choose (&chaos);
  chaos.wrong = g_ptr_array_new_with_free_func (g_free);
  chaos.server = test_server_new (TEST_SERVER_PLAIN, serve, &chaos);
  chaos.cache = pillion_http_cache_new (fixture->folder.path);
  chaos.database = chaos_certificates_make_database (self->folder);
  chaos.hasty = pillion_http_client_new (self->loop);
  set_limits (&chaos, chaos.hasty, PATIENCE);
  set_limits (&chaos, self->client, is_under_valgrind () ? 10 * LONG_PATIENCE : LONG_PATIENCE);

  {
    g_autoptr (GPtrArray) fibers = g_ptr_array_new_with_free_func (g_object_unref);

    for (guint i = 0; i < n_fibers; i++)
      g_ptr_array_add (fibers, pillion_loop_spawn (self->loop, "cells", run_cells, &chaos, NULL));
    for (guint i = 0; i < n_fibers; i++)
      test_fixture_await (self, fibers->pdata[i]);
  }

  /* GIO loses memory if its context is gone before it has heard that the last attempt to connect failed */
  {
    g_autofree char *good = test_server_url (chaos.server, "/good");

    test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, good, NULL),
                               g_bytes_get_data (chaos_get_body (), NULL), g_bytes_get_size (chaos_get_body ()));
  }

  g_test_message ("%s: %u of %u behaviours", chaos.kind->name, chaos.n_run, chaos.behaviours->len);
  g_assert_cmpuint (chaos.behaviours->len, >=, 250);
  g_assert_true (chaos.n_run > 0 || measures || g_getenv ("PILLION_CHAOS") != NULL);
  for (guint i = 0; i < chaos.wrong->len; i++)
    g_test_message ("wrong: %s", (char *) chaos.wrong->pdata[i]);
  g_assert_cmpuint (chaos.wrong->len, ==, 0);

  g_clear_object (&chaos.hasty);
  g_clear_object (&chaos.cache);
  g_clear_object (&chaos.database);
  test_server_free (chaos.server);
  g_ptr_array_unref (chaos.wrong);
  g_array_unref (chaos.chosen);
  g_ptr_array_unref (chaos.behaviours);
  g_hash_table_unref (chaos.counts);
  g_mutex_clear (&chaos.lock);
}

static void
test_kind (TestCacheFixture *self,
           gconstpointer data)
{
  run_kind (self, data, FALSE);
}

/* One at a time, what may need much memory */
static void
test_memory (TestCacheFixture *self,
             gconstpointer data)
{
  if (chaos_heap_is_counted ())
    run_kind (self, data, TRUE);
  else
    g_test_skip ("the allocator is not the C library's");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  chaos_allow_warnings ();

  for (const ChaosKind *kind = chaos_kinds; kind->name != NULL; kind++)
    {
      g_autofree char *path = g_strdup_printf ("/chaos/%s", kind->name);

      g_autofree char *memory = g_strdup_printf ("/chaos/memory/%s", kind->name);

      g_test_add (path, TestCacheFixture, kind, test_cache_fixture_set_up, test_kind, test_cache_fixture_tear_down);
      if (kind->memory > 0)
        g_test_add (memory, TestCacheFixture, kind, test_cache_fixture_set_up, test_memory, test_cache_fixture_tear_down);
    }

  return g_test_run ();
}
