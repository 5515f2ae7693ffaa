/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-live-tasks.h"
#include "task/pillion-wait-queue.h"

typedef struct _PillionScopeMember PillionScopeMember;

struct _PillionScope
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionLive link;      /* in the core's list of open scopes, which holds a reference */
  char *name;            /* after those of its parents */
  PillionScope *parent;  /* a reference; open as long as this one */
  GPtrArray *children;   /* those that are open, in the order made; no references */
  gboolean cancel_on_error;
  gboolean closing;
  gboolean closed;
  gboolean left_behind;  /* whether not everything had ended then */

  PillionLiveList members; /* in the order added */
  PillionLive *cursor;     /* the one that was last looked up by its index, or NULL */
  guint cursor_index;
  guint64 next_order;
  guint n_live;          /* members here and in the children */
  gboolean live_changed; /* whether that has changed since it last notified */
  PillionLiveTasks live_tasks; /* the same */
  GHashTable *keys;      /* key → member; made when first needed */
  PillionWaitQueue joins;

  GArray *failed;        /* of those that failed, in the order added, up to a limit; made when first needed */
  guint n_failed;        /* including those past the limit */

  guint limit;           /* 0 if there is none */
  PillionLiveList line;  /* starts that wait for room */
  PillionItem start_item; /* queued, with a reference, while there may be room for the first of them */
  gboolean start_queued;
};

struct _PillionScopeMember
{
  PillionLive link;
  PillionScope *scope;   /* NULL once the task has left it; until then it is open */
  PillionTask *task;     /* no reference: the task's callback owns this */
  char *key;
  guint64 order;
  gint64 since;          /* when it was added, by the loop's clock */
  guint callback;
};

static inline PillionScopeMember *
pillion_scope_member_from_link (PillionLive *link)
{
  return (PillionScopeMember *) ((char *) link - G_STRUCT_OFFSET (PillionScopeMember, link));
}

/* The task's membership of an open scope, or NULL */
PillionScopeMember *pillion_scope_member_of  (PillionTask  *task);

/* Adds the task, which isn't in a scope yet */
PillionScopeMember *pillion_scope_take_in    (PillionScope *self,
                                              PillionTask  *task);

/* Removes the task, however it ended */
void          pillion_scope_member_leave     (PillionScopeMember *self);

/* Keeps the task if it has failed, and returns whether it has */
gboolean      pillion_scope_look_at_end      (PillionScope *self,
                                              PillionScopeMember *member);

/* Ends the joins, which wait for the scope to be empty */
void          pillion_scope_end_joins        (PillionScope *self);

/* The same for the scope and its ancestors, as far as they have no live tasks */
void          pillion_scope_look_for_end     (PillionScope *self);

/* The number of live tasks of the scope, and so of its ancestors, has changed: they notify at the end of the kick, all by the second
 * function, or before that if they are closed */
void          pillion_scope_notify_live_tasks (PillionScope *self);
void          pillion_scope_notify_all       (PillionCore  *core);
void          pillion_scope_notify_now       (PillionScope *self);

/* The scope was closed */
void          pillion_scope_notify_closed    (PillionScope *self);

void          pillion_scope_emit_task_failed (PillionScope *self,
                                              PillionTask  *task);

/* Fails if the scope, or an ancestor, has cancelled its tasks because one failed, and the failures haven't been taken yet */
gboolean      pillion_scope_check_failed     (PillionScope *self,
                                              GError      **error);
/* Fails on another thread, or if the scope is closed */
gboolean      pillion_scope_check_open       (PillionScope *self,
                                              GError      **error);

/* Starts: pillion-scope-start.c */
extern const PillionItemClass pillion_scope_start_item_class;
void          pillion_scope_start_next       (PillionScope *self);
void          pillion_scope_dissolve_line    (PillionScope *self);

/* For a task that leaves the scope: if it is waiting for room, it starts in the next kick */
void          pillion_scope_start_alone      (PillionTask  *task);

/* Closing: pillion-scope-close.c. The first is called when the loop begins to close, the second at its end: it closes all scopes as they are. */
void          pillion_scope_begin_closing_all (PillionCore *core);
void          pillion_scope_shut_all         (PillionCore  *core);

/* For reports: the task's name, where it was made, its scope and for how long it has been there, and what it waits for */
void          pillion_scope_describe_task    (PillionTask  *task,
                                              GString      *text);
