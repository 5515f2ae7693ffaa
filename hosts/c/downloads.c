/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "downloads.h"

#include <glib-unix.h>
#include <locale.h>
#include <string.h>

/* How long the end may take: what is not done by then is left as a part that the next start resumes */
#define CLOSE_USEC G_TIME_SPAN_SECOND

static void
on_done (PillionTask *task, gpointer user_data)
{
  Downloads *self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(PillionHttpDownload) download = pillion_task_get_object (task, &error);

  self->n_pending--;
  if (download != NULL)
    {
      g_print ("%s: %" G_GINT64_FORMAT " bytes\n", g_file_peek_path (pillion_http_download_get_file (download)),
               pillion_http_download_get_size (download));
    }
  else if (!self->quit)
    {
      g_printerr ("%s\n", error->message);
      self->n_failed++;
      self->status = 1;
    }
  if (self->n_pending == 0 && !self->quit && self->n_failed > 0)
    g_print ("%u of %u failed\n", self->n_failed, g_list_model_get_n_items (G_LIST_MODEL (self->tasks)));
  else if (self->n_pending == 0 && !self->quit)
    g_print ("All done\n");
}

static gboolean
on_signal (gpointer user_data)
{
  Downloads *self = user_data;

  self->quit = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Rides on the host and begins to download. If it can't, it says so on the terminal, and is over at once. */
void
downloads_start (Downloads *self, PillionLoop *loop, PillionHost *host, int argc, char **argv)
{
  int first = argc > 1 && g_str_equal (argv[1], "--stay") ? 2 : 1;
  g_autoptr(GFile) folder = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  memset (self, 0, sizeof *self);
  self->loop = g_object_ref (loop);
  self->client = pillion_http_client_new (loop);
  self->tasks = g_list_store_new (PILLION_TYPE_TASK);
  self->stay = first == 2;
  if (argc <= first)
    {
      g_printerr ("Usage: %s [--stay] FOLDER URL...\n", argv[0]);
      self->quit = TRUE;
      self->status = 2;
      return;
    }
  if (!pillion_loop_ensure (loop, host, &error))
    {
      g_printerr ("%s\n", error->message);
      self->quit = TRUE;
      self->status = 1;
      return;
    }

  /* The signals are sources of the context, which are nobody's task: keeps the hook while there is nothing else to do */
  pillion_loop_hold (loop);
  g_unix_signal_add (SIGTERM, on_signal, self);
  g_unix_signal_add (SIGINT, on_signal, self);

  folder = g_file_new_for_path (argv[first]);
  for (int i = first + 1; i < argc; i++)
    {
      g_autoptr(PillionTask) task = pillion_http_client_download_into (self->client, argv[i], folder, NULL, NULL);

      pillion_task_set_name (task, argv[i]);
      pillion_task_add_done_callback (task, on_done, self, NULL);
      g_list_store_append (self->tasks, task);
      self->n_pending++;
    }
}

gboolean
downloads_are_over (Downloads *self)
{
  return self->quit || (self->n_pending == 0 && !self->stay);
}

/* From 0 to 1, as far as it is known */
double
downloads_get_fraction (PillionTask *task)
{
  gint64 total = pillion_task_get_total (task);

  if (pillion_task_get_state (task) == PILLION_TASK_SUCCEEDED)
    return 1;
  return total > 0 ? MIN (1, (double) pillion_task_get_completed (task) / (double) total) : 0;
}

void
downloads_add_frame (Downloads *self, GTimeSpan frame_usec, GTimeSpan kick_usec)
{
  self->frame_usec[self->n_frames % N_FRAMES] = frame_usec;
  self->kick_usec[self->n_frames % N_FRAMES] = kick_usec;
  self->n_frames++;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  GTimeSpan left = *(const GTimeSpan *) a, right = *(const GTimeSpan *) b;

  return (left > right) - (left < right);
}

/* Appends "NAME MEDIAN ms (longest MAXIMUM)", if there is anything to tell */
static void
append_times (GString *text, const char *name, const GTimeSpan *usec, guint n)
{
  GTimeSpan sorted[N_FRAMES];

  memcpy (sorted, usec, n * sizeof *usec);
  qsort (sorted, n, sizeof *sorted, compare);
  if (n > 0 && sorted[n - 1] > 0)
    g_string_append_printf (text, ", %s %.1f ms (longest %.1f)", name, (double) sorted[n / 2] / 1e3, (double) sorted[n - 1] / 1e3);
}

/* A line for the screen, such as "2 of 5, frames 3.1 ms (longest 8.0), kicks 0.4 ms (longest 1.9)" */
char *
downloads_describe (Downloads *self)
{
  guint n = MIN (self->n_frames, N_FRAMES), n_tasks = g_list_model_get_n_items (G_LIST_MODEL (self->tasks));
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%u of %u", n_tasks - self->n_pending, n_tasks);
  append_times (text, "frames", self->frame_usec, n);
  append_times (text, "kicks", self->kick_usec, n);
  return g_string_free (text, FALSE);
}

/* For a window without widgets: a bar for each download, and below them one for each frame, 4 pixels per ms, with the kick in it */
void
downloads_draw (Downloads *self, int width, int height, FillFunc fill, gpointer user_data)
{
  guint n_tasks = g_list_model_get_n_items (G_LIST_MODEL (self->tasks));

  fill (0, 0, width, height, 0x1d2129, user_data);
  for (guint i = 0; i < n_tasks; i++)
    {
      g_autoptr(PillionTask) task = g_list_model_get_item (G_LIST_MODEL (self->tasks), i);
      int y = 20 + 24 * (int) i, full = width - 40;
      gboolean failed = pillion_task_is_done (task) && pillion_task_get_state (task) != PILLION_TASK_SUCCEEDED;

      fill (20, y, full, 16, 0x2f3542, user_data);
      fill (20, y, failed ? full : (int) (downloads_get_fraction (task) * full), 16, failed ? 0xc0392b : 0x3fa34d, user_data);
    }

  for (guint i = 0; i < MIN (self->n_frames, N_FRAMES); i++)
    {
      guint at = (self->n_frames - 1 - i) % N_FRAMES;
      int frame = (int) CLAMP (self->frame_usec[at] / 250, 1, height / 2), kick = (int) MIN (self->kick_usec[at] / 250, frame);
      int x = width - 20 - 4 * (int) (i + 1);

      if (x < 20)
        break;
      fill (x, height - 20 - frame, 3, frame, 0x5b8def, user_data);
      fill (x, height - 20 - kick, 3, kick, 0xf0b429, user_data);
    }
}

/* Ends what is still going on, in time, and returns what the program returns */
int
downloads_end (Downloads *self)
{
  g_autoptr(GError) error = NULL;

  self->quit = TRUE;
  if (!pillion_loop_close (self->loop, CLOSE_USEC, &error))
    {
      g_printerr ("%s\n", error->message);
      self->status = 1;
    }
  while (g_source_remove_by_user_data (self))
    ;
  g_clear_object (&self->tasks);
  g_clear_object (&self->client);
  g_clear_object (&self->loop);
  return self->status;
}
