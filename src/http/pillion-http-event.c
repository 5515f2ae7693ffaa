/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

G_DEFINE_BOXED_TYPE (PillionHttpEvent, pillion_http_event, pillion_http_event_copy, pillion_http_event_free)

/**
 * pillion_http_event_copy:
 * @self: an event
 *
 * Copies an event.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
PillionHttpEvent *
pillion_http_event_copy (const PillionHttpEvent *self)
{
  PillionHttpEvent *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (PillionHttpEvent, 1);
  copy->type = g_strdup (self->type);
  copy->data = g_strdup (self->data);
  copy->id = g_strdup (self->id);

  return copy;
}

/**
 * pillion_http_event_free: (skip)
 * @self: (transfer full): an event
 *
 * Frees an event.
 *
 * Since: 1.0
 */
void
pillion_http_event_free (PillionHttpEvent *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->type);
  g_free (self->data);
  g_free (self->id);
  g_free (self);
}
