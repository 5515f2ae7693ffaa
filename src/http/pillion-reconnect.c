/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-reconnect.h"

#include <pillion-http/pillion-http.h>

/* The longest pause, unless the server asks for longer ones */
#define LONGEST_PAUSE (60 * G_TIME_SPAN_SECOND)

/* The least time between two attempts: a server that closes every connection, and asks for no pause, must not
 * keep us busy */
#define CONNECT_INTERVAL (100 * G_TIME_SPAN_MILLISECOND)

void
pillion_reconnect_init (PillionReconnect *self)
{
  *self = (PillionReconnect) {
    .interval = PILLION_RECONNECT_DEFAULT_INTERVAL,
    .max = PILLION_RECONNECT_DEFAULT_MAX,
    .due = G_MININT64,
  };
}

void
pillion_reconnect_begin (PillionReconnect *self,
                         gint64 now)
{
  self->began = now;
}

void
pillion_reconnect_connected (PillionReconnect *self)
{
  self->n_failures = 0;
}

static void
set_pause (PillionReconnect *self,
           gint64 now,
           GTimeSpan pause)
{
  self->due = now <= G_MAXINT64 - pause ? now + pause : G_MAXINT64;
  self->due = MAX (self->due, self->began + CONNECT_INTERVAL);
}

void
pillion_reconnect_again (PillionReconnect *self,
                         gint64 now)
{
  set_pause (self, now, self->interval);
}

gboolean
pillion_reconnect_failed (PillionReconnect *self,
                          gint64 now)
{
  GTimeSpan pause = self->interval;

  if (self->max >= 0 && self->n_failures >= self->max)
    return FALSE;

  for (int i = 0; i < self->n_failures && pause < LONGEST_PAUSE; i++)
    pause = MIN (2 * pause, LONGEST_PAUSE);
  self->n_failures = MIN (self->n_failures, G_MAXINT - 1) + 1;
  set_pause (self, now, pause);
  return TRUE;
}

GTimeSpan
pillion_reconnect_get_pause (PillionReconnect *self,
                             gint64 now)
{
  return self->due > now ? self->due - now : 0;
}

void
pillion_reconnect_end_pause (PillionReconnect *self)
{
  self->due = G_MININT64;
}

gboolean
pillion_reconnect_may_help (const GError *error)
{
  if (error->domain == G_IO_ERROR)
    return error->code != G_IO_ERROR_CANCELLED && error->code != G_IO_ERROR_INVALID_ARGUMENT && error->code != G_IO_ERROR_NOT_SUPPORTED;
  if (error->domain == G_TLS_ERROR)
    return error->code == G_TLS_ERROR_EOF || error->code == G_TLS_ERROR_MISC;
  if (error->domain == PILLION_HTTP_ERROR)
    return error->code == PILLION_HTTP_ERROR_TRUNCATED || error->code == PILLION_HTTP_ERROR_LENGTH_MISMATCH ||
           error->code == PILLION_HTTP_ERROR_PROTOCOL;

  return error->domain == G_RESOLVER_ERROR;
}
