/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "base/pillion-item.h"

/* Where other threads put items: a lock-free stack that many push to and one takes as a whole */
typedef struct
{
  PillionItem *head;
} PillionInbox;

/* Returns whether the inbox was empty: if so, the caller wakes the owner */
static inline gboolean
pillion_inbox_push (PillionInbox *self,
                    PillionItem *item)
{
  PillionItem *head = __atomic_load_n (&self->head, __ATOMIC_RELAXED);

  do
    item->next = head;
  while (!__atomic_compare_exchange_n (&self->head, &head, item, TRUE, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));

  return head == NULL;
}

static inline gboolean
pillion_inbox_is_empty (PillionInbox *self)
{
  return __atomic_load_n (&self->head, __ATOMIC_SEQ_CST) == NULL;
}

/* Takes all items, oldest first */
static inline PillionItem *
pillion_inbox_take (PillionInbox *self)
{
  PillionItem *item = __atomic_exchange_n (&self->head, NULL, __ATOMIC_SEQ_CST);
  PillionItem *oldest = NULL;

  while (item != NULL)
    {
      PillionItem *next = item->next;

      item->next = oldest;
      oldest = item;
      item = next;
    }

  return oldest;
}
