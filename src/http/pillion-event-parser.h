/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A longer ID is ignored, in bytes: servers take no header field of that size, and each of many small events would have a copy */
#define PILLION_EVENT_PARSER_MAX_ID 4096

/* What a stream of server-sent events says: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6 */
typedef struct
{
  GString *line;     /* as far as it has come */
  GString *data;     /* of the event that is coming */
  GString *type;
  GString *id;       /* that of the last event, even if the event had no data */
  GString *next_id;  /* of the event that is coming */
  gint64 retry_msec; /* -1 while the server has said nothing */
  gboolean begun;    /* whether a byte order mark would not be one any more */
  gboolean after_cr; /* whether a line feed belongs to the line before it */
} PillionEventParser;

/* An event is whole. The strings live as long as the call. */
typedef void (*PillionEventFunc) (const char *type,
                                  const char *data,
                                  const char *id,
                                  gpointer    user_data);

void     pillion_event_parser_init  (PillionEventParser *self);
void     pillion_event_parser_clear (PillionEventParser *self);

/* The stream has ended: what has not come whole is dropped, and another stream may follow. The last ID stays. */
void     pillion_event_parser_reset (PillionEventParser *self);

/* FALSE: there is more than @limit bytes of a line or an event */
gboolean pillion_event_parser_feed  (PillionEventParser *self,
                                     const char         *bytes,
                                     gsize               length,
                                     gsize               limit,
                                     PillionEventFunc    func,
                                     gpointer            user_data);
