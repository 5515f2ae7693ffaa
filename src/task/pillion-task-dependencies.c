/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-dependencies.h"

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"

/* How many dependencies a report follows */
#define MAX_DEPTH 16

static PillionTask *
get_child (PillionTask *self,
           guint index)
{
  if (self->body == NULL || self->body->klass->get_child == NULL)
    return NULL;

  return self->body->klass->get_child (self->body, index);
}

/* Whether all of its callbacks have been called */
static gboolean
is_delivered (PillionTask *self)
{
  return pillion_task_is_done (self) && !self->queued;
}

void
pillion_task_describe (PillionTask *self,
                       GString *text)
{
  g_string_append_printf (text, "'%s'", self->name);
  if (self->site != NULL)
    g_string_append_printf (text, " (%s)", self->site);
}

void
pillion_task_describe_dependencies (PillionTask *self,
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

      g_string_append (text, _(", waiting for "));
      pillion_task_describe (first, text);
      if (n_others > 0)
        g_string_append_printf (text, g_dngettext (GETTEXT_PACKAGE, " and %u other", " and %u others", n_others), n_others);
      self = first;
    }

  if (pillion_task_is_done (self) && self->safe_point)
    g_string_append (text, _(", held back until a safe point"));
}

static gboolean
is_running (PillionTask *self)
{
  return self->body != NULL && self->body->klass->is_running != NULL && self->body->klass->is_running (self->body);
}

/* The tasks whose dependencies are still to be looked at. This is no recursion, because fibers can await each other to any depth, and their
 * stacks are small. */
typedef struct
{
  GPtrArray *left;
  GHashTable *seen;
} Search;

static void
search_add (Search *self,
            PillionTask *task)
{
  if (!g_hash_table_add (self->seen, task))
    return;

  if (self->left == NULL)
    self->left = g_ptr_array_new ();
  g_ptr_array_add (self->left, task);
}

static PillionTask *
search_next (Search *self)
{
  return self->left != NULL && self->left->len > 0 ? g_ptr_array_steal_index_fast (self->left, self->left->len - 1) : NULL;
}

static void
search_end (Search *self)
{
  g_clear_pointer (&self->left, g_ptr_array_unref);
}

/* Whether it waits for no other task; then @held says whether it is held back */
static gboolean
is_leaf (PillionTask *self,
         gboolean *held)
{
  PillionTask *child;

  if (pillion_task_is_done (self))
    {
      *held = self->queued && (self->safe_point || self->running);
      return TRUE;
    }
  if (is_running (self))
    {
      *held = TRUE;
      return TRUE;
    }

  for (guint i = 0; (child = get_child (self, i)) != NULL; i++)
    {
      if (!is_delivered (child))
        return FALSE;
    }
  *held = FALSE;
  return TRUE;
}

/* It is, if everything that it waits for in the end is */
static gboolean
is_held_back (PillionTask *self)
{
  Search search = { NULL };
  gboolean all_held = TRUE, found = FALSE;
  PillionTask *child;

  if (is_leaf (self, &all_held))
    return all_held;

  search.seen = g_hash_table_new (NULL, NULL);
  for (search_add (&search, self); all_held && (self = search_next (&search)) != NULL;)
    {
      for (guint i = 0; all_held && (child = get_child (self, i)) != NULL; i++)
        {
          if (is_delivered (child))
            continue;
          if (is_leaf (child, &all_held))
            found = TRUE;
          else
            search_add (&search, child);
        }
    }
  search_end (&search);
  g_hash_table_unref (search.seen);

  return all_held && found;
}

gboolean
pillion_task_is_held_back (PillionTask *self)
{
  return G_UNLIKELY (pillion_core (self->loop)->n_unsafe > 0) && is_held_back (self);
}

gboolean
pillion_task_is_on_stack (PillionTask *self,
                          GHashTable *seen)
{
  Search search = { NULL, seen };
  gboolean found = FALSE;
  PillionTask *child;

  for (search_add (&search, self); !found && (self = search_next (&search)) != NULL;)
    {
      if (pillion_task_is_done (self))
        continue;
      found = is_running (self);
      for (guint i = 0; !found && (child = get_child (self, i)) != NULL; i++)
        search_add (&search, child);
    }
  search_end (&search);

  return found;
}

gboolean
pillion_task_waits_for (PillionTask *self,
                        PillionTask *other)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  Search search = { NULL, seen };
  gboolean found = FALSE;
  PillionTask *child;

  for (search_add (&search, self); !found && (self = search_next (&search)) != NULL;)
    {
      found = self == other;
      for (guint i = 0; !found && !pillion_task_is_done (self) && (child = get_child (self, i)) != NULL; i++)
        search_add (&search, child);
    }
  search_end (&search);

  return found;
}

gboolean
pillion_private_task_waits_for (PillionTask *self,
                                PillionTask *other)
{
  return pillion_task_waits_for (self, other);
}
