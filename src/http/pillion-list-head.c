/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-list-head.h"

static const char *
get_field (const PillionHead *head,
           const char *name)
{
  /* The fields stay as they are; what is joined only has to live as long as the head */
  PillionListHead *self = (PillionListHead *) head;
  char *value = pillion_field_list_join (&self->fields, name);

  if (value == NULL)
    return NULL;

  if (self->joined == NULL)
    self->joined = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->joined, value);
  return value;
}

static void
foreach_field (const PillionHead *head,
               PillionFieldFunc func,
               gpointer data)
{
  const PillionListHead *self = (const PillionListHead *) head;

  for (guint i = 0; i < self->fields.n; i += 2)
    func (self->fields.strv[i], self->fields.strv[i + 1], data);
}

static void
get_details (const PillionHead *head,
             PillionHeadDetails *details)
{
  *details = ((const PillionListHead *) head)->details;
}

void
pillion_list_head_init (PillionListHead *self,
                        guint status,
                        const char *reason,
                        gint64 length)
{
  *self = (PillionListHead) {
    .parent = {
      .status = status,
      .reason = reason,
      .length = length,
      .delimited = TRUE,
      .get_field = get_field,
      .foreach_field = foreach_field,
      .get_details = get_details,
    },
    .details = { .version = "1.1" },
  };
}

void
pillion_list_head_clear (PillionListHead *self)
{
  pillion_field_list_clear (&self->fields);
  g_clear_pointer (&self->joined, g_ptr_array_unref);
}

void
pillion_list_head_take (const char *name,
                        const char *value,
                        gpointer data)
{
  PillionListHead *self = data;

  pillion_field_list_borrow (&self->fields, name, value);
}
