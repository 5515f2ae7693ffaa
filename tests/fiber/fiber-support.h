/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"

#include <string.h>

/* Sanitizers and valgrind map more than any limit would allow, and report faults in their own words */
static inline gboolean
is_alone (void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return FALSE;
#else
  return !is_under_valgrind ();
#endif
}

/* The same tests with the switch that is not the default here */
#ifdef TEST_UCONTEXT
#include "fiber/pillion-switch.h"

static void __attribute__ ((constructor))
use_ucontext (void)
{
  pillion_switch_by_ucontext = TRUE;
}
#endif

/* A loop that rides on a host with a virtual clock */
typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
} Fixture;

static inline void
fixture_set_up (Fixture *self,
                gconstpointer data)
{
  self->loop = loop_new_with_budget ();
  self->host = PILLION_HOST (pillion_test_host_new ());
  g_assert_true (pillion_loop_ensure (self->loop, self->host, NULL));
}

static inline void
fixture_tear_down (Fixture *self,
                   gconstpointer data)
{
  loop_end (self->loop);
  end_object (self->host);
}

/* Runs everything, and lets time pass, until nothing more will happen */
static inline void
run_idle (Fixture *self)
{
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (self->host));
}

static inline void
advance (Fixture *self,
         gint64 usec)
{
  pillion_test_host_advance (PILLION_TEST_HOST (self->host), usec);
}

#define assert_state(task, wanted) g_assert_cmpint (pillion_task_get_state (task), ==, wanted)

/* The task failed with this error */
#define assert_failed(task, domain, code) \
  G_STMT_START \
    { \
      g_autoptr (GError) task_error = NULL; \
\
      g_assert_false (pillion_task_check (task, &task_error)); \
      g_assert_error (task_error, domain, code); \
    } \
  G_STMT_END
