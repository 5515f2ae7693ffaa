/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-field-list.h"

#include <string.h>

/* The size of the first block, in bytes: most lists need no other */
#define BLOCK 496

/* Less than this is never reclaimed before the list is cleared, in bytes */
#define MIN_UNUSED 1024

struct _PillionFieldBlock
{
  PillionFieldBlock *next;
  gsize used;
  gsize size;
  char bytes[];
};

void
pillion_field_list_clear (PillionFieldList *self)
{
  PillionFieldBlock *next;

  for (PillionFieldBlock *block = self->blocks; block != NULL; block = next)
    {
      next = block->next;
      g_free (block);
    }
  g_free (self->strv);
  *self = (PillionFieldList) { NULL };
}

static char *
get_room (PillionFieldList *self,
          gsize length)
{
  PillionFieldBlock *block = self->blocks;
  char *room;

  if (block == NULL || block->size - block->used < length)
    {
      gsize size = MAX (block != NULL ? 2 * block->size : BLOCK, length);

      block = g_malloc (sizeof *block + size);
      block->next = self->blocks;
      block->used = 0;
      block->size = size;
      self->blocks = block;
    }

  room = block->bytes + block->used;
  block->used += length;
  self->length += length;

  return room;
}

void
pillion_field_list_append (PillionFieldList *self,
                           const char *name,
                           const char *value)
{
  gsize name_size = strlen (name) + 1;
  gsize value_size = strlen (value) + 1;
  char *both = get_room (self, name_size + value_size);

  memcpy (both, name, name_size);
  memcpy (both + name_size, value, value_size);
  pillion_field_list_borrow (self, both, both + name_size);
}

void
pillion_field_list_borrow (PillionFieldList *self,
                           const char *name,
                           const char *value)
{
  if (self->n + 2 >= self->size)
    {
      self->size = MAX (self->size * 2, 33);
      self->strv = g_renew (char *, self->strv, self->size);
    }

  self->strv[self->n++] = (char *) name;
  self->strv[self->n++] = (char *) value;
  self->strv[self->n] = NULL;
}

void
pillion_field_list_borrow_all (PillionFieldList *self,
                               const PillionFieldList *other)
{
  for (guint i = 0; i < other->n; i += 2)
    pillion_field_list_borrow (self, other->strv[i], other->strv[i + 1]);
}

/* A field of a list that lives long may be set or removed often */
static void
reclaim (PillionFieldList *self)
{
  PillionFieldList packed = { NULL };

  if (self->unused < MIN_UNUSED || self->unused < self->length / 2)
    return;

  for (guint i = 0; i < self->n; i += 2)
    pillion_field_list_append (&packed, self->strv[i], self->strv[i + 1]);
  pillion_field_list_clear (self);
  *self = packed;
}

/* Removes the fields of this name from the first @n strings */
static gboolean
remove_from_first (PillionFieldList *self,
                   const char *name,
                   guint n)
{
  guint kept = 0;
  guint i;

  for (i = 0; i < n; i += 2)
    {
      if (pillion_field_is_named (self->strv[i], name))
        {
          self->unused += strlen (self->strv[i]) + strlen (self->strv[i + 1]) + 2;
          continue;
        }

      self->strv[kept++] = self->strv[i];
      self->strv[kept++] = self->strv[i + 1];
    }

  if (kept == n)
    return FALSE;

  for (; i < self->n; i++)
    self->strv[kept++] = self->strv[i];
  self->n = kept;
  self->strv[kept] = NULL;
  return TRUE;
}

void
pillion_field_list_set (PillionFieldList *self,
                        const char *name,
                        const char *value)
{
  const guint n = self->n;

  /* First, because the name and the value may belong to the list. Until it is packed, none of its strings moves. */
  pillion_field_list_append (self, name, value);
  remove_from_first (self, name, n);
  reclaim (self);
}

gboolean
pillion_field_list_remove (PillionFieldList *self,
                           const char *name)
{
  if (!remove_from_first (self, name, self->n))
    return FALSE;

  reclaim (self);
  return TRUE;
}

const char *
pillion_field_list_get (const PillionFieldList *self,
                        const char *name)
{
  for (guint i = 0; i < self->n; i += 2)
    if (pillion_field_is_named (self->strv[i], name))
      return self->strv[i + 1];

  return NULL;
}

char *
pillion_field_list_join (const PillionFieldList *self,
                         const char *name)
{
  const char *first = NULL;
  GString *joined = NULL;

  for (guint i = 0; i < self->n; i += 2)
    {
      if (!pillion_field_is_named (self->strv[i], name))
        continue;

      if (first == NULL)
        {
          first = self->strv[i + 1];
          continue;
        }
      if (joined == NULL)
        joined = g_string_new (first);
      g_string_append_printf (joined, ", %s", self->strv[i + 1]);
    }

  return joined != NULL ? g_string_free (joined, FALSE) : g_strdup (first);
}
