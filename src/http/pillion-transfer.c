/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-transfer.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-url.h"

/* As many as libsoup follows */
#define MAX_REDIRECTS 20

/* How long after a progress the next one is told, in µs: often enough for a screen */
#define PROGRESS_USEC 8000

static const PillionExchangeFuncs exchange_funcs;

PillionTransfer *
pillion_transfer_new (const PillionTransferClass *klass,
                      PillionHttpEngine *engine,
                      PillionTask *task,
                      const char *url)
{
  PillionTransfer *self = g_malloc0 (klass->size);

  self->klass = klass;
  self->n_references = 1;
  self->engine = pillion_http_engine_ref (engine);
  self->task = g_object_ref (task);
  self->given_url = g_strdup (url);
  self->url = pillion_http_strip_user (url);
  self->watch_link.data = self;

  return self;
}

PillionTransfer *
pillion_transfer_ref (PillionTransfer *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

/* What matters was let go when the transfer was finished: the last reference may be that of a signal handler, anywhere */
void
pillion_transfer_unref (PillionTransfer *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_object_unref (self->cancellable);
  pillion_http_engine_unref (self->engine);
  g_free (self->given_url);
  g_free (self->url);
  g_free (self);
}

static void
unref_in_closure (gpointer data,
                  GClosure *closure)
{
  pillion_transfer_unref (data);
}

static void
cancel_on_thread (gpointer data)
{
  PillionTransfer *self = data;

  self->cancel_seen = TRUE;
  if (self->submitted)
    pillion_transfer_fail (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("the transfer was cancelled")));
  pillion_transfer_unref (self);
}

/* On any thread */
static void
cancelled (GCancellable *cancellable,
           gpointer data)
{
  PillionTransfer *self = data;

  pillion_sync_acquire (self);
  pillion_private_io_thread_post (self->engine->io, cancel_on_thread, pillion_transfer_ref (self));
}

static gboolean
set_uri (PillionTransfer *self,
         GUri *uri,
         GError **error)
{
  if (!pillion_http_check_uri (uri, error))
    return FALSE;

  g_clear_pointer (&self->uri, g_uri_unref);
  self->uri = g_uri_ref (uri);
  g_free (self->origin);
  self->origin = pillion_http_uri_get_origin (uri);
  g_free (self->authorization);
  self->authorization = pillion_http_uri_get_authorization (uri);

  return TRUE;
}

static void
submit_on_thread (gpointer data)
{
  PillionTransfer *self = data;
  g_autoptr (GUri) uri = NULL;
  GError *error = NULL;

  self->submitted = TRUE;
  if (self->cancel_seen)
    {
      cancel_on_thread (pillion_transfer_ref (self));
      return;
    }

  if (self->engine->unavailable != NULL)
    {
      pillion_transfer_fail (self, g_error_copy (self->engine->unavailable));
      return;
    }

  uri = pillion_http_parse_url (self->given_url, &error);
  if (uri == NULL || !set_uri (self, uri, &error))
    pillion_transfer_fail (self, error);
  else
    pillion_transfer_send (self);
}

void
pillion_transfer_submit (PillionTransfer *self)
{
  self->cancellable = g_object_ref (pillion_task_get_cancellable (self->task));
  pillion_private_task_set_external (self->task);

  /* Not g_cancellable_connect (), because its counterpart waits for other people's handlers. What the handler posts may come
   * before the transfer itself does, and waits for it there. */
  pillion_sync_release (self);
  self->cancelled_handler = g_signal_connect_data (self->cancellable, "cancelled", G_CALLBACK (cancelled),
                                                   pillion_transfer_ref (self), unref_in_closure, 0);
  if (g_cancellable_is_cancelled (self->cancellable))
    cancelled (self->cancellable, self);

  pillion_private_io_thread_post (self->engine->io, submit_on_thread, self);
}

/* Lets the hop go: its place in the queue is free when its exchange is gone */
static void
detach_hop (PillionTransfer *self)
{
  PillionTransferHop *hop = g_steal_pointer (&self->hop);

  if (hop == NULL)
    return;

  hop->transfer = NULL;
  if (hop->exchange == NULL)
    {
      gboolean had_place = hop->entry.running;

      pillion_http_queue_remove (hop->engine->queue, &hop->entry);
      if (had_place)
        pillion_http_engine_pump (hop->engine);
      pillion_http_engine_unref (hop->engine);
      g_free (hop);
    }
  else if (!hop->inside)
    pillion_transport_abort (hop->engine->transport, hop->exchange);
}

void
pillion_transfer_send (PillionTransfer *self)
{
  PillionTransferHop *hop = g_new0 (PillionTransferHop, 1);

  detach_hop (self);
  pillion_http_engine_unwatch (self->engine, self);

  self->hop = hop;
  hop->engine = pillion_http_engine_ref (self->engine);
  hop->transfer = self;
  pillion_http_queue_push (self->engine->queue, self->origin, &hop->entry, hop);
  pillion_http_engine_pump (self->engine);
}

void
pillion_transfer_add_field (PillionTransferFields *fields,
                            const char *name,
                            const char *value)
{
  g_assert (fields->n + 2 < G_N_ELEMENTS (fields->v));

  fields->v[fields->n++] = name;
  fields->v[fields->n++] = value;
  fields->v[fields->n] = NULL;
}

void
pillion_transfer_start_hop (PillionTransferHop *hop)
{
  PillionTransfer *self = hop->transfer;
  PillionTransferFields fields = { { NULL }, 0 };
  PillionReadiness readiness;
  PillionRequest request;
  GError *error = NULL;

  if (self->engine->config.user_agent != NULL)
    pillion_transfer_add_field (&fields, "User-Agent", self->engine->config.user_agent);
  pillion_transfer_add_field (&fields, "Accept-Encoding", self->klass->accept_encoding);
  if (self->authorization != NULL)
    pillion_transfer_add_field (&fields, "Authorization", self->authorization);

  readiness = self->klass->prepare != NULL ? self->klass->prepare (self, &fields, &error) : PILLION_READINESS_SEND;
  if (readiness == PILLION_READINESS_FAIL)
    pillion_transfer_fail (self, error);
  if (readiness != PILLION_READINESS_SEND)
    return;

  request = (PillionRequest) {
    .uri = self->uri,
    .origin = self->origin,
    .bulk = self->klass->bulk,
    .headers = fields.v,
  };
  hop->exchange = pillion_transport_send (self->engine->transport, &request, &exchange_funcs, hop);
  pillion_http_engine_watch (self->engine, self);
}

static void
prepare_again (gpointer data)
{
  PillionTransfer *self = data;

  /* It may have been cancelled meanwhile */
  if (self->hop != NULL)
    pillion_transfer_start_hop (self->hop);
  pillion_transfer_unref (self);
}

void
pillion_transfer_prepare_again (PillionTransfer *self)
{
  pillion_private_io_thread_post (self->engine->io, prepare_again, pillion_transfer_ref (self));
}

/* Where an answer leads to. A URL may have commas in it, so the fields can't be looked at as a list. */
typedef struct
{
  const char *value; /* NULL if there is none, or an empty one */
  gboolean ambiguous;
} Location;

static void
read_location (const char *name,
               const char *value,
               gpointer data)
{
  Location *self = data;

  if (g_ascii_strcasecmp (name, "Location") != 0 || value[strspn (value, " \t")] == '\0')
    return;

  if (self->value != NULL && strcmp (self->value, value) != 0)
    self->ambiguous = TRUE;
  self->value = value;
}

static Location
get_location (const PillionResponse *response)
{
  Location location = { NULL };

  switch (response->status)
    {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      response->foreach_header (response, read_location, &location);
      break;
    default:
      break;
    }

  return location;
}

static PillionVerdict
redirect (PillionTransfer *self,
          const Location *location,
          GError **error)
{
  g_autofree char *origin = g_strdup (self->origin);
  g_autofree char *authorization = g_strdup (self->authorization);
  g_autoptr (GUri) uri = NULL;

  if (++self->n_redirects > MAX_REDIRECTS)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("the server redirected more than %d times"), MAX_REDIRECTS);
      return PILLION_VERDICT_FAIL;
    }

  if (location->ambiguous)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server redirects to several URLs at once"));
      return PILLION_VERDICT_FAIL;
    }

  uri = pillion_http_resolve (self->uri, location->value, error);
  if (uri == NULL || !set_uri (self, uri, error))
    return PILLION_VERDICT_FAIL;

  /* Most servers redirect to whole URLs, also to their own: who asks there is still the same */
  if (self->authorization == NULL && strcmp (self->origin, origin) == 0)
    self->authorization = g_steal_pointer (&authorization);

  return PILLION_VERDICT_AGAIN;
}

/* The transfer fails with what was refused, and with as much as there is of the reason */
static void
end_refusal (PillionTransfer *self,
             gboolean whole)
{
  pillion_transfer_fail (self, pillion_refusal_end (g_steal_pointer (&self->refusal), whole));
}

static void
refusal_late (gpointer data)
{
  end_refusal (data, FALSE);
}

static gboolean
exchange_head (gpointer data,
               const PillionResponse *response)
{
  PillionTransferHop *hop = data;
  PillionTransfer *self = hop->transfer;
  PillionVerdict verdict;
  Location location;
  GError *error = NULL;

  self->last_activity = g_get_monotonic_time ();
  hop->inside = TRUE;

  location = get_location (response);
  verdict = location.value != NULL ? redirect (self, &location, &error) : self->klass->head (self, response, &error);
  if (verdict == PILLION_VERDICT_FAIL)
    pillion_transfer_fail (self, error);
  else if (verdict == PILLION_VERDICT_AGAIN)
    pillion_transfer_send (self);
  else if (verdict == PILLION_VERDICT_REFUSED)
    self->refusal = pillion_refusal_new (response, self->uri, refusal_late, self);

  hop->inside = FALSE;
  return hop->transfer != NULL;
}

static guint8 *
exchange_room (gpointer data,
               gsize *size)
{
  PillionTransferHop *hop = data;
  PillionTransfer *self = hop->transfer;

  return self->refusal == NULL && self->klass->room != NULL ? self->klass->room (self, size) : NULL;
}

static gboolean
exchange_body (gpointer data,
               const guint8 *bytes,
               gsize length)
{
  PillionTransferHop *hop = data;
  PillionTransfer *self = hop->transfer;
  GError *error = NULL;

  self->last_activity = g_get_monotonic_time ();
  hop->inside = TRUE;

  if (self->refusal != NULL)
    {
      if (!pillion_refusal_add (self->refusal, bytes, length))
        end_refusal (self, FALSE);
    }
  else if (!self->klass->body (self, bytes, length, &error))
    {
      pillion_transfer_fail (self, error);
    }

  hop->inside = FALSE;
  return hop->transfer != NULL;
}

static void
exchange_end (gpointer data,
              GError *error)
{
  PillionTransferHop *hop = data;
  PillionTransfer *self = hop->transfer;

  hop->inside = TRUE;

  if (self->refusal != NULL)
    {
      end_refusal (self, error == NULL);
      g_clear_error (&error);
    }
  else if (error != NULL)
    {
      pillion_transfer_fail (self, error);
    }
  else
    {
      detach_hop (self);
      pillion_http_engine_unwatch (self->engine, self);
      self->klass->whole (self);
    }

  hop->inside = FALSE;
}

static void
exchange_gone (gpointer data)
{
  PillionTransferHop *hop = data;
  PillionHttpEngine *engine = hop->engine;

  g_assert (hop->transfer == NULL);

  pillion_http_queue_remove (engine->queue, &hop->entry);
  g_free (hop);
  pillion_http_engine_pump (engine);
  pillion_http_engine_unref (engine);
}

static const PillionExchangeFuncs exchange_funcs = {
  .head = exchange_head,
  .room = exchange_room,
  .body = exchange_body,
  .end = exchange_end,
  .gone = exchange_gone,
};

void
pillion_transfer_set_progress (PillionTransfer *self,
                               gint64 completed,
                               gint64 total)
{
  if (self->last_activity - self->last_progress < PROGRESS_USEC)
    return;

  self->last_progress = self->last_activity;
  pillion_task_set_progress (self->task, completed, total);
}

void
pillion_transfer_fail (PillionTransfer *self,
                       GError *error)
{
  if (self->failed || self->done)
    {
      g_error_free (error);
      return;
    }

  self->failed = TRUE;
  g_clear_pointer (&self->refusal, pillion_refusal_free);
  detach_hop (self);
  pillion_http_engine_unwatch (self->engine, self);

  g_prefix_error (&error, "%s: ", self->url);
  /* It may quote what a server sent, or a path */
  if (!g_utf8_validate (error->message, -1, NULL))
    {
      char *text = g_utf8_make_valid (error->message, -1);

      g_free (error->message);
      error->message = text;
    }

  if (self->klass->fail != NULL)
    self->klass->fail (self, error);
  else
    pillion_transfer_finish_failure (self, error);
}

void
pillion_transfer_finish_failure (PillionTransfer *self,
                                 GError *error)
{
  pillion_task_return_error (pillion_transfer_finish (self), error);
}

PillionTask *
pillion_transfer_finish (PillionTransfer *self)
{
  PillionTask *task = g_steal_pointer (&self->task);

  self->done = TRUE;
  detach_hop (self);
  pillion_http_engine_unwatch (self->engine, self);
  g_signal_handler_disconnect (self->cancellable, self->cancelled_handler);

  if (self->klass->clear != NULL)
    self->klass->clear (self);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->origin, g_free);
  g_clear_pointer (&self->authorization, g_free);

  /* Now, and not once the task has its outcome: the loop's thread may drop the task and the loop then, and the last reference to them must
   * not be one of this thread's */
  pillion_sync_unref (task);
  pillion_transfer_unref (self);

  return task;
}

void
pillion_transfer_time_out (PillionTransfer *self,
                           guint seconds)
{
  if (self->refusal != NULL)
    {
      end_refusal (self, FALSE);
      return;
    }

  pillion_transfer_fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                            g_dngettext (GETTEXT_PACKAGE,
                                                         "the server sent nothing for %u second",
                                                         "the server sent nothing for %u seconds", seconds),
                                            seconds));
}
