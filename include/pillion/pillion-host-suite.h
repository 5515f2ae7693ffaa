/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-loop.h>

G_BEGIN_DECLS

/**
 * PillionHostSetUpFunc: (skip)
 * @loop: the loop of the test
 * @user_data: the data that was passed to [method@Pillion.HostSuite.add]
 *
 * Starts the host's main loop as far as [callback@Pillion.HostTurnFunc] needs it, and makes the adapter that the test then passes to
 * [method@Pillion.Loop.ensure].
 *
 * Returns: (transfer full) (nullable): the adapter; %NULL if the loop becomes a passenger
 *
 * Since: 1.0
 */
typedef PillionHost *(*PillionHostSetUpFunc) (PillionLoop *loop,
                                              gpointer     user_data);

/**
 * PillionHostTurnFunc: (skip)
 * @timeout: how long it may sleep at most, in µs
 * @user_data: the data that was passed to [method@Pillion.HostSuite.add]
 *
 * Runs the host's main loop once, as the program does: sleeps until something happens, and handles it.
 *
 * Since: 1.0
 */
typedef void (*PillionHostTurnFunc) (GTimeSpan timeout,
                                     gpointer  user_data);

/**
 * PillionHostTearDownFunc: (skip)
 * @user_data: the data that was passed to [method@Pillion.HostSuite.add]
 *
 * Ends what [callback@Pillion.HostSetUpFunc] started. The loop is gone by then, and the test's reference to the adapter, too.
 *
 * Since: 1.0
 */
typedef void (*PillionHostTearDownFunc) (gpointer user_data);

/**
 * PillionHostSuite: (skip)
 * @set_up: begins each test
 * @turn: runs the host's main loop once
 * @tear_down: (nullable): ends each test
 * @ticks: whether the host never sleeps: each turn is a frame, which kicks
 * @no_nesting: whether the host's main loop can't run inside itself
 *
 * What [method@Pillion.HostSuite.add] has to know of a host. Leave fields that you don't need at 0.
 *
 * Since: 1.0
 */
typedef struct
{
  PillionHostSetUpFunc    set_up;
  PillionHostTurnFunc     turn;
  PillionHostTearDownFunc tear_down;
  gboolean ticks;
  gboolean no_nesting;

  /*< private >*/
  gpointer padding[8];
} PillionHostSuite;

PILLION_AVAILABLE_IN_1_0
void pillion_host_suite_add (const PillionHostSuite *self,
                             const char             *path,
                             gpointer                user_data);

G_END_DECLS
