/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "uv-host.h"

static uv_loop_t uv;
static UvHost host;

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  uv_loop_init (&uv);
  uv_host_init (&host, &uv, loop);

  return g_object_ref (host.host);
}

static void
on_timeout (uv_timer_t *timer)
{
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  uv_timer_t timer;

  /* It keeps libuv from returning at once, too */
  uv_timer_init (&uv, &timer);
  uv_timer_start (&timer, on_timeout, (timeout + 999) / 1000, 0);
  uv_run (&uv, UV_RUN_ONCE);
  uv_close ((uv_handle_t *) &timer, NULL);
  uv_run (&uv, UV_RUN_NOWAIT);
}

static void
tear_down (gpointer data)
{
  uv_host_clear (&host);
  uv_run (&uv, UV_RUN_DEFAULT);
  g_assert_cmpint (uv_loop_close (&uv), ==, 0);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down, .no_nesting = TRUE };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&suite, "/uv-host", NULL);

  return g_test_run ();
}
