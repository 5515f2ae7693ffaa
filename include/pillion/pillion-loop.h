/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-host.h>
#include <pillion/pillion-kick.h>
#include <pillion/pillion-task.h>

G_BEGIN_DECLS

#define PILLION_TYPE_LOOP (pillion_loop_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionLoop, pillion_loop, PILLION, LOOP, GObject)

/**
 * PillionLoopFlags:
 * @PILLION_LOOP_DEFAULT: ride on the context that is given, or on the thread-default one
 * @PILLION_LOOP_PRIVATE_CONTEXT: make a context of the loop's own, without a blind spot for sleeping
 *   hosts, and push it as the thread's default until the loop is closed
 *
 * How a loop gets its context.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  PILLION_LOOP_DEFAULT         = 0,
  PILLION_LOOP_PRIVATE_CONTEXT = 1 << 0,
} PillionLoopFlags;

/**
 * PillionSleep:
 * @PILLION_SLEEP_WAIT: sleep until the descriptor is readable or the time is up, and then kick
 * @PILLION_SLEEP_KICK: don't sleep: kick now
 * @PILLION_SLEEP_NOT_YOURS: sleep as if there were no loop: a kick would do nothing, or something else does
 *   the work
 *
 * What [method@Pillion.Loop.prepare_sleep] tells a host to do.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_SLEEP_WAIT,
  PILLION_SLEEP_KICK,
  PILLION_SLEEP_NOT_YOURS,
} PillionSleep;

/**
 * PillionBudgetMode:
 * @PILLION_BUDGET_FIXED: a kick works for [property@Pillion.Loop:budget-usec]
 * @PILLION_BUDGET_AUTOMATIC: a kick works longer if the host ticks seldom: 0.3 of the time by which
 *   the host's period exceeds that of 60 Hz comes on top, up to 100 ms in all
 *
 * How long a plain kick works before it leaves the rest for the next one.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_BUDGET_FIXED,
  PILLION_BUDGET_AUTOMATIC,
} PillionBudgetMode;

/**
 * PillionRegionFlags:
 * @PILLION_REGION_NONE: nothing is forbidden
 * @PILLION_REGION_NO_CALLBACKS: nothing may be called: a kick does nothing
 * @PILLION_REGION_NO_DESTRUCTIVE: nothing may be called that was marked for a safe point
 *
 * What a host forbids for a while with [method@Pillion.Loop.begin_region].
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  PILLION_REGION_NONE           = 0,
  PILLION_REGION_NO_CALLBACKS   = 1 << 0,
  PILLION_REGION_NO_DESTRUCTIVE = 1 << 1,
} PillionRegionFlags;

PILLION_AVAILABLE_IN_1_0
PillionLoop      *pillion_loop_new                  (GMainContext       *context,
                                                     PillionLoopFlags    flags);
PILLION_AVAILABLE_IN_1_0
PillionLoop      *pillion_loop_get_default          (void);
PILLION_AVAILABLE_IN_1_0
GMainContext     *pillion_loop_get_context          (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
PillionLoopFlags  pillion_loop_get_flags            (PillionLoop        *self);

PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_ensure               (PillionLoop        *self,
                                                     PillionHost        *host,
                                                     GError            **error);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_stop                 (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_stop_by_name         (const char         *name);
PILLION_AVAILABLE_IN_1_0
PillionLoop      *pillion_loop_find_by_name         (const char         *name);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_is_riding            (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_is_passenger         (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
PillionHost      *pillion_loop_get_host             (PillionLoop        *self);

PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_kick                 (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_kick_until           (PillionLoop        *self,
                                                     gint64              deadline_usec,
                                                     PillionKick        *report);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_loop_get_budget_usec      (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_budget_usec      (PillionLoop        *self,
                                                     gint64              budget_usec);
PILLION_AVAILABLE_IN_1_0
PillionBudgetMode pillion_loop_get_budget_mode      (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_budget_mode      (PillionLoop        *self,
                                                     PillionBudgetMode   mode);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_loop_get_slow_threshold_usec (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_slow_threshold_usec (PillionLoop        *self,
                                                     gint64              threshold_usec);

PILLION_AVAILABLE_IN_1_0
void              pillion_loop_hold                 (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_release              (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_get_auto_stop        (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_auto_stop        (PillionLoop        *self,
                                                     gboolean            auto_stop);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_get_allow_nesting    (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_allow_nesting    (PillionLoop        *self,
                                                     gboolean            allow_nesting);
PILLION_AVAILABLE_IN_1_0
guint             pillion_loop_get_live_tasks       (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
GListModel       *pillion_loop_observe_tasks        (PillionLoop        *self);

PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_run_until_complete   (PillionLoop        *self,
                                                     PillionTask        *task,
                                                     GError            **error);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_close                (PillionLoop        *self,
                                                     GTimeSpan           timeout,
                                                     GError            **error);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_is_closed            (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_is_on_thread         (PillionLoop        *self);

PILLION_AVAILABLE_IN_1_0
void              pillion_loop_begin_region         (PillionLoop        *self,
                                                     const char         *name,
                                                     PillionRegionFlags  flags);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_end_region           (PillionLoop        *self,
                                                     const char         *name,
                                                     GError            **error);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_is_safe_point        (PillionLoop        *self);

PILLION_AVAILABLE_IN_1_0
int               pillion_loop_get_fd               (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
GIOCondition      pillion_loop_get_events           (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_loop_get_deadline         (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
PillionSleep      pillion_loop_prepare_sleep        (PillionLoop        *self,
                                                     int                *fd,
                                                     GTimeSpan          *timeout);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_loop_get_now              (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_hook_lost            (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_wake_func        (PillionLoop        *self,
                                                     PillionWakeFunc     func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);

PILLION_AVAILABLE_IN_1_0
guint             pillion_loop_call_soon            (PillionLoop        *self,
                                                     PillionCallFunc     func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_call_soon_threadsafe (PillionLoop        *self,
                                                     PillionCallFunc     func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);
PILLION_AVAILABLE_IN_1_0
guint             pillion_loop_call_later           (PillionLoop        *self,
                                                     GTimeSpan           delay,
                                                     PillionCallFunc     func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);
PILLION_AVAILABLE_IN_1_0
guint             pillion_loop_call_at_safe_point   (PillionLoop        *self,
                                                     PillionCallFunc     func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_loop_cancel_call          (PillionLoop        *self,
                                                     guint               id);
PILLION_AVAILABLE_IN_1_0
PillionTask      *pillion_loop_sleep                (PillionLoop        *self,
                                                     GTimeSpan           delay,
                                                     GCancellable       *cancellable);
PILLION_AVAILABLE_IN_1_0
PillionTask      *pillion_loop_next_frame           (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
PillionTask      *pillion_loop_run_in_thread        (PillionLoop        *self,
                                                     const char         *name,
                                                     GCancellable       *cancellable,
                                                     PillionThreadFunc   func,
                                                     gpointer            user_data,
                                                     GDestroyNotify      destroy);
PILLION_AVAILABLE_IN_1_0
guint             pillion_loop_get_max_workers      (PillionLoop        *self);
PILLION_AVAILABLE_IN_1_0
void              pillion_loop_set_max_workers      (PillionLoop        *self,
                                                     guint               max_workers);

/* The same with closures, for language bindings */
PILLION_AVAILABLE_IN_1_0
void         pillion_loop_set_wake_closure             (PillionLoop  *self,
                                                        GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
guint        pillion_loop_call_soon_closure            (PillionLoop  *self,
                                                        GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
void         pillion_loop_call_soon_threadsafe_closure (PillionLoop  *self,
                                                        GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
guint        pillion_loop_call_later_closure           (PillionLoop  *self,
                                                        GTimeSpan     delay,
                                                        GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
guint        pillion_loop_call_at_safe_point_closure   (PillionLoop  *self,
                                                        GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_loop_run_in_thread_closure        (PillionLoop  *self,
                                                        const char   *name,
                                                        GCancellable *cancellable,
                                                        GClosure     *closure);

G_END_DECLS
