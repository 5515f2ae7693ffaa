/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion/pillion.h>

/* The hosts that come with the library keep the contract, too. That with a virtual clock can't: it never sleeps for real. */

static GMainContext *context;
static PillionHost *host;

static PillionHost *
set_up_glib (PillionLoop *loop,
             gpointer data)
{
  context = g_main_context_new ();

  return PILLION_HOST (pillion_glib_host_new ("glib", context));
}

static gboolean
over (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
turn_glib (GTimeSpan timeout,
           gpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new ((guint) ((timeout + 999) / 1000));

  g_source_set_callback (source, over, NULL, NULL);
  g_source_attach (source, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
}

static void
tear_down_glib (gpointer data)
{
  g_clear_pointer (&context, g_main_context_unref);
}

static PillionHost *
set_up_tick (PillionLoop *loop,
             gpointer data)
{
  host = PILLION_HOST (pillion_tick_host_new ("tick", 1000.0));

  return g_object_ref (host);
}

static void
turn_tick (GTimeSpan timeout,
           gpointer data)
{
  pillion_tick_host_run (PILLION_TICK_HOST (host), 1);
}

static void
tear_down_tick (gpointer data)
{
  g_clear_object (&host);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite glib = { .set_up = set_up_glib, .turn = turn_glib, .tear_down = tear_down_glib };
  const PillionHostSuite tick = { .set_up = set_up_tick, .turn = turn_tick, .tear_down = tear_down_tick, .ticks = TRUE };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&glib, "/host/glib", NULL);
  pillion_host_suite_add (&tick, "/host/tick", NULL);

  return g_test_run ();
}
