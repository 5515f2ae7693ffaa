/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-http-fields.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-web-socket-sink.h"

/* With the scheme that the handshake has */
static void
fix_scheme (PillionHttpRequest *request)
{
  char *url = request->url;

  if (g_ascii_strncasecmp (url, "ws://", 5) == 0)
    request->url = g_strconcat ("http://", url + 5, NULL);
  else if (g_ascii_strncasecmp (url, "wss://", 6) == 0)
    request->url = g_strconcat ("https://", url + 6, NULL);
  else
    return;

  g_free (url);
}

static gboolean
check_handshake (PillionHttpRequest *request,
                 const char *const *protocols,
                 GError **error)
{
  if (strcmp (request->method, "GET") != 0 || request->body != NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                           _("a WebSocket is opened with a GET without a body"));
      return FALSE;
    }

  for (guint i = 0; protocols != NULL && protocols[i] != NULL; i++)
    if (!pillion_http_is_token (protocols[i]))
      {
        g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST, _("'%s' is not a valid name of a protocol"), protocols[i]);
        return FALSE;
      }

  return TRUE;
}

/**
 * pillion_http_client_open_web_socket:
 * @self: a client
 * @request: a request, which is copied: a GET with a URL whose scheme is `ws`, `wss`, `http` or `https`
 * @protocols: (nullable) (array zero-terminated=1): the names of the protocols to offer, the best one first
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Opens a WebSocket.
 *
 * ```c
 * const char *const protocols[] = { "chat", NULL };
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "wss://example.org/chat");
 * g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (client, request, protocols, NULL);
 * ```
 *
 * The task's result is a [class@PillionHttp.WebSocket]: [method@Pillion.Task.get_object]. The handshake is sent like every request: with the fields,
 * cookies and credentials of the request and the client, and it follows redirects. The connection counts in
 * [property@PillionHttp.Client:max-lasting-connections].
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. If the server refuses, that is a [error@PillionHttp.StatusError]. If it answers
 * with a success, or with a wrong handshake, it is [error@PillionHttp.Error.NOT_WEB_SOCKET]. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_open_web_socket (PillionHttpClient *self,
                                     PillionHttpRequest *request,
                                     const char *const *protocols,
                                     GCancellable *cancellable)
{
  PillionHttpRequest *copy;
  g_autofree char *offered = NULL;
  GError *error = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  if (!check_handshake (request, protocols, &error))
    {
      PillionTask *task = pillion_task_new_at (self->loop, "open a WebSocket", cancellable, NULL);

      if (pillion_task_is_done (task))
        g_error_free (error);
      else
        pillion_task_return_error (task, error);
      return task;
    }

  copy = pillion_http_request_copy (request);
  fix_scheme (copy);
  copy->lasting = TRUE;
  copy->coalescing = FALSE;
  if (copy->idle_timeout == 0)
    copy->idle_timeout = -1;
  if (copy->total_timeout == 0)
    copy->total_timeout = -1;
  if (copy->lowest_rate == 0)
    copy->lowest_rate = -1;
  if (protocols != NULL && protocols[0] != NULL)
    offered = g_strjoinv (", ", (char **) protocols);

  return pillion_http_client_submit (self, copy, "open", pillion_web_socket_sink_new (offered), cancellable);
}
