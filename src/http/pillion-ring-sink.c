/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-ring-sink.h"

#include "http/pillion-call.h"
#include "http/pillion-http-stream-private.h"
#include "http/pillion-ring.h"

/* How long a stream may stand still before it counts as one that lasts, in µs: longer than a busy host takes
 * from one read to the next */
#define STALL_USEC G_USEC_PER_SEC

typedef struct
{
  PillionSink parent;
  PillionRing *ring;
  gboolean opened; /* the host has the stream, and the call has no task any more */
  PillionDeadline stalled;
} PillionRingSink;

/* Once reading has begun, the body can't be replaced with that of another response */
static PillionVerdict
ring_request (PillionSink *sink,
              PillionFieldList *fields,
              GError **error)
{
  g_assert (!((PillionRingSink *) sink)->opened);

  return PILLION_VERDICT_PASS;
}

/* A stream that the host doesn't read, or the server doesn't send, must not block other calls. It never needs
 * its place back, because waiting for that could block the stream. */
static gint64
on_stalled (gpointer data,
            gint64 now)
{
  PillionCall *call = ((PillionSink *) data)->call;
  gint64 due = call->last_activity + STALL_USEC;

  if (due > now)
    return due;

  if (call->hop != NULL)
    pillion_hop_set_lasting (call->hop);
  return PILLION_DEADLINE_NEVER;
}

static PillionVerdict
ring_head (PillionSink *sink,
           const PillionHead *head,
           GError **error)
{
  PillionRingSink *self = (PillionRingSink *) sink;
  PillionCall *call = sink->call;
  PillionVerdict verdict = pillion_call_check_head (call, head, error);
  PillionHttpStream *stream;

  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  self->opened = TRUE;
  if (!call->request->lasting)
    pillion_deadlines_set (call->engine->deadlines, &self->stalled, call->last_activity + STALL_USEC, on_stalled, self);
  stream = pillion_http_stream_new (pillion_task_get_loop (call->task), call, self->ring, pillion_call_make_response (call, head));
  pillion_private_task_take_object (pillion_call_take_task (call), stream);

  return PILLION_VERDICT_PASS;
}

static guint8 *
ring_room (PillionSink *sink,
           gsize *size)
{
  return pillion_ring_get_room (((PillionRingSink *) sink)->ring, size);
}

static gboolean
ring_body (PillionSink *sink,
           const guint8 *bytes,
           gsize length,
           GError **error)
{
  pillion_ring_add (((PillionRingSink *) sink)->ring, bytes, length);
  return TRUE;
}

static void
ring_whole (PillionSink *sink)
{
  PillionRing *ring = pillion_ring_ref (((PillionRingSink *) sink)->ring);

  pillion_call_finish (sink->call);
  pillion_ring_end (ring, NULL);
  pillion_ring_unref (ring);
}

static void
ring_fail (PillionSink *sink,
           GError *error)
{
  PillionRingSink *self = (PillionRingSink *) sink;
  PillionRing *ring;

  if (!self->opened)
    {
      pillion_call_finish_failure (sink->call, error);
      return;
    }

  ring = pillion_ring_ref (self->ring);
  pillion_call_finish (sink->call);
  pillion_ring_end (ring, error);
  pillion_ring_unref (ring);
}

static void
ring_free (PillionSink *sink)
{
  PillionRingSink *self = (PillionRingSink *) sink;

  if (self->opened)
    pillion_deadlines_unset (sink->call->engine->deadlines, &self->stalled);
  pillion_ring_unref (self->ring);
  g_free (self);
}

PillionSink *
pillion_ring_sink_new (void)
{
  static const PillionSinkClass klass = {
    .bulk = TRUE,
    .accept_encoding = "gzip, deflate",
    .request = ring_request,
    .head = ring_head,
    .room = ring_room,
    .body = ring_body,
    .whole = ring_whole,
    .fail = ring_fail,
    .free = ring_free,
  };
  PillionRingSink *self = g_new0 (PillionRingSink, 1);

  self->parent.klass = &klass;
  self->ring = pillion_ring_new (g_get_monotonic_time);

  return &self->parent;
}
