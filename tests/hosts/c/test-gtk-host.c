/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gtk/gtk.h>
#include <pillion/pillion.h>

/* A passenger: there is no adapter, but a window */

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  return NULL;
}

static gboolean
on_timeout (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  guint id = g_timeout_add ((guint) ((timeout + 999) / 1000), on_timeout, NULL);

  g_main_context_iteration (NULL, TRUE);
  if (g_main_context_find_source_by_id (NULL, id) != NULL)
    g_source_remove (id);
}

int
main (int argc,
      char **argv)
{
  GtkWidget *window;
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn };
  int status;

  g_test_init (&argc, &argv, NULL);
  gtk_init ();
  window = gtk_window_new ();
  gtk_window_present (GTK_WINDOW (window));
  pillion_host_suite_add (&suite, "/gtk-host", NULL);

  status = g_test_run ();
  gtk_window_destroy (GTK_WINDOW (window));

  return status;
}
