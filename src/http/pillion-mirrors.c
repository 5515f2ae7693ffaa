/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-mirrors.h"

gboolean
pillion_mirrors_may_help (const PillionMirrors *self,
                          const GError *error)
{
  static const int network[] = {
    G_IO_ERROR_TIMED_OUT, G_IO_ERROR_HOST_NOT_FOUND, G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_NETWORK_UNREACHABLE,
    G_IO_ERROR_CONNECTION_REFUSED, G_IO_ERROR_CONNECTION_CLOSED, G_IO_ERROR_NOT_CONNECTED, G_IO_ERROR_PROXY_FAILED,
    G_IO_ERROR_PARTIAL_INPUT,
  };
  static const int http[] = {
    PILLION_HTTP_ERROR_INVALID_URL, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME, PILLION_HTTP_ERROR_PROTOCOL, PILLION_HTTP_ERROR_TRUNCATED,
    PILLION_HTTP_ERROR_LENGTH_MISMATCH, PILLION_HTTP_ERROR_DIGEST_MISMATCH, PILLION_HTTP_ERROR_REDIRECT,
  };

  if (self->urls == NULL)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (network); i++)
    if (g_error_matches (error, G_IO_ERROR, network[i]))
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (http); i++)
    if (g_error_matches (error, PILLION_HTTP_ERROR, http[i]))
      return TRUE;

  return error->domain == PILLION_HTTP_STATUS_ERROR || error->domain == G_RESOLVER_ERROR || error->domain == G_TLS_ERROR;
}

gboolean
pillion_mirrors_go_on (PillionMirrors *self,
                       PillionCall *call)
{
  while (self->urls[self->n_tried] != NULL)
    if (pillion_call_set_url (call, self->urls[self->n_tried++], NULL))
      return TRUE;

  return FALSE;
}
