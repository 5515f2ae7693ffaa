/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

#include "http/pillion-cookie-store.h"

G_DEFINE_BOXED_TYPE (PillionHttpCookie, pillion_http_cookie, pillion_http_cookie_copy, pillion_http_cookie_free)

/**
 * pillion_http_cookie_new:
 * @name: the name
 * @value: the value
 * @domain: the host that it is sent to; with a dot at the beginning, also to all hosts below it
 * @path: (nullable): the path below which it is sent, or %NULL for `/`
 *
 * Creates a cookie that ends with the session. What else it has can be set in its fields. [method@PillionHttp.CookieJar.add] says
 * whether it is valid.
 *
 * Returns: (transfer full): a cookie
 *
 * Since: 1.0
 */
PillionHttpCookie *
pillion_http_cookie_new (const char *name,
                         const char *value,
                         const char *domain,
                         const char *path)
{
  PillionHttpCookie *self;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (value != NULL, NULL);
  g_return_val_if_fail (domain != NULL, NULL);

  self = g_new0 (PillionHttpCookie, 1);
  self->name = g_strdup (name);
  self->value = g_strdup (value);
  self->host_only = *domain != '.';
  self->domain = pillion_cookie_canonicalize_host (self->host_only ? domain : domain + 1);
  self->path = g_strdup (path != NULL ? path : "/");

  return self;
}

/**
 * pillion_http_cookie_copy:
 * @self: a cookie
 *
 * Copies a cookie.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
PillionHttpCookie *
pillion_http_cookie_copy (const PillionHttpCookie *self)
{
  PillionHttpCookie *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (PillionHttpCookie, 1);
  *copy = *self;
  copy->name = g_strdup (self->name);
  copy->value = g_strdup (self->value);
  copy->domain = g_strdup (self->domain);
  copy->path = g_strdup (self->path);

  return copy;
}

/**
 * pillion_http_cookie_free: (skip)
 * @self: (transfer full): a cookie
 *
 * Frees a cookie.
 *
 * Since: 1.0
 */
void
pillion_http_cookie_free (PillionHttpCookie *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->value);
  g_free (self->domain);
  g_free (self->path);
  g_free (self);
}
