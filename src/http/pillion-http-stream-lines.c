/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-stream-private.h"

#include <inttypes.h>

#include <glib/gi18n-lib.h>

/* Reads a body that consists of lines */

/* Waits for the next piece of a line */
struct _PillionLineRead
{
  PillionHttpStream *stream;
  PillionTask *task;  /* NULL if it got a line that was put back */
  PillionTask *piece; /* what it waits for */
  gboolean abandoned; /* it was cancelled with the task that started it, and another task waits now */
};

gboolean
pillion_http_stream_is_reading_line (PillionHttpStream *self)
{
  return self->line_read != NULL && self->line_read->task != NULL &&
         !g_cancellable_is_cancelled (pillion_task_get_cancellable (self->line_read->task));
}

static void
line_read_free (gpointer data)
{
  PillionLineRead *self = data;

  /* The loop was closed, and makes no more callbacks */
  if (self->stream->line_read == self)
    {
      self->stream->line_read = NULL;
      if (self->task != NULL)
        pillion_http_stream_return_cancelled (self->task);
    }
  g_clear_object (&self->task);
  g_object_unref (self->piece);
  g_object_unref (self->stream);
  g_free (self);
}

static void
return_line (PillionHttpStream *self,
             PillionTask *task,
             const char *line)
{
  self->n_lines++;
  pillion_task_return_string (task, line);
}

/* Returns FALSE if more has to arrive */
static gboolean
take_line (PillionHttpStream *self,
           PillionTask *task)
{
  g_autofree char *line = NULL;

  switch (pillion_line_reader_take (&self->lines, (gsize) self->max_line_size, &line))
    {
    case PILLION_LINE_WHOLE:
      return_line (self, task, line);
      return TRUE;
    case PILLION_LINE_TOO_LONG:
      pillion_task_return_new_error (task, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
                                     _("%s: a line is longer than the limit (%" PRId64 " bytes)"),
                                     pillion_http_response_get_url (self->response), self->max_line_size);
      return TRUE;
    case PILLION_LINE_PARTIAL:
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

static void
on_piece (PillionTask *task,
          gpointer data);

/* Each piece takes a turn of its own, so that a long line doesn't hold up the host */
static void
receive_line (PillionHttpStream *stream,
              PillionTask *task)
{
  g_autoptr (PillionTask) piece = pillion_task_new_at (stream->loop, stream->name, pillion_task_get_cancellable (task), NULL);
  PillionLineRead *self = g_new0 (PillionLineRead, 1);

  self->stream = g_object_ref (stream);
  self->task = g_object_ref (task);
  self->piece = g_object_ref (piece);
  stream->line_read = self;
  pillion_task_add_done_callback (piece, on_piece, self, line_read_free);
  if (!pillion_task_is_done (piece) && !pillion_http_stream_fail_if_cancelled (piece))
    pillion_http_stream_receive (stream, 0, piece);
}

static void
on_piece (PillionTask *task,
          gpointer data)
{
  PillionLineRead *self = data;
  PillionHttpStream *stream = self->stream;
  GError *error = NULL;
  g_autoptr (GBytes) piece = pillion_task_get_bytes (task, &error);

  stream->line_read = NULL;
  if (self->task == NULL)
    {
      /* The next read sees the end of the body, too */
      if (error == NULL && g_bytes_get_size (piece) > 0)
        pillion_line_reader_feed (&stream->lines, piece);
      g_clear_error (&error);
    }
  else if (self->abandoned && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      if (!pillion_http_stream_fail_if_cancelled (self->task))
        receive_line (stream, self->task);
    }
  else if (error != NULL)
    {
      pillion_task_return_error (self->task, error);
    }
  else if (g_bytes_get_size (piece) == 0)
    {
      g_autofree char *last = pillion_line_reader_take_last (&stream->lines);

      if (last != NULL)
        return_line (stream, self->task, last);
      else
        pillion_task_return_string (self->task, NULL);
    }
  else
    {
      pillion_line_reader_feed (&stream->lines, piece);
      if (!pillion_http_stream_fail_if_cancelled (self->task) && !take_line (stream, self->task))
        receive_line (stream, self->task);
    }
}

/* Lets @task continue where a cancelled one stopped. What that one waited for may still have a result, which
 * must not be lost. */
static void
take_over (PillionLineRead *self,
           PillionTask *task)
{
  if (self->task != NULL)
    pillion_http_stream_fail_if_cancelled (self->task);
  g_set_object (&self->task, task);
  self->abandoned = TRUE;
}

void
pillion_http_stream_put_back_line (PillionHttpStream *self,
                                   char *line)
{
  PillionLineRead *read = self->line_read;
  g_autofree char *owned = line;

  if (self->closed)
    return;

  if (!pillion_http_stream_is_reading_line (self))
    {
      self->n_lines--;
      g_queue_push_head (&self->unwanted_lines, g_steal_pointer (&owned));
      return;
    }

  pillion_task_return_string (read->task, line);
  g_clear_object (&read->task);
  if (pillion_ring_forget (self->ring, read->piece))
    pillion_http_stream_return_cancelled (read->piece);
}

static void
put_back (gpointer stream,
          PillionTask *task)
{
  char *line = pillion_task_get_string (task, NULL);

  if (line != NULL)
    pillion_http_stream_put_back_line (stream, line);
}

/**
 * pillion_http_stream_read_line:
 * @self: a stream
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Reads the next line of the body. A line ends with LF or CR LF; the last one needs no end.
 *
 * The task's result is a string without the line's end: [method@Pillion.Task.get_string]. It is %NULL at the end of the body, and "" for an
 * empty line. Bytes that are not UTF-8, and NUL, are replaced with U+FFFD, so that one bad byte does not end a stream. If they matter, use
 * [method@PillionHttp.Stream.read].
 *
 * The task fails as that of [method@PillionHttp.Stream.read] does, and with [error@PillionHttp.Error.TOO_LARGE] if the line is longer than
 * [property@PillionHttp.Stream:max-line-size]. A line whose read fails or is cancelled is not lost, even if it came at the
 * moment of cancelling and nobody got it: it can be read again, or as bytes. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_stream_read_line (PillionHttpStream *self,
                               GCancellable *cancellable)
{
  PillionTask *task;
  g_autofree char *line = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  task = pillion_http_stream_begin (self, cancellable);
  if (pillion_task_is_done (task))
    return task;

  line = g_queue_pop_head (&self->unwanted_lines);
  if (line != NULL)
    return_line (self, task, line);
  else if (self->line_read != NULL)
    take_over (self->line_read, task);
  else if (!take_line (self, task))
    receive_line (self, task);
  pillion_private_task_set_unwanted (task, self, put_back);

  return task;
}

/**
 * pillion_http_stream_get_line_number:
 * @self: a stream
 *
 * Gets how many lines were read, which is the number of the last one. On the loop's thread only.
 *
 * Returns: a number, 0 before the first line
 *
 * Since: 1.0
 */
guint
pillion_http_stream_get_line_number (PillionHttpStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), 0);

  return self->n_lines;
}
