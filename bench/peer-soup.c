/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a host has without Pillion: a SoupSession in its own context, which it iterates from its frames.
 *
 *   peer-soup download URL TARGET    one file, until no work is left or 2 ms are over, each frame
 *   peer-soup ticks URL N            frames at 60 Hz that a GET takes, with one iteration a frame
 *
 * Prints what bench-download and bench-get print. */

#include <libsoup/soup.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"

#define FRAME_NSEC 16666667
#define BUDGET_NSEC 2000000
#define BUFFER_SIZE (256 * 1024)

typedef struct
{
  const char *target;
  int fd;
  char *buffer;
  gboolean done;
} Download;

static void
sleep_until (gint64 time)
{
  gint64 left = time - bench_now ();

  if (left > 0)
    g_usleep (left / 1000);
}

static void
chunk_read (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Download *download = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (n < 0)
    g_error ("read: %s", error->message);

  if (n == 0)
    {
      bench_part_done (download->fd, download->target, TRUE);
      download->done = TRUE;
      return;
    }

  bench_write_all (download->fd, download->buffer, n);
  g_input_stream_read_async (G_INPUT_STREAM (source), download->buffer, BUFFER_SIZE, G_PRIORITY_DEFAULT, NULL,
                             chunk_read, download);
}

static void
sent (GObject *source,
      GAsyncResult *result,
      gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Download *download = user_data;

  /* The pending read keeps the stream. */
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (stream == NULL)
    g_error ("send: %s", error->message);
  g_input_stream_read_async (stream, download->buffer, BUFFER_SIZE, G_PRIORITY_DEFAULT, NULL,
                             chunk_read, download);
}

static void
run_download (const char *url,
              const char *target)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  g_autoptr (GArray) kicks = g_array_new (FALSE, FALSE, sizeof (double));
  Download download = { target, bench_part_open (target), g_malloc (BUFFER_SIZE), FALSE };
  gint64 start = bench_now (), frame = start;

  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, NULL, sent, &download);
  while (!download.done)
    {
      gint64 kick = bench_now ();
      double usec;

      while (g_main_context_iteration (NULL, FALSE) && bench_now () - kick < BUDGET_NSEC)
        ;
      usec = (bench_now () - kick) / 1e3;
      g_array_append_val (kicks, usec);

      frame += FRAME_NSEC;
      if (!download.done)
        sleep_until (frame);
    }

  printf ("{\"value\": %.4f, \"kicks\": [", (bench_now () - start) / 1e9);
  for (guint i = 0; i < kicks->len; i++)
    printf ("%s%.1f", i > 0 ? ", " : "", g_array_index (kicks, double, i));
  printf ("]}\n");
  g_free (download.buffer);
}

static void
answered (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);
  gboolean *done = user_data;

  if (bytes == NULL)
    g_error ("send: %s", error->message);
  *done = TRUE;
}

static double
count_ticks (SoupSession *session,
             const char *url)
{
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  gint64 frame = bench_now ();
  gboolean done = FALSE;
  double n = 0;

  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, answered, &done);
  while (!done)
    {
      g_main_context_iteration (NULL, FALSE);
      n++;
      frame += FRAME_NSEC;
      sleep_until (frame);
    }

  return n;
}

static void
run_ticks (const char *url,
           guint n)
{
  g_autofree double *first = g_new (double, n);
  g_autofree double *second = g_new (double, n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SoupSession) session = soup_session_new ();

      first[i] = count_ticks (session, url);
      second[i] = count_ticks (session, url);
    }

  printf ("{\"value\": %.1f, \"keepalive\": %.1f}\n", bench_median (first, n), bench_median (second, n));
}

int
main (int argc,
      char **argv)
{
  if (argc != 4)
    return 2;

  if (g_str_equal (argv[1], "download"))
    run_download (argv[2], argv[3]);
  else
    run_ticks (argv[2], atoi (argv[3]));

  return 0;
}
