/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionFieldBlock PillionFieldBlock;

/* Header fields in order, with copies of those names and values that aren't borrowed. Names compare without regard to case. All zero is an
 * empty list. */
typedef struct
{
  char **strv; /* name, value, name, value, … NULL; NULL while the list is empty */
  guint n;     /* strings in it */
  guint size;
  PillionFieldBlock *blocks; /* where the copies are, the newest first */
  gsize length; /* of all strings in the blocks, in bytes */
  gsize unused; /* of strings that are no longer in the list; borrowed ones count too, which only makes it pack earlier */
} PillionFieldList;

/* Inline because it is called for each field of each message, and most names differ in their first letters */
static inline gboolean
pillion_field_is_named (const char *name,
                        const char *wanted)
{
  for (; *name == *wanted || ((*name ^ *wanted) == 0x20 && g_ascii_isalpha (*name)); name++, wanted++)
    if (*name == '\0')
      return TRUE;

  return FALSE;
}

void        pillion_field_list_clear  (PillionFieldList       *self);

/* Adds a field after those that are there */
void        pillion_field_list_append (PillionFieldList       *self,
                                       const char             *name,
                                       const char             *value);

/* The same without copies: both strings have to live, unchanged, as long as the list */
void        pillion_field_list_borrow (PillionFieldList       *self,
                                       const char             *name,
                                       const char             *value);

/* Borrows all fields of another list, which must not change as long as this one lives */
void        pillion_field_list_borrow_all (PillionFieldList       *self,
                                           const PillionFieldList *other);

/* Replaces all fields of this name. The strings of the others may move. */
void        pillion_field_list_set    (PillionFieldList       *self,
                                       const char             *name,
                                       const char             *value);

/* Returns whether there was one. The strings of the others may move. */
gboolean    pillion_field_list_remove (PillionFieldList       *self,
                                       const char             *name);

/* The first value, or NULL */
const char *pillion_field_list_get    (const PillionFieldList *self,
                                       const char             *name);

/* All values of this name joined by commas, or NULL if there is none */
char       *pillion_field_list_join   (const PillionFieldList *self,
                                       const char             *name);
