/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-received-fields.h"

#include <string.h>

/* Enough for most heads */
#define FIRST_SIZE 512

struct _PillionFieldIndex
{
  GPtrArray *names;   /* each once, as it was written first; NULL-terminated */
  GHashTable *values; /* name → value, whatever the case of the name */
};

static guint
name_hash (gconstpointer key)
{
  guint hash = 5381;

  for (const char *p = key; *p != '\0'; p++)
    hash = hash * 33 + (guchar) g_ascii_tolower (*p);

  return hash;
}

static gboolean
name_equal (gconstpointer a,
            gconstpointer b)
{
  return g_ascii_strcasecmp (a, b) == 0;
}

/* A server may send any bytes, and a string of ours is text */
static void
index_add (PillionFieldIndex *self,
           const char *name,
           const char *value)
{
  g_autofree char *key = g_utf8_make_valid (name, -1);
  g_autofree char *text = g_utf8_make_valid (value, -1);
  const char *old = g_hash_table_lookup (self->values, key);

  if (old != NULL)
    {
      /* A cookie has commas of its own (RFC 9110, section 5.3), but no line has an end in it */
      const char *comma = g_ascii_strcasecmp (key, "Set-Cookie") == 0 ? "\n" : ", ";
      char *both = g_strconcat (old, comma, text, NULL);

      /* The key stays the one that is in the table */
      g_hash_table_insert (self->values, key, both);
    }
  else
    {
      g_hash_table_insert (self->values, key, g_steal_pointer (&text));
      g_ptr_array_add (self->names, g_steal_pointer (&key));
    }
}

static PillionFieldIndex *
index_new (const PillionReceivedFields *fields)
{
  PillionFieldIndex *self = g_new (PillionFieldIndex, 1);
  const char *end = fields->data + fields->length;

  self->names = g_ptr_array_new_with_free_func (g_free);
  self->values = g_hash_table_new_full (name_hash, name_equal, NULL, g_free);

  for (const char *name = fields->data; name < end;)
    {
      const char *value = name + strlen (name) + 1;

      index_add (self, name, value);
      name = value + strlen (value) + 1;
    }
  g_ptr_array_add (self->names, NULL);

  return self;
}

static void
index_free (PillionFieldIndex *self)
{
  g_hash_table_unref (self->values);
  g_ptr_array_unref (self->names);
  g_free (self);
}

static PillionFieldIndex *
get_index (PillionReceivedFields *self)
{
  PillionFieldIndex *known = g_atomic_pointer_get (&self->index);

  if (known == NULL)
    {
      PillionFieldIndex *made = index_new (self);

      if (g_atomic_pointer_compare_and_exchange (&self->index, NULL, made))
        return made;
      index_free (made); /* another thread was faster */
      known = g_atomic_pointer_get (&self->index);
    }

  return known;
}

void
pillion_received_fields_clear (PillionReceivedFields *self)
{
  g_clear_pointer (&self->index, index_free);
  g_clear_pointer (&self->data, g_free);
}

void
pillion_received_fields_append (PillionReceivedFields *self,
                                const char *name,
                                const char *value)
{
  gsize name_size = strlen (name) + 1;
  gsize value_size = strlen (value) + 1;

  if (self->size - self->length < name_size + value_size)
    {
      self->size = MAX (2 * self->size + name_size + value_size, FIRST_SIZE);
      self->data = g_realloc (self->data, self->size);
    }

  memcpy (self->data + self->length, name, name_size);
  memcpy (self->data + self->length + name_size, value, value_size);
  self->length += name_size + value_size;
}

const char *
pillion_received_fields_get (PillionReceivedFields *self,
                             const char *name)
{
  return g_hash_table_lookup (get_index (self)->values, name);
}

const char *const *
pillion_received_fields_get_names (PillionReceivedFields *self)
{
  return (const char *const *) get_index (self)->names->pdata;
}
