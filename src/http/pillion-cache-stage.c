/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-stage.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-cache-choice.h"
#include "http/pillion-call.h"

typedef struct
{
  PillionStage parent;
  PillionCall *call;
  PillionCacheLocation *location; /* NULL if there is no cache */
  gboolean tried;                 /* to open it */
} PillionCacheStage;

typedef struct
{
  PillionCall *call; /* a reference */
  PillionCacheLocation *location; /* likewise */
  gboolean create;
  gboolean again;
  gboolean no_folder;
} Job;

static void
opened_on_thread (gpointer data)
{
  Job *self = data;

  self->call->no_folder = self->no_folder;
  pillion_call_resume (self->call);
  pillion_cache_location_unref (self->location);
  pillion_call_unref (self->call);
  g_free (self);
}

static void
open_on_worker (gpointer data)
{
  Job *self = data;
  g_autoptr (PillionCacheStore) store = NULL;
  g_autoptr (GError) error = NULL;

  if (self->create)
    store = pillion_cache_location_open (self->location, self->again, &error);
  else
    store = pillion_cache_location_open_existing (self->location, self->again, &error);
  self->no_folder = store == NULL && error == NULL;
  pillion_cache_stores_came (pillion_cache_location_get_path (self->location));
  pillion_http_engine_post (self->call->engine, opened_on_thread, self);
}

/* What can't come from a cache */
static gboolean
is_bypassed (PillionCall *call)
{
  return call->request->lasting || call->sink->klass->web_socket;
}

/* The error if a request can't be answered without a cache. @problem: why the cache can't be used, or NULL if the call has none. */
static gboolean
check_needs_none (PillionCall *call,
                  const GError *problem,
                  GError **error)
{
  const gboolean offline = call->engine->config.offline;
  const char *message;

  if (!pillion_call_forbids_network (call))
    return TRUE;

  if (problem != NULL)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED,
                   offline ? _("the client is offline, and its cache can't be used: %s") : _("nothing but the cache is allowed, and it can't be used: %s"),
                   problem->message);
      return FALSE;
    }

  if (call->sink->klass->web_socket)
    message = offline ? _("the client is offline, and a WebSocket needs the network") : _("a WebSocket can't come from the cache");
  else if (is_bypassed (call))
    message = offline ? _("the client is offline, and an event stream needs the network") : _("an event stream can't come from the cache");
  else
    message = offline ? _("the client is offline, and has no cache") : _("nothing but the cache is allowed, and the client has none");
  g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED, message);
  return FALSE;
}

/* A folder that isn't a cache is a mistake that the program has to know of. If the disk is full or broken, requests go on without the cache. */
static gboolean
is_mistake (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

/* It may be over by the next call. All other problems are tried again only if the program asks for it. */
static gboolean
is_passing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
}

static PillionVerdict
cache_begin (PillionStage *stage,
             PillionCall *call,
             GError **error)
{
  PillionCacheStage *self = (PillionCacheStage *) stage;
  g_autoptr (GError) problem = NULL;
  Job *job;

  self->call = call;
  if (self->location == NULL && call->engine->config.cache != NULL && !is_bypassed (call))
    self->location = pillion_cache_location_ref (call->engine->config.cache);
  if (self->location == NULL || call->store != NULL)
    return call->store != NULL || check_needs_none (call, NULL, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;

  call->store = pillion_cache_location_get_store (self->location, &problem);
  if (call->store == NULL && (problem == NULL || (is_passing (problem) && !self->tried)))
    {
      /* Nothing is stored, and nothing will be */
      if (call->no_folder && pillion_call_asks_cache_alone (call))
        return PILLION_VERDICT_PASS;

      self->tried = TRUE;
      job = g_new0 (Job, 1);
      job->call = pillion_call_ref (call);
      job->location = pillion_cache_location_ref (self->location);
      job->create = !pillion_call_asks_cache_alone (call);
      job->again = problem != NULL;
      pillion_cache_stores_expect (pillion_cache_location_get_path (self->location));
      pillion_http_engine_use_disk (call->engine, open_on_worker, job);
      return PILLION_VERDICT_WAIT;
    }

  if (call->store == NULL && is_mistake (problem))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return PILLION_VERDICT_FAIL;
    }

  return call->store != NULL || check_needs_none (call, problem, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;
}

/* Whether something that is stale may be used instead of the failure. The body of a stream can't be replaced once the program has it. */
static gboolean
can_use_stale (PillionCall *call)
{
  g_autofree char *key = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  PillionCacheRequest request;
  PillionCacheChoice choice;
  gboolean can;

  if (call->store == NULL || call->after_error || call->unreadable || call->task == NULL || call->body != NULL)
    return FALSE;

  key = pillion_cache_make_key (call->origin, call->uri);
  pillion_cache_request_init (&request, call->method, &call->fields, call->request->cache_mode);
  request.identity = call->engine->identity;
  request.after_error = TRUE;
  entries = pillion_cache_store_lookup (call->store, key);
  pillion_cache_choice_init (&choice, entries, &request, pillion_http_engine_get_real_now (call->engine) / G_USEC_PER_SEC);
  can = choice.entry != NULL && choice.use == PILLION_CACHE_USE_STALE;
  pillion_cache_choice_clear (&choice);
  pillion_cache_request_clear (&request);

  return can;
}

static gboolean
is_failure (guint status)
{
  return status == 500 || status == 502 || status == 503 || status == 504;
}

static PillionVerdict
cache_head (PillionStage *stage,
            PillionCall *call,
            const PillionHead *head,
            GError **error)
{
  if (head->missing && !pillion_call_accepts_status (call, head->status))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED,
                           call->engine->config.offline ? _("the client is offline, and the cache has no response that can be used")
                                                        : _("nothing but the cache is allowed, and it has no response that can be used"));
      return PILLION_VERDICT_FAIL;
    }

  if (!head->stored && is_failure (head->status) && can_use_stale (call))
    {
      call->after_error = TRUE;
      call->error_status = head->status;
      return PILLION_VERDICT_AGAIN;
    }

  if (!head->stored)
    call->after_error = FALSE;
  return PILLION_VERDICT_PASS;
}

/* Whether the disk is to blame: all other errors of a stored response are about its content, or the call is too slow. If the server sent the rest,
 * the network has errors of the same domain. */
static gboolean
is_read_error (PillionCall *call,
               const GError *error)
{
  if (call->from_part)
    return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);

  return call->from_store && error->domain == G_IO_ERROR && error->code != G_IO_ERROR_TIMED_OUT && error->code != G_IO_ERROR_CANCELLED;
}

static PillionVerdict
cache_end (PillionStage *stage,
           PillionCall *call,
           const GError *error)
{
  if (error == NULL)
    return PILLION_VERDICT_PASS;

  /* The next try gets the response from the server, and so does the next call */
  if (is_read_error (call, error))
    {
      pillion_call_forget (call);
      if (call->task == NULL || call->unreadable)
        return PILLION_VERDICT_PASS;

      call->unreadable = TRUE;
      return PILLION_VERDICT_AGAIN;
    }

  if (!can_use_stale (call))
    return PILLION_VERDICT_PASS;

  call->after_error = TRUE;
  call->error_status = 0;
  return PILLION_VERDICT_AGAIN;
}

static void
cache_clear (PillionStage *stage)
{
  PillionCacheStage *self = (PillionCacheStage *) stage;

  if (self->call != NULL)
    g_clear_pointer (&self->call->store, pillion_cache_store_unref);
  g_clear_pointer (&self->location, pillion_cache_location_unref);
}

void
pillion_cache_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = cache_begin,
    .head = cache_head,
    .end = cache_end,
    .clear = cache_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionCacheStage));
}
