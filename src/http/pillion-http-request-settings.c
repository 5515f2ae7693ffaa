/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-request-private.h"

/* The settings of a request: the accessors of its properties */

/**
 * pillion_http_request_get_redirect_policy: (get-property redirect-policy)
 * @self: a request
 *
 * Gets what happens if the server redirects.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
PillionHttpRedirectPolicy
pillion_http_request_get_redirect_policy (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), PILLION_HTTP_REDIRECT_POLICY_FOLLOW);

  return self->redirect_policy;
}

/**
 * pillion_http_request_set_redirect_policy: (set-property redirect-policy)
 * @self: a request
 * @policy: the policy
 *
 * Sets what happens if the server redirects.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_redirect_policy (PillionHttpRequest *self,
                                          PillionHttpRedirectPolicy policy)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (policy >= PILLION_HTTP_REDIRECT_POLICY_FOLLOW && policy <= PILLION_HTTP_REDIRECT_POLICY_MANUAL);

  if (self->redirect_policy == policy)
    return;

  self->redirect_policy = policy;
  g_object_notify (G_OBJECT (self), "redirect-policy");
}

/**
 * pillion_http_request_get_allow_downgrade: (get-property allow-downgrade)
 * @self: a request
 *
 * Gets whether a redirect may lead from https to http.
 *
 * Returns: whether it may
 *
 * Since: 1.0
 */
gboolean
pillion_http_request_get_allow_downgrade (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), FALSE);

  return self->allow_downgrade;
}

/**
 * pillion_http_request_set_allow_downgrade: (set-property allow-downgrade)
 * @self: a request
 * @allow: whether it may
 *
 * Sets whether a redirect may lead from https to http.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_allow_downgrade (PillionHttpRequest *self,
                                          gboolean allow)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  allow = !!allow;

  if (self->allow_downgrade == allow)
    return;

  self->allow_downgrade = allow;
  g_object_notify (G_OBJECT (self), "allow-downgrade");
}

/**
 * pillion_http_request_get_coalescing: (get-property coalescing)
 * @self: a request
 *
 * Gets whether the request may share its exchange with equal ones.
 *
 * Returns: whether it may
 *
 * Since: 1.0
 */
gboolean
pillion_http_request_get_coalescing (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), FALSE);

  return self->coalescing;
}

/**
 * pillion_http_request_set_coalescing: (set-property coalescing)
 * @self: a request
 * @coalescing: whether it may
 *
 * Sets whether the request may share its exchange with equal ones.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_coalescing (PillionHttpRequest *self,
                                     gboolean coalescing)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  coalescing = !!coalescing;

  if (self->coalescing == coalescing)
    return;

  self->coalescing = coalescing;
  g_object_notify (G_OBJECT (self), "coalescing");
}

/**
 * pillion_http_request_get_cache_mode: (get-property cache-mode)
 * @self: a request
 *
 * Gets how the request uses the client's cache.
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
PillionHttpCacheMode
pillion_http_request_get_cache_mode (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), PILLION_HTTP_CACHE_MODE_DEFAULT);

  return self->cache_mode;
}

/**
 * pillion_http_request_set_cache_mode: (set-property cache-mode)
 * @self: a request
 * @mode: the mode
 *
 * Sets how the request uses the client's cache.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_cache_mode (PillionHttpRequest *self,
                                     PillionHttpCacheMode mode)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (mode >= PILLION_HTTP_CACHE_MODE_DEFAULT && mode <= PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED);

  if (self->cache_mode == mode)
    return;

  self->cache_mode = mode;
  g_object_notify (G_OBJECT (self), "cache-mode");
}

/**
 * pillion_http_request_get_priority: (get-property priority)
 * @self: a request
 *
 * Gets how early the request leaves the queue.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
PillionHttpPriority
pillion_http_request_get_priority (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), PILLION_HTTP_PRIORITY_NORMAL);

  return self->priority;
}

/**
 * pillion_http_request_set_priority: (set-property priority)
 * @self: a request
 * @priority: the priority
 *
 * Sets how early the request leaves the queue.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_priority (PillionHttpRequest *self,
                                   PillionHttpPriority priority)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (priority >= PILLION_HTTP_PRIORITY_HIGH && priority <= PILLION_HTTP_PRIORITY_LOW);

  if (self->priority == priority)
    return;

  self->priority = priority;
  g_object_notify (G_OBJECT (self), "priority");
}

/**
 * pillion_http_request_get_max_body_size: (get-property max-body-size)
 * @self: a request
 *
 * Gets the largest body that a response may have in memory.
 *
 * Returns: bytes; 0 for the client's limit, less than 0 for no limit
 *
 * Since: 1.0
 */
gint64
pillion_http_request_get_max_body_size (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->max_body_size;
}

/**
 * pillion_http_request_set_max_body_size: (set-property max-body-size)
 * @self: a request
 * @max: bytes; 0 for the client's limit, less than 0 for no limit
 *
 * Sets the largest body that a response may have in memory.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_max_body_size (PillionHttpRequest *self,
                                        gint64 max)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->max_body_size == max)
    return;

  self->max_body_size = max;
  g_object_notify (G_OBJECT (self), "max-body-size");
}

/**
 * pillion_http_request_get_connect_timeout_usec: (get-property connect-timeout-usec)
 * @self: a request
 *
 * Gets how long it may take to connect.
 *
 * Returns: µs; 0 for the client's, less than 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_request_get_connect_timeout_usec (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->connect_timeout;
}

/**
 * pillion_http_request_set_connect_timeout_usec: (set-property connect-timeout-usec)
 * @self: a request
 * @timeout: µs; 0 for the client's, less than 0 for no limit
 *
 * Sets how long it may take to connect.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_connect_timeout_usec (PillionHttpRequest *self,
                                               GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->connect_timeout == timeout)
    return;

  self->connect_timeout = timeout;
  g_object_notify (G_OBJECT (self), "connect-timeout-usec");
}

/**
 * pillion_http_request_get_first_byte_timeout_usec: (get-property first-byte-timeout-usec)
 * @self: a request
 *
 * Gets how long the server may take to begin its response.
 *
 * Returns: µs; 0 for the client's, less than 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_request_get_first_byte_timeout_usec (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->first_byte_timeout;
}

/**
 * pillion_http_request_set_first_byte_timeout_usec: (set-property first-byte-timeout-usec)
 * @self: a request
 * @timeout: µs; 0 for the client's, less than 0 for no limit
 *
 * Sets how long the server may take to begin its response.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_first_byte_timeout_usec (PillionHttpRequest *self,
                                                  GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->first_byte_timeout == timeout)
    return;

  self->first_byte_timeout = timeout;
  g_object_notify (G_OBJECT (self), "first-byte-timeout-usec");
}

/**
 * pillion_http_request_get_idle_timeout_usec: (get-property idle-timeout-usec)
 * @self: a request
 *
 * Gets how long nothing may arrive.
 *
 * Returns: µs; 0 for the client's, less than 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_request_get_idle_timeout_usec (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->idle_timeout;
}

/**
 * pillion_http_request_set_idle_timeout_usec: (set-property idle-timeout-usec)
 * @self: a request
 * @timeout: µs; 0 for the client's, less than 0 for no limit
 *
 * Sets how long nothing may arrive.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_idle_timeout_usec (PillionHttpRequest *self,
                                            GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->idle_timeout == timeout)
    return;

  self->idle_timeout = timeout;
  g_object_notify (G_OBJECT (self), "idle-timeout-usec");
}

/**
 * pillion_http_request_get_total_timeout_usec: (get-property total-timeout-usec)
 * @self: a request
 *
 * Gets how long the whole call may take.
 *
 * Returns: µs; 0 for the client's, less than 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_request_get_total_timeout_usec (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->total_timeout;
}

/**
 * pillion_http_request_set_total_timeout_usec: (set-property total-timeout-usec)
 * @self: a request
 * @timeout: µs; 0 for the client's, less than 0 for no limit
 *
 * Sets how long the whole call may take.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_total_timeout_usec (PillionHttpRequest *self,
                                             GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->total_timeout == timeout)
    return;

  self->total_timeout = timeout;
  g_object_notify (G_OBJECT (self), "total-timeout-usec");
}

/**
 * pillion_http_request_get_rate_limit: (get-property rate-limit)
 * @self: a request
 *
 * Gets how fast bodies are sent and received.
 *
 * Returns: bytes per second, or 0 for no limit of its own
 *
 * Since: 1.0
 */
gint64
pillion_http_request_get_rate_limit (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->rate_limit;
}

/**
 * pillion_http_request_set_rate_limit: (set-property rate-limit)
 * @self: a request
 * @rate: bytes per second, or 0 for no limit of its own
 *
 * Sets how fast the body of the request is sent, and that of the response received. See [property@PillionHttp.Client:rate-limit].
 *
 * Since: 1.0
 */
void
pillion_http_request_set_rate_limit (PillionHttpRequest *self,
                                     gint64 rate)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (rate >= 0);

  if (self->rate_limit == rate)
    return;

  self->rate_limit = rate;
  g_object_notify (G_OBJECT (self), "rate-limit");
}

/**
 * pillion_http_request_get_lowest_rate: (get-property lowest-rate)
 * @self: a request
 *
 * Gets the rate below which a response is too slow.
 *
 * Returns: bytes per second; 0 for the client's, less than 0 for no limit
 *
 * Since: 1.0
 */
gint64
pillion_http_request_get_lowest_rate (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->lowest_rate;
}

/**
 * pillion_http_request_set_lowest_rate: (set-property lowest-rate)
 * @self: a request
 * @rate: bytes per second; 0 for the client's, less than 0 for no limit
 *
 * Sets the rate below which a response is too slow.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_lowest_rate (PillionHttpRequest *self,
                                      gint64 rate)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->lowest_rate == rate)
    return;

  self->lowest_rate = rate;
  g_object_notify (G_OBJECT (self), "lowest-rate");
}

/**
 * pillion_http_request_get_max_retries: (get-property max-retries)
 * @self: a request
 *
 * Gets how many times the request is sent again after a transient failure.
 *
 * Returns: how many times; 0 for the client's setting, less than 0 for never
 *
 * Since: 1.0
 */
int
pillion_http_request_get_max_retries (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->max_retries;
}

/**
 * pillion_http_request_set_max_retries: (set-property max-retries)
 * @self: a request
 * @max: how many times; 0 for the client's setting, less than 0 for never
 *
 * Sets how many times the request is sent again after a transient failure.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_max_retries (PillionHttpRequest *self,
                                      int max)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->max_retries == max)
    return;

  self->max_retries = max;
  g_object_notify (G_OBJECT (self), "max-retries");
}

/**
 * pillion_http_request_get_credentials: (get-property credentials)
 * @self: a request
 *
 * Gets the credentials for the server that the request goes to first.
 *
 * Returns: (transfer none) (nullable): credentials, or %NULL for the client's
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_request_get_credentials (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), NULL);

  return self->credentials;
}

/**
 * pillion_http_request_set_credentials: (set-property credentials)
 * @self: a request
 * @credentials: (nullable): credentials, or %NULL for the client's
 *
 * Sets the credentials for the server that the request goes to first. A redirect to another server does not take them along.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_credentials (PillionHttpRequest *self,
                                      PillionHttpCredentials *credentials)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (credentials == NULL || PILLION_HTTP_IS_CREDENTIALS (credentials));

  if (g_set_object (&self->credentials, credentials))
    g_object_notify (G_OBJECT (self), "credentials");
}

/**
 * pillion_http_request_get_use_credentials: (get-property use-credentials)
 * @self: a request
 *
 * Gets whether the request may be sent with credentials.
 *
 * Returns: whether it may
 *
 * Since: 1.0
 */
gboolean
pillion_http_request_get_use_credentials (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), TRUE);

  return self->use_credentials;
}

/**
 * pillion_http_request_set_use_credentials: (set-property use-credentials)
 * @self: a request
 * @use_credentials: whether it may
 *
 * Sets whether the request may be sent with credentials.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_use_credentials (PillionHttpRequest *self,
                                          gboolean use_credentials)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  use_credentials = !!use_credentials;

  if (self->use_credentials == use_credentials)
    return;

  self->use_credentials = use_credentials;
  g_object_notify (G_OBJECT (self), "use-credentials");
}

/**
 * pillion_http_request_get_max_redirects: (get-property max-redirects)
 * @self: a request
 *
 * Gets how many redirects are followed.
 *
 * Returns: how many
 *
 * Since: 1.0
 */
guint
pillion_http_request_get_max_redirects (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), 0);

  return self->max_redirects;
}

/**
 * pillion_http_request_set_max_redirects: (set-property max-redirects)
 * @self: a request
 * @max: how many; 20 by default
 *
 * Sets how many redirects are followed.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_max_redirects (PillionHttpRequest *self,
                                        guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  if (self->max_redirects == max)
    return;

  self->max_redirects = max;
  g_object_notify (G_OBJECT (self), "max-redirects");
}
