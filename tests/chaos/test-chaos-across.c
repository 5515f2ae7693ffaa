/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One kind of request leaves a connection with something on it that nobody asked for, and a request of another kind follows. It must get the answer
 * that the server gives to that very request, in time, and nothing else: HTTP/1 tells answers apart only by their order.
 * The names are GROUND/FIRST/SECOND/LEFTOVER/TIME, and PILLION_CHAOS selects those that begin like that. Without it, a sample is tried. */

#include <string.h>

#include <glib/gstdio.h>

#include "../http/cache-support.h"
#include "../http/http-support.h"
#include "../test-support.h"
#include "across-kinds.h"
#include "builder.h"
#include "certificates.h"
#include "server.h"

/* How many meetings there are at the same time */
#define N_FIBERS 32

/* One in so many is in the sample */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SAMPLE 200
#else
#define SAMPLE (is_under_valgrind () ? 500 : 40)
#endif

/* For so long after its last answer a connection is sure to take any request, in µs. Later, one that must not be sent twice gets its own. */
#define FRESH G_USEC_PER_SEC

/* Longer than anything takes unless it hangs, in µs */
#define PATIENCE (240 * (GTimeSpan) G_USEC_PER_SEC)

/* --- What is left ----------------------------------------------------------------------------------------------------- */

typedef enum
{
  TIME_WITH,   /* right behind the answer to the first request, in one piece */
  TIME_AFTER,  /* when the first request is done: it arrives before the second one begins */
  TIME_MOMENT, /* when the second request begins to arrive */
  N_TIMES,
} Time;

static const char *const time_names[] = { "with", "after", "moment" };

#define WITH (1 << TIME_WITH)
#define AFTER (1 << TIME_AFTER)
#define MOMENT (1 << TIME_MOMENT)

typedef enum
{
  SMUGGLES_NOTHING,
  SMUGGLES_ANSWER, /* one that the second request would accept, with other content */
  SMUGGLES_TWO,
} Smuggles;

typedef enum
{
  BODY_PLAIN,
  BODY_CHUNKED, /* what is left follows the line of the last chunk, in the place of the trailer */
  BODY_NONE,    /* only after answers that have none, whatever their fields say */
} Body;

typedef struct
{
  const char *name;
  const char *text; /* before what is smuggled */
  Smuggles smuggles;
  ChaosEnd end;
  guint times;
  Body body;
  const char *fields;   /* of the first answer */
  gboolean spoils_first; /* so that the first request may fail */
} Leftover;

#define REQUEST_TIMEOUT "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\""

static const Leftover leftovers[] = {
  { "nothing", "", SMUGGLES_NOTHING, CHAOS_KEEP, WITH },
  { "answer", "", SMUGGLES_ANSWER, CHAOS_KEEP, WITH | AFTER },
  { "two-answers", "", SMUGGLES_TWO, CHAOS_KEEP, WITH | AFTER },
  { "answer-closed", "", SMUGGLES_ANSWER, CHAOS_CLOSE, WITH | AFTER },
  { "short-answer", OK, SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "endless-answer", "HTTP/1.1 200 OK\r\n\r\n\"WRONG\"", SMUGGLES_NOTHING, CHAOS_FLOOD, WITH },
  { "rubbish", "rubbish", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "rubbish-then-answer", "rubbish", SMUGGLES_ANSWER, CHAOS_KEEP, WITH },
  { "line-end", "\r\n", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "line-end-then-answer", "\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH | AFTER },
  { "half-head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "half-status", "HTTP/1.1 20", SMUGGLES_NOTHING, CHAOS_KEEP, AFTER },
  { "timeout", REQUEST_TIMEOUT, SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "timeout-closed", REQUEST_TIMEOUT, SMUGGLES_NOTHING, CHAOS_CLOSE, WITH | AFTER | MOMENT },
  { "timeout-reset", REQUEST_TIMEOUT, SMUGGLES_NOTHING, CHAOS_RESET, AFTER | MOMENT },
  { "closed", "", SMUGGLES_NOTHING, CHAOS_CLOSE, WITH | AFTER | MOMENT },
  { "reset", "", SMUGGLES_NOTHING, CHAOS_RESET, WITH | AFTER | MOMENT },
  { "half-head-closed", "HTTP/1.1 200 OK\r\nContent-Le", SMUGGLES_NOTHING, CHAOS_CLOSE, AFTER | MOMENT },
  { "half-body-closed", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n[", SMUGGLES_NOTHING, CHAOS_CLOSE, AFTER },
  { "continue", "HTTP/1.1 100 Continue\r\n\r\n", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "hints-then-answer", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH | AFTER },
  { "switching", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chaos\r\n\r\n", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "frame", "\x81\x05WRONG", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "chunk", "7\r\n\"WRONG\"\r\n0\r\n\r\n", SMUGGLES_NOTHING, CHAOS_KEEP, WITH | AFTER },
  { "tls-alert", "\x15\x03\x03\x00\x02\x01", SMUGGLES_NOTHING, CHAOS_KEEP, AFTER },
  { "after-last-chunk", "\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED },
  { "after-trailer", "X-Sum: 17\r\n\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED },
  { "as-trailer", "", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED, .spoils_first = TRUE },
  { "trailer-goes-on", "X-Sum: 17\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED, .spoils_first = TRUE },
  { "length-beside-chunks", "\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED, "Content-Length: 10\r\n", TRUE },
  { "length-of-everything", "\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_CHUNKED, "Content-Length: 100000\r\n", TRUE },
  { "chunks-beside-length", "", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_PLAIN, "Transfer-Encoding: chunked\r\n", TRUE },
  { "two-lengths", "", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_PLAIN, "Content-Length: 2100\r\n", TRUE },
  { "length-without-body", "", SMUGGLES_ANSWER, CHAOS_KEEP, WITH | AFTER, BODY_NONE, "Content-Length: 2000\r\n" },
  { "chunks-without-body", "0\r\n\r\n", SMUGGLES_ANSWER, CHAOS_KEEP, WITH, BODY_NONE, "Transfer-Encoding: chunked\r\n", TRUE },
};

/* --- The server ------------------------------------------------------------------------------------------------------- */

/* Of two requests */
typedef struct
{
  const AcrossKind *kinds[2]; /* of the first one and of the second one */
  const Leftover *leftover;
  Time time;

  /* atomic */
  int n_prepared[2];
  int n_requests[2];
  int n_connections;
  int connections[2];     /* the last one of each request */
  int first_done;
  int left; /* nothing more is left */
} Meeting;

/* As long as the right one, and for the same uses */
static GBytes *
make_wrong_body (void)
{
  g_autofree char *text = g_strnfill (CHAOS_BODY_LENGTH, 'W');

  memcpy (text, "[\"", 2);
  memcpy (text + CHAOS_BODY_LENGTH - 2, "\"]", 2);

  return g_bytes_new (text, CHAOS_BODY_LENGTH);
}

static GByteArray *
make_leftover (Meeting *self,
               const char *request)
{
  GByteArray *bytes = chaos_append (g_byte_array_new (), self->leftover->text);
  g_autoptr (GBytes) wrong = make_wrong_body ();

  for (guint i = 0; i < (guint) self->leftover->smuggles; i++)
    self->kinds[1]->answer (bytes, request, wrong, "Connection: keep-alive\r\n", NULL);

  return bytes;
}

static GByteArray *
make_answer (Meeting *self,
             guint which,
             const char *request,
             const char *fields,
             GByteArray *trailer)
{
  GByteArray *answer = g_byte_array_new ();
  g_autofree char *all_fields = g_strconcat ("Connection: keep-alive\r\n", fields, NULL);

  self->kinds[which]->answer (answer, request, chaos_get_body (), all_fields, trailer);

  return answer;
}

/* Answers the frame that closes a WebSocket. FALSE if it doesn't come. */
static gboolean
part_web_socket (ChaosLine *line)
{
  guint8 header[6];
  guint8 payload[127];

  do
    if (!chaos_line_read (line, header, sizeof header) || !chaos_line_read (line, payload, header[1] & 0x7f))
      return FALSE;
  while (header[0] != 0x88);

  return chaos_line_write (line, "\x88\x02\x03\xe8", 4);
}

/* The answer to the first request, and what is left. FALSE if the connection is at its end. */
static gboolean
leave (Meeting *self,
       ChaosLine *line,
       const char *request)
{
  const Leftover *leftover = self->leftover;
  g_autoptr (GByteArray) left = make_leftover (self, request);
  gboolean chunked = leftover->body == BODY_CHUNKED;
  gboolean is_web_socket = strcmp (self->kinds[0]->name, "web-socket") == 0;
  g_autoptr (GByteArray) answer = make_answer (self, 0, request, leftover->fields != NULL ? leftover->fields : "", chunked ? left : NULL);

  if (self->time == TIME_WITH && !chunked)
    g_byte_array_append (answer, left->data, left->len);
  if (!chaos_line_write (line, answer->data, answer->len) || (is_web_socket && !part_web_socket (line)))
    return FALSE;

  if (self->time == TIME_AFTER)
    while (g_atomic_int_get (&self->first_done) == 0)
      g_usleep (1000);
  if (self->time == TIME_MOMENT)
    {
      g_atomic_int_set (&self->left, TRUE);
      if (!chaos_line_await_input (line))
        return FALSE;
    }
  if (self->time != TIME_WITH && !chaos_line_write (line, left->data, left->len))
    return FALSE;

  if (leftover->end == CHAOS_RESET)
    {
      chaos_line_reset (line);
      return FALSE;
    }
  if (leftover->end == CHAOS_CLOSE)
    chaos_line_finish (line);
  chaos_line_await_arrival (line);
  g_atomic_int_set (&self->left, TRUE);
  if (leftover->end == CHAOS_CLOSE)
    chaos_line_wait (line);
  if (leftover->end == CHAOS_FLOOD)
    chaos_line_flood (line, "rubbish", 7);

  return leftover->end == CHAOS_KEEP;
}

/* FALSE if the connection is at its end */
static gboolean
respond (Meeting *self,
         ChaosLine *line,
         int number,
         const char *request)
{
  guint which = strstr (request, " /first/") != NULL ? 0 : 1;
  g_autoptr (GByteArray) answer = NULL;

  if (self->kinds[which]->prepare != NULL && g_atomic_int_add (&self->n_prepared[which], 1) == 0)
    {
      answer = g_byte_array_new ();
      across_append_preparation (answer, self->kinds[which]);
      if (chaos_line_write (line, answer->data, answer->len))
        chaos_line_close (line);
      return FALSE;
    }

  g_atomic_int_set (&self->connections[which], number);
  if (g_atomic_int_add (&self->n_requests[which], 1) == 0 && which == 0)
    {
      gboolean goes_on = leave (self, line, request);

      g_atomic_int_set (&self->left, TRUE);
      return goes_on;
    }

  answer = make_answer (self, which, request, "", NULL);
  return chaos_line_write (line, answer->data, answer->len) &&
         (strcmp (self->kinds[which]->name, "web-socket") != 0 || part_web_socket (line));
}

static void
serve (ChaosLine *line,
       const ChaosBehaviour *behaviour)
{
  Meeting *self = behaviour->plan;
  int number = g_atomic_int_add (&self->n_connections, 1);
  gboolean goes_on;

  if (behaviour->ground == CHAOS_TLS && !chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), "NORMAL", NULL))
    return;

  do
    {
      g_autofree char *request = chaos_line_read_head (line);

      goes_on = request != NULL && chaos_line_skip_body (line, request);
      if (goes_on)
        goes_on = respond (self, line, number, request);
    }
  while (goes_on);
}

/* --- What has to come of it ------------------------------------------------------------------------------------------- */

typedef struct
{
  TestFixture *fixture;
  PillionHttpClient *cacheless;
  const AcrossKind *first;
  ChaosGround ground;
  guint n_named; /* meetings that were looked at */
  guint n_run;
  GPtrArray *wrong; /* descriptions */
} Across;

static const char *
find_fault (const Meeting *meeting,
            ChaosCell *cell,
            guint which,
            gboolean may_fail,
            gboolean was_answered,
            GBytes *content,
            const GError *error)
{
  if (content != NULL && !was_answered && g_atomic_int_get (&meeting->n_requests[which]) == 0)
    return "a success without a request";
  if (content != NULL && !g_bytes_equal (content, chaos_get_body ()))
    return "other content";
  if (cell->fault != NULL)
    return cell->fault;
  if (error == NULL)
    return NULL;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return "it hangs";
  if (meeting->kinds[which]->on_disk && chaos_cell_has_file (cell))
    return "a file that is not whole";

  return may_fail ? NULL : "a failure";
}

static gboolean
applies (const Leftover *leftover,
         Time time,
         const AcrossKind *first)
{
  if ((leftover->times & (1 << time)) == 0)
    return FALSE;
  if (leftover->body == BODY_CHUNKED)
    return first->may_chunk;
  if (leftover->body == BODY_NONE)
    return !first->may_chunk && first->leaves;

  return leftover->fields == NULL || first->may_chunk;
}

static void
meet (Across *self,
      const char *name,
      const AcrossKind *second,
      const Leftover *leftover,
      Time time)
{
  Meeting meeting = { { self->first, second }, leftover, time };
  ChaosBehaviour behaviour = { .name = (char *) name, .ground = self->ground, .serve = serve, .plan = &meeting, .content = chaos_get_body () };
  ChaosServer *server = chaos_server_new (&behaviour, FALSE);
  PillionHttpClient *client = self->first->caches || second->caches ? self->fixture->client : self->cacheless;
  const char *scheme = self->ground == CHAOS_TLS ? "https" : "http";
  guint number = self->n_run++;
  ChaosCell cells[2] = { 0 };
  const char *fault = NULL;
  gboolean answered;
  gint64 begun = 0;
  g_autoptr (GError) error = NULL;

  if (g_test_verbose ())
    g_test_message ("%s begins", name);
  for (guint i = 0; i < 2; i++)
    {
      cells[i].behaviour = &behaviour;
      cells[i].client = cells[i].patient = client;
      cells[i].url = g_strdup_printf ("%s://127.0.0.1:%u/%s/%u", scheme, chaos_server_get_port (server), i == 0 ? "first" : "second", number);
      cells[i].folder = g_strdup_printf ("%s/%u-%u", self->fixture->folder, number, i);
      if (meeting.kinds[i]->on_disk)
        g_assert_cmpint (g_mkdir (cells[i].folder, 0700), ==, 0);
    }

  /* The second one prepares itself first: its preparation is no part of what is tried */
  for (guint i = 2; i-- > 0 && fault == NULL;)
    if (meeting.kinds[i]->prepare != NULL && !meeting.kinds[i]->prepare (&cells[i], &error))
      fault = "the preparation fails";

  if (fault == NULL)
    {
      g_autoptr (GBytes) content = NULL;

      begun = g_get_monotonic_time ();
      content = self->first->request (&cells[0], &error);
      fault = find_fault (&meeting, &cells[0], 0,
                          leftover->spoils_first || (time == TIME_WITH && (leftover->end == CHAOS_RESET || !self->first->leaves)), FALSE, content, error);
    }
  g_atomic_int_set (&meeting.first_done, TRUE);

  if (fault == NULL)
    {
      g_autoptr (GBytes) content = NULL;

      while (g_atomic_int_get (&meeting.left) == 0)
        pillion_sleep (1000, NULL);
      g_clear_error (&error);
      content = second->request (&cells[1], &error);
      /* What comes in the very moment may as well be the answer */
      answered = time == TIME_MOMENT && leftover->text[0] != '\0';
      fault = find_fault (&meeting, &cells[1], 1, time == TIME_MOMENT && (answered || !second->safe), answered, content, error);
      /* Otherwise the other leftovers would prove nothing */
      if (fault == NULL && strcmp (leftover->name, "nothing") == 0 && self->ground == CHAOS_RAW && self->first->leaves &&
          strcmp (second->name, "web-socket") != 0 && strcmp (second->name, "no-web-socket") != 0 &&
          (second->safe || g_get_monotonic_time () - begun < FRESH) &&
          g_atomic_int_get (&meeting.connections[0]) != g_atomic_int_get (&meeting.connections[1]))
        fault = "another connection";
    }

  if (fault != NULL)
    g_ptr_array_add (self->wrong, g_strdup_printf ("%s: %s (%s)", name, fault, error != NULL ? error->message : "it succeeds"));
  for (guint i = 0; i < 2; i++)
    {
      g_free (cells[i].url);
      g_free (cells[i].folder);
    }
  chaos_server_free (server);
}

/* The next one in the table that is wanted. FALSE if there is none. */
static gboolean
next (Across *self,
      char **name,
      const AcrossKind **second,
      const Leftover **leftover,
      Time *time)
{
  const char *wanted = g_getenv ("PILLION_CHAOS");

  while (self->n_named < across_n_kinds * G_N_ELEMENTS (leftovers) * N_TIMES)
    {
      guint i = self->n_named++;

      *time = i % N_TIMES;
      *leftover = &leftovers[i / N_TIMES % G_N_ELEMENTS (leftovers)];
      *second = &across_kinds[i / N_TIMES / G_N_ELEMENTS (leftovers)];
      if (!applies (*leftover, *time, self->first))
        continue;

      *name = g_strdup_printf ("%s/%s/%s/%s/%s", self->ground == CHAOS_TLS ? "tls" : "plain", self->first->name, (*second)->name, (*leftover)->name,
                               time_names[*time]);
      if (wanted != NULL ? g_str_has_prefix (*name, wanted) : g_test_rand_int_range (0, SAMPLE) == 0)
        return TRUE;
      g_clear_pointer (name, g_free);
    }

  return FALSE;
}

static void
run_meetings (PillionTask *task,
              gpointer data)
{
  const AcrossKind *second;
  const Leftover *leftover;
  Time time;
  char *name;

  while (next (data, &name, &second, &leftover, &time))
    {
      meet (data, name, second, leftover, time);
      g_free (name);
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
set_limits (PillionHttpClient *client,
            GTlsDatabase *database)
{
  pillion_http_client_set_first_byte_timeout_usec (client, PATIENCE);
  pillion_http_client_set_idle_timeout_usec (client, PATIENCE);
  pillion_http_client_set_connect_timeout_usec (client, PATIENCE);
  /* No connection is closed in order to make room for another one */
  pillion_http_client_set_max_connections (client, 300);
  pillion_http_client_set_max_lasting_connections (client, 300);
  pillion_http_client_set_tls_database (client, database);
}

static void
test_across (TestCacheFixture *fixture,
             gconstpointer data,
             ChaosGround ground)
{
  TestFixture *self = &fixture->parent;
  Across across = { .fixture = self, .first = data, .ground = ground };
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (fixture->folder.path);
  g_autoptr (GPtrArray) fibers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GTlsDatabase) database = chaos_certificates_make_database (self->folder);

  across.wrong = g_ptr_array_new_with_free_func (g_free);
  across.cacheless = pillion_http_client_new (self->loop);
  set_limits (across.cacheless, database);
  set_limits (self->client, database);
  pillion_http_client_set_cache (self->client, cache);

  for (guint i = 0; i < N_FIBERS; i++)
    g_ptr_array_add (fibers, pillion_loop_spawn (self->loop, "meetings", run_meetings, &across, NULL));
  for (guint i = 0; i < N_FIBERS; i++)
    test_fixture_await (self, fibers->pdata[i]);

  g_test_message ("%u meetings", across.n_run);
  for (guint i = 0; i < across.wrong->len; i++)
    g_test_message ("wrong: %s", (char *) across.wrong->pdata[i]);
  g_assert_cmpuint (across.wrong->len, ==, 0);
  g_ptr_array_unref (across.wrong);
  g_clear_object (&across.cacheless);
}

static void
test_plain (TestCacheFixture *self,
            gconstpointer data)
{
  test_across (self, data, CHAOS_RAW);
}

static void
test_tls (TestCacheFixture *self,
          gconstpointer data)
{
  test_across (self, data, CHAOS_TLS);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  chaos_allow_warnings ();

  for (guint i = 0; i < across_n_kinds; i++)
    {
      g_autofree char *plain = g_strdup_printf ("/chaos-across/plain/%s", across_kinds[i].name);
      g_autofree char *tls = g_strdup_printf ("/chaos-across/tls/%s", across_kinds[i].name);

      g_test_add (plain, TestCacheFixture, &across_kinds[i], test_cache_fixture_set_up, test_plain, test_cache_fixture_tear_down);
      g_test_add (tls, TestCacheFixture, &across_kinds[i], test_cache_fixture_set_up, test_tls, test_cache_fixture_tear_down);
    }

  return g_test_run ();
}
