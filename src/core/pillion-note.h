/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-core.h"

/* An item that finds its object when it is run. It keeps neither the object nor its loop: if the loop is dropped just as a thread has pushed
 * something, nobody takes that out of the queue any more. Whoever pushes it gives the queue a reference to the note. */
typedef struct
{
  PillionItem item;
  GWeakRef object;
} PillionNote;

PillionNote *pillion_note_new     (gpointer                object,
                                   const PillionItemClass *klass);
void         pillion_note_unref   (PillionNote            *self);

/* The item, to be pushed, with a reference */
PillionItem *pillion_note_take    (PillionNote            *self);

/* For run () and drop (), which it leaves without the item: the object with a reference, to be let go of with pillion_sync_unref (), or NULL if
 * it is gone */
gpointer     pillion_note_release (PillionItem            *item);
