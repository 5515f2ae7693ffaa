/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-call-private.h"

#include <inttypes.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"

PillionCall *
pillion_call_new (PillionHttpEngine *engine,
                  PillionTask *task,
                  PillionHttpRequest *request,
                  char *url)
{
  PillionCall *self = g_new0 (PillionCall, 1);

  self->n_references = 1;
  self->engine = pillion_http_engine_ref (engine);
  self->task = g_object_ref (task);
  pillion_progress_init (&self->progress, engine, task);
  self->request = request;
  self->given_url = url;
  self->renewal = pillion_renewal_get_current ();
  if (self->renewal != NULL)
    pillion_renewal_ref (self->renewal);

  return self;
}

void
pillion_call_set_sink (PillionCall *self,
                       PillionSink *sink)
{
  g_assert (self->sink == NULL);

  self->sink = sink;
  sink->call = self;
}

PillionCall *
pillion_call_ref (PillionCall *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

/* Everything that matters was released when the call finished, because the last reference may be dropped on
 * any thread */
void
pillion_call_unref (PillionCall *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_sync_unref (self->request);
  pillion_http_engine_unref (self->engine);
  pillion_renewal_unref (self->renewal);
  g_free (self->given_url);
  g_free (self->url);
  g_free (self->other_url);
  g_free (self);
}

static void
cancel_on_thread (gpointer data)
{
  PillionCall *self = data;

  self->cancel_seen = TRUE;
  if (self->submitted)
    pillion_call_abort (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("the transfer was cancelled")));
  pillion_call_unref (self);
}

static gpointer
ref (gpointer data)
{
  return pillion_call_ref (data);
}

/* On any thread, until the call gives up its task */
static void
cancelled (gpointer data)
{
  PillionCall *self = data;

  pillion_sync_acquire (self);
  pillion_http_engine_post_end (self->engine, cancel_on_thread, self);
}

gboolean
pillion_call_set_uri (PillionCall *self,
                      GUri *uri,
                      GError **error)
{
  if (!pillion_http_check_uri (uri, error))
    return FALSE;

  g_uri_ref (uri);
  g_clear_pointer (&self->uri, g_uri_unref);
  self->uri = uri;
  g_clear_pointer (&self->origin, g_ref_string_release);
  self->origin = pillion_http_uri_get_origin (uri);
  /* A failure of one URL says nothing about another */
  self->after_error = FALSE;
  g_clear_error (&self->network_error);

  return TRUE;
}

void
pillion_call_set_method (PillionCall *self,
                         const char *method,
                         PillionSource *body)
{
  self->method = g_intern_string (method);
  self->body = body;
}

gboolean
pillion_call_can_send_again (PillionCall *self,
                             GError **error)
{
  if (self->body == NULL || !self->body_opened || pillion_source_can_open (self->body))
    return TRUE;

  g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE,
                       _("the body of the request would have to be sent again, but it can be read only once"));
  return FALSE;
}

gint64
pillion_call_get_max_size (PillionCall *self,
                           gboolean in_memory)
{
  gint64 max = self->request->max_body_size;

  if (max == 0 && in_memory)
    max = self->engine->config.max_body_size;
  if (max <= 0)
    max = G_MAXINT64;

  return in_memory ? MIN (max, PILLION_CALL_MAX_IN_MEMORY) : max;
}

gboolean
pillion_call_check_size (PillionCall *self,
                         gint64 size,
                         GError **error)
{
  gint64 max = pillion_call_get_max_size (self, self->sink->klass->in_memory);

  if (size <= max)
    return TRUE;

  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
               _("the body is larger than the limit (%" PRId64 " bytes)"), max);
  return FALSE;
}

static void
add_header (const char *name,
            const char *value,
            gpointer response)
{
  pillion_http_response_add_header (response, name, value);
}

gboolean
pillion_call_accepts_status (PillionCall *self,
                             guint status)
{
  return (status <= 299 || !self->sink->klass->only_success) && pillion_http_request_accepts_status (self->request, status);
}

PillionVerdict
pillion_call_check_head (PillionCall *self,
                         const PillionHead *head,
                         GError **error)
{
  if (!pillion_call_accepts_status (self, head->status))
    return PILLION_VERDICT_REFUSED;

  if (head->status == 206 && pillion_field_list_get (&self->fields, "Range") == NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server sent a part of the body (206) although all of it was requested"));
      return PILLION_VERDICT_FAIL;
    }

  return PILLION_VERDICT_PASS;
}

PillionHttpResponse *
pillion_call_make_response (PillionCall *self,
                            const PillionHead *head)
{
  PillionHttpResponse *response = pillion_http_response_new (head->status, head->reason, self->uri);
  PillionHeadDetails details;

  head->foreach_field (head, add_header, response);
  head->get_details (head, &details);
  pillion_http_response_set_details (response, &details, self->begun, self->started);
  if (self->history != NULL)
    pillion_http_response_set_history (response, self->history);
  pillion_http_response_set_from_cache (response, head->stored && !head->missing);
  if (self->store != NULL)
    pillion_http_response_set_store (response, self->store);
  /* What is stored may have become usable in the meantime */
  if (self->network_error != NULL && head->missing)
    pillion_http_response_set_network_error (response, self->network_error);

  return response;
}

void
pillion_call_add_to_history (PillionCall *self,
                             PillionHttpResponse *response)
{
  GPtrArray *history = g_ptr_array_new_with_free_func (g_object_unref);

  /* Responses share the array: it never changes */
  for (guint i = 0; self->history != NULL && i < self->history->len; i++)
    g_ptr_array_add (history, g_object_ref (self->history->pdata[i]));
  g_ptr_array_add (history, response);

  g_clear_pointer (&self->history, g_ptr_array_unref);
  self->history = history;
}

static void
submit_on_thread (gpointer data)
{
  PillionCall *self = data;
  g_autoptr (GUri) uri = NULL;
  GError *error = NULL;

  self->submitted = TRUE;
  self->url = pillion_http_strip_user (self->given_url);
  self->add_stages (&self->stages);
  pillion_call_set_method (self, self->request->method, self->request->body);
  if (self->cancel_seen)
    {
      cancel_on_thread (pillion_call_ref (self));
      return;
    }

  if (self->engine->unavailable != NULL)
    {
      pillion_call_fail (self, g_error_copy (self->engine->unavailable));
      return;
    }

  uri = pillion_http_parse_url (self->given_url, &error);
  if (uri == NULL || !pillion_call_set_uri (self, uri, &error))
    pillion_call_fail (self, error);
  else
    pillion_call_send (self);
}

void
pillion_call_submit (PillionCall *self,
                     void (*add_stages) (PillionStages *stages))
{
  self->add_stages = add_stages;
  self->begun = pillion_http_engine_get_now (self->engine);
  if (pillion_http_engine_is_outside (self->engine))
    {
      PillionHost *host = pillion_loop_get_host (pillion_task_get_loop (self->task));

      pillion_private_task_set_external (self->task, TRUE);
      self->on_virtual_clock = host != NULL && pillion_host_has_virtual_clock (host);
    }

  /* What this posts may arrive before the call itself does, and then waits for it there */
  pillion_sync_release (self);
  pillion_private_task_set_cancel_func (self->task, cancelled, ref, self);

  pillion_http_engine_post (self->engine, submit_on_thread, self);
}

void
pillion_call_keep_coding (PillionCall *self)
{
  g_clear_pointer (&self->decoder, pillion_decoder_free);
  g_clear_error (&self->coding_error);
}

gboolean
pillion_call_is_decoding (PillionCall *self)
{
  return self->decoder != NULL;
}

void
pillion_call_drop_hop (PillionCall *self)
{
  pillion_call_keep_coding (self);
  self->paused = FALSE;
  if (!self->past_cache)
    pillion_call_forget_found (self);
  g_clear_pointer (&self->hop, pillion_hop_drop);
}

void
pillion_call_stop (PillionCall *self,
                   PillionVerdict verdict,
                   GError *error)
{
  switch (verdict)
    {
    case PILLION_VERDICT_AGAIN:
      pillion_call_send (self);
      break;
    case PILLION_VERDICT_WAIT:
      pillion_call_drop_hop (self);
      self->waiting = TRUE;
      if (self->sink->klass->rest != NULL)
        self->sink->klass->rest (self->sink);
      break;
    case PILLION_VERDICT_DONE:
      pillion_call_drop_hop (self);
      self->sink->klass->whole (self->sink);
      break;
    case PILLION_VERDICT_FAIL:
      pillion_call_fail (self, error);
      break;
    default:
      g_assert_not_reached ();
    }
}

void
pillion_call_send (PillionCall *self)
{
  PillionVerdict verdict;
  GError *error = NULL;
  gboolean local;

  pillion_call_drop_hop (self);
  if (self->held)
    {
      self->waiting = TRUE;
      self->due = TRUE;
      return;
    }

  verdict = pillion_stages_begin (&self->stages, self, &error);
  if (verdict == PILLION_VERDICT_PASS && self->sink->klass->begin != NULL)
    verdict = self->sink->klass->begin (self->sink, &error);
  if (verdict != PILLION_VERDICT_PASS)
    {
      pillion_call_stop (self, verdict, error);
      return;
    }

  self->from_store = self->from_part = self->answered = FALSE;
  local = pillion_call_can_answer_locally (self);
  self->past_cache = FALSE;
  self->hop = pillion_hop_new (self->engine, &pillion_call_hop_funcs, self);
  if (local)
    pillion_hop_send_locally (self->hop, self->origin, self->key);
  else
    pillion_hop_send (self->hop, self->origin, self->bulk ? 0 : self->request->priority, self->request->lasting, self->key);
}

static gboolean
has_ended (PillionCall *self)
{
  return self->failed || self->done;
}

void
pillion_call_pause (PillionCall *self)
{
  if (self->held || has_ended (self))
    return;

  self->held = TRUE;
  self->held_since = pillion_http_engine_get_now (self->engine);
  if (self->sink->klass->hold != NULL)
    self->sink->klass->hold (self->sink);
  if (self->hop != NULL)
    {
      g_clear_pointer (&self->refusal, pillion_refusal_free);
      pillion_call_send (self);
    }
}

void
pillion_call_unpause (PillionCall *self)
{
  if (!self->held || has_ended (self))
    return;

  self->held = FALSE;
  self->held_for += pillion_http_engine_get_now (self->engine) - self->held_since;
  if (self->due)
    {
      self->due = FALSE;
      self->waiting = FALSE;
      pillion_call_send (self);
    }
}

static void
resume (gpointer data)
{
  PillionCall *self = data;

  /* It may have been cancelled in the meantime */
  if (self->waiting && !has_ended (self))
    {
      self->waiting = FALSE;
      pillion_call_send (self);
    }
  pillion_call_unref (self);
}

void
pillion_call_resume (PillionCall *self)
{
  pillion_http_engine_post (self->engine, resume, pillion_call_ref (self));
}

void
pillion_call_forget_content (PillionCall *self)
{
  pillion_call_drop_hop (self);
  pillion_call_forget (self);
}

/* Whether an error is about the content, and that has, or may have, been stored. A transfer that fails stores nothing. */
static gboolean
is_wrong_content (PillionCall *self,
                  const GError *error)
{
  if (error->domain != PILLION_HTTP_ERROR)
    return FALSE;

  return error->code == PILLION_HTTP_ERROR_DIGEST_MISMATCH || error->code == PILLION_HTTP_ERROR_INVALID_JSON ||
         (self->from_part && error->code == PILLION_HTTP_ERROR_PROTOCOL) ||
         (self->from_store && (error->code == PILLION_HTTP_ERROR_PROTOCOL || error->code == PILLION_HTTP_ERROR_TRUNCATED ||
                               error->code == PILLION_HTTP_ERROR_LENGTH_MISMATCH));
}

gboolean
pillion_call_is_upload (PillionCall *self)
{
  return self->request->body != NULL && (self->request->body->klass->resolve != NULL || pillion_source_is_large (self->request->body));
}

void
pillion_call_set_progress (PillionCall *self,
                           gint64 completed,
                           gint64 total)
{
  pillion_progress_set (&self->progress, completed, total);
}

void
pillion_call_report_progress (PillionCall *self,
                              gint64 completed,
                              gint64 total)
{
  pillion_progress_report (&self->progress, completed, total);
}

gboolean
pillion_call_set_url (PillionCall *self,
                      const char *url,
                      GError **error)
{
  g_autoptr (GUri) uri = pillion_http_parse_url (url, error);

  if (uri == NULL || !pillion_call_set_uri (self, uri, error))
    return FALSE;

  pillion_call_set_method (self, self->request->method, self->request->body);
  g_free (self->other_url);
  self->other_url = pillion_http_strip_user (url);
  return TRUE;
}

void
pillion_call_fail (PillionCall *self,
                   GError *error)
{
  if (is_wrong_content (self, error))
    pillion_call_forget_content (self);
  else if (self->hop != NULL && g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE))
    pillion_hop_discard (self->hop);
  if (!self->failed && !self->done && self->sink->klass->recover != NULL)
    {
      g_clear_pointer (&self->refusal, pillion_refusal_free);
      pillion_call_drop_hop (self);
      if (self->sink->klass->recover (self->sink, error))
        {
          g_error_free (error);
          self->waiting = TRUE;
          pillion_call_resume (self);
          return;
        }
    }

  pillion_call_abort (self, error);
}

void
pillion_call_abort (PillionCall *self,
                    GError *error)
{
  if (self->failed || self->done)
    {
      g_error_free (error);
      return;
    }

  self->failed = TRUE;
  g_clear_pointer (&self->refusal, pillion_refusal_free);
  pillion_call_drop_hop (self);

  pillion_http_prefix_url (&error, self->other_url != NULL ? self->other_url : self->url);
  /* It may quote what a server sent, or a path */
  if (!g_utf8_validate (error->message, -1, NULL))
    {
      char *text = g_utf8_make_valid (error->message, -1);

      g_free (error->message);
      error->message = text;
    }

  if (self->sink->klass->fail != NULL)
    self->sink->klass->fail (self->sink, error);
  else
    pillion_call_finish_failure (self, error);
}

void
pillion_call_finish_failure (PillionCall *self,
                             GError *error)
{
  pillion_task_return_error (pillion_call_finish (self), error);
}

PillionTask *
pillion_call_take_task (PillionCall *self)
{
  PillionTask *task = g_steal_pointer (&self->task);

  pillion_progress_end (&self->progress);
  if (task != NULL)
    pillion_private_task_unset_cancel_func (task);
  /* Now rather than after the task has its outcome: then the loop's thread may drop the task and the loop,
   * and the last references to them must not be this thread's */
  if (task != NULL)
    pillion_sync_unref (task);

  return task;
}

PillionTask *
pillion_call_finish (PillionCall *self)
{
  PillionTask *task;
  PillionSink *sink = g_steal_pointer (&self->sink);

  self->done = TRUE;
  pillion_call_drop_hop (self);
  pillion_call_forget_found (self);
  task = pillion_call_take_task (self);

  if (self->pause != NULL)
    {
      self->pause->call = NULL;
      g_clear_pointer (&self->pause, pillion_pause_unref);
    }
  sink->klass->free (sink);
  pillion_stages_clear (&self->stages);
  g_clear_pointer (&self->throttle, pillion_throttle_free);
  g_clear_pointer (&self->throttled, pillion_source_unref);
  pillion_field_list_clear (&self->fields);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->origin, g_ref_string_release);
  g_clear_pointer (&self->history, g_ptr_array_unref);
  g_clear_pointer (&self->proxy, pillion_proxy_unref);
  g_clear_pointer (&self->proxy_authorization, g_free);
  g_clear_error (&self->network_error);
  pillion_call_unref (self);

  return task;
}
