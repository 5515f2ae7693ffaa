/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "base/pillion-item.h"

/* What is ready on the loop's own thread, first in, first out */
typedef struct
{
  PillionItem *head;
  PillionItem *tail;
  gsize length;
} PillionReadyQueue;

static inline gboolean
pillion_ready_queue_is_empty (PillionReadyQueue *self)
{
  return self->head == NULL;
}

static inline void
pillion_ready_queue_push (PillionReadyQueue *self,
                          PillionItem *item)
{
  item->next = NULL;
  if (self->tail != NULL)
    self->tail->next = item;
  else
    self->head = item;
  self->tail = item;
  self->length++;
}

static inline void
pillion_ready_queue_push_front (PillionReadyQueue *self,
                                PillionItem *item)
{
  item->next = self->head;
  self->head = item;
  if (self->tail == NULL)
    self->tail = item;
  self->length++;
}

static inline PillionItem *
pillion_ready_queue_pop (PillionReadyQueue *self)
{
  PillionItem *item = self->head;

  if (item != NULL)
    {
      self->head = item->next;
      if (self->head == NULL)
        self->tail = NULL;
      item->next = NULL;
      self->length--;
    }

  return item;
}
