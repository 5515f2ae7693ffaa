/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-note.h"

#include "base/pillion-sync.h"

PillionNote *
pillion_note_new (gpointer object,
                  const PillionItemClass *klass)
{
  PillionNote *self = g_atomic_rc_box_new0 (PillionNote);

  self->item.klass = klass;
  g_weak_ref_init (&self->object, object);
  pillion_sync_release (self);

  return self;
}

static void
note_clear (gpointer data)
{
  PillionNote *self = data;

  pillion_sync_acquire (self);
  g_weak_ref_clear (&self->object);
}

void
pillion_note_unref (PillionNote *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, note_clear);
}

PillionItem *
pillion_note_take (PillionNote *self)
{
  return &((PillionNote *) g_atomic_rc_box_acquire (self))->item;
}

gpointer
pillion_note_release (PillionItem *item)
{
  PillionNote *self = (PillionNote *) item;
  gpointer object = g_weak_ref_get (&self->object);

  pillion_note_unref (self);
  return object;
}
