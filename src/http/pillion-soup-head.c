/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-head.h"

#include <string.h>

#include "http/pillion-http-fields.h"
#include "http/pillion-soup-body.h"

static const char *
get_field (const PillionHead *head,
           const char *name)
{
  return pillion_soup.message_headers_get_list (((const PillionSoupHead *) head)->headers, name);
}

static void
foreach_field (const PillionHead *head,
               PillionFieldFunc func,
               gpointer data)
{
  pillion_soup.message_headers_foreach (((const PillionSoupHead *) head)->headers, func, data);
}

static const char *
get_version (SoupMessage *message)
{
  switch (pillion_soup.message_get_http_version (message))
    {
    case SOUP_HTTP_1_0:
      return "1.0";
    case SOUP_HTTP_2_0:
      return "2";
    default:
      return "1.1";
    }
}

static void
get_details (const PillionHead *head,
             PillionHeadDetails *details)
{
  SoupMessage *message = ((const PillionSoupHead *) head)->message;
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);
  gint64 connect_end = (gint64) pillion_soup.message_metrics_get_connect_end (metrics);
  gint64 tls_start = (gint64) pillion_soup.message_metrics_get_tls_start (metrics);

  *details = (PillionHeadDetails) {
    .version = get_version (message),
    .peer = pillion_soup.message_get_remote_address (message),
    .name_found = (gint64) pillion_soup.message_metrics_get_dns_end (metrics),
    /* libsoup counts the handshake as a part of connecting */
    .connected = tls_start > 0 ? tls_start : connect_end,
    .secured = tls_start > 0 ? connect_end : 0,
    .sending = (gint64) pillion_soup.message_metrics_get_request_start (metrics),
    .first_byte = (gint64) pillion_soup.message_metrics_get_response_start (metrics),
  };
}

PillionSoupHead
pillion_soup_head_make (SoupMessage *message,
                        gint64 announced,
                        gboolean chunked)
{
  gboolean http2 = pillion_soup.message_get_http_version (message) == SOUP_HTTP_2_0;

  return (PillionSoupHead) {
    .parent = {
      .status = pillion_soup.message_get_status (message),
      .reason = pillion_soup.message_get_reason_phrase (message),
      .length = announced,
      .delimited = announced >= 0 || chunked || pillion_soup_message_has_no_body (message) || http2,
      .piles_up = http2,
      .get_field = get_field,
      .foreach_field = foreach_field,
      .get_details = get_details,
    },
    .message = message,
    .headers = pillion_soup.message_get_response_headers (message),
  };
}

void
pillion_soup_head_mend_coding (SoupMessageHeaders *headers)
{
  static const char *const registered[] = { "compress", "deflate", "gzip", "identity", "x-compress", "x-gzip" };
  const char *list = pillion_soup.message_headers_get_list (headers, "Transfer-Encoding");
  g_autofree char *lower = list != NULL ? g_ascii_strdown (list, -1) : NULL;

  if (lower == NULL || strstr (lower, "chunked") != NULL)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (registered); i++)
    if (pillion_http_has_element (lower, registered[i]))
      return;

  pillion_soup.message_headers_remove (headers, "Transfer-Encoding");
  pillion_soup.message_headers_remove (headers, "Content-Length");
}
