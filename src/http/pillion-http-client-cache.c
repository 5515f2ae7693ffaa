/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include "http/pillion-http-cache-private.h"

/**
 * pillion_http_client_get_cache: (get-property cache)
 * @self: a client
 *
 * Gets the client's cache.
 *
 * Returns: (transfer none) (nullable): the cache, or %NULL if there is none
 *
 * Since: 1.0
 */
PillionHttpCache *
pillion_http_client_get_cache (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->cache;
}

/**
 * pillion_http_client_set_cache: (set-property cache)
 * @self: a client
 * @cache: (nullable): a cache, or %NULL for none
 *
 * Sets the client's cache, for calls that are made from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_cache (PillionHttpClient *self,
                               PillionHttpCache *cache)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (cache == NULL || PILLION_HTTP_IS_CACHE (cache));

  if (!g_set_object (&self->cache, cache))
    return;

  g_clear_pointer (&self->config.cache, pillion_cache_location_unref);
  if (cache != NULL)
    self->config.cache = pillion_cache_location_ref (pillion_http_cache_get_location (cache));
  pillion_http_client_configure (self, "cache");
}

/**
 * pillion_http_client_get_offline: (get-property offline)
 * @self: a client
 *
 * Gets whether nothing but the cache is used.
 *
 * Returns: whether the client is offline
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_get_offline (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);

  return self->config.offline;
}

/**
 * pillion_http_client_set_offline: (set-property offline)
 * @self: a client
 * @offline: whether nothing but the cache is to be used
 *
 * Sets whether nothing but the cache is used, for requests that are sent from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_offline (PillionHttpClient *self,
                                 gboolean offline)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  offline = offline != FALSE;
  if (self->config.offline == offline)
    return;

  self->config.offline = offline;
  pillion_http_client_configure (self, "offline");
}
