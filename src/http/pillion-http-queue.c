/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-queue.h"

#define N_PRIORITIES PILLION_HTTP_QUEUE_N_PRIORITIES

/* The entries that wait for an origin with one priority */
typedef struct
{
  PillionHttpOrigin *origin;
  GQueue waiting; /* of the entries' links */
  GList link;     /* in the ring while an entry waits that may run */
  gboolean in_ring;
} Line;

struct _PillionHttpOrigin
{
  char *name;
  Line lines[N_PRIORITIES];
  guint running;
};

struct _PillionHttpQueue
{
  GHashTable *origins;
  GQueue rings[N_PRIORITIES]; /* the lines whose turn it may be */
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

/* A line is in the ring of its priority exactly when the origin's limit allows its next entry to run */
static void
update_rings (PillionHttpQueue *self,
              PillionHttpOrigin *origin)
{
  for (guint i = 0; i < N_PRIORITIES; i++)
    {
      Line *line = &origin->lines[i];
      gboolean wanted = line->waiting.length > 0 && origin->running < self->max_per_origin;

      if (wanted == line->in_ring)
        continue;

      line->in_ring = wanted;
      if (wanted)
        g_queue_push_tail_link (&self->rings[i], &line->link);
      else
        g_queue_unlink (&self->rings[i], &line->link);
    }
}

static gboolean
is_empty (const PillionHttpOrigin *origin)
{
  for (guint i = 0; i < N_PRIORITIES; i++)
    if (origin->lines[i].waiting.length > 0)
      return FALSE;

  return TRUE;
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
    update_rings (self, origin);
}

static PillionHttpOrigin *
ensure_origin (PillionHttpQueue *self,
               const char *name)
{
  PillionHttpOrigin *origin = g_hash_table_lookup (self->origins, name);

  if (origin != NULL)
    return origin;

  origin = g_new0 (PillionHttpOrigin, 1);
  origin->name = g_strdup (name);
  for (guint i = 0; i < N_PRIORITIES; i++)
    {
      origin->lines[i].origin = origin;
      origin->lines[i].link.data = &origin->lines[i];
    }
  g_hash_table_insert (self->origins, origin->name, origin);

  return origin;
}

static PillionHttpOrigin *
begin_entry (PillionHttpQueue *self,
             const char *name,
             PillionHttpQueueEntry *entry,
             gpointer owner,
             gboolean running)
{
  g_assert (entry->origin == NULL);

  entry->origin = ensure_origin (self, name);
  entry->link.data = owner;
  entry->running = running;

  return entry->origin;
}

void
pillion_http_queue_push (PillionHttpQueue *self,
                         const char *name,
                         PillionHttpQueueEntry *entry,
                         gpointer owner)
{
  PillionHttpOrigin *origin = begin_entry (self, name, entry, owner, FALSE);

  g_queue_push_tail_link (&origin->lines[entry->priority].waiting, &entry->link);
  self->waiting++;
  update_rings (self, origin);
}

void
pillion_http_queue_enter (PillionHttpQueue *self,
                          const char *name,
                          PillionHttpQueueEntry *entry,
                          gpointer owner)
{
  PillionHttpOrigin *origin = begin_entry (self, name, entry, owner, TRUE);

  self->running++;
  origin->running++;
  update_rings (self, origin);
}

void
pillion_http_queue_set_priority (PillionHttpQueue *self,
                                 PillionHttpQueueEntry *entry,
                                 guint priority)
{
  PillionHttpOrigin *origin = entry->origin;

  if (origin != NULL && !entry->running)
    {
      g_queue_unlink (&origin->lines[entry->priority].waiting, &entry->link);
      g_queue_push_tail_link (&origin->lines[priority].waiting, &entry->link);
      update_rings (self, origin);
    }
  entry->priority = priority;
}

static PillionHttpQueueEntry *
pop_entry (PillionHttpQueue *self)
{
  PillionHttpOrigin *origin;
  PillionHttpQueueEntry *entry;
  GQueue *ring = self->rings;
  Line *line;
  GList *link;

  while (ring->length == 0 && ring < self->rings + N_PRIORITIES - 1)
    ring++;
  if (self->running >= self->max || ring->length == 0)
    return NULL;

  line = ring->head->data;
  origin = line->origin;
  link = g_queue_pop_head_link (&line->waiting);
  entry = (PillionHttpQueueEntry *) ((char *) link - G_STRUCT_OFFSET (PillionHttpQueueEntry, link));
  entry->running = TRUE;
  self->waiting--;
  self->running++;
  origin->running++;

  /* Moves it to the end of the ring, or out of it */
  g_queue_unlink (ring, &line->link);
  line->in_ring = FALSE;
  update_rings (self, origin);

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
      g_queue_unlink (&origin->lines[entry->priority].waiting, &entry->link);
    }

  *entry = (PillionHttpQueueEntry) { .priority = entry->priority, .start = entry->start };
  update_rings (self, origin);

  if (origin->running == 0 && is_empty (origin))
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

gboolean
pillion_http_queue_is_in_the_way (PillionHttpQueue *self,
                                  const PillionHttpQueueEntry *entry)
{
  for (guint i = 0; i < entry->priority; i++)
    if (entry->origin->lines[i].waiting.length > 0 || (self->rings[i].length > 0 && self->running >= self->max))
      return TRUE;

  return FALSE;
}

guint
pillion_http_queue_get_running (PillionHttpQueue *self)
{
  return self->running;
}
