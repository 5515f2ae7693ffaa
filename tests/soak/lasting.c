/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "round.h"

/* WebSockets and event streams at the same time. The server ends each event stream's response after a while, and the stream has to
 * go on with the event that comes next. */

#define N_SOCKETS 24
#define N_STREAMS 24
#define N_MESSAGES 60
#define N_EVENTS 300

/* How often to look for a server that has died */
#define RECONNECT_PAUSE (50 * 1000)

/* Sends messages and gets them back. Returns FALSE and an error if the connection fails. */
static gboolean
talk (Round *round,
      guint *n_messages,
      GError **error)
{
  g_autofree char *url = g_strconcat (round->server->url, "/socket", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) opened = pillion_http_client_open_web_socket (round->client, request, NULL, NULL);
  g_autoptr (PillionHttpWebSocket) socket = pillion_await_object (opened, error);
  g_autoptr (PillionTask) closed = NULL;

  if (socket == NULL)
    return FALSE;

  while (*n_messages < N_MESSAGES)
    {
      g_autofree char *text = g_strdup_printf ("%u %0*u", *n_messages, (int) (*n_messages * 37 % 2000) + 1, 0);
      g_autoptr (PillionTask) sent = pillion_http_web_socket_send_text (socket, text, NULL);
      g_autoptr (PillionTask) received = NULL;
      g_autoptr (PillionHttpWebSocketMessage) message = NULL;

      if (!pillion_await (sent, error))
        return FALSE;
      received = pillion_http_web_socket_receive (socket, NULL);
      if (!pillion_await (received, error))
        return FALSE;
      message = pillion_task_get_boxed (received, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, NULL);
      if (message == NULL || g_strcmp0 (message->text, text) != 0)
        round_fail (round, "message %u came back as %s", *n_messages, message == NULL ? "the end" : message->text);
      (*n_messages)++;
      round->progress++;
    }

  closed = pillion_http_web_socket_close (socket, 1000, NULL, NULL);
  return pillion_await (closed, error);
}

static void
run_socket (PillionTask *task,
            gpointer data)
{
  Round *round = data;
  guint n_messages = 0;
  GError *error = NULL;

  while (!talk (round, &n_messages, &error))
    {
      round_accept_error (round, error);
      if (round->is_cancelled || n_messages == N_MESSAGES)
        break;
      g_clear_error (&error);
      if (!pillion_sleep (RECONNECT_PAUSE, &error))
        break;
    }

  if (n_messages == N_MESSAGES)
    g_clear_error (&error);
  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_task_return_int (task, n_messages);
}

static gboolean
has_all_messages (Call *self,
                  GError **error)
{
  return pillion_task_get_int (self->task, error) == N_MESSAGES;
}

static void
run_stream (PillionTask *task,
            gpointer data)
{
  Round *round = data;
  g_autofree char *url = g_strconcat (round->server->url, "/events", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (round->client, request);
  GError *error = NULL;
  guint n_events = 0;

  while (n_events < N_EVENTS)
    {
      g_autoptr (PillionTask) next = pillion_http_event_stream_next (stream, NULL);
      g_autoptr (PillionHttpEvent) event = pillion_await_boxed (next, PILLION_HTTP_TYPE_EVENT, &error);

      if (error != NULL)
        break;
      n_events++;
      if (event == NULL || g_ascii_strtoull (event->id, NULL, 10) != n_events)
        round_fail (round, "event %u was %s", n_events, event == NULL ? "the end" : event->id);
      round->progress++;
    }

  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_task_return_int (task, n_events);
}

static gboolean
has_all_events (Call *self,
                GError **error)
{
  return pillion_task_get_int (self->task, error) == N_EVENTS;
}

static void
start (Round *round)
{
  pillion_http_client_set_max_lasting_connections (round->client, N_SOCKETS + N_STREAMS);
  pillion_http_client_set_max_lasting_connections_per_host (round->client, N_SOCKETS + N_STREAMS);

  for (guint i = 0; i < N_SOCKETS; i++)
    round_add (round, pillion_loop_spawn (round->loop, "socket", run_socket, round, NULL), i, has_all_messages);
  for (guint i = 0; i < N_STREAMS; i++)
    round_add (round, pillion_loop_spawn (round->loop, "events", run_stream, round, NULL), N_SOCKETS + i, has_all_events);
  round->goal = N_SOCKETS * N_MESSAGES + N_STREAMS * N_EVENTS;
}

static void
check (Round *round)
{
  /* Here everybody connects again */
  if ((round->ending == ENDING_FINISH || round->ending == ENDING_DIE) && round->n_succeeded != N_SOCKETS + N_STREAMS)
    round_fail (round, "%u of %u calls succeeded", round->n_succeeded, N_SOCKETS + N_STREAMS);
}

const Scenario scenario_lasting = { .name = "WebSockets and events", .start = start, .check = check };
