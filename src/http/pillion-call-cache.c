/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-call-private.h"

#include "http/pillion-cache-choice.h"

/* What a call asks of the cache before it goes to the queue, and what it keeps of that until it has its place there. */

/* How much of what the cache has is kept in memory for calls that wait in the queue, in bytes */
#define MAX_FOUND (8 * 1024 * 1024)

void
pillion_call_forget_found (PillionCall *self)
{
  self->engine->found_size -= self->found_size;
  self->found_size = 0;
  g_clear_pointer (&self->found, g_ptr_array_unref);
}

void
pillion_call_keep_found (PillionCall *self)
{
  gsize size = 0;
  gboolean small = TRUE;

  for (guint i = 0; self->found != NULL && i < self->found->len; i++)
    {
      const gsize one = pillion_cache_entry_get_memory (self->found->pdata[i]);

      small = small && one > 0;
      size += one;
    }

  if (!small || self->engine->found_size + size > MAX_FOUND)
    {
      pillion_call_forget_found (self);
      return;
    }

  self->found_size = size;
  self->engine->found_size += size;
}

static gboolean
has_directives (const PillionFieldList *fields)
{
  return pillion_field_list_get (fields, "Cache-Control") != NULL;
}

/* Whether something stale may be good enough for reasons of the call's own. Directives come from the program alone. */
static gboolean
may_take_stale (PillionCall *self)
{
  return self->network_error != NULL || has_directives (&self->request->fields) || has_directives (&self->engine->config.fields);
}

/* Whether what was found may be the answer. If the server has to be asked in any case, the request is made only once it has its place in the
 * queue. */
static gboolean
may_be_answer (PillionCall *self)
{
  const PillionFieldList none = { NULL };
  PillionCacheRequest request;
  gboolean may;

  if (may_take_stale (self))
    return TRUE;

  pillion_cache_request_init (&request, self->method, &none, self->request->cache_mode);
  request.after_error = self->after_error;
  may = pillion_cache_choice_is_possible (self->found, &request, pillion_http_engine_get_real_now (self->engine) / G_USEC_PER_SEC);
  pillion_cache_request_clear (&request);

  return may;
}

/* Whether a lookup is worth its time. The index may be wrong, but what it can't answer is looked up again once the request has its place in the
 * queue. */
static gboolean
may_be_good (PillionCall *self,
             const char *key)
{
  if (may_take_stale (self) || self->after_error || self->request->cache_mode == PILLION_HTTP_CACHE_MODE_FORCE_CACHE)
    return TRUE;

  return pillion_cache_store_may_be_good (self->store, key, pillion_http_engine_get_real_now (self->engine) / G_USEC_PER_SEC);
}

gboolean
pillion_call_forbids_network (PillionCall *self)
{
  return self->engine->config.offline || self->request->cache_mode == PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED;
}

gboolean
pillion_call_asks_cache_alone (PillionCall *self)
{
  /* The client's fields are for requests that don't have their own */
  const PillionFieldList *fields = has_directives (&self->request->fields) ? &self->request->fields : &self->engine->config.fields;
  PillionCacheRequest request;
  gboolean alone;

  if (pillion_call_forbids_network (self))
    return TRUE;
  if (!has_directives (fields))
    return FALSE;

  pillion_cache_request_init (&request, self->method, fields, self->request->cache_mode);
  alone = pillion_cache_request_forbids_network (&request);
  pillion_cache_request_clear (&request);

  return alone;
}

gboolean
pillion_call_uses_cache (PillionCall *self)
{
  return self->store != NULL || (self->no_folder && pillion_call_asks_cache_alone (self));
}

gboolean
pillion_call_can_answer_locally (PillionCall *self)
{
  g_autofree char *key = NULL;

  if (!pillion_call_uses_cache (self) || self->past_cache || self->body != NULL)
    return FALSE;
  if (pillion_call_asks_cache_alone (self))
    return TRUE;

  if (self->unreadable)
    return FALSE;

  key = pillion_cache_make_key (self->origin, self->uri);
  if (!may_be_good (self, key))
    return FALSE;

  self->found = pillion_cache_store_lookup (self->store, key);
  if (self->found == NULL)
    return FALSE;
  if (may_be_answer (self))
    return TRUE;

  pillion_call_keep_found (self);
  return FALSE;
}

void
pillion_call_forget (PillionCall *self)
{
  g_autofree char *key = NULL;

  if (self->store == NULL || self->uri == NULL)
    return;

  key = pillion_cache_make_key (self->origin, self->uri);
  pillion_cache_store_remove_key (self->store, key);
}
