/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-bytes-source.h"
#include "http/pillion-throttled-source.h"

#include "../test-support.h"

/* A body that was read in part */
typedef struct
{
  PillionHttpEngine *engine;
  GInputStream *stream;
  char byte;
  Gate read;
  Gate at_hold;
  Gate go_on;
  Gate at_end;
} Body;

static void
byte_read (GObject *stream,
           GAsyncResult *result,
           gpointer data)
{
  Body *self = data;

  g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL), ==, 1);
  gate_open (&self->read);
}

/* On the I/O thread, like the following ones */
static void
read_byte (gpointer data)
{
  Body *self = data;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  g_autoptr (PillionSource) source = pillion_bytes_source_new (bytes, NULL);
  g_autoptr (PillionSource) throttled = pillion_throttled_source_new (source, self->engine, 0);

  self->stream = throttled->klass->open (throttled, NULL);
  g_assert_nonnull (self->stream);
  g_input_stream_read_async (self->stream, &self->byte, 1, G_PRIORITY_DEFAULT, NULL, byte_read, self);
}

static void
hold (gpointer data)
{
  Body *self = data;

  gate_open (&self->at_hold);
  gate_wait (&self->go_on);
}

/* The test may end as soon as it has learnt of this */
static void
arrive (gpointer data)
{
  Body *self = data;

  gate_open (&self->at_end);
}

/* GIO closes streams on threads of its own, and one of these may drop the last reference. What was reserved and not read is still given back on the
 * I/O thread, to which the client's rate belongs. */
static void
test_freed_elsewhere (void)
{
  Body self = { .read = GATE_INIT, .at_hold = GATE_INIT, .go_on = GATE_INIT, .at_end = GATE_INIT };
  PillionHttpConfig config;
  gint64 next;

  pillion_http_config_init (&config);
  config.rate_limit = 1000000;
  self.engine = pillion_http_engine_new (NULL);
  pillion_http_engine_configure (self.engine, &config);
  pillion_http_engine_post (self.engine, read_byte, &self);
  gate_wait (&self.read);

  pillion_http_engine_post (self.engine, hold, &self);
  gate_wait (&self.at_hold);
  next = self.engine->sending.next;
  g_object_unref (self.stream);
  g_assert_cmpint (self.engine->sending.next, ==, next);
  gate_open (&self.go_on);

  pillion_http_engine_post (self.engine, arrive, &self);
  gate_wait (&self.at_end);
  g_assert_cmpint (self.engine->sending.next, <, next);

  pillion_http_engine_unref (self.engine);
  pillion_http_config_clear (&config);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/throttled-source/freed-elsewhere", test_freed_elsewhere);

  return g_test_run ();
}
