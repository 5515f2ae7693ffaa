/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-field-list.h"

#include <string.h>

void
pillion_field_list_clear (PillionFieldList *self)
{
  for (guint i = 0; i < self->n; i += 2)
    g_free (self->strv[i]);
  g_free (self->strv);
  *self = (PillionFieldList) { NULL };
}

void
pillion_field_list_append (PillionFieldList *self,
                           const char *name,
                           const char *value)
{
  gsize name_size = strlen (name) + 1;
  gsize value_size = strlen (value) + 1;
  char *both = g_malloc (name_size + value_size);

  memcpy (both, name, name_size);
  memcpy (both + name_size, value, value_size);
  if (self->n + 2 >= self->size)
    {
      self->size = MAX (self->size * 2, 17);
      self->strv = g_renew (char *, self->strv, self->size);
    }

  self->strv[self->n++] = both;
  self->strv[self->n++] = both + name_size;
  self->strv[self->n] = NULL;
}

void
pillion_field_list_set (PillionFieldList *self,
                        const char *name,
                        const char *value)
{
  /* The value may belong to one of the fields that are removed */
  g_autofree char *copy = g_strdup (value);

  pillion_field_list_remove (self, name);
  pillion_field_list_append (self, name, copy);
}

gboolean
pillion_field_list_remove (PillionFieldList *self,
                           const char *name)
{
  guint n = 0;

  for (guint i = 0; i < self->n; i += 2)
    {
      if (pillion_field_is_named (self->strv[i], name))
        {
          g_free (self->strv[i]);
          continue;
        }

      self->strv[n++] = self->strv[i];
      self->strv[n++] = self->strv[i + 1];
    }

  if (n == self->n)
    return FALSE;

  self->n = n;
  self->strv[n] = NULL;
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
