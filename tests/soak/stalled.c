/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "round.h"

/* 64 bodies of 50 MB each while the host does not tick: half of them are streams, which have to wait, the others are downloads, which go on.
 * Then most of them are cancelled. A round goes on with the files that the one before it has left. */

#define N_STREAMS 32
#define N_DOWNLOADS 32
#define LENGTH (50 * 1000 * 1000)

/* Of each kind, those that are not cancelled */
#define N_WHOLE 4

/* How much the server has sent when the host ticks again: what all streams read ahead, and more of downloads */
#define ENOUGH (128 * 1024 * 1024)

/* What the bodies may take in memory, instead of 3 GB. A stream reads 1 MiB ahead, a download writes 1 MiB at a time; and there are
 * pieces on the way. */
#define MAX_MEMORY (256 * 1024 * 1024)

typedef struct
{
  Round *round;
  guint index;
  PillionTask *opened;
} Reader;

static void
reader_free (gpointer data)
{
  Reader *self = data;

  g_object_unref (self->opened);
  g_free (self);
}

/* A fiber. Its result is how long the body was. */
static void
read_all (PillionTask *task,
          gpointer data)
{
  Reader *self = data;
  GError *error = NULL;
  g_autoptr (PillionHttpStream) stream = pillion_await_object (self->opened, &error);
  guint64 offset = 0;
  gboolean is_at_end = stream == NULL;

  while (!is_at_end)
    {
      g_autoptr (PillionTask) read = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (read, &error);
      gsize size = 0;
      const guint8 *bytes = piece != NULL ? g_bytes_get_data (piece, &size) : NULL;

      if (!content_is_right (self->round->content, self->index, offset, bytes, size))
        round_fail (self->round, "stream %u has wrong content at %" G_GUINT64_FORMAT, self->index, offset);
      offset += size;
      is_at_end = size == 0;
    }

  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_task_return_int (task, (gint64) offset);
}

static gboolean
is_whole (Call *self,
          GError **error)
{
  return pillion_task_get_int (self->task, error) == LENGTH;
}

static void
start (Round *round)
{
  pillion_http_client_set_max_connections (round->client, N_STREAMS + N_DOWNLOADS);
  pillion_http_client_set_max_connections_per_host (round->client, N_STREAMS + N_DOWNLOADS);
  pillion_http_client_set_max_lasting_connections (round->client, N_STREAMS);
  pillion_http_client_set_max_lasting_connections_per_host (round->client, N_STREAMS);

  for (guint i = 0; i < N_STREAMS; i++)
    {
      g_autofree char *url = round_url (round, "plain", i, LENGTH);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      Reader *reader = g_new (Reader, 1);

      *reader = (Reader) { round, i, pillion_http_client_open (round->client, request, NULL) };
      round_add (round, pillion_loop_spawn (round->loop, "reader", read_all, reader, reader_free), i, is_whole);
    }

  for (guint i = N_STREAMS; i < N_STREAMS + N_DOWNLOADS; i++)
    round_add_download (round, "large", i, LENGTH);

  round->goal = N_STREAMS + N_DOWNLOADS;
}

static gboolean
is_stalled_enough (Round *round)
{
  /* The server sends no more than this, if most of the files are there already */
  gint64 enough = ENOUGH;

  for (guint i = N_STREAMS; i < N_STREAMS + N_DOWNLOADS; i++)
    {
      g_autofree char *path = round_file (round, "large", i);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }

  return server_process_get_bytes (round->server) - round->n_bytes_before >= enough;
}

static void
resume (Round *round)
{
  round->is_cancelled = TRUE;
  for (guint i = 0; i < round->calls->len; i++)
    if (i % N_STREAMS >= N_WHOLE)
      pillion_task_cancel (((Call *) round->calls->pdata[i])->task);
}

static void
check (Round *round)
{
  gboolean has_whole = round->ending == ENDING_FINISH || round->retries;

  for (guint i = N_STREAMS; i < N_STREAMS + N_DOWNLOADS; i++)
    {
      g_autofree char *path = round_file (round, "large", i);

      if (!round_check_file (round, path, i, LENGTH) && has_whole && i < N_STREAMS + N_WHOLE)
        round_fail (round, "%s is missing", path);
    }

  if (meter_counts_memory () && round->most_rss - round->rss_before > MAX_MEMORY)
    round_fail (round, "the bodies took %" G_GINT64_FORMAT " MiB of memory", (round->most_rss - round->rss_before) / (1024 * 1024));

  if (has_whole)
    round_empty_folder (round->folder);
}

const Scenario scenario_stalled = {
  .name = "64 of 50 MB",
  .start = start,
  .is_stalled_enough = is_stalled_enough,
  .resume = resume,
  .check = check,
};
