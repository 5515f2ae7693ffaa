/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "libevent-host.h"

static LibeventHost host;

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  libevent_host_init (&host, event_base_new (), loop);

  return g_object_ref (host.host);
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  event_base_loopexit (host.base, &(struct timeval) { timeout / G_USEC_PER_SEC, timeout % G_USEC_PER_SEC });
  libevent_host_loop (&host, EVLOOP_ONCE);
}

static void
tear_down (gpointer data)
{
  libevent_host_clear (&host);
  event_base_free (host.base);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down, .no_nesting = TRUE };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&suite, "/libevent-host", NULL);

  return g_test_run ();
}
