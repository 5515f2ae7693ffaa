/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-backlog.h"

/* As many as keep every disk busy. Each has two descriptors, of the 1,024 that a process usually may have. */
#define MAX_INSIDE 64

static void
stop_waiting (PillionBacklogEntry *entry)
{
  if (entry->queue == NULL)
    return;

  g_queue_unlink (entry->queue, &entry->link);
  entry->queue = NULL;
}

static gboolean
resume_next (PillionBacklog *self)
{
  for (guint i = 0; i < PILLION_HTTP_QUEUE_N_PRIORITIES; i++)
    if (!g_queue_is_empty (&self->waiting[i]))
      {
        PillionBacklogEntry *entry = g_queue_peek_head (&self->waiting[i]);

        stop_waiting (entry);
        entry->resume (entry->owner);
        return TRUE;
      }

  return FALSE;
}

gboolean
pillion_backlog_is_full (PillionBacklog *self)
{
  return self->n_inside >= MAX_INSIDE;
}

void
pillion_backlog_wait (PillionBacklog *self,
                      PillionBacklogEntry *entry,
                      guint priority,
                      void (*resume) (gpointer owner),
                      gpointer owner)
{
  g_assert (priority < PILLION_HTTP_QUEUE_N_PRIORITIES && !entry->inside);

  stop_waiting (entry);
  entry->queue = &self->waiting[priority];
  entry->resume = resume;
  entry->owner = owner;
  entry->link = (GList) { .data = entry };
  g_queue_push_tail_link (entry->queue, &entry->link);
}

void
pillion_backlog_enter (PillionBacklog *self,
                       PillionBacklogEntry *entry)
{
  stop_waiting (entry);
  if (entry->inside)
    return;

  entry->inside = TRUE;
  self->n_inside++;
}

void
pillion_backlog_leave (PillionBacklog *self,
                       PillionBacklogEntry *entry)
{
  stop_waiting (entry);
  if (!entry->inside)
    return;

  entry->inside = FALSE;
  self->n_inside--;

  /* Not all that are resumed will come here: they may fail before that. So each time there are as many as there is room for, and all of
   * them if nobody is left inside to resume the rest later. */
  for (guint i = self->n_inside; i < MAX_INSIDE || self->n_inside == 0; i++)
    if (!resume_next (self))
      break;
}
