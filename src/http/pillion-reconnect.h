/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#define PILLION_RECONNECT_DEFAULT_INTERVAL (3 * G_TIME_SPAN_SECOND)
#define PILLION_RECONNECT_DEFAULT_MAX 5

/* Decides when to connect again after a connection was lost. Times are in µs of one clock. */
typedef struct
{
  GTimeSpan interval; /* the pause before connecting again, unless that fails */
  int max;            /* how many times in a row that may fail; -1 for no limit */
  int n_failures;     /* in a row */
  gint64 due;         /* when to connect */
  gint64 began;       /* when it connected last */
} PillionReconnect;

void      pillion_reconnect_init      (PillionReconnect *self);

/* It connects now */
void      pillion_reconnect_begin     (PillionReconnect *self,
                                       gint64            now);
void      pillion_reconnect_connected (PillionReconnect *self);

/* The connection ended: connects again after the interval */
void      pillion_reconnect_again     (PillionReconnect *self,
                                       gint64            now);

/* Connecting failed. Returns FALSE if it was the last try; otherwise, tries again after a pause that grows. */
gboolean  pillion_reconnect_failed    (PillionReconnect *self,
                                       gint64            now);

/* How long to wait before connecting, or 0 */
GTimeSpan pillion_reconnect_get_pause (PillionReconnect *self,
                                       gint64            now);
void      pillion_reconnect_end_pause (PillionReconnect *self);

/* Whether connecting again may help after this error */
gboolean  pillion_reconnect_may_help  (const GError     *error);
