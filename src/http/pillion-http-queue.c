/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-queue.h"

struct _PillionHttpOrigin
{
  char *name;
  GQueue waiting; /* of the entries' links */
  guint running;
  GList link;     /* in the ring while something waits that may run */
  gboolean in_ring;
};

struct _PillionHttpQueue
{
  GHashTable *origins;
  GQueue ring; /* the origins whose turn it may be */
  guint max;
  guint max_per_origin;
  guint waiting;
  guint running;
  gboolean starting;
};

static void
origin_free (gpointer data)
{
  PillionHttpOrigin *origin = data;

  g_free (origin->name);
  g_free (origin);
}

/* An origin is in the ring exactly when its next entry may run as far as the origin goes */
static void
update_ring (PillionHttpQueue *self,
             PillionHttpOrigin *origin)
{
  gboolean wanted = origin->waiting.length > 0 && origin->running < self->max_per_origin;

  if (wanted == origin->in_ring)
    return;

  origin->in_ring = wanted;
  if (wanted)
    g_queue_push_tail_link (&self->ring, &origin->link);
  else
    g_queue_unlink (&self->ring, &origin->link);
}

PillionHttpQueue *
pillion_http_queue_new (guint max,
                        guint max_per_origin)
{
  PillionHttpQueue *self = g_new0 (PillionHttpQueue, 1);

  self->origins = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, origin_free);
  self->max = max;
  self->max_per_origin = max_per_origin;

  return self;
}

void
pillion_http_queue_free (PillionHttpQueue *self)
{
  g_assert (self->waiting == 0 && self->running == 0);

  g_hash_table_unref (self->origins);
  g_free (self);
}

void
pillion_http_queue_set_limits (PillionHttpQueue *self,
                               guint max,
                               guint max_per_origin)
{
  GHashTableIter iter;
  gpointer origin;

  self->max = max;
  self->max_per_origin = max_per_origin;

  g_hash_table_iter_init (&iter, self->origins);
  while (g_hash_table_iter_next (&iter, NULL, &origin))
    update_ring (self, origin);
}

void
pillion_http_queue_push (PillionHttpQueue *self,
                         const char *name,
                         PillionHttpQueueEntry *entry,
                         gpointer owner)
{
  PillionHttpOrigin *origin = g_hash_table_lookup (self->origins, name);

  g_assert (entry->origin == NULL);

  if (origin == NULL)
    {
      origin = g_new0 (PillionHttpOrigin, 1);
      origin->name = g_strdup (name);
      origin->link.data = origin;
      g_hash_table_insert (self->origins, origin->name, origin);
    }

  entry->origin = origin;
  entry->link.data = owner;
  entry->running = FALSE;
  g_queue_push_tail_link (&origin->waiting, &entry->link);
  self->waiting++;
  update_ring (self, origin);
}

static PillionHttpQueueEntry *
pop_entry (PillionHttpQueue *self)
{
  PillionHttpOrigin *origin;
  PillionHttpQueueEntry *entry;
  GList *link;

  if (self->running >= self->max || self->ring.length == 0)
    return NULL;

  origin = self->ring.head->data;
  link = g_queue_pop_head_link (&origin->waiting);
  entry = (PillionHttpQueueEntry *) ((char *) link - G_STRUCT_OFFSET (PillionHttpQueueEntry, link));
  entry->running = TRUE;
  self->waiting--;
  self->running++;
  origin->running++;

  /* To the end of the ring, or out of it */
  g_queue_unlink (&self->ring, &origin->link);
  origin->in_ring = FALSE;
  update_ring (self, origin);

  return entry;
}

gpointer
pillion_http_queue_pop (PillionHttpQueue *self)
{
  PillionHttpQueueEntry *entry = pop_entry (self);

  return entry != NULL ? entry->link.data : NULL;
}

void
pillion_http_queue_remove (PillionHttpQueue *self,
                           PillionHttpQueueEntry *entry)
{
  PillionHttpOrigin *origin = entry->origin;

  if (origin == NULL)
    return;

  if (entry->running)
    {
      self->running--;
      origin->running--;
    }
  else
    {
      self->waiting--;
      g_queue_unlink (&origin->waiting, &entry->link);
    }

  *entry = (PillionHttpQueueEntry) { .start = entry->start };
  update_ring (self, origin);

  if (origin->running == 0 && origin->waiting.length == 0)
    g_hash_table_remove (self->origins, origin->name);
}

void
pillion_http_queue_run (PillionHttpQueue *self)
{
  PillionHttpQueueEntry *entry;

  if (self->starting)
    return;

  self->starting = TRUE;
  while ((entry = pop_entry (self)) != NULL)
    entry->start (entry->link.data);
  self->starting = FALSE;
}

guint
pillion_http_queue_get_waiting (PillionHttpQueue *self)
{
  return self->waiting;
}

guint
pillion_http_queue_get_running (PillionHttpQueue *self)
{
  return self->running;
}
