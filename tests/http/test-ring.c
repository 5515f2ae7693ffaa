/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http/pillion-ring.h"

/* What has arrived of a body and was not read yet */

#define MIB ((gsize) 1024 * 1024)

/* In µs */
#define FRAME 16667

/* The bytes count up; from any of the first 256 on there are enough for a block */
static guint8 counting[256 + 256 * 1024];

static gint64 test_now = 1000000;

static gint64
get_now (void)
{
  return test_now;
}

typedef struct
{
  PillionLoop *loop;
  guint8 next_in;
  guint8 next_out;
} Fixture;

static void
set_up (Fixture *self,
        gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  for (gsize i = 0; i < sizeof counting; i++)
    counting[i] = (guint8) i;
  self->loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
}

static void
tear_down (Fixture *self,
           gconstpointer data)
{
  pillion_loop_close (self->loop, 0, NULL);
  g_object_unref (self->loop);
}

static gsize
put (Fixture *self,
     PillionRing *ring,
     gsize max)
{
  gsize size = 0;
  guint8 *room = pillion_ring_get_room (ring, &size);

  size = MIN (MIN (size, max), sizeof counting - 256);
  if (size > 0)
    {
      const guint8 *bytes = &counting[self->next_in];

      if (room != NULL)
        bytes = memcpy (room, bytes, size);
      self->next_in += (guint8) size;
      pillion_ring_add (ring, bytes, size);
    }
  return size;
}

/* Returns how much that took */
static gsize
fill (Fixture *self,
      PillionRing *ring)
{
  gsize n = 0;
  gsize n_put;

  while ((n_put = put (self, ring, G_MAXSIZE)) > 0)
    n += n_put;
  return n;
}

static gsize
take (Fixture *self,
      PillionRing *ring,
      gsize max)
{
  g_autoptr (GBytes) bytes = NULL;
  gboolean wants_more;
  const guint8 *data;
  gsize size;

  if (pillion_ring_take (ring, max, &bytes, &wants_more, NULL) != PILLION_RING_BYTES)
    return 0;

  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, &counting[self->next_out], size);
  self->next_out += (guint8) size;
  return size;
}

/* Reads everything, and waits for more */
static void
empty (Fixture *self,
       PillionRing *ring)
{
  g_autoptr (PillionTask) task = pillion_task_new (self->loop, "read", NULL);

  while (take (self, ring, 0) > 0)
    ;
  g_assert_true (pillion_ring_wait (ring, 0, task));
  g_assert_true (pillion_ring_forget (ring, task));
  pillion_task_return_boolean (task, TRUE);
}

static void
test_order (Fixture *self,
            gconstpointer data)
{
  static const gsize sizes[] = { 1, 5000, 256 * 1024, 128 * 1024, 128 * 1024 - 1, 3, 200000, 1 };
  PillionRing *ring = pillion_ring_new (get_now);
  gsize n_put = 0;
  gsize n_taken = 0;

  for (guint i = 0; i < 64; i++)
    {
      n_put += put (self, ring, sizes[i % G_N_ELEMENTS (sizes)]);
      if (i % 3 == 0)
        n_taken += take (self, ring, 100000);
      if (i % 5 == 0)
        n_taken += take (self, ring, 0);
    }
  for (gsize n = 1; n > 0; n_taken += n)
    n = take (self, ring, 0);
  g_assert_cmpuint (n_put, ==, n_taken);

  pillion_ring_unref (ring);
}

/* A host that reads as soon as it is woken needs no more */
static void
test_prompt (Fixture *self,
             gconstpointer data)
{
  PillionRing *ring = pillion_ring_new (get_now);

  for (guint i = 0; i < 100; i++)
    {
      g_assert_cmpuint (fill (self, ring), ==, MIB);
      test_now += G_USEC_PER_SEC / 1000;
      empty (self, ring);
    }

  pillion_ring_unref (ring);
}

/* A host that reads once a frame gets room for about twice as much as comes in a frame */
static void
test_rate (Fixture *self,
           gconstpointer data)
{
  PillionRing *ring = pillion_ring_new (get_now);
  const gsize expected = 24 * 64 * 1024;
  gsize room;

  for (guint frame = 0; frame < 300; frame++)
    {
      gsize n = 0;

      for (guint msec = 0; msec < 24; msec++)
        {
          n += put (self, ring, 64 * 1024);
          test_now += 1000;
        }
      empty (self, ring);
      /* At first there is room only for 1 MiB */
      if (frame > 0)
        g_assert_cmpuint (n, ==, expected);
    }

  room = fill (self, ring);
  g_assert_cmpuint (room, >=, expected);
  g_assert_cmpuint (room, <=, 3 * expected);

  pillion_ring_unref (ring);
}

/* What grew for a host that reads once a frame does not stay for one that doesn't need it */
static void
test_back (Fixture *self,
           gconstpointer data)
{
  PillionRing *ring = pillion_ring_new (get_now);

  fill (self, ring);
  test_now += FRAME;
  empty (self, ring);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_cmpuint (put (self, ring, MIB), >, 0);
      test_now += FRAME;
      empty (self, ring);
    }
  g_assert_cmpuint (fill (self, ring), ==, MIB);

  pillion_ring_unref (ring);
}

static void
test_room (Fixture *self,
           gconstpointer data)
{
  PillionRing *ring = pillion_ring_new (get_now);
  gsize room = MIB;

  /* A slow reader gets no more */
  g_assert_cmpuint (fill (self, ring), ==, MIB);
  for (guint i = 0; i < 100; i++)
    {
      gsize n = take (self, ring, 0);

      g_assert_cmpuint (fill (self, ring), ==, n);
    }

  /* One that lets it wait, and empties it then, does */
  for (guint i = 0; i < 5; i++)
    {
      gsize now;

      test_now += FRAME;
      empty (self, ring);
      now = fill (self, ring);
      g_assert_cmpuint (now, >=, room);
      g_assert_cmpuint (now, <=, 32 * MIB);
      room = now;
    }
  g_assert_cmpuint (room, ==, 32 * MIB);

  pillion_ring_unref (ring);
}

static void
test_shared (Fixture *self,
             gconstpointer data)
{
  PillionRing *rings[64];
  gsize all = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rings); i++)
    rings[i] = pillion_ring_new (get_now);
  for (guint i = 0; i < G_N_ELEMENTS (rings); i++)
    {
      self->next_in = self->next_out = 0;
      fill (self, rings[i]);
      test_now += FRAME;
      empty (self, rings[i]);
      all += fill (self, rings[i]);
    }
  g_assert_cmpuint (all, ==, G_N_ELEMENTS (rings) * MIB);

  for (guint i = 0; i < G_N_ELEMENTS (rings); i++)
    pillion_ring_unref (rings[i]);
}

/* A stream that was read to its end, and that is kept, takes nothing from the others */
static void
test_ended (Fixture *self,
            gconstpointer data)
{
  PillionRing *rings[4];
  for (guint i = 0; i < G_N_ELEMENTS (rings); i++)
    {
      rings[i] = pillion_ring_new (get_now);
      self->next_in = self->next_out = 0;
      for (guint n = 0; n < 5; n++)
        {
          fill (self, rings[i]);
          test_now += FRAME;
          empty (self, rings[i]);
        }
      g_assert_cmpuint (fill (self, rings[i]), ==, 32 * MIB);
      while (take (self, rings[i], 0) > 0)
        ;
      pillion_ring_end (rings[i], NULL);
    }

  for (guint i = 0; i < G_N_ELEMENTS (rings); i++)
    pillion_ring_unref (rings[i]);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/ring/bytes-keep-their-order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/ring/more-room-for-who-empties-it", Fixture, NULL, set_up, test_room, tear_down);
  g_test_add ("/ring/no-more-room-for-who-is-prompt", Fixture, NULL, set_up, test_prompt, tear_down);
  g_test_add ("/ring/room-for-what-comes-in-a-frame", Fixture, NULL, set_up, test_rate, tear_down);
  g_test_add ("/ring/no-more-room-than-needed-for-long", Fixture, NULL, set_up, test_back, tear_down);
  g_test_add ("/ring/no-room-for-what-has-ended", Fixture, NULL, set_up, test_ended, tear_down);
  g_test_add ("/ring/many-share-the-room", Fixture, NULL, set_up, test_shared, tear_down);

  return g_test_run ();
}
