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
  char *name;            /* with those of the parents in front */
  PillionScope *parent;  /* kept; it is open as long as this one */
  GPtrArray *children;   /* the open ones, in the order made; no references */
  gboolean cancel_on_error;
  gboolean closing;
  gboolean closed;
  gboolean left_behind;  /* whether not everything had ended then */

  PillionLiveList members; /* in the order added */
  PillionLive *cursor;     /* the one of them that was last looked up by its index; NULL if that is not known */
  guint cursor_index;
  guint64 next_order;
  guint n_live;          /* members here and in the children */
  gboolean live_changed; /* whether that has changed, and did not notify yet */
  PillionLiveTasks live_tasks; /* the same */
  GHashTable *keys;      /* key → member; made when first wanted */
  PillionWaitQueue joins;

  GArray *failed;        /* of the first that failed, in the order added; made when first wanted */
  guint n_failed;        /* with those that are not kept */

  guint limit;           /* 0: none */
  PillionLiveList line;  /* of starts that wait for room */
  PillionItem start_item; /* queued while there may be room for the first of them; comes with a reference */
  gboolean start_queued;
};

struct _PillionScopeMember
{
  PillionLive link;
  PillionScope *scope;   /* NULL once the task is in it no more; it is open until then */
  PillionTask *task;     /* no reference: this belongs to a callback of the task */
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

/* The task's place in an open scope, or NULL */
PillionScopeMember *pillion_scope_member_of  (PillionTask  *task);

/* Takes the task in; it is in no scope yet */
PillionScopeMember *pillion_scope_take_in    (PillionScope *self,
                                              PillionTask  *task);

/* Takes the task out, without looking at how it ended */
void          pillion_scope_member_leave     (PillionScopeMember *self);

/* Keeps the task if it has failed. Returns whether it has. */
gboolean      pillion_scope_look_at_end      (PillionScope *self,
                                              PillionScopeMember *member);

/* Ends the joins, which wait for the scope to be empty */
void          pillion_scope_end_joins        (PillionScope *self);

/* The same for the scope and its parents, as far as nothing lives there */
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

/* Fails if the scope, or one that it is in, has cancelled its tasks because one failed, and its failures were not taken */
gboolean      pillion_scope_check_failed     (PillionScope *self,
                                              GError      **error);
/* Fails if the scope can't be used: on another thread, or closed */
gboolean      pillion_scope_check_open       (PillionScope *self,
                                              GError      **error);

/* Starts: pillion-scope-start.c */
extern const PillionItemClass pillion_scope_start_item_class;
void          pillion_scope_start_next       (PillionScope *self);
void          pillion_scope_dissolve_line    (PillionScope *self);

/* A task that leaves the scope: if it is waiting for room there, it starts in the next kick */
void          pillion_scope_start_alone      (PillionTask  *task);

/* Closing: pillion-scope-close.c. The first says that the loop is being closed, and so all of its scopes. The second is for the end of the loop: closes all scopes as they are. */
void          pillion_scope_begin_closing_all (PillionCore *core);
void          pillion_scope_shut_all         (PillionCore  *core);

/* For a report: what the task is called, where it was made, in which scope it is and for how long, and what it waits for */
void          pillion_scope_describe_task    (PillionTask  *task,
                                              GString      *text);
