/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-config.h"

#include "core/pillion-private.h"
#include "http/pillion-http-request-private.h"

void
pillion_http_config_init (PillionHttpConfig *self)
{
  *self = (PillionHttpConfig) {
    .max_connections = 32,
    .max_connections_per_host = 6,
    .max_connections_per_download = 4,
    .max_lasting_connections = 128,
    .max_lasting_connections_per_host = 32,
    .idle_timeout = 60 * G_USEC_PER_SEC,
    .connect_timeout = 10 * G_USEC_PER_SEC,
    .first_byte_timeout = 30 * G_USEC_PER_SEC,
    .http2 = TRUE,
    .max_body_size = 64 * 1024 * 1024,
    .user_agent = g_strdup ("Pillion/" PILLION_VERSION),
  };
}

/* Copies to where nothing is */
void
pillion_http_config_copy (PillionHttpConfig *self,
                          const PillionHttpConfig *source)
{
  *self = *source;
  self->user_agent = g_strdup (source->user_agent);
  self->fields = (PillionFieldList) { NULL };
  for (guint i = 0; i < source->fields.n; i += 2)
    pillion_field_list_append (&self->fields, source->fields.strv[i], source->fields.strv[i + 1]);
  pillion_connection_options_copy (&self->connection, &source->connection);
  if (self->jar != NULL)
    pillion_jar_ref (self->jar);
  if (self->cache != NULL)
    pillion_cache_location_ref (self->cache);
  if (self->credentials != NULL)
    g_object_ref (self->credentials);
  if (self->netrc != NULL)
    pillion_netrc_ref (self->netrc);
  self->proxy = g_strdup (source->proxy);
  if (self->proxy_resolver != NULL)
    g_object_ref (self->proxy_resolver);
  if (self->proxy_rules != NULL)
    pillion_proxy_rules_ref (self->proxy_rules);
}

void
pillion_http_config_clear (PillionHttpConfig *self)
{
  g_clear_pointer (&self->user_agent, g_free);
  pillion_field_list_clear (&self->fields);
  pillion_connection_options_clear (&self->connection);
  g_clear_pointer (&self->jar, pillion_jar_unref);
  g_clear_pointer (&self->cache, pillion_cache_location_unref);
  if (self->credentials != NULL)
    pillion_sync_unref (g_steal_pointer (&self->credentials));
  g_clear_pointer (&self->netrc, pillion_netrc_unref);
  g_clear_pointer (&self->proxy, g_free);
  g_clear_object (&self->proxy_resolver);
  g_clear_pointer (&self->proxy_rules, pillion_proxy_rules_unref);
}

gboolean
pillion_http_config_check_fields (const PillionHttpConfig *self,
                                  GError **error)
{
  return pillion_http_check_fields (&self->fields, error) &&
         (self->user_agent == NULL || pillion_http_check_field ("User-Agent", self->user_agent, error));
}
