/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz-exchange.h"

#include <stdlib.h>
#include <string.h>

#include "http/pillion-cache-vary.h"
#include "http/pillion-http-fields.h"

/* 2027 */
#define REQUESTED G_GINT64_CONSTANT (1800000000)

static gint64
take_number (const char **text)
{
  char *end;
  gint64 number = g_ascii_strtoll (*text, &end, 10);

  *text = end;
  return CLAMP (number, -1000000000, 1000000000);
}

void
fuzz_take_exchange (const guint8 **data,
                    gsize *size,
                    FuzzExchange *self)
{
  PillionHttpCacheMode mode = (PillionHttpCacheMode) (fuzz_take_number (data, size, PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED + 1) - 1);
  gsize options = fuzz_take_number (data, size, 8) - 1;
  g_autofree char *method = fuzz_take_line (data, size);
  g_autofree char *status = fuzz_take_line (data, size);
  g_autofree char *times = fuzz_take_line (data, size);
  g_autofree char *vary = NULL;
  const char *next = times;
  gint64 last;

  *self = (FuzzExchange) { .method = g_steal_pointer (&method) };
  fuzz_take_fields (data, size, &self->fields);
  pillion_cache_request_init (&self->request, self->method, &self->fields, mode);
  self->request.offline = (options & 1) != 0;
  self->request.after_error = (options & 2) != 0;
  self->request.has_body = (options & 4) != 0;

  self->stored = g_new0 (PillionStoredResponse, 1);
  self->stored->status = (guint) CLAMP (atoi (status), 200, 999);
  self->stored->reason = g_strdup ("Fine");
  self->stored->version = g_strdup ("1.1");
  self->stored->requested = REQUESTED;
  self->stored->received = REQUESTED + take_number (&next);
  self->now = REQUESTED + take_number (&next);
  fuzz_take_fields (data, size, &self->stored->fields);
  pillion_stored_response_changed (self->stored);
  vary = pillion_field_list_join (&self->stored->fields, "Vary");
  pillion_cache_vary_select (vary, &self->fields, NULL, &self->stored->selecting);

  /* A part says where it belongs */
  self->stored->total = -1;
  if (pillion_stored_response_is_part (self->stored))
    {
      const char *range = pillion_stored_response_get (self->stored, "Content-Range");

      if (range == NULL || !pillion_http_parse_content_range (range, &self->stored->first, &last, &self->stored->total) ||
          self->stored->first > G_MAXINT64 / 2)
        {
          self->stored->status = 200;
          self->stored->first = 0;
          self->stored->total = -1;
        }
    }
}

void
fuzz_exchange_clear (FuzzExchange *self)
{
  pillion_cache_request_clear (&self->request);
  pillion_stored_response_free (self->stored);
  pillion_field_list_clear (&self->fields);
  g_free (self->method);
}
