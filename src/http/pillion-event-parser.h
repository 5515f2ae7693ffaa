/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The longest ID, in bytes. A longer one is ignored: servers accept no header field of that size, and each of
 * many small events would have a copy. */
#define PILLION_EVENT_PARSER_MAX_ID 4096

/* Parses a stream of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html,
 * section 9.2.6 */
typedef struct
{
  GString *line;     /* as far as it has arrived */
  GString *data;     /* of the next event */
  GString *type;
  GString *id;       /* that of the last event, even if the event had no data */
  GString *next_id;  /* of the next event */
  gint64 retry_msec; /* -1 until the server sets it */
  gboolean begun;    /* whether it is too late for a byte order mark */
  gboolean after_cr; /* whether a line feed belongs to the line before it */
} PillionEventParser;

/* Called for each complete event. The strings live as long as the call. */
typedef void (*PillionEventFunc) (const char *type,
                                  const char *data,
                                  const char *id,
                                  gpointer    user_data);

void     pillion_event_parser_init  (PillionEventParser *self);
void     pillion_event_parser_clear (PillionEventParser *self);

/* The stream has ended: an incomplete event is dropped, and another stream may follow. The last ID stays. */
void     pillion_event_parser_reset (PillionEventParser *self);

/* FALSE: a line or an event has more than @limit bytes */
gboolean pillion_event_parser_feed  (PillionEventParser *self,
                                     const char         *bytes,
                                     gsize               length,
                                     gsize               limit,
                                     PillionEventFunc    func,
                                     gpointer            user_data);
