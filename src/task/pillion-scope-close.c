/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-scope-private.h"

#include <glib/gi18n-lib.h>

#include "task/pillion-task-dependencies.h"

/* The end of a scope, and the report of what is left */

/* How many tasks an error names before it only counts the rest */
#define MAX_NAMED 10

/* A scope that is being closed */
typedef struct
{
  PillionScope *scope;
  guint n_on_stack; /* tasks whose callbacks are on the stack: they can't end before those return */
} Close;

typedef void (*ForMember) (PillionScopeMember *member,
                           gpointer            data);

/* Calls @func for all members of the scope and its children; it may remove them */
static void
for_all (PillionScope *self,
         ForMember func,
         gpointer data)
{
  for (PillionLive *link = self->members.head, *next; link != NULL; link = next)
    {
      next = link->next;
      func (pillion_scope_member_from_link (link), data);
    }
  for (guint i = 0; i < self->children->len; i++)
    for_all (self->children->pdata[i], func, data);
}

static void
add_to_array (PillionScopeMember *member,
              gpointer data)
{
  g_ptr_array_add (data, g_object_ref (member->task));
}

static void
cancel_all (PillionScope *self)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  /* Cancelling may call the user's code, which may do anything */
  for_all (self, add_to_array, tasks);
  for (guint i = 0; i < tasks->len; i++)
    pillion_task_cancel (tasks->pdata[i]);
}

typedef struct
{
  GHashTable *seen;
  PillionTask *found;
} StackSearch;

static void
look_for_stack (PillionScopeMember *member,
                gpointer data)
{
  StackSearch *search = data;

  if (search->found == NULL && pillion_task_is_on_stack (member->task, search->seen))
    search->found = member->task;
}

static void
count_running (PillionScopeMember *member,
               gpointer data)
{
  guint *n = data;

  *n += member->task->running;
}

static void
count_hopeless (PillionScopeMember *member,
                gpointer data)
{
  guint *n = data;

  *n += member->task->running || pillion_task_is_held_back (member->task);
}

static gboolean
is_over (PillionLoop *loop,
         gpointer data)
{
  Close *self = data;
  guint n_hopeless = 0;

  if (self->scope->closed || self->scope->n_live <= self->n_on_stack)
    return TRUE;
  if (pillion_core (loop)->n_unsafe == 0 || pillion_core_has_ready (pillion_core (loop)))
    return FALSE;

  /* What waits for a safe point, or for something further up the stack, isn't delivered here */
  for_all (self->scope, count_hopeless, &n_hopeless);
  return n_hopeless == self->scope->n_live;
}

static void
set_closing (PillionScope *self,
             gboolean closing)
{
  self->closing = closing;
  for (guint i = 0; i < self->children->len; i++)
    set_closing (self->children->pdata[i], closing);
  pillion_scope_notify_closed (self);
}

static PillionScope *
find_closing (PillionScope *self)
{
  PillionScope *found = self->closing ? self : NULL;

  for (guint i = 0; found == NULL && i < self->children->len; i++)
    found = find_closing (self->children->pdata[i]);
  return found;
}

/* Closes the scope as it is. Its children are all closed. */
static void
shut (PillionScope *self)
{
  PillionCore *core = pillion_core (self->loop);

  self->closing = FALSE;
  self->closed = TRUE;
  pillion_live_list_remove (&core->scopes, &self->link);
  g_hash_table_remove (core->scope_names, self->name);
  if (self->parent != NULL)
    g_ptr_array_remove (self->parent->children, self);

  pillion_scope_dissolve_line (self);
  pillion_scope_end_joins (self);
  pillion_scope_notify_now (self);
  g_object_unref (self);
}

void
pillion_scope_begin_closing_all (PillionCore *core)
{
  g_autoptr (GPtrArray) scopes = NULL;

  if (core->closing)
    return;

  scopes = g_ptr_array_new_with_free_func (g_object_unref);
  for (PillionLive *link = core->scopes.head; link != NULL; link = link->next)
    {
      PillionScope *scope = (PillionScope *) ((char *) link - G_STRUCT_OFFSET (PillionScope, link));

      if (!pillion_scope_is_closed (scope))
        g_ptr_array_add (scopes, g_object_ref (scope));
    }

  core->closing = TRUE;
  for (guint i = 0; i < scopes->len; i++)
    pillion_scope_notify_closed (scopes->pdata[i]);
}

/* Children first: they were made later, so they come later in the list */
void
pillion_scope_shut_all (PillionCore *core)
{
  while (core->scopes.tail != NULL)
    {
      PillionScope *self = (PillionScope *) ((char *) core->scopes.tail - G_STRUCT_OFFSET (PillionScope, link));

      while (self->members.head != NULL)
        pillion_scope_member_leave (pillion_scope_member_from_link (self->members.head));
      shut (self);
    }
}

static void
describe (PillionTask *task,
          PillionScopeMember *member,
          gboolean with_scope,
          GString *text)
{
  pillion_task_describe (task, text);
  if (member != NULL && with_scope)
    g_string_append_printf (text, _(" in scope '%s'"), member->scope->name);
  if (member != NULL)
    g_string_append_printf (text, _(", %.1f s old"),
                            (pillion_core_now (pillion_core (task->loop)) - member->since) / (double) G_USEC_PER_SEC);
  pillion_task_describe_dependencies (task, text);
}

void
pillion_scope_describe_task (PillionTask *task,
                             GString *text)
{
  describe (task, pillion_scope_member_of (task), TRUE, text);
}

typedef struct
{
  PillionScope *scope;
  GString *text;
  guint n;
} Left;

/* Whether the task is over for everybody but its scope, which is told last, and so perhaps not in the same kick */
static gboolean
is_over_for_others (PillionTask *task)
{
  return task->running || (!task->live && !pillion_task_is_awaited (task));
}

/* Lets go of a task, which from now on belongs to the loop alone */
static void
leave_behind (PillionScopeMember *member,
              gpointer data)
{
  Left *left = data;
  PillionTask *task = g_object_ref (member->task);

  if (is_over_for_others (task))
    {
      pillion_scope_look_at_end (member->scope, member);
    }
  else
    {
      for (PillionScope *each = member->scope; each != left->scope->parent; each = each->parent)
        each->left_behind = TRUE;
      if (left->n++ < MAX_NAMED)
        {
          if (left->text->len > 0)
            g_string_append (left->text, "; ");
          describe (task, member, member->scope != left->scope, left->text);
        }
    }

  pillion_scope_member_leave (member);
  pillion_task_remove_done_callback (task, member->callback);
  pillion_task_unlook (task);
  g_object_unref (task);
}

static void
shut_with_children (PillionScope *self)
{
  while (self->children->len > 0)
    shut_with_children (self->children->pdata[self->children->len - 1]);
  shut (self);
}

/* Whether it can be closed from here */
static gboolean
may_close (PillionScope *self,
           GError **error)
{
  PillionScope *closing = find_closing (self);

  if (pillion_core (self->loop)->closing)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NESTED, _("The loop is being closed, along with its scopes"));
      return FALSE;
    }
  if (closing != NULL)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NESTED, _("The scope '%s' is already being closed"), closing->name);
      return FALSE;
    }

  /* Outside of kicks, nothing is on the stack */
  if (pillion_core (self->loop)->depth > 0)
    {
      g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
      StackSearch search = { seen, NULL };

      for_all (self, look_for_stack, &search);
      if (search.found != NULL)
        {
          g_set_error (error, PILLION_ERROR, PILLION_ERROR_NESTED,
                       _("The scope '%s' can't be closed from inside '%s': it would wait for that task"), self->name,
                       search.found->name);
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * pillion_scope_cancel:
 * @self: a scope
 *
 * Cancels all tasks that are in the scope and its children now, including those that wait for room. The scope
 * stays open, and what is added later is not cancelled. It does nothing to a closed scope. On the loop's thread
 * only.
 *
 * Since: 1.0
 */
void
pillion_scope_cancel (PillionScope *self)
{
  g_return_if_fail (PILLION_IS_SCOPE (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (pillion_core_on_thread (pillion_core (self->loop)));

  g_object_ref (self);
  cancel_all (self);
  g_object_unref (self);
}

/**
 * pillion_scope_close:
 * @self: a scope
 * @timeout: how long it may take, in µs by the host's clock; 0 to cancel and not to wait, less than 0 for as long as it takes
 * @error: return location for an error
 *
 * Ends everything in the scope and its children, now. It cancels all tasks, works until their callbacks have
 * run or the time is up, and removes the scope and its children from the loop. Call it for a reload, for
 * another file, at the end of a game and when quitting. It never takes longer than @timeout, except for a
 * callback that blocks. Meanwhile everything else of the loop carries on, as in
 * [method@Pillion.Loop.run_until_complete].
 *
 * From the moment it begins, nothing can be added. Closing a closed scope has no effect.
 *
 * You can call it in a done callback of one of the tasks. That task then counts as ended; its remaining
 * callbacks run after this one has returned. What waits for that task can't continue before, and is left.
 * Inside a fiber that is in the scope, or a function that one of its tasks calls ([method@Pillion.Scope.start],
 * [func@Pillion.Task.map] and others), it does nothing and fails, because it would wait for its own caller. If
 * this is not a safe point, callbacks that wait for one are left.
 *
 * Returns: whether everything had ended. If not, @error is [error@Pillion.Error.LEFT_BEHIND]: the scope is closed all the same, the
 *   tasks that were left are the loop's, and the message names each with the place where it was made, how long it was in the
 *   scope, and what it waits for. With any other error the scope is still open: [error@Pillion.Error.NESTED] if it is being
 *   closed further up, or the loop is, or one of its tasks is on the stack; [error@Pillion.Error.BUSY] if everything was cancelled,
 *   but nothing can be called for now ([method@Pillion.Loop.begin_region]) or another thread runs the context;
 *   [error@Pillion.Error.WRONG_THREAD]. It is [error@Pillion.Error.CLOSED] if a callback closed the loop meanwhile
 *
 * Since: 1.0
 */
gboolean
pillion_scope_close (PillionScope *self,
                     GTimeSpan timeout,
                     GError **error)
{
  g_autoptr (PillionLoop) loop = NULL;
  g_autoptr (GString) text = NULL;
  Close close = { self, 0 };
  Left left = { self, NULL, 0 };
  gboolean worked = TRUE;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), FALSE);
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_core_check_thread (pillion_core (self->loop), error))
    return FALSE;
  if (self->closed)
    return TRUE;
  if (!may_close (self, error))
    return FALSE;

  loop = g_object_ref (self->loop);
  g_object_ref (self);
  set_closing (self, TRUE);
  cancel_all (self);
  for_all (self, count_running, &close.n_on_stack);
  if (timeout != 0 && !is_over (loop, &close))
    worked = pillion_loop_run_until (loop, is_over, &close, timeout, error);

  if (self->closed)
    {
      g_object_unref (self);
      g_clear_error (error);
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The loop was closed"));
      return FALSE;
    }
  if (!worked)
    {
      set_closing (self, FALSE);
      g_object_unref (self);
      return FALSE;
    }

  left.text = text = g_string_new (NULL);
  for_all (self, leave_behind, &left);
  if (left.n > MAX_NAMED)
    g_string_append_printf (text, g_dngettext (GETTEXT_PACKAGE, "; and %u more task", "; and %u more tasks", left.n - MAX_NAMED),
                            left.n - MAX_NAMED);
  if (left.n > 0)
    g_set_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND, _("Still running when the scope '%s' was closed: %s"),
                 self->name, text->str);
  shut_with_children (self);
  if (self->parent != NULL)
    pillion_scope_look_for_end (self->parent);
  g_object_unref (self);

  return left.n == 0;
}
