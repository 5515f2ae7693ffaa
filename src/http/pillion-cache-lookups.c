/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-lookups.h"

#include "http/pillion-cache-choice.h"

/* How many are made before the calls hear of them: the first one must not wait for thousands */
#define MAX_BATCH 32

typedef struct
{
  PillionCall *call;        /* a reference */
  PillionCacheStore *store; /* likewise */
  char *key;                /* or NULL */
  GPtrArray *found;         /* or NULL */
} Lookup;

/* Belongs to the worker until it is posted back */
typedef struct
{
  PillionHttpEngine *engine;
  Lookup *lookups[MAX_BATCH];
  guint n;
} Batch;

static void run_next (PillionHttpEngine *engine);

static void
lookup_free (Lookup *self)
{
  g_clear_pointer (&self->found, g_ptr_array_unref);
  pillion_call_unref (self->call);
  pillion_cache_store_unref (self->store);
  g_free (self->key);
  g_free (self);
}

static void
return_on_thread (gpointer data)
{
  Batch *self = data;

  /* First, so that the worker is busy while the calls go on */
  self->engine->looking_up = FALSE;
  run_next (self->engine);

  for (guint i = 0; i < self->n; i++)
    {
      Lookup *lookup = self->lookups[i];

      pillion_call_take_found (lookup->call, g_steal_pointer (&lookup->found));
      lookup_free (lookup);
    }

  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static void
look_up_on_worker (gpointer data)
{
  Batch *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      Lookup *lookup = self->lookups[i];

      if (lookup->key != NULL)
        lookup->found = pillion_cache_store_lookup (lookup->store, lookup->key);
      if (lookup->found != NULL)
        pillion_cache_choice_prepare (lookup->found);
    }

  pillion_http_engine_post (self->engine, return_on_thread, self);
}

static void
run_next (PillionHttpEngine *engine)
{
  Batch *batch;

  if (engine->looking_up || engine->lookups.length == 0)
    return;

  batch = g_new (Batch, 1);
  batch->n = 0;
  while (batch->n < MAX_BATCH && engine->lookups.length > 0)
    {
      Lookup *lookup = g_queue_pop_head (&engine->lookups);

      /* Those of calls that were cancelled would only hold up the others */
      if (lookup->call->failed || lookup->call->done)
        lookup_free (lookup);
      else
        batch->lookups[batch->n++] = lookup;
    }
  if (batch->n == 0)
    {
      g_free (batch);
      return;
    }

  batch->engine = pillion_http_engine_ref (engine);
  engine->looking_up = TRUE;
  /* Not a worker for the disk, although it reads: those may be busy for seconds with files that are flushed */
  pillion_http_engine_compute (engine, look_up_on_worker, batch);
}

void
pillion_cache_lookups_add (PillionHttpEngine *engine,
                           PillionCall *call,
                           PillionCacheStore *store,
                           const char *key)
{
  Lookup *lookup = g_new (Lookup, 1);

  *lookup = (Lookup) { pillion_call_ref (call), pillion_cache_store_ref (store), g_strdup (key), NULL };
  g_queue_push_tail (&engine->lookups, lookup);
  run_next (engine);
}

gboolean
pillion_cache_lookups_has_any (PillionHttpEngine *engine)
{
  return engine->looking_up || engine->lookups.length > 0;
}
