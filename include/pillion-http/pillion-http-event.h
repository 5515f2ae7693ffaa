/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <glib-object.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_EVENT (pillion_http_event_get_type ())

typedef struct _PillionHttpEvent PillionHttpEvent;

/**
 * PillionHttpEvent:
 * @type: what kind of event it is: `message` if the server did not say
 * @data: the data, whose lines are separated with LF
 * @id: the ID of the last event that had one, up to this one, or ""
 *
 * A server-sent event: what [method@PillionHttp.EventStream.next] results in.
 *
 * Since: 1.0
 */
struct _PillionHttpEvent
{
  char *type;
  char *data;
  char *id;
};

PILLION_HTTP_AVAILABLE_IN_1_0
GType             pillion_http_event_get_type (void);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpEvent *pillion_http_event_copy     (const PillionHttpEvent *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void              pillion_http_event_free     (PillionHttpEvent       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionHttpEvent, pillion_http_event_free)

G_END_DECLS
