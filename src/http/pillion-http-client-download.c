/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-digest.h"
#include "http/pillion-file-sink.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-pause.h"

/* Fields that the library itself sends for downloads */
static const char *
find_own_field (PillionHttpRequest *request,
                PillionHttpDownloadOptions *options)
{
  static const char *const fields[] = { "Range", "If-Range", "If-None-Match", "If-Modified-Since" };
  const guint n = options->only_if_changed ? 4 : 2;

  for (guint i = 0; i < n; i++)
    if (pillion_field_list_get (&request->fields, fields[i]) != NULL)
      return fields[i];

  return NULL;
}

/* A task that has failed with @error, which is taken */
static PillionTask *
fail (PillionHttpClient *self,
      const char *url,
      GCancellable *cancellable,
      GError *error)
{
  g_autofree char *shown = pillion_http_redact_url (url);
  g_autofree char *name = g_strconcat ("download ", shown, NULL);
  PillionTask *task = pillion_task_new_at (self->loop, name, cancellable, NULL);

  pillion_task_return_error (task, error);
  return task;
}

/* @request and @options are the call's own, and are taken */
static PillionTask *
download (PillionHttpClient *self,
          PillionHttpRequest *request,
          GFile *file,
          gboolean into,
          PillionHttpDownloadOptions *options,
          GCancellable *cancellable)
{
  g_autoptr (PillionHttpRequest) own_request = request;
  g_autoptr (PillionHttpDownloadOptions) own_options = options;
  const char *field = find_own_field (request, options);

  if (options->digest != NULL && !pillion_digest_is_valid (options->digest))
    return fail (self, request->url, cancellable,
                 g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                              _("'%s' is not a valid digest: expected 32, 40, 64, 96 or 128 hexadecimal digits"), options->digest));

  /* Its empty response would replace the file */
  if (strcmp (request->method, "HEAD") == 0)
    {
      g_autofree char *shown = pillion_http_redact_url (request->url);

      return fail (self, request->url, cancellable,
                   g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                                _("%s: the response to HEAD has no body that could be saved"), shown));
    }

  if (field != NULL)
    {
      g_autofree char *shown = pillion_http_redact_url (request->url);
      GError *error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                                   _("the header field '%s' is set by the library, and can't be set by the program"), field);

      g_prefix_error (&error, "%s: ", shown);
      return fail (self, request->url, cancellable, error);
    }

  if (g_file_peek_path (file) == NULL)
    {
      g_autofree char *uri = g_file_get_uri (file);

      return fail (self, request->url, cancellable, g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("'%s' is not a local file"), uri));
    }

  if (options->name_conflict == PILLION_HTTP_NAME_CONFLICT_DEFAULT)
    options->name_conflict = into && !options->only_if_changed ? self->name_conflict : PILLION_HTTP_NAME_CONFLICT_OVERWRITE;

  return pillion_http_client_submit (self, g_steal_pointer (&own_request), "download",
                                     pillion_file_sink_new (file, into, g_steal_pointer (&own_options)), cancellable);
}

/* Only with a SHA-256 */
static PillionTask *
download_simply (PillionHttpClient *self,
                 const char *url,
                 GFile *file,
                 gboolean into,
                 const char *sha256,
                 GCancellable *cancellable)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();

  pillion_http_download_options_set_digest (options, sha256);
  if (sha256 != NULL && (strlen (sha256) != 64 || !pillion_digest_is_valid (options->digest)))
    return fail (self, url, cancellable,
                 g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                              _("'%s' is not a valid SHA-256 digest: expected 64 hexadecimal digits"), sha256));

  return download (self, pillion_http_request_new ("GET", url), file, into, g_steal_pointer (&options), cancellable);
}

/**
 * pillion_http_client_download:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @target: the file that it will be; it needs a local path
 * @sha256: (nullable): the SHA-256 that it has to have, as 64 hexadecimal digits, or %NULL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Downloads @url to a file, completely or not at all.
 *
 * The task's result is a [class@PillionHttp.Download]: [method@Pillion.Task.get_object]. Its progress counts
 * the bytes that the file has, including those of an earlier attempt; the total is -1 if the server does not
 * give it. The server is asked not to compress the body in transit, because a compressed download can't be
 * continued later. If it compresses it anyway, or because your request has the field `Accept-Encoding: gzip`,
 * the body is decompressed before it is saved. A compressed archive stays as it is.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says, and with `G_IO_ERROR_NOT_SUPPORTED` if
 * @target is not local, `G_IO_ERROR_INVALID_ARGUMENT` if @sha256 is not a valid digest, and `G_IO_ERROR_EXISTS` if a different download
 * writes to the same target. On the loop's thread only.
 *
 * If you give no digest, one that the server sends is verified (`Repr-Digest`, [RFC
 * 9530](https://www.rfc-editor.org/rfc/rfc9530), or `Digest`): SHA-256, SHA-512, and in the old field also
 * SHA-1 and MD5. [property@PillionHttp.Download:integrity] says what was verified. A download that is started
 * again in the same process continues the digest where it stopped. In another process, it has to read the
 * existing part once.
 *
 * If the client is already downloading the same thing to the same target, nothing is sent: the tasks share
 * the transfer and its result. Each can be cancelled or paused without the others.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_download (PillionHttpClient *self,
                              const char *url,
                              GFile *target,
                              const char *sha256,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (G_IS_FILE (target), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return download_simply (self, url, target, FALSE, sha256, cancellable);
}

/**
 * pillion_http_client_download_into:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @folder: the folder that it will be in; it needs a local path, and to be there
 * @sha256: (nullable): the SHA-256 that it has to have, as 64 hexadecimal digits, or %NULL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Downloads what is at @url into a folder, under the name that the server proposes (`Content-Disposition`, RFC 6266), or else
 * under the last part of the URL's path, which for a folder is `index.html`. If that has no extension, the name gets the one that belongs
 * to the media type.
 *
 * The name is made safe, much as browsers do it: of a path only the last part counts, leading dots and trailing dots and spaces are removed,
 * characters that some system can't have in a name become `_`, the names of Windows' devices get a `_`, and a name that is too long is cut
 * before its extension. A symbolic link in the folder is never followed.
 *
 * If a file has the name already, [property@PillionHttp.Client:name-conflict] says what happens: by default the new file gets a
 * number, as in `name (1).ext`, and both are kept. [method@PillionHttp.Download.get_file] tells the name.
 *
 * In everything else this is the same as [method@PillionHttp.Client.download]. The part file is named after the URL.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_download_into (PillionHttpClient *self,
                                   const char *url,
                                   GFile *folder,
                                   const char *sha256,
                                   GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (G_IS_FILE (folder), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return download_simply (self, url, folder, TRUE, sha256, cancellable);
}

/**
 * pillion_http_client_send_to_file:
 * @self: a client
 * @request: a request, which is copied
 * @target: the file that it will be; it needs a local path
 * @options: (nullable): how the file is treated, or %NULL for the defaults; a copy is taken
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a request, and saves the body of the response, completely or not at all: a download with header fields, a method, limits or options of
 * your own.
 *
 * ```c
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "https://example.org/private.zip");
 * g_autoptr (GFile) target = g_file_new_for_path ("private.zip");
 * g_autoptr (PillionTask) task = NULL;
 *
 * pillion_http_request_set_header (request, "Authorization", "Bearer …");
 * task = pillion_http_client_send_to_file (client, request, target, NULL, NULL);
 * ```
 *
 * In everything else this is the same as [method@PillionHttp.Client.download]. Only what was asked for with `GET` is continued by another
 * attempt. If the body of the request is a file, or large, the progress counts at first what is sent of it. A request with a field that the library has to set itself (`Range`, `If-Range`, and with
 * [property@PillionHttp.DownloadOptions:only-if-changed] also `If-None-Match` and `If-Modified-Since`), or with the method `HEAD`, fails with
 * [error@PillionHttp.Error.INVALID_REQUEST].
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_send_to_file (PillionHttpClient *self,
                                  PillionHttpRequest *request,
                                  GFile *target,
                                  PillionHttpDownloadOptions *options,
                                  GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);
  g_return_val_if_fail (G_IS_FILE (target), NULL);
  g_return_val_if_fail (options == NULL || PILLION_HTTP_IS_DOWNLOAD_OPTIONS (options), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return download (self, pillion_http_request_copy (request), target, FALSE, pillion_http_download_options_copy (options), cancellable);
}

/**
 * pillion_http_client_send_into:
 * @self: a client
 * @request: a request, which is copied
 * @folder: the folder that it will be in; it needs a local path, and to be there
 * @options: (nullable): how the file is treated, or %NULL for the defaults; a copy is taken
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a request, and saves the body of the response in a folder: [method@PillionHttp.Client.send_to_file] with a name as
 * [method@PillionHttp.Client.download_into] finds it.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_send_into (PillionHttpClient *self,
                               PillionHttpRequest *request,
                               GFile *folder,
                               PillionHttpDownloadOptions *options,
                               GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);
  g_return_val_if_fail (G_IS_FILE (folder), NULL);
  g_return_val_if_fail (options == NULL || PILLION_HTTP_IS_DOWNLOAD_OPTIONS (options), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return download (self, pillion_http_request_copy (request), folder, TRUE, pillion_http_download_options_copy (options), cancellable);
}

/* The call of a pending download of this client, or NULL */
static PillionPause *
get_pause (PillionHttpClient *self,
           PillionTask *task)
{
  PillionPause *pause = pillion_pause_of_task (task);

  if (pause == NULL || self->engine == NULL || pause->engine != self->engine || pillion_task_is_done (task))
    return NULL;

  return pause;
}

static void
pause_there (gpointer data)
{
  PillionPause *self = data;

  if (self->call != NULL)
    pillion_call_pause (self->call);
  pillion_pause_unref (self);
}

static void
unpause_there (gpointer data)
{
  PillionPause *self = data;

  if (self->call != NULL)
    pillion_call_unpause (self->call);
  pillion_pause_unref (self);
}

static void
set_paused (PillionHttpClient *self,
            PillionPause *pause,
            gboolean paused)
{
  if (pause->paused == paused)
    return;

  pause->paused = paused;
  pillion_http_engine_post (self->engine, paused ? pause_there : unpause_there, pillion_pause_ref (pause));
}

/**
 * pillion_http_client_pause_download:
 * @self: the client that downloads
 * @task: a task from [method@PillionHttp.Client.download] or one of its siblings
 *
 * Pauses a download. It gives back its connection and its place in the queue, and keeps what has arrived.
 *
 * [method@PillionHttp.Client.resume_download] continues from there if the server supports that and still has
 * the same file, and otherwise starts over. Time limits are suspended during the pause. A paused download can
 * be cancelled, and the loop waits for it as for any other task. If the whole file has arrived already, the
 * download is completed.
 *
 * On the loop's thread only.
 *
 * Returns: %TRUE if the download is paused now; %FALSE if it is done, or can't be paused because its method is not `GET`
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_pause_download (PillionHttpClient *self,
                                    PillionTask *task)
{
  PillionPause *pause;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (pillion_http_client_on_thread (self), FALSE);

  pause = get_pause (self, task);
  if (pause == NULL)
    return FALSE;

  set_paused (self, pause, TRUE);
  return TRUE;
}

/**
 * pillion_http_client_resume_download:
 * @self: the client that downloads
 * @task: a task that was paused
 *
 * Continues a download that was paused with [method@PillionHttp.Client.pause_download]. Does nothing if it
 * was not paused. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_http_client_resume_download (PillionHttpClient *self,
                                     PillionTask *task)
{
  PillionPause *pause;

  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (PILLION_IS_TASK (task));
  g_return_if_fail (pillion_http_client_on_thread (self));

  pause = get_pause (self, task);
  if (pause != NULL)
    set_paused (self, pause, FALSE);
}

/**
 * pillion_http_client_is_download_paused:
 * @self: the client that downloads
 * @task: a task from [method@PillionHttp.Client.download] or one of its siblings
 *
 * Gets whether a download is paused. On the loop's thread only.
 *
 * Returns: %TRUE if it is paused and not done
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_is_download_paused (PillionHttpClient *self,
                                        PillionTask *task)
{
  PillionPause *pause;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (pillion_http_client_on_thread (self), FALSE);

  pause = get_pause (self, task);
  return pause != NULL && pause->paused;
}
