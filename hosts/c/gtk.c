/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a GTK 4 window with a list of them, and how long its frames take: gtk [--stay] FOLDER URL...
 *
 * There is no adapter: GTK runs the default GMainContext, so the loop is a passenger of it, and needs no host. What there is to see
 * is that tasks are objects with properties in a list model, as the widgets of GTK want them.
 */

#include "downloads.h"

#include <gtk/gtk.h>

typedef struct
{
  Downloads downloads;
  GtkWindow *window;
  GtkLabel *label;
  gint64 frame_start;
} App;

/* For expressions: a task's properties, as a row shows them */

static double
get_fraction (PillionTask *task, gint64 completed, gint64 total, PillionTaskState state)
{
  return downloads_get_fraction (task);
}

static char *
get_text (PillionTask *task, const char *name, const char *message)
{
  return message != NULL ? g_strdup (message) : g_path_get_basename (name);
}

/* An expression that is evaluated again when one of the properties changes */
static GtkExpression *
watch (GType type, GCallback function, const char *const *properties)
{
  GtkExpression *expressions[4];
  guint n = 0;

  for (; properties[n] != NULL; n++)
    expressions[n] = gtk_property_expression_new (PILLION_TYPE_TASK, NULL, properties[n]);
  return gtk_cclosure_expression_new (type, NULL, n, expressions, function, NULL, NULL);
}

static void
set_up_row (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *label = gtk_label_new (NULL), *bar = gtk_progress_bar_new ();

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_box_append (GTK_BOX (row), label);
  gtk_box_append (GTK_BOX (row), bar);
  gtk_list_item_set_child (item, row);
}

/* The binding lasts until the row shows another task, which the factory tells by binding it anew */
static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  static const char *const text[] = { "name", "message", NULL }, *const fraction[] = { "completed", "total", "state", NULL };
  GtkWidget *label = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkExpressionWatch *watches[2];

  watches[0] = gtk_expression_bind (watch (G_TYPE_STRING, G_CALLBACK (get_text), text), label, "label", gtk_list_item_get_item (item));
  watches[1] = gtk_expression_bind (watch (G_TYPE_DOUBLE, G_CALLBACK (get_fraction), fraction), gtk_widget_get_next_sibling (label),
                                    "fraction", gtk_list_item_get_item (item));
  g_object_set_data (G_OBJECT (item), "text", watches[0]);
  g_object_set_data (G_OBJECT (item), "fraction", watches[1]);
}

static void
unbind_row (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  gtk_expression_watch_unwatch (g_object_steal_data (G_OBJECT (item), "text"));
  gtk_expression_watch_unwatch (g_object_steal_data (G_OBJECT (item), "fraction"));
}

static GtkWidget *
make_list (GListModel *tasks)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (set_up_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_row), NULL);
  return gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (tasks))), factory);
}

static void
on_before_paint (GdkFrameClock *clock, gpointer user_data)
{
  App *self = user_data;

  self->frame_start = g_get_monotonic_time ();
}

/* The line shows the frames so far, so it does not ask for another one */
static void
on_after_paint (GdkFrameClock *clock, gpointer user_data)
{
  App *self = user_data;

  downloads_add_frame (&self->downloads, g_get_monotonic_time () - self->frame_start, 0);
}

static void
on_progress (PillionTask *task, gpointer user_data)
{
  App *self = user_data;
  g_autofree char *text = downloads_describe (&self->downloads);

  gtk_label_set_text (self->label, text);
}

static gboolean
on_close (GtkWindow *window, gpointer user_data)
{
  App *self = user_data;

  self->downloads.quit = TRUE;
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = NULL;
  App app = { 0 };
  GtkWidget *box, *list;
  GdkFrameClock *clock;
  int status;

  if (!gtk_init_check ())
    {
      g_printerr ("There is no display\n");
      return 1;
    }
  loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  downloads_start (&app.downloads, loop, NULL, argc, argv);

  app.window = GTK_WINDOW (gtk_window_new ());
  gtk_window_set_title (app.window, "Downloads");
  gtk_window_set_default_size (app.window, 480, 320);
  g_signal_connect (app.window, "close-request", G_CALLBACK (on_close), &app);
  app.label = GTK_LABEL (gtk_label_new (NULL));
  list = make_list (G_LIST_MODEL (app.downloads.tasks));
  gtk_widget_set_vexpand (list, TRUE);
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  gtk_box_append (GTK_BOX (box), list);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (app.label));
  gtk_window_set_child (app.window, box);
  gtk_window_present (app.window);
  clock = gtk_widget_get_frame_clock (GTK_WIDGET (app.window));
  g_signal_connect (clock, "before-paint", G_CALLBACK (on_before_paint), &app);
  g_signal_connect (clock, "after-paint", G_CALLBACK (on_after_paint), &app);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (app.downloads.tasks)); i++)
    {
      g_autoptr(PillionTask) task = g_list_model_get_item (G_LIST_MODEL (app.downloads.tasks), i);

      g_signal_connect (task, "progress", G_CALLBACK (on_progress), &app);
      pillion_task_add_done_callback (task, on_progress, &app, NULL);
    }

  while (!downloads_are_over (&app.downloads))
    g_main_context_iteration (NULL, TRUE);

  /* The tasks that it cancels still tell the window */
  status = downloads_end (&app.downloads);
  gtk_window_destroy (app.window);
  return status;
}
