/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-stream-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-http-json.h"

/* Reads a body in which each line is a JSON value */

/* Longer lines are parsed on another thread, because the host would notice */
#define PARSE_AT_ONCE 16384

/* The line that a parser has parsed */
#define LINE "pillion-line"

typedef struct _PillionJsonRead JsonRead;

struct _PillionJsonRead
{
  PillionHttpStream *stream;
  PillionTask *task;
  GBytes *text; /* of the line, without the NUL that follows it; NULL once the line was put back */
};

static void
json_read_free (gpointer data)
{
  JsonRead *self = data;

  if (self->stream->json_read == self)
    self->stream->json_read = NULL;
  /* The loop was closed, and makes no more callbacks */
  if (!pillion_task_is_done (self->task))
    pillion_http_stream_return_cancelled (self->task);
  g_clear_pointer (&self->text, g_bytes_unref);
  g_object_unref (self->task);
  g_object_unref (self->stream);
  g_free (self);
}

/* The callback for a line may itself have to wait, so it does not own the reader */
typedef struct
{
  JsonRead *read; /* NULL once it was called */
  PillionTask *line;
} Waiting;

static void on_line (PillionTask *task, gpointer data);

/* A line that arrived for a cancelled reader, which hasn't received it yet, goes to the next reader */
static void
reclaim_line (PillionHttpStream *self)
{
  Waiting *waiting = self->json_waiting;

  if (waiting != NULL && pillion_task_is_done (waiting->line) &&
      g_cancellable_is_cancelled (pillion_task_get_cancellable (waiting->read->task)))
    {
      self->json_waiting = NULL;
      on_line (waiting->line, g_steal_pointer (&waiting->read));
    }
}

gboolean
pillion_http_stream_is_parsing (PillionHttpStream *self)
{
  JsonRead *read = self->json_read;

  reclaim_line (self);

  if (read == NULL || !g_cancellable_is_cancelled (pillion_task_get_cancellable (read->task)))
    return read != NULL;

  /* The worker goes on, but nothing waits for it any more */
  self->json_read = NULL;
  pillion_http_stream_put_back_line (self, g_strdup (g_bytes_get_data (read->text, NULL)));
  g_clear_pointer (&read->text, g_bytes_unref);
  pillion_http_stream_return_cancelled (read->task);
  return FALSE;
}

/* Takes the parser, or the error */
static void
end_parsing (JsonRead *self,
             JsonParser *parser,
             GError *error)
{
  if (self->stream->closed)
    {
      g_clear_object (&parser);
      g_clear_error (&error);
      pillion_task_return_new_error (self->task, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the stream was closed"));
    }
  else if (parser != NULL)
    {
      g_object_set_data_full (G_OBJECT (parser), LINE, g_strdup (g_bytes_get_data (self->text, NULL)), g_free);
      pillion_task_return_object (self->task, parser);
      g_object_unref (parser);
    }
  else
    {
      if (g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON))
        pillion_http_response_remove_from_cache (self->stream->response);
      g_prefix_error (&error, _("%s: line %u: "), pillion_http_response_get_url (self->stream->response), self->stream->n_lines);
      pillion_task_return_error (self->task, error);
    }
}

static void
parse_on_worker (PillionTask *task,
                 GCancellable *cancellable,
                 gpointer data)
{
  GError *error = NULL;
  JsonParser *parser = pillion_http_parse_json (data, &error);

  if (parser == NULL)
    {
      pillion_task_return_error (task, error);
      return;
    }

  pillion_private_task_take_object (task, parser);
}

static void
on_parsed (PillionTask *task,
           gpointer data)
{
  JsonRead *self = data;
  GError *error = NULL;
  JsonParser *parser = pillion_task_get_object (task, &error);

  if (self->stream->json_read != self || !pillion_http_stream_is_parsing (self->stream))
    {
      g_clear_object (&parser);
      g_clear_error (&error);
      return;
    }

  self->stream->json_read = NULL;
  end_parsing (self, parser, error);
}

/* Takes the line */
static void
parse (JsonRead *self,
       char *line)
{
  gsize length = strlen (line);
  GError *error = NULL;

  self->text = g_bytes_new_take (line, length);
  if (length <= PARSE_AT_ONCE)
    {
      JsonParser *parser = pillion_http_parse_json (self->text, &error);

      end_parsing (self, parser, error);
      json_read_free (self);
    }
  else
    {
      g_autoptr (PillionTask) parsing =
        pillion_loop_run_in_thread (self->stream->loop, self->stream->name, NULL, parse_on_worker, g_bytes_ref (self->text),
                                    (GDestroyNotify) g_bytes_unref);

      self->stream->json_read = self;
      pillion_task_add_done_callback (parsing, on_parsed, self, json_read_free);
    }
}

static gboolean
is_blank (const char *line)
{
  return line[strspn (line, " \t\r")] == '\0';
}

static void read_on (JsonRead *self);

static void
on_line (PillionTask *task,
         gpointer data)
{
  JsonRead *self = data;
  GError *error = NULL;
  char *line = pillion_task_get_string (task, &error);

  if (error != NULL)
    {
      pillion_task_return_error (self->task, error);
      json_read_free (self);
    }
  else if (line != NULL && pillion_http_stream_fail_if_cancelled (self->task))
    {
      pillion_http_stream_put_back_line (self->stream, line);
      json_read_free (self);
    }
  else if (line == NULL)
    {
      pillion_task_return_object (self->task, NULL);
      json_read_free (self);
    }
  else if (is_blank (line))
    {
      g_free (line);
      read_on (self);
    }
  else
    {
      parse (self, line);
    }
}

static void
on_line_later (PillionTask *task,
               gpointer data)
{
  Waiting *self = data;

  if (self->read == NULL)
    return;

  self->read->stream->json_waiting = NULL;
  on_line (task, g_steal_pointer (&self->read));
}

static void
waiting_free (gpointer data)
{
  Waiting *self = data;

  if (self->read != NULL && self->read->stream->json_waiting == self)
    self->read->stream->json_waiting = NULL;
  g_clear_pointer (&self->read, json_read_free);
  g_object_unref (self->line);
  g_free (self);
}

static void
wait_for_line (JsonRead *self,
               PillionTask *line)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->read = self;
  waiting->line = g_object_ref (line);
  self->stream->json_waiting = waiting;
  pillion_task_add_done_callback (line, on_line_later, waiting, waiting_free);
}

/* Each blank line takes a turn of its own, however many there are */
static void
read_on (JsonRead *self)
{
  g_autoptr (PillionTask) line = pillion_http_stream_read_line (self->stream, pillion_task_get_cancellable (self->task));

  wait_for_line (self, line);
}

/* A value that nobody received goes to the next reader */
static void
put_back (gpointer stream,
          PillionTask *task)
{
  g_autoptr (GObject) parser = pillion_task_get_object (task, NULL);

  if (parser != NULL)
    pillion_http_stream_put_back_line (stream, g_object_steal_data (parser, LINE));
}

/**
 * pillion_http_stream_read_json:
 * @self: a stream
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Reads the next line that is not blank, and parses it as JSON: for a body that consists of such lines (JSON Lines, NDJSON).
 *
 * The task's result is a `JsonParser` of JSON-GLib, from [method@Pillion.Task.get_object], whose root (`json_parser_get_root ()`) is what was
 * read, and is immutable. It is %NULL at the end of the body. A long line is parsed away from the host's thread.
 *
 * The task fails as that of [method@PillionHttp.Stream.read_line] does, and with [error@PillionHttp.Error.INVALID_JSON] if the line is not
 * valid JSON. The error names the line, and the next call reads the one after it. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_stream_read_json (PillionHttpStream *self,
                               GCancellable *cancellable)
{
  PillionTask *task;
  g_autoptr (PillionTask) line = NULL;
  JsonRead *read;

  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  /* The error would name this line rather than the caller's, which is unknown */
  task = pillion_task_new_at (self->loop, self->name, cancellable, NULL);
  if (pillion_task_is_done (task))
    return task;

  pillion_private_task_set_unwanted (task, self, put_back);
  read = g_new0 (JsonRead, 1);
  read->stream = g_object_ref (self);
  read->task = g_object_ref (task);
  line = pillion_http_stream_read_line (self, pillion_task_get_cancellable (task));
  if (pillion_task_is_done (line))
    on_line (line, read);
  else
    wait_for_line (read, line);

  return task;
}
