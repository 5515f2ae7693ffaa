/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "base/pillion-callback.h"
#include "core/pillion-core.h"
#include "base/pillion-epoll-set.h"
#include "task/pillion-live-tasks.h"
#include "task/pillion-wait-queue.h"

/* loop/pillion-passenger.h */
typedef struct _PillionPassenger PillionPassenger;

/* How many gaps between kicks the automatic budget remembers */
#define PILLION_LOOP_N_GAPS 3

/* A frame at 60 Hz */
#define PILLION_LOOP_FRAME_USEC 16667

typedef enum
{
  PILLION_RIDE_NONE,      /* no hook of ours kicks; the program may kick by itself */
  PILLION_RIDE_HOOK,      /* the host's hook kicks */
  PILLION_RIDE_PASSENGER, /* something else runs the context, and a source of ours is in it */
} PillionRide;

struct _PillionLoop
{
  PillionCore core;

  PillionLoopFlags flags;
  PillionHost *host;    /* changed under the wake lock */
  char *hook_name;      /* the name of the host when the hook was installed */
  PillionRide ride;
  gboolean wanted;      /* atomic: whether ensure () was called and not stop (): the next work reinstalls the hook */
  gboolean owns_context; /* whether the context is acquired */
  gboolean pushed;      /* whether we made the context the thread's default */
  gboolean lasts;       /* whether the table of default loops has a reference */
  PillionLive registry_link;
  gboolean thread_ended; /* under the lock of the registry */
  gboolean winding_down; /* whether nothing was alive at the last kick */
  gboolean auto_stop;
  gboolean shared;      /* whether something else is known to run the context, even while the loop is out of work */
  gboolean keeps_hook;  /* whether the host wants to kick while nothing is alive */
  gulong keeps_hook_handler; /* of the host; 0 without one */
  gint64 kicked_usec;   /* when the hook last kicked, by a coarse clock */
  gboolean stopped;     /* whether stop () removed the hook: kicks do nothing until ensure () */
  gboolean allow_nesting;
  guint n_steps;        /* how many calls of poll sources that a main loop dispatched are on the stack */
  gboolean muted;       /* whether nothing wakes the host, because a kick would be refused */
  PillionPassenger *passenger; /* while something else runs the context */

  gint64 budget_usec;
  PillionBudgetMode budget_mode;
  gint64 slow_usec;
  gint64 last_kick;      /* when the last kick began, if it left something to do; otherwise 0 */
  gint64 gaps[PILLION_LOOP_N_GAPS];
  guint n_gaps;
  gint64 item_usec;      /* how long recent items took, to stop before the deadline rather than after it */
  gint64 inside_start;   /* when a main loop inside the current item was first and last seen; otherwise 0 */
  gint64 inside_end;
  gint64 inside_usec;    /* how long such loops took in the items of the current kick */

  GMutex wake_lock;
  PillionCallback *wake; /* under the lock */
  PillionEpollSet fds;   /* behind get_fd (); its fd is -1 until that is called */
  gint64 last_fresh;     /* when all of its members were last added again, by a coarse clock */
  int event_fd;          /* atomic: -1 until get_fd () is called */
  int n_rings;           /* atomic: how often the event fd was written, or is about to be, since it was read */
  gboolean blocked;      /* atomic: whether the loop's thread sleeps in run-until */

  GHashTable *calls;     /* id → Call, for calls that were not made yet */
  guint next_call;

  PillionLiveTasks live_tasks;
  gboolean live_changed; /* whether the number of live tasks has changed since that was notified */

  PillionWaitQueue frames;  /* the tasks that wait for the next frame */
  PillionTimer frame_timer; /* ready when that begins */
  gboolean awaits_frame;    /* whether the timer is set or ready */
  gint64 last_frame;        /* when the last waits ended, by the host's clock */

  GArray *regions;       /* of Region, in the order in which they began; NULL until there was one */
};

/* Riding: pillion-loop-ride.c */
gboolean pillion_loop_acquire        (PillionLoop  *self);
void     pillion_loop_release_context (PillionLoop *self);
gboolean pillion_loop_is_run_by_another (PillionLoop *self);
gboolean pillion_loop_is_called_from_context (PillionLoop *self);
void     pillion_loop_get_off        (PillionLoop  *self);
void     pillion_loop_become_passenger (PillionLoop *self);
gboolean pillion_loop_rest           (PillionLoop  *self);
gboolean pillion_loop_stops_alone    (PillionLoop  *self);
void     pillion_loop_forget_host    (PillionLoop  *self);
void     pillion_loop_clear_passenger (PillionLoop *self);

/* Hooks by their names: pillion-loop-hook-name.c */
PillionLoop *pillion_loop_ref_by_hook_name (const char *name);
void     pillion_loop_add_hook_name  (PillionLoop  *self,
                                      const char   *name);
void     pillion_loop_remove_hook_name (PillionLoop *self);

/* The work of a kick: pillion-loop-kick.c */
typedef enum
{
  PILLION_WORK_ITEMS = 0,
  PILLION_WORK_PUMP  = 1 << 0, /* the loop may iterate the context */
  PILLION_WORK_KICK  = 1 << 1, /* for a host, which may stop the loop, and sleeps afterwards */
} PillionWorkFlags;

gboolean pillion_loop_work           (PillionLoop    *self,
                                      gint64          deadline_usec,
                                      PillionWorkFlags flags,
                                      const gboolean *is_over,
                                      PillionKick    *report);
gboolean pillion_loop_has_work       (PillionLoop  *self);

/* The budget: pillion-loop-budget.c */
gint64   pillion_loop_get_budget_now (PillionLoop  *self);
void     pillion_loop_measure_gap    (PillionLoop  *self,
                                      gint64        now);

/* Kicks inside a callback: pillion-loop-nest.c */
gboolean pillion_loop_may_call       (PillionLoop  *self);
gboolean pillion_loop_may_kick       (PillionLoop  *self);
gboolean pillion_loop_kick_inside    (PillionLoop  *self,
                                      gint64        deadline,
                                      PillionKick  *report);
void     pillion_loop_look_inside    (PillionLoop  *self);
gint64   pillion_loop_leave_inside   (PillionLoop  *self);

/* Waiting for a frame: pillion-loop-frame.c */

/* A kick begins, and the timer is set */
void     pillion_loop_begin_frame    (PillionLoop  *self);

/* Waiting for a loop inside ours, which is notified at once: pillion-loop-run-until.c */
void     pillion_loop_turn           (PillionLoop    *self,
                                      guint           n_known,
                                      const gboolean *is_over);
void     pillion_loop_turn_until     (PillionLoop    *self,
                                      const gboolean *is_over,
                                      gint64          end_time,
                                      gboolean        brief);

/* What sleeping hosts need: pillion-loop-external.c */
void     pillion_loop_external_init  (PillionLoop  *self);
void     pillion_loop_external_clear (PillionLoop  *self);
void     pillion_loop_consume_wake   (PillionLoop  *self);
void     pillion_loop_ring_anew      (PillionLoop  *self);
void     pillion_loop_leave_fds      (PillionLoop  *self);
void     pillion_loop_mute           (PillionLoop  *self);
void     pillion_loop_unmute         (PillionLoop  *self);
void     pillion_loop_on_watch       (gpointer      data);
void     pillion_loop_hold_for_watch (gpointer      data);

/* Calls: pillion-loop-calls.c */
void     pillion_loop_calls_init     (PillionLoop  *self);
void     pillion_loop_calls_clear    (PillionLoop  *self);

/* Regions: pillion-loop-region.c */
void     pillion_loop_name_regions   (PillionLoop  *self,
                                      GString      *text);
const char *pillion_loop_get_barring (PillionLoop  *self);
void     pillion_loop_regions_clear  (PillionLoop  *self);

/* The loops of the process: pillion-loop-registry.c */
void     pillion_loop_register       (PillionLoop  *self);
void     pillion_loop_unregister     (PillionLoop  *self);
void     pillion_loop_make_default   (PillionLoop  *self);
void     pillion_loop_forget_default (PillionLoop  *self);

/* The last reference was dropped on another thread: leaves what only the loop's own thread can undo to that
 * thread */
void     pillion_loop_leave_thread   (PillionLoop  *self);

/* Undoes it, on the loop's thread */
void     pillion_loop_tidy_thread    (void);

/* Whether a number of live tasks has changed since the end of the last kick. The next kick says so, even if nothing is
 * ready in it. */
static inline gboolean
pillion_loop_has_news (PillionLoop *self)
{
  return self->live_changed || self->core.scopes_changed;
}

static inline PillionLoop *
pillion_loop_from_link (PillionLive *link)
{
  return (PillionLoop *) ((char *) link - G_STRUCT_OFFSET (PillionLoop, registry_link));
}

/* pillion-loop.c */
void     pillion_loop_shut           (PillionLoop  *self);
void     pillion_loop_notify_live_tasks (PillionLoop *self);
void     pillion_loop_emit_slow      (PillionLoop  *self,
                                      const char   *name,
                                      gint64        duration_usec);
