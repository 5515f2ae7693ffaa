/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-core.h"

/* An item that finds its object when it is run. It keeps neither the object nor its loop alive: if the loop
 * is dropped just as a thread has pushed something, nothing removes that from the queue any more. The caller
 * that pushes it gives the queue a reference to the note. */
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

/* For run () and drop (), which it leaves without the item. Returns the object, with a reference to be
 * released by pillion_sync_unref (), or NULL if the object is gone. */
gpointer     pillion_note_release (PillionItem            *item);
