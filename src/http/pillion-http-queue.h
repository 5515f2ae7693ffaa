/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionHttpQueue PillionHttpQueue;
typedef struct _PillionHttpOrigin PillionHttpOrigin;

/* 0 is the first in line */
#define PILLION_HTTP_QUEUE_N_PRIORITIES 4

/* For entries that must not keep anything else waiting */
#define PILLION_HTTP_QUEUE_LAST (PILLION_HTTP_QUEUE_N_PRIORITIES - 1)

/* A place in the queue, embedded in whatever waits. All zero, except for @priority and @start, while it is in
 * no queue. */
typedef struct
{
  guint priority;
  void (*start) (gpointer owner); /* called by pillion_http_queue_run () */
  PillionHttpOrigin *origin;
  GList link;
  gboolean running;
} PillionHttpQueueEntry;

/* Everything that waits for a connection: by priority, and first in, first out for each origin (scheme, host
 * and port). Origins take turns, so that a thousand requests to one don't hold up a single request to
 * another. There is a limit for each origin and one for all together. Every operation takes constant time,
 * however much waits. */
PillionHttpQueue *pillion_http_queue_new         (guint max,
                                                  guint max_per_origin);
void              pillion_http_queue_free        (PillionHttpQueue *self);
void              pillion_http_queue_set_limits  (PillionHttpQueue *self,
                                                  guint             max,
                                                  guint             max_per_origin);

/* Puts @entry at the end of the line for @origin */
void              pillion_http_queue_push        (PillionHttpQueue      *self,
                                                  const char            *origin,
                                                  PillionHttpQueueEntry *entry,
                                                  gpointer               owner);

/* Has @entry, which is in no queue, run at once, even if that exceeds the limits */
void              pillion_http_queue_enter       (PillionHttpQueue      *self,
                                                  const char            *origin,
                                                  PillionHttpQueueEntry *entry,
                                                  gpointer               owner);

/* Moves @entry, if it still waits, to the end of the line with another priority */
void              pillion_http_queue_set_priority (PillionHttpQueue      *self,
                                                   PillionHttpQueueEntry *entry,
                                                   guint                  priority);

/* Starts the next entry that may run, and returns its owner; NULL if there is none */
gpointer          pillion_http_queue_pop         (PillionHttpQueue *self);

/* Takes @entry out, whether it waits or runs */
void              pillion_http_queue_remove      (PillionHttpQueue      *self,
                                                  PillionHttpQueueEntry *entry);

/* Starts each entry that may run. Start functions may remove entries, even their own. Does nothing inside one
 * of them, because the outer call sees what has become free. */
void              pillion_http_queue_run         (PillionHttpQueue      *self);

/* Whether an entry with a better priority could run if @entry, which is running, were not */
gboolean          pillion_http_queue_is_in_the_way (PillionHttpQueue            *self,
                                                    const PillionHttpQueueEntry *entry);

guint             pillion_http_queue_get_running (PillionHttpQueue *self);
