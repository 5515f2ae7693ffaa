/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-output.h"

#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib/gi18n.h>
#include <sys/stat.h>
#include <unistd.h>

struct _FetchOutput
{
  GOutputStream *stream;
};

/* A fiber's */
typedef struct
{
  GOutputStream *stream; /* NULL until it is needed */
  PillionHttpClient *client;
  FetchFile *file;
} Copy;

/* A reader that stalls must not stall the loop. O_NONBLOCK would be seen by every process that has the same pipe or terminal, so it is
 * opened anew; whatever can't be is written to as it is. */
FetchOutput *
fetch_output_new (void)
{
  FetchOutput *self = g_new0 (FetchOutput, 1);
  struct stat info;
  int fd = -1;

  if (fstat (STDOUT_FILENO, &info) == 0 && (S_ISFIFO (info.st_mode) || isatty (STDOUT_FILENO)))
    fd = open ("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  self->stream = fd >= 0 ? g_unix_output_stream_new (fd, TRUE) : g_unix_output_stream_new (STDOUT_FILENO, FALSE);
  return self;
}

void
fetch_output_free (FetchOutput *self)
{
  g_object_unref (self->stream);
  g_free (self);
}

static gboolean
write_bytes (Copy        *copy,
             PillionLoop *loop,
             GBytes      *bytes,
             GError     **error)
{
  g_autoptr (PillionTask) writing = pillion_task_new (loop, "write", NULL);
  GOutputStream *stream = copy->stream;
  GError *local = NULL;

  g_output_stream_write_all_async (stream, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), G_PRIORITY_DEFAULT,
                                   pillion_task_get_cancellable (writing), pillion_task_ready, writing);
  if (pillion_await (writing, &local)
      && g_output_stream_write_all_finish (stream, pillion_task_get_async_result (writing), NULL, &local))
    return TRUE;
  if (!g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    copy->file->status = EXIT_WRITE;
  g_propagate_error (error, local);
  return FALSE;
}

/* -1 if the server doesn't say, or says how long the body is before it is decoded */
static gint64
get_length (PillionHttpResponse *response)
{
  const char *length = pillion_http_response_get_header (response, "Content-Length");
  gint64 number;

  if (length == NULL || pillion_http_response_get_header (response, "Content-Encoding") != NULL ||
      !g_ascii_string_to_signed (length, 10, 0, G_MAXINT64, &number, NULL))
    return -1;
  return number;
}

static gboolean
copy_body (Copy              *copy,
           PillionTask       *task,
           PillionHttpStream *stream,
           GChecksum         *checksum,
           GError           **error)
{
  gint64 total = get_length (pillion_http_stream_get_response (stream));
  gint64 completed = 0;

  pillion_task_set_progress (task, completed, total);
  for (;;)
    {
      g_autoptr (PillionTask) reading = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) bytes = pillion_await_bytes (reading, error);

      if (bytes == NULL)
        return FALSE;
      if (g_bytes_get_size (bytes) == 0)
        return TRUE;
      if (checksum != NULL)
        g_checksum_update (checksum, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
      if (!write_bytes (copy, pillion_task_get_loop (task), bytes, error))
        return FALSE;
      completed += (gint64) g_bytes_get_size (bytes);
      pillion_task_set_progress (task, completed, total);
    }
}

static gboolean
check_digest (const char *expected,
              GChecksum  *checksum,
              GError    **error)
{
  if (checksum == NULL || g_ascii_strcasecmp (expected, g_checksum_get_string (checksum)) == 0)
    return TRUE;
  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH, _("the SHA-256 digest is %s, not %s"),
               g_checksum_get_string (checksum), expected);
  return FALSE;
}

/* A refusal whose body was wanted is one all the same */
static gboolean
check_status (Copy                *copy,
              PillionHttpResponse *response,
              GError             **error)
{
  guint status = pillion_http_response_get_status (response);

  if (status < 400)
    return TRUE;
  copy->file->response = g_object_ref (response);
  g_set_error (error, PILLION_HTTP_STATUS_ERROR, (int) status, _("the server answered %u (%s)"), status,
               pillion_http_response_get_reason (response));
  return FALSE;
}

/* A part of a file gets a file of its own only if there is something for it */
static gboolean
open_file (Copy    *self,
           GError **error)
{
  g_autoptr (GFile) file = NULL;

  if (self->stream != NULL)
    return TRUE;
  file = g_file_new_for_path (self->file->path);
  self->stream = (GOutputStream *) g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, error);
  if (self->stream == NULL)
    self->file->status = EXIT_WRITE;
  return self->stream != NULL;
}

static gboolean
close_file (Copy    *self,
            GError **error)
{
  if (self->file->kind != FETCH_TO_FILE || g_output_stream_close (self->stream, NULL, error))
    return TRUE;
  self->file->status = EXIT_WRITE;
  return FALSE;
}

/* Without this, what is there would be replaced by the piece of the new one that came */
static void
drop_file (Copy *self)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  if (self->file->kind != FETCH_TO_FILE || self->stream == NULL)
    return;
  g_cancellable_cancel (cancelled);
  g_output_stream_close (self->stream, cancelled, NULL);
}

static void
copy_free (gpointer data)
{
  Copy *self = data;

  g_clear_object (&self->stream);
  g_free (self);
}

static void
copy (PillionTask *task,
      gpointer     user_data)
{
  Copy *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GChecksum) checksum = self->file->sha256 != NULL ? g_checksum_new (G_CHECKSUM_SHA256) : NULL;
  g_autoptr (PillionTask) opening = pillion_http_client_open (self->client, self->file->request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (opening, &error);

  if (stream != NULL && open_file (self, &error) && copy_body (self, task, stream, checksum, &error) &&
      check_status (self, pillion_http_stream_get_response (stream), &error) && check_digest (self->file->sha256, checksum, &error) && close_file (self, &error))
    pillion_task_return_object (task, G_OBJECT (pillion_http_stream_get_response (stream)));
  else
    {
      drop_file (self);
      pillion_task_return_error (task, g_steal_pointer (&error));
    }
}

/* The task results in the response. */
PillionTask *
fetch_output_fetch (FetchOutput       *self,
                    PillionHttpClient *client,
                    FetchFile         *file)
{
  Copy *data = g_new0 (Copy, 1);

  data->stream = file->kind == FETCH_TO_STDOUT ? g_object_ref (self->stream) : NULL;
  data->client = client;
  data->file = file;
  return pillion_loop_spawn (pillion_http_client_get_loop (client), "copy", copy, data, copy_free);
}
