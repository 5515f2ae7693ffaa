/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-error.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* libsoup gives up on a head that is longer */
#define MAX_HEAD (64 * 1024)

/* Whether a head that libsoup can't parse was cut. It parses the fields before the status line, and finds
 * fault only with a line that has no end: so if it knows a field, the rest is missing. Without a field, only
 * a head that is shorter than any whole one was cut for certain. */
static gboolean
is_unparsed_head_cut (SoupMessage *message)
{
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  pillion_soup.message_headers_iter_init (&iter, pillion_soup.message_get_response_headers (message));

  return pillion_soup.message_headers_iter_next (&iter, &name, &value) ||
         pillion_soup.message_metrics_get_response_header_bytes_received (metrics) < strlen ("HTTP/1.1 200\r\n\r\n");
}

/* -1 if the error stays as it is */
static int
get_code (const GError *error,
          SoupMessage *message,
          gboolean has_head)
{
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED))
    return PILLION_HTTP_ERROR_PROXY;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
    {
      /* libsoup also says this when it gives up on a head because of its size */
      if (!has_head && pillion_soup.message_metrics_get_response_header_bytes_received (metrics) > MAX_HEAD)
        return PILLION_HTTP_ERROR_PROTOCOL;

      return PILLION_HTTP_ERROR_TRUNCATED;
    }

  /* A connection that is reset while it is being made has cut off nothing */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) &&
      pillion_soup.message_metrics_get_request_start (metrics) > 0)
    return PILLION_HTTP_ERROR_TRUNCATED;

  /* The server has reset the stream, or left the connection */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED) && g_str_has_prefix (error->message, "HTTP/2 Error: "))
    return PILLION_HTTP_ERROR_TRUNCATED;

  /* TLS did not say that this is the end */
  if (has_head && g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF))
    return PILLION_HTTP_ERROR_TRUNCATED;

  if (g_error_matches (error, pillion_soup.session_error_quark (), SOUP_SESSION_ERROR_PARSING))
    return is_unparsed_head_cut (message) ? PILLION_HTTP_ERROR_TRUNCATED : PILLION_HTTP_ERROR_PROTOCOL;

  if (error->domain == pillion_soup.websocket_error_quark ())
    return PILLION_HTTP_ERROR_NOT_WEB_SOCKET;

  return error->domain == pillion_soup.session_error_quark () ? PILLION_HTTP_ERROR_PROTOCOL : -1;
}

/* A whole head without the spaces after two of its colons is as long as a cut one with them. If the
 * connection is still open, or the head said that it would be closed, an empty body is as empty as it was
 * announced. */
static gboolean
has_ended_early (SoupMessage *message,
                 const PillionSoupBody *body)
{
  return g_pollable_input_stream_is_readable (body->wait) &&
         !pillion_soup.message_headers_header_contains (pillion_soup.message_get_response_headers (message), "Connection", "close");
}

/* libsoup takes a head that is cut between two lines for a whole one. The number of bytes that it read tells:
 * it is that of the head as it would be written without the empty line at its end. */
static gboolean
is_head_cut (SoupMessage *message,
             const PillionSoupBody *body,
             gint64 announced)
{
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);
  const char *reason = pillion_soup.message_get_reason_phrase (message);
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;
  guint64 n_received;
  guint64 n_lines;

  if (metrics == NULL || pillion_soup.message_get_http_version (message) == SOUP_HTTP_2_0)
    return FALSE;

  n_received = pillion_soup.message_metrics_get_response_header_bytes_received (metrics);
  n_lines = strlen ("HTTP/1.1 200 \r\n") + (reason != NULL ? strlen (reason) : 0);
  pillion_soup.message_headers_iter_init (&iter, pillion_soup.message_get_response_headers (message));
  while (pillion_soup.message_headers_iter_next (&iter, &name, &value))
    n_lines += strlen (name) + strlen (value) + strlen (": \r\n");

  if (n_received == n_lines + strlen ("\r\n"))
    return FALSE;
  if (n_received == n_lines)
    return (announced != 0 && !pillion_soup_message_has_no_body (message)) || has_ended_early (message, body);

  /* The head is written in another way. If nothing but the end of the connection says that an empty body is
   * whole, that proves nothing. */
  return announced < 0 && !pillion_soup_message_has_no_body (message);
}

/* libsoup and GIO don't say how much had arrived */
static char *
describe_end (const GError *error,
              SoupMessage *message,
              gboolean has_head,
              gint64 announced,
              gint64 received)
{
  gboolean plain = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);

  if (!has_head)
    {
      SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);

      if (!plain && error->domain != pillion_soup.session_error_quark ())
        return g_strdup (error->message);
      if (metrics != NULL && pillion_soup.message_metrics_get_response_header_bytes_received (metrics) > 0)
        return g_strdup (_("the connection was closed in the middle of the response header"));
      return g_strdup (_("the connection was closed before the server answered"));
    }

  if (announced >= 0 && plain)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "the connection was closed after %" PRId64 " of %" PRId64 " byte",
                                         "the connection was closed after %" PRId64 " of %" PRId64 " bytes", (gulong) announced),
                            received, announced);
  if (announced >= 0)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s, after %" PRId64 " of %" PRId64 " byte",
                                         "%s, after %" PRId64 " of %" PRId64 " bytes", (gulong) announced),
                            error->message, received, announced);
  if (plain)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "the connection was closed after %" PRId64 " byte, before the end of the body",
                                         "the connection was closed after %" PRId64 " bytes, before the end of the body", (gulong) received),
                            received);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s, after %" PRId64 " byte", "%s, after %" PRId64 " bytes", (gulong) received),
                          error->message, received);
}

void
pillion_soup_error_translate (GError *error,
                              SoupMessage *message,
                              gboolean has_head,
                              gint64 announced,
                              gint64 received)
{
  int code = get_code (error, message, has_head);

  if (code == PILLION_HTTP_ERROR_TRUNCATED || g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED))
    {
      char *text = describe_end (error, message, has_head, announced, received);

      g_free (error->message);
      error->message = text;
    }

  if (code >= 0)
    {
      error->domain = PILLION_HTTP_ERROR;
      error->code = code;
    }
}

GError *
pillion_soup_error_check_whole (SoupMessage *message,
                                const PillionSoupBody *body,
                                gint64 announced,
                                gint64 received,
                                gint64 before)
{
  if (announced >= 0 && received != announced)
    {
      /* If the protocol marks the end, the announcement is wrong, else the end is */
      if (body->source != NULL)
        return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH,
                            g_dngettext (GETTEXT_PACKAGE, "the server announced %" PRId64 " byte but sent %" PRId64,
                                         "the server announced %" PRId64 " bytes but sent %" PRId64, (gulong) announced),
                            announced, received);

      return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                          g_dngettext (GETTEXT_PACKAGE, "the connection was closed after %" PRId64 " of %" PRId64 " byte",
                                       "the connection was closed after %" PRId64 " of %" PRId64 " bytes", (gulong) (before + announced)),
                          before + received, before + announced);
    }

  if (received == 0 && body->source == NULL && is_head_cut (message, body, announced))
    return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                                _("the connection was closed in the middle of the response header"));

  return NULL;
}
