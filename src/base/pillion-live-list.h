/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionLive PillionLive;

/* A link in the list of what lives; embedded in whatever it belongs to */
struct _PillionLive
{
  PillionLive *previous;
  PillionLive *next;
};

/* What lives, oldest first, with its number */
typedef struct
{
  PillionLive *head;
  PillionLive *tail;
  guint length;
} PillionLiveList;

static inline void
pillion_live_list_add (PillionLiveList *self,
                       PillionLive *link)
{
  link->previous = self->tail;
  link->next = NULL;
  if (self->tail != NULL)
    self->tail->next = link;
  else
    self->head = link;
  self->tail = link;
  self->length++;
}

static inline void
pillion_live_list_remove (PillionLiveList *self,
                          PillionLive *link)
{
  if (link->previous != NULL)
    link->previous->next = link->next;
  else
    self->head = link->next;
  if (link->next != NULL)
    link->next->previous = link->previous;
  else
    self->tail = link->previous;
  link->previous = link->next = NULL;
  self->length--;
}
