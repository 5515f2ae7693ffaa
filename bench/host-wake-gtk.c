/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gtk/gtk.h>

#include "host-wake.h"

static void
start (PillionLoop *loop)
{
  gtk_init ();
  gtk_window_present (GTK_WINDOW (gtk_window_new ()));
  if (loop != NULL && !pillion_loop_ensure (loop, NULL, NULL))
    g_error ("ensure failed");
}

static void
turn (void)
{
  g_main_context_iteration (NULL, TRUE);
}

static gboolean
on_posted (gpointer data)
{
  host_wake_arrived ();
  return G_SOURCE_REMOVE;
}

static void
post (void)
{
  g_main_context_invoke (NULL, on_posted, NULL);
}

int
main (int argc,
      char **argv)
{
  return host_wake_main (argc, argv, &(HostWake) { start, turn, post });
}
