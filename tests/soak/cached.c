/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "round.h"

#include <sys/stat.h>

/* A cache that has room for less than a third of what is asked for: a hundred responses again and again, thousands of others once or twice,
 * and some that have to be validated each time */

#define N_CALLS 4000
#define N_HOT 100
#define MAX_SIZE (4 * 1024 * 1024)
#define MAX_SUMS 100

/* Of every ten calls, this one has to be validated, and this one is for something hot */
#define STALE 3
#define HOT 7

static guint64
get_key (guint index)
{
  return index % 10 == HOT ? index / 10 % N_HOT : N_HOT + index % (N_CALLS * 3 / 4);
}

static guint64
get_length (guint64 key)
{
  return 2048 + key * 61 % 8192;
}

static gboolean
is_content (Call *self,
            GError **error)
{
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (self->task, error);
  guint64 key = get_key (self->index);

  return bytes != NULL && g_bytes_get_size (bytes) == get_length (key)
         && content_is_right (self->round->content, key, 0, g_bytes_get_data (bytes, NULL), get_length (key));
}

static PillionHttpCache *
new_cache (Round *round)
{
  PillionHttpCache *cache = pillion_http_cache_new (round->folder);

  pillion_http_cache_set_max_size (cache, MAX_SIZE);
  return cache;
}

static void
start (Round *round)
{
  g_autoptr (PillionHttpCache) cache = new_cache (round);

  pillion_http_client_set_cache (round->client, cache);
  for (guint i = 0; i < N_CALLS; i++)
    {
      guint64 key = get_key (i);
      g_autofree char *url = round_url (round, i % 10 == STALE ? "stale" : "fresh", key, get_length (key));

      round_add (round, pillion_http_client_get_bytes (round->client, url, NULL), i, is_content);
    }
  round->goal = N_CALLS;
}

/* The size of all entries */
static guint64
measure (Round *round)
{
  g_autofree char *path = round_path (round, "entries");
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 size = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);
      struct stat info;

      if (stat (entry, &info) == 0)
        size += (guint64) info.st_size;
    }

  return size;
}

/* What is removed and what is added while the folder is being read may both be counted, so one sum that is too large proves nothing */
static void
watch (Round *round)
{
  guint64 size = measure (round);

  for (guint i = 0; i < MAX_SUMS && size > MAX_SIZE; i++)
    size = measure (round);
  if (size > MAX_SIZE)
    round_fail (round, "the cache has %" G_GUINT64_FORMAT " bytes", size);
}

static void
check (Round *round)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHttpCache) cache = new_cache (round);
  g_autoptr (PillionTask) verify = pillion_http_cache_verify (cache, loop, NULL);
  g_autoptr (GError) error = NULL;

  if ((round->ending == ENDING_FINISH || round->retries) && round->n_succeeded != N_CALLS)
    round_fail (round, "%u of %u calls succeeded", round->n_succeeded, N_CALLS);

  watch (round);
  pillion_loop_run_until_complete (loop, verify, NULL);
  if (pillion_task_get_int (verify, &error) != 0 || error != NULL)
    round_fail (round, "the cache is damaged: %s", error != NULL ? error->message : "entries were removed");
  pillion_loop_close (loop, -1, NULL);

  /* Some rounds begin with an empty folder */
  if (g_rand_int_range (round->rand, 0, 4) == 0)
    round_empty_folder (round->folder);
}

const Scenario scenario_cached = { .name = "cached requests", .start = start, .watch = watch, .check = check };
