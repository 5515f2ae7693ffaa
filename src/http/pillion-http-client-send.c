/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-body-stage.h"
#include "http/pillion-bulk-stage.h"
#include "http/pillion-cache-stage.h"
#include "http/pillion-call.h"
#include "http/pillion-coalescing-stage.h"
#include "http/pillion-cookies-stage.h"
#include "http/pillion-credentials-stage.h"
#include "http/pillion-expect-stage.h"
#include "http/pillion-fields-stage.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-http-test-transport-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-memory-sink.h"
#include "http/pillion-proxy-stage.h"
#include "http/pillion-redirect-stage.h"
#include "http/pillion-retry-stage.h"
#include "http/pillion-ring-sink.h"
#include "http/pillion-timeout-stage.h"
#include "http/pillion-total-timeout-stage.h"
#include "http/pillion-unreachable-stage.h"

/* Returns NULL, after failing the task, if there can be none */
static PillionHttpEngine *
get_engine (PillionHttpClient *self,
            PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  if (self->engine == NULL)
    {
      /* On this thread: another one might read it while the program changes it */
      if (self->config.proxy_rules == NULL)
        self->config.proxy_rules = pillion_proxy_rules_new ();
      self->engine = self->transport != NULL
                         ? pillion_http_engine_new_in_loop (self->loop, pillion_http_test_transport_make (self->transport))
                         : pillion_http_engine_new (&error);
      if (self->engine != NULL)
        {
          g_weak_ref_set (&self->engine->client, self);
          pillion_http_engine_configure (self->engine, &self->config);
        }
      else
        pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES,
                                       _("The thread for the network could not be started: %s"), error->message);
    }

  return self->engine;
}

/* The stages of every call, outermost first. A stage that adds something for the place that a request goes to
 * belongs inside the stages that change that place. */
static void
add_stages (PillionStages *stages)
{
  pillion_total_timeout_stage_add (stages);
  pillion_unreachable_stage_add (stages);
  pillion_retry_stage_add (stages);
  pillion_cache_stage_add (stages);
  pillion_redirect_stage_add (stages);
  pillion_body_stage_add (stages);
  pillion_fields_stage_add (stages);
  pillion_proxy_stage_add (stages);
  pillion_cookies_stage_add (stages);
  pillion_credentials_stage_add (stages);
  pillion_expect_stage_add (stages);
  pillion_timeout_stage_add (stages);
  pillion_coalescing_stage_add (stages);
  pillion_bulk_stage_add (stages);
}

static void
fail (PillionTask *task,
      const char *url,
      GError *error)
{
  g_autofree char *shown = pillion_http_redact_url (url);

  pillion_http_prefix_url (&error, shown);
  pillion_task_return_error (task, error);
}

/* Where a request goes, as the program says it */
static char *
make_url (PillionHttpClient *self,
          PillionHttpRequest *request)
{
  g_autofree char *given = pillion_http_request_make_url (request);

  return self->base_url != NULL ? pillion_http_join_url (self->base_url, given) : g_steal_pointer (&given);
}

/* Most URLs can be shown as they are */
static char *
make_name (const char *verb,
           const char *url)
{
  g_autofree char *shown = strchr (url, '@') != NULL || !g_utf8_validate (url, -1, NULL) ? pillion_http_redact_url (url) : NULL;

  return g_strconcat (verb, " ", shown != NULL ? shown : url, NULL);
}

PillionTask *
pillion_http_client_submit (PillionHttpClient *self,
                            PillionHttpRequest *request,
                            const char *verb,
                            PillionSink *sink,
                            GCancellable *cancellable)
{
  g_autofree char *url = make_url (self, request);
  g_autofree char *name = make_name (verb != NULL ? verb : request->method, url);
  /* The error would name this line rather than the caller's, which is unknown */
  PillionTask *task = pillion_task_new_at (self->loop, name, cancellable, NULL);
  PillionHttpEngine *engine;
  GError *error = NULL;

  if (pillion_task_is_done (task))
    {
      /* The loop is closed, and so the task has failed */
    }
  else if (self->invalid != NULL)
    {
      fail (task, url, g_error_copy (self->invalid));
    }
  else if (!pillion_http_config_check_fields (&self->config, &error) || !pillion_http_request_check (request, &error))
    {
      fail (task, url, error);
    }
  else if ((engine = get_engine (self, task)) != NULL)
    {
      PillionCall *call = pillion_call_new (engine, task, request, g_steal_pointer (&url));

      call->can_ask = pillion_http_client_can_ask (self);
      pillion_call_set_sink (call, sink);
      if (sink->klass->pausable && strcmp (request->method, "GET") == 0)
        call->pause = pillion_pause_new (task, call, engine);
      pillion_call_submit (call, add_stages);
      return task;
    }

  sink->klass->free (sink);
  g_object_unref (request);
  return task;
}

/**
 * pillion_http_client_send:
 * @self: a client
 * @request: a request, which is copied
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a request, and takes the whole response into memory.
 *
 * ```c
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("DELETE", "https://example.org/notes/7");
 * g_autoptr (PillionTask) task = pillion_http_client_send (client, request, NULL);
 * ```
 *
 * The task's result is a [class@PillionHttp.Response] with its body: [method@Pillion.Task.get_object]. A body that the server compressed for the
 * way (gzip, deflate) is decompressed. One that is larger than [property@PillionHttp.Request:max-body-size], or else
 * [property@PillionHttp.Client:max-body-size], fails with [error@PillionHttp.Error.TOO_LARGE].
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_send (PillionHttpClient *self,
                          PillionHttpRequest *request,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return pillion_http_client_submit (self, pillion_http_request_copy (request), NULL,
                                     pillion_memory_sink_new (PILLION_MEMORY_SINK_RESPONSE), cancellable);
}

/**
 * pillion_http_client_request:
 * @self: a client
 * @method: the method, such as `GET`
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @body: (nullable): a body to send
 * @content_type: (nullable): the media type of @body, such as `application/json`
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a request that needs nothing but a method, a URL and a body, and takes the whole response into memory, whatever its status.
 *
 * ```c
 * g_autoptr (PillionTask) task = pillion_http_client_request (client, "GET", "https://example.org/notes", NULL, NULL, NULL);
 * ```
 *
 * This is [method@PillionHttp.Client.send] with a request that accepts the statuses 200 to 999. So a 404 is a
 * [class@PillionHttp.Response] too, and the task fails only if there is no response.
 *
 * On the loop's thread only.
 *
 * Returns: (transfer full): a task with a [class@PillionHttp.Response]
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_request (PillionHttpClient *self,
                             const char *method,
                             const char *url,
                             GBytes *body,
                             const char *content_type,
                             GCancellable *cancellable)
{
  PillionHttpRequest *request;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  request = pillion_http_request_new (method, url);
  pillion_http_request_set_body (request, body, content_type);
  pillion_http_request_accept_statuses (request, 200, 999);

  return pillion_http_client_submit (self, request, NULL, pillion_memory_sink_new (PILLION_MEMORY_SINK_RESPONSE), cancellable);
}

/**
 * pillion_http_client_open:
 * @self: a client
 * @request: a request, which is copied
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a request, and gets the response once its head is there, with the body to be read as it arrives.
 *
 * The task's result is a [class@PillionHttp.Stream]: [method@Pillion.Task.get_object]. A limit for the body holds only if the request has one:
 * [property@PillionHttp.Request:max-body-size].
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_open (PillionHttpClient *self,
                          PillionHttpRequest *request,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return pillion_http_client_submit (self, pillion_http_request_copy (request), NULL, pillion_ring_sink_new (), cancellable);
}

static PillionTask *
get (PillionHttpClient *self,
     const char *url,
     PillionMemorySinkResult wanted,
     GCancellable *cancellable)
{
  return pillion_http_client_submit (self, pillion_http_request_new ("GET", url), NULL, pillion_memory_sink_new (wanted), cancellable);
}

/**
 * pillion_http_client_get_bytes:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Gets the body at @url into memory.
 *
 * The task's result is a [struct@GLib.Bytes] with the body: [method@Pillion.Task.get_bytes]. A body that the server compressed
 * for the way (gzip, deflate) is decompressed. More than [property@PillionHttp.Client:max-body-size] is an error. The progress of a large
 * body counts the bytes that came over the network.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_get_bytes (PillionHttpClient *self,
                               const char *url,
                               GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return get (self, url, PILLION_MEMORY_SINK_BYTES, cancellable);
}

/**
 * pillion_http_client_get_json:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Gets JSON from @url.
 *
 * The task's result is a `JsonParser` of JSON-GLib, from [method@Pillion.Task.get_object], whose root
 * (`json_parser_get_root ()`) is what was read, and is immutable. It is parsed away from the host's thread. Text that is not valid JSON
 * (RFC 8259), is not encoded in UTF-8, or is nested more than 500 deep fails with [error@PillionHttp.Error.INVALID_JSON]. Escapes of what
 * a string in C can't hold, half a surrogate pair or `\u0000`, become U+FFFD.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_get_json (PillionHttpClient *self,
                              const char *url,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return get (self, url, PILLION_MEMORY_SINK_JSON, cancellable);
}

/**
 * pillion_http_client_head:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Gets the response to a GET of @url without its body: [method@PillionHttp.Client.send] with the method HEAD.
 *
 * Returns: (transfer full): a task with a [class@PillionHttp.Response]
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_head (PillionHttpClient *self,
                          const char *url,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  return pillion_http_client_submit (self, pillion_http_request_new ("HEAD", url), NULL,
                                     pillion_memory_sink_new (PILLION_MEMORY_SINK_RESPONSE), cancellable);
}

/**
 * pillion_http_client_post_json:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @json: JSON text, which is sent as it is
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends JSON to @url: [method@PillionHttp.Client.send] with the method POST, and `application/json` for the Content-Type and
 * the Accept field.
 *
 * Returns: (transfer full): a task with a [class@PillionHttp.Response]
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_post_json (PillionHttpClient *self,
                               const char *url,
                               const char *json,
                               GCancellable *cancellable)
{
  PillionHttpRequest *request;
  g_autoptr (GBytes) body = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  request = pillion_http_request_new ("POST", url);
  body = g_bytes_new (json, strlen (json));
  pillion_http_request_set_body (request, body, "application/json");
  pillion_http_request_set_header (request, "Accept", "application/json");

  return pillion_http_client_submit (self, request, NULL, pillion_memory_sink_new (PILLION_MEMORY_SINK_RESPONSE), cancellable);
}

/**
 * pillion_http_client_upload:
 * @self: a client
 * @url: an absolute `http` or `https` URL, or one relative to [property@PillionHttp.Client:base-url]
 * @file: a regular file
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a file to @url: [method@PillionHttp.Client.send] with the method PUT, and with
 * [method@PillionHttp.Request.set_body_from_file].
 *
 * The progress of the task counts the bytes of the file that the network has taken. For another method or further header fields, make a
 * [class@PillionHttp.Request].
 *
 * Returns: (transfer full): a task with a [class@PillionHttp.Response]
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_upload (PillionHttpClient *self,
                            const char *url,
                            GFile *file,
                            GCancellable *cancellable)
{
  PillionHttpRequest *request;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (G_IS_FILE (file), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (pillion_http_client_on_thread (self), NULL);

  request = pillion_http_request_new ("PUT", url);
  pillion_http_request_set_body_from_file (request, file, NULL);

  return pillion_http_client_submit (self, request, NULL, pillion_memory_sink_new (PILLION_MEMORY_SINK_RESPONSE), cancellable);
}
