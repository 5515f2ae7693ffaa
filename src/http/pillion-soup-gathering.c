/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-gathering.h"

#include <inttypes.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-http-response-private.h"

/* How long a body that nobody wants may take altogether, and how long a body that is wanted may stall, in µs */
#define UNWANTED_USEC G_USEC_PER_SEC
#define STALL_USEC (10 * G_USEC_PER_SEC)

typedef struct
{
  GSource parent;
  SoupMessage *message;
  GCancellable *cancellable;
  gint64 max;
  guint64 n_gathered;
} GatherSource;

static guint64
get_max (gint64 max)
{
  return max > 0 ? (guint64) max : PILLION_HTTP_RESPONSE_MAX_BODY;
}

/* libsoup takes an iteration of the context for each piece that it reads, so none is missed here */
static gboolean
gather_prepare (GSource *source,
                int *timeout)
{
  GatherSource *self = (GatherSource *) source;
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (self->message);
  guint64 n_gathered = pillion_soup.message_metrics_get_response_body_bytes_received (metrics);

  *timeout = -1;
  /* An unwanted body has one deadline, however many pieces it comes in */
  if (self->max > 0 && n_gathered != self->n_gathered)
    g_source_set_ready_time (source, g_get_monotonic_time () + STALL_USEC);
  self->n_gathered = n_gathered;

  return n_gathered > get_max (self->max);
}

static gboolean
gather_dispatch (GSource *source,
                 GSourceFunc callback,
                 gpointer data)
{
  g_cancellable_cancel (((GatherSource *) source)->cancellable);
  return G_SOURCE_REMOVE;
}

static GSourceFuncs gather_funcs = {
  .prepare = gather_prepare,
  .dispatch = gather_dispatch,
};

gboolean
pillion_soup_gathering_is_too_large (SoupMessage *message,
                                     gint64 max)
{
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (message);
  gint64 length = pillion_soup.message_headers_get_content_length (pillion_soup.message_get_response_headers (message));

  return (guint64) length > get_max (max) ||
         pillion_soup.message_metrics_get_response_body_bytes_received (metrics) > get_max (max);
}

GSource *
pillion_soup_gathering_new_source (SoupMessage *message,
                                   gint64 max,
                                   GCancellable *cancellable)
{
  GSource *source = g_source_new (&gather_funcs, sizeof (GatherSource));
  GatherSource *self = (GatherSource *) source;

  self->message = message;
  self->cancellable = cancellable;
  self->max = max;
  g_source_set_static_name (source, "pillion gathering");
  g_source_set_ready_time (source, g_get_monotonic_time () + (max > 0 ? STALL_USEC : UNWANTED_USEC));

  return source;
}

GError *
pillion_soup_gathering_make_error (SoupMessage *message,
                                   gint64 max)
{
  if (pillion_soup_gathering_is_too_large (message, max))
    return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
                        _("the body is larger than the limit (%" PRId64 " bytes)"), (gint64) get_max (max));

  return g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _("the server stopped sending the body of its response (status %u)"),
                      pillion_soup.message_get_status (message));
}
