/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-wire-copy.h"

#include "http/pillion-cache-store.h"

void
pillion_wire_copy_init (PillionWireCopy *self,
                        const PillionWireRequest *request)
{
  g_assert (request->body == NULL);

  *self = (PillionWireCopy) { .request = *request };
  self->request.source = NULL;
  self->request.cache.found = NULL;
  if (request->cache.store != NULL)
    pillion_cache_store_ref (request->cache.store);
  g_uri_ref (request->uri);
  self->request.origin = self->origin = g_ref_string_new (request->origin);
  if (request->proxy != NULL)
    pillion_proxy_ref (request->proxy);
  self->request.proxy_authorization = self->proxy_authorization = g_strdup (request->proxy_authorization);
  self->request.fields = NULL;
  for (const char *const *field = request->fields; field != NULL && *field != NULL; field += 2)
    pillion_field_list_append (&self->fields, field[0], field[1]);
}

void
pillion_wire_copy_clear (PillionWireCopy *self)
{
  g_clear_pointer (&self->request.uri, g_uri_unref);
  g_clear_pointer (&self->request.proxy, pillion_proxy_unref);
  g_clear_pointer (&self->request.cache.store, pillion_cache_store_unref);
  g_clear_pointer (&self->origin, g_ref_string_release);
  g_clear_pointer (&self->proxy_authorization, g_free);
  pillion_field_list_clear (&self->fields);
}
