/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "round.h"

/* 10,000 requests queued at once: most of them for different contents, some for the same, some with a body */

#define N_CALLS 10000
#define LENGTH 1024
#define SENT_LENGTH 16384

/* Other URLs in each round: what is kept for every URL has to show */
static guint64
get_key (Round *round,
         guint index)
{
  return (guint64) round->number * N_CALLS + (index % 10 == 0 ? 0 : index);
}

static gboolean
is_content (Call *self,
            GError **error)
{
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (self->task, error);

  return bytes != NULL && g_bytes_get_size (bytes) == LENGTH
         && content_is_right (self->round->content, get_key (self->round, self->index), 0, g_bytes_get_data (bytes, NULL), LENGTH);
}

static gboolean
is_length (Call *self,
           GError **error)
{
  g_autoptr (PillionHttpResponse) response = pillion_task_get_object (self->task, error);
  g_autofree char *text = response != NULL ? pillion_http_response_dup_text (response, NULL) : NULL;

  return g_strcmp0 (text, "000" G_STRINGIFY (SENT_LENGTH)) == 0;
}

static void
start (Round *round)
{
  g_autoptr (GBytes) sent = g_bytes_new_static (round->content, SENT_LENGTH);

  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autofree char *url = round_url (round, "plain", get_key (round, i), LENGTH);

      if (i % 20 == 1)
        round_add (round, pillion_http_client_request (round->client, "PUT", url, sent, "application/octet-stream", NULL), i, is_length);
      else
        round_add (round, pillion_http_client_get_bytes (round->client, url, NULL), i, is_content);
    }
  round->goal = N_CALLS;
}

static void
check (Round *round)
{
  if ((round->ending == ENDING_FINISH || round->retries) && round->n_succeeded != N_CALLS)
    round_fail (round, "%u of %u calls succeeded", round->n_succeeded, N_CALLS);
}

const Scenario scenario_gets = { .name = "10,000 requests", .start = start, .check = check };
