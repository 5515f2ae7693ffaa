/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http/pillion-turns.h"
#include "http-support.h"

#define LARGE (1024 * 1024)

typedef struct
{
  PillionTurns *turns;
  PillionTurn turn;
  GString *log;
  char name;
} Reader;

/* Reads, and wants to read on */
static void
run (gpointer owner)
{
  Reader *self = owner;

  g_string_append_c (self->log, self->name);
  pillion_turns_wait (self->turns, &self->turn, self);
}

/* Small ones count as active for a tenth of a second. If the machine was too busy to get so far within that
 * time, nothing can be said, and the test is repeated. */
static gboolean
is_late (gint64 start)
{
  return g_get_monotonic_time () - start >= G_USEC_PER_SEC / 10;
}

static gboolean
try_order (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionTurns *turns = pillion_turns_new (context, run);
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GString) log = g_string_new (NULL);
  Reader readers[] = { { turns, { .n_read = LARGE }, log, 'a' }, { turns, { .n_read = LARGE }, log, 'b' }, { turns, { .n_read = LARGE }, log, 'c' } };
  PillionTurn small = { .n_read = LARGE - 1 };
  gsize large_size, small_size;
  gboolean late;
  gint64 start;

  g_assert_false (g_main_context_iteration (context, FALSE));
  for (guint i = 0; i < 3; i++)
    pillion_turns_wait (turns, &readers[i].turn, &readers[i]);
  g_assert_false (pillion_turns_is_short (turns, &readers[0].turn));
  g_assert_cmpuint (pillion_turns_get_size (turns, &readers[0].turn), ==, LARGE);
  g_main_context_iteration (context, FALSE);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpstr (log->str, ==, "abcabc");

  g_string_truncate (log, 0);
  start = g_get_monotonic_time ();
  for (guint i = 0; i < 5; i++)
    {
      pillion_turns_note (turns, &small);
      g_main_context_iteration (context, FALSE);
    }
  g_string_assign (all, log->str);
  pillion_turns_note (turns, &small);
  large_size = pillion_turns_get_size (turns, &readers[0].turn);
  small_size = pillion_turns_get_size (turns, &small);

  /* One that leaves does not keep the others from theirs */
  pillion_turns_leave (turns, &readers[2].turn);
  g_string_truncate (log, 0);
  for (guint i = 0; i < 2; i++)
    {
      pillion_turns_note (turns, &small);
      g_main_context_iteration (context, FALSE);
    }
  late = is_late (start);

  for (guint i = 0; i < 3; i++)
    pillion_turns_leave (turns, &readers[i].turn);
  g_assert_false (g_main_context_iteration (context, FALSE));
  pillion_turns_free (turns);

  if (late)
    return FALSE;

  g_assert_cmpstr (all->str, ==, "abcab");
  g_assert_cmpuint (large_size, <, LARGE);
  g_assert_cmpuint (small_size, ==, LARGE);
  g_assert_cmpstr (log->str, ==, "ab");
  return TRUE;
}

/* Beside a small one the large ones take turns; else all have one in each iteration */
static void
test_order (void)
{
  while (!try_order ())
    continue;
}

/* Every large reader was small at first */
static void
test_alone (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionTurns *turns = pillion_turns_new (context, run);
  PillionTurn large = { 0 };
  PillionTurn small = { 0 };
  gint64 start;
  gsize size;

  pillion_turns_note (turns, &large);
  large.n_read = LARGE;
  pillion_turns_note (turns, &large);
  g_assert_cmpuint (pillion_turns_get_size (turns, &large), ==, LARGE);

  /* It still makes way for others that were active before it */
  do
    {
      large.n_read = 0;
      start = g_get_monotonic_time ();
      pillion_turns_note (turns, &small);
      pillion_turns_note (turns, &large);
      pillion_turns_note (turns, &large);
      large.n_read = LARGE;
      size = pillion_turns_get_size (turns, &large);
    }
  while (is_late (start));
  g_assert_cmpuint (size, <, LARGE);

  pillion_turns_free (turns);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  gsize length = g_ascii_strtoull (path + 1, NULL, 10);
  g_autofree guint8 *bytes = test_bytes_new (length);

  test_connection_answer (connection, NULL, bytes, (gssize) length);
}

/* The end of a turn may leave bytes in the memory of TLS, where no socket tells of them */
static void
test_tls (TestFixture *self,
          gconstpointer data)
{
  static const guint offsets[] = { 0, 1, 5000, 16383, 16384, 16385, 32 * 1024 + 1, 64 * 1024 + 5000 };
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, NULL);
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autofree char *small = test_server_url (server, "/1");

  pillion_http_client_set_tls_database (self->client, database);
  pillion_http_client_set_connect_timeout_usec (self->client, 0);
  for (guint beside = 0; beside < 2; beside++)
    for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
      {
        const gsize length = LARGE + offsets[i];
        g_autofree char *path = g_strdup_printf ("/%zu", length);
        g_autofree char *url = test_server_url (server, path);
        g_autofree guint8 *expected = test_bytes_new (length);
        PillionTask *large = pillion_http_client_get_bytes (self->client, url, NULL);
        g_autoptr (GBytes) bytes = NULL;
        g_autoptr (GError) error = NULL;

        while (beside && !pillion_task_is_done (large))
          g_bytes_unref (test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, small, NULL), NULL));
        bytes = test_fixture_await_bytes (self, large, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, length);
      }

  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/turns/large-ones-take-turns-beside-small-ones", test_order);
  g_test_add_func ("/http/turns/a-reader-alone-does-not-make-way-for-itself", test_alone);
  test_case ("/http/turns/nothing-stays-in-the-memory-of-tls", test_tls);

  return g_test_run ();
}
