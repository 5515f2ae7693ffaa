/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-waits.h"

#include <glib/gi18n-lib.h>

/* How far down a report, or a search, follows what waits for what */
#define MAX_DEPTH 16

static PillionTask *
get_child (PillionTask *self,
           guint index)
{
  if (self->body == NULL || self->body->klass->get_child == NULL)
    return NULL;

  return self->body->klass->get_child (self->body, index);
}

/* Whether nobody who waits for it will be told any more */
static gboolean
is_delivered (PillionTask *self)
{
  return pillion_task_is_done (self) && !self->queued;
}

void
pillion_task_describe (PillionTask *self,
                       GString *text)
{
  g_string_append_printf (text, "“%s”", self->name);
  if (self->site != NULL)
    g_string_append_printf (text, " (%s)", self->site);
}

void
pillion_task_describe_wait (PillionTask *self,
                            GString *text)
{
  for (guint depth = 0; depth < MAX_DEPTH && !pillion_task_is_done (self); depth++)
    {
      PillionTask *first = NULL, *child;
      guint n_others = 0;

      for (guint i = 0; (child = get_child (self, i)) != NULL; i++)
        {
          if (is_delivered (child))
            continue;
          if (first == NULL)
            first = child;
          else
            n_others++;
        }
      if (first == NULL)
        break;

      g_string_append (text, _(", which waits for "));
      pillion_task_describe (first, text);
      if (n_others > 0)
        g_string_append_printf (text, ngettext (" and %u other", " and %u others", n_others), n_others);
      self = first;
    }

  if (pillion_task_is_done (self) && self->safe_point)
    g_string_append (text, _(", which is held back until a safe point"));
}

static gboolean
is_running (PillionTask *self)
{
  return self->body != NULL && self->body->klass->is_running != NULL && self->body->klass->is_running (self->body);
}

static gboolean
is_held_back (PillionTask *self,
              guint depth)
{
  gboolean found = FALSE;
  PillionTask *child;

  if (pillion_task_is_done (self))
    return self->queued && (self->safe_point || self->running);
  if (is_running (self))
    return TRUE;
  if (depth == MAX_DEPTH)
    return FALSE;

  for (guint i = 0; (child = get_child (self, i)) != NULL; i++)
    {
      if (is_delivered (child))
        continue;
      if (!is_held_back (child, depth + 1))
        return FALSE;
      found = TRUE;
    }

  return found;
}

gboolean
pillion_task_is_held_back (PillionTask *self)
{
  return G_UNLIKELY (pillion_core (self->loop)->n_unsafe > 0) && is_held_back (self, 0);
}

static gboolean
is_on_stack (PillionTask *self,
             GHashTable *seen,
             guint depth)
{
  PillionTask *child;

  if (pillion_task_is_done (self) || self->body == NULL)
    return FALSE;
  if (is_running (self))
    return TRUE;
  if (depth == MAX_DEPTH || self->body->klass->get_child == NULL || !g_hash_table_add (seen, self))
    return FALSE;

  for (guint i = 0; (child = get_child (self, i)) != NULL; i++)
    {
      if (is_on_stack (child, seen, depth + 1))
        return TRUE;
    }

  return FALSE;
}

gboolean
pillion_task_is_on_stack (PillionTask *self,
                          GHashTable *seen)
{
  return is_on_stack (self, seen, 0);
}
