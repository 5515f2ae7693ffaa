/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-refusal.h"

#include "core/pillion-private.h"
#include "http/pillion-decoder.h"
#include "http/pillion-http-response-private.h"

/* How long the body may stall, and how long it may take altogether, in µs: the refusal should not be reported
 * late */
#define STALL_USEC G_USEC_PER_SEC
#define TOTAL_USEC (3 * G_USEC_PER_SEC)

/* A body with several codings may take much work and produce nothing, while others wait */
#define MAX_DECODER_STEPS 64

struct _PillionRefusal
{
  PillionHttpResponse *response;
  char *coding; /* may be NULL */
  GByteArray *body;
  GSource *source;
  gint64 deadline;
  PillionRefusalFunc late;
  gpointer data;
};

static gboolean
late_dispatch (GSource *source,
               GSourceFunc callback,
               gpointer data)
{
  return callback (data);
}

static GSourceFuncs late_funcs = {
  .dispatch = late_dispatch,
};

static gboolean
on_late (gpointer data)
{
  PillionRefusal *self = data;

  self->late (self->data);
  return G_SOURCE_REMOVE;
}

static void
expect_more (PillionRefusal *self)
{
  gint64 stalled = g_get_monotonic_time () + STALL_USEC;

  g_source_set_ready_time (self->source, MIN (stalled, self->deadline));
}

PillionRefusal *
pillion_refusal_new (PillionHttpResponse *response,
                     PillionRefusalFunc late,
                     gpointer data)
{
  PillionRefusal *self = g_new0 (PillionRefusal, 1);

  self->response = response;
  self->coding = g_strdup (pillion_http_response_get_header (response, "Content-Encoding"));
  self->body = g_byte_array_new ();
  self->late = late;
  self->data = data;
  self->deadline = g_get_monotonic_time () + TOTAL_USEC;

  self->source = g_source_new (&late_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "pillion refusal");
  g_source_set_callback (self->source, on_late, self, NULL);
  expect_more (self);
  g_source_attach (self->source, g_main_context_get_thread_default ());

  return self;
}

gboolean
pillion_refusal_add (PillionRefusal *self,
                     const guint8 *bytes,
                     gsize length)
{
  gsize room = PILLION_HTTP_RESPONSE_MAX_BODY - self->body->len;

  g_byte_array_append (self->body, bytes, (guint) MIN (length, room));
  expect_more (self);

  return length <= room;
}

/* Decodes what there is of the body, and sets @whole to FALSE if that is not all. A body whose coding is
 * unknown or broken stays as it is. */
static void
decode (PillionRefusal *self,
        gboolean *whole)
{
  PillionDecoder *decoder = pillion_decoder_new (self->coding, NULL);
  GByteArray *decoded;
  gsize used = 0;
  gssize n = 0;
  guint n_steps = 0;

  if (decoder == NULL)
    return;

  /* One more than wanted, to see whether there is more */
  decoded = g_byte_array_new ();
  g_byte_array_set_size (decoded, PILLION_HTTP_RESPONSE_MAX_BODY + 1);
  pillion_decoder_feed (decoder, self->body->data, self->body->len);
  while (n >= 0 && pillion_decoder_has_input (decoder) && used < decoded->len && n_steps++ < MAX_DECODER_STEPS)
    {
      n = pillion_decoder_read (decoder, decoded->data + used, decoded->len - used, NULL);
      used += (gsize) MAX (n, 0);
    }

  if (n < 0 && used == 0)
    {
      g_byte_array_unref (decoded);
    }
  else
    {
      if (n < 0 || used > PILLION_HTTP_RESPONSE_MAX_BODY || pillion_decoder_has_input (decoder) || !pillion_decoder_end (decoder, NULL))
        *whole = FALSE;
      g_byte_array_set_size (decoded, (guint) MIN (used, PILLION_HTTP_RESPONSE_MAX_BODY));
      g_byte_array_unref (self->body);
      self->body = decoded;
    }

  pillion_decoder_free (decoder);
}

GError *
pillion_refusal_end (PillionRefusal *self,
                     gboolean whole)
{
  GError *error;

  if (self->coding != NULL)
    decode (self, &whole);
  pillion_http_response_take_body (self->response, g_byte_array_free_to_bytes (g_steal_pointer (&self->body)), !whole);
  error = pillion_http_response_to_error (self->response);
  pillion_refusal_free (self);

  return error;
}

void
pillion_refusal_free (PillionRefusal *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_clear_pointer (&self->body, g_byte_array_unref);
  g_free (self->coding);
  pillion_sync_unref (self->response);
  g_free (self);
}
