/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "sd-event-host.h"

static sd_event *event;
static SdEventHost host;

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  g_assert_cmpint (sd_event_new (&event), >=, 0);
  sd_event_host_init (&host, event, loop);

  return g_object_ref (host.host);
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  g_assert_cmpint (sd_event_run (event, (guint64) timeout), >=, 0);
}

static void
tear_down (gpointer data)
{
  sd_event_host_clear (&host);
  event = sd_event_unref (event);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down, .no_nesting = TRUE };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&suite, "/sd-event-host", NULL);

  return g_test_run ();
}
