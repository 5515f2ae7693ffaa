/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-ring.h"

#include <string.h>

#include "core/pillion-private.h"

#define BLOCK_SIZE ((gsize) 256 * 1024)

/* The capacity of a ring, at first and at most */
#define MIN_ROOM (4 * BLOCK_SIZE)
#define MAX_ROOM (128 * BLOCK_SIZE)

/* The capacity of all rings of the process above which no ring grows */
#define ALL_ROOM (256 * BLOCK_SIZE)

/* How long a full ring has to wait for the host before it grows, in µs: less than the frames of a host that
 * reads once a frame, and more than it takes to wake a host. More capacity would only cost a host that is woken:
 * fresh memory is slow, and so is memory that is no longer in the processor's cache. */
#define LATE_USEC 2000

/* The longest time between two reads of a host that a ring grows for, in µs */
#define PAUSE_USEC (G_USEC_PER_SEC / 10)

/* A ring gets so many times the capacity that it seems to need, because no two frames are equal */
#define SPARE_ROOM 2

/* How long a ring keeps additional capacity that it doesn't need, in µs */
#define ROOMY_USEC G_USEC_PER_SEC

/* The capacity of a block for small pieces, at first */
#define SMALL_BLOCK ((gsize) 4 * 1024)

typedef struct
{
  GList link;
  guint8 *data;
  gsize size;  /* of the memory */
  gsize begin; /* of the bytes that were not taken yet */
  gsize end;
} Block;

struct _PillionRing
{
  int n_references; /* atomic */
  gint64 (*get_now) (void);
  GMutex lock; /* for the rest */
  GQueue blocks;
  guint8 *filling; /* memory of BLOCK_SIZE that is being read into, or NULL */
  guint8 *spares;  /* more of it; each begins with the address of the next one */
  gsize n_spares;
  gsize n_bytes;
  gsize room;      /* for so many */
  gsize wanted;    /* the room that would have been needed, or 0 */
  gsize max_bytes; /* the most there were since @roomy_since */
  gboolean fast;     /* the last piece was large: only then is it worth reading into separate memory */
  gboolean starved;  /* there was no credit the last time */
  gint64 full_since;  /* if so, in µs */
  gint64 empty_since; /* when it last was empty, in µs; 0: nothing could be added yet */
  gint64 roomy_since; /* since when there was room enough, in µs */
  gboolean ended;
  GError *error;
  PillionTask *reader; /* no reference: the loop keeps the task until it has an outcome */
  gsize reader_max;
};

/* The capacity of all rings; atomic */
static gsize all_room;

PillionRing *
pillion_ring_new (gint64 (*get_now) (void))
{
  PillionRing *self = g_new0 (PillionRing, 1);

  self->n_references = 1;
  self->get_now = get_now;
  g_mutex_init (&self->lock);
  self->room = MIN_ROOM;
  __atomic_add_fetch (&all_room, MIN_ROOM, __ATOMIC_RELAXED);

  return self;
}

PillionRing *
pillion_ring_ref (PillionRing *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

/* Memory that was given away with its bytes, which may be dropped on any thread */
typedef struct
{
  PillionRing *ring;
  guint8 *data;
} Lent;

/* Fresh memory of that size costs more than reading into it, because the kernel clears it page by page. So it
 * is reused. With the lock held. */
static void
recycle (PillionRing *self,
         guint8 *data)
{
  if (self->ended || self->n_spares >= self->room / BLOCK_SIZE)
    {
      g_free (data);
      return;
    }

  memcpy (data, &self->spares, sizeof (guint8 *));
  self->spares = data;
  self->n_spares++;
}

static guint8 *
take_spare (PillionRing *self)
{
  guint8 *data = self->spares;

  if (data == NULL)
    return g_malloc (BLOCK_SIZE);

  memcpy (&self->spares, data, sizeof (guint8 *));
  self->n_spares--;
  return data;
}

static void
free_spares (PillionRing *self,
             gsize n_left)
{
  while (self->n_spares > n_left)
    g_free (take_spare (self));
}

/* The room for @size bytes, in whole blocks */
static gsize
get_room_for (double size)
{
  const double n_blocks = size * SPARE_ROOM / (double) BLOCK_SIZE + 1;

  return (gsize) CLAMP (n_blocks, (double) (MIN_ROOM / BLOCK_SIZE), (double) (MAX_ROOM / BLOCK_SIZE)) * BLOCK_SIZE;
}

/* How much would have been added until now if the ring had not been full */
static double
estimate_size (PillionRing *self,
               gint64 now)
{
  const double filling = (double) MAX (self->full_since - self->empty_since, 1);
  const double waiting = (double) MIN (now - self->full_since, PAUSE_USEC);

  return (double) self->room * (filling + waiting) / filling;
}

/* Returns how much of @size the limit for all rings allows */
static gsize
get_share (gsize size)
{
  gsize all = __atomic_load_n (&all_room, __ATOMIC_RELAXED);

  do
    size = MIN (size, all < ALL_ROOM ? ALL_ROOM - all : 0);
  while (size > 0 && !__atomic_compare_exchange_n (&all_room, &all, all + size, TRUE, __ATOMIC_RELAXED, __ATOMIC_RELAXED));

  return size;
}

static void
shrink (PillionRing *self,
        gsize room)
{
  if (room >= self->room)
    return;

  __atomic_sub_fetch (&all_room, self->room - room, __ATOMIC_RELAXED);
  self->room = room;
  free_spares (self, room / BLOCK_SIZE);
}

/* With the lock held, when the host has read everything and wants more. If the ring was full for long, its size
 * is what holds up the body. */
static void
adapt_room (PillionRing *self)
{
  const gint64 now = self->get_now ();

  if (self->wanted > self->room)
    {
      self->room += get_share (self->wanted - self->room);
    }
  else if (self->room > MIN_ROOM && now - self->roomy_since > ROOMY_USEC)
    {
      shrink (self, get_room_for ((double) self->max_bytes));
      self->roomy_since = now;
      self->max_bytes = 0;
    }

  self->wanted = 0;
  self->empty_since = now;
}

static void
give_back (gpointer data)
{
  Lent *lent = data;

  pillion_mutex_lock (&lent->ring->lock);
  recycle (lent->ring, lent->data);
  pillion_mutex_unlock (&lent->ring->lock);

  pillion_ring_unref (lent->ring);
  g_free (lent);
}

static void
block_free (PillionRing *self,
            Block *block)
{
  if (block->data != NULL && block->size == BLOCK_SIZE)
    recycle (self, block->data);
  else
    g_free (block->data);
  g_free (block);
}

/* The bytes of a block that nothing else refers to, with its memory */
static GBytes *
give_away (PillionRing *self,
           Block *block)
{
  guint8 *data = g_steal_pointer (&block->data);
  Lent *lent;

  if (block->size < BLOCK_SIZE)
    return g_bytes_new_take (data, block->end);

  lent = g_new (Lent, 1);
  lent->ring = pillion_ring_ref (self);
  lent->data = data;
  return g_bytes_new_with_free_func (data, block->end, give_back, lent);
}

void
pillion_ring_unref (PillionRing *self)
{
  GList *link;

  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  while ((link = g_queue_pop_head_link (&self->blocks)) != NULL)
    block_free (self, link->data);
  free_spares (self, 0);
  g_free (self->filling);
  __atomic_sub_fetch (&all_room, self->room, __ATOMIC_RELAXED);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The bytes of the oldest block, or as many of them as are wanted */
static GBytes *
take_bytes (PillionRing *self,
            gsize max)
{
  Block *block = self->blocks.head->data;
  gsize length = block->end - block->begin;
  GBytes *bytes;

  if (max > 0 && max < length)
    {
      bytes = g_bytes_new (block->data + block->begin, max);
      block->begin += max;
      self->n_bytes -= max;
      return bytes;
    }

  g_queue_unlink (&self->blocks, &block->link);
  self->n_bytes -= length;

  /* Gives away its memory, unless much of that would be wasted */
  if (block->begin == 0 && length >= block->size / 2)
    bytes = give_away (self, block);
  else
    bytes = g_bytes_new (block->data + block->begin, length);
  block_free (self, block);

  return bytes;
}

/* Takes the waiting reader if there is something for it: bytes, an error or the end */
static PillionTask *
take_reader (PillionRing *self,
             GBytes **bytes,
             GError **error)
{
  if (self->reader == NULL || (self->n_bytes == 0 && !self->ended))
    return NULL;

  if (self->n_bytes > 0)
    *bytes = take_bytes (self, self->reader_max);
  else if (self->error != NULL)
    *error = g_error_copy (self->error);
  else
    *bytes = g_bytes_new_static ("", 0);

  return g_steal_pointer (&self->reader);
}

/* With the lock released: the task and its loop may be gone once it has its outcome */
static void
serve_reader (PillionTask *reader,
              GBytes *bytes,
              GError *error)
{
  if (reader == NULL)
    return;

  if (error != NULL)
    pillion_task_return_error (reader, error);
  else
    pillion_task_return_bytes (reader, bytes);
}

guint8 *
pillion_ring_get_room (PillionRing *self,
                       gsize *size)
{
  guint8 *room = NULL;

  pillion_mutex_lock (&self->lock);
  *size = self->room - MIN (self->n_bytes, self->room);
  if (self->empty_since == 0)
    self->empty_since = self->get_now ();
  if (*size == 0 && !self->starved)
    self->full_since = self->get_now ();
  self->starved = *size == 0;

  if (*size < BLOCK_SIZE)
    {
      /* Everything that was read into it was copied. If the ring kept it, it would hold more than its
       * capacity, perhaps for long. */
      g_clear_pointer (&self->filling, g_free);
    }
  else if (self->fast)
    {
      if (self->filling == NULL)
        self->filling = take_spare (self);
      *size = BLOCK_SIZE;
      room = self->filling;
    }
  pillion_mutex_unlock (&self->lock);

  return room;
}

/* Takes the memory that was read into, as a block */
static void
add_block (PillionRing *self,
           gsize length)
{
  Block *block = g_new0 (Block, 1);

  block->link.data = block;
  block->data = g_steal_pointer (&self->filling);
  block->size = BLOCK_SIZE;
  block->end = length;
  g_queue_push_tail_link (&self->blocks, &block->link);
  self->n_bytes += length;
  self->max_bytes = MAX (self->max_bytes, self->n_bytes);
}

static Block *
block_new (PillionRing *self,
           const guint8 *bytes,
           gsize length)
{
  Block *block = g_new0 (Block, 1);

  block->link.data = block;
  block->size = length >= BLOCK_SIZE / 2 ? BLOCK_SIZE : MAX (length, SMALL_BLOCK);
  block->data = block->size == BLOCK_SIZE ? take_spare (self) : g_malloc (block->size);
  block->end = length;
  memcpy (block->data, bytes, length);

  return block;
}

static void
add_to_blocks (PillionRing *self,
               const guint8 *bytes,
               gsize length)
{
  Block *block = self->blocks.tail != NULL ? self->blocks.tail->data : NULL;
  gsize fits = block != NULL ? MIN (length, BLOCK_SIZE - block->end) : 0;

  if (fits > 0)
    {
      if (block->end + fits > block->size)
        {
          block->size = MIN (MAX (block->size * 2, block->end + fits), BLOCK_SIZE);
          block->data = g_realloc (block->data, block->size);
        }
      memcpy (block->data + block->end, bytes, fits);
      block->end += fits;
    }

  for (gsize done = fits; done < length;)
    {
      gsize n = MIN (length - done, BLOCK_SIZE);

      g_queue_push_tail_link (&self->blocks, &block_new (self, bytes + done, n)->link);
      done += n;
    }

  self->n_bytes += length;
  self->max_bytes = MAX (self->max_bytes, self->n_bytes);
}

void
pillion_ring_add (PillionRing *self,
                  const guint8 *bytes,
                  gsize length)
{
  g_autoptr (GBytes) taken = NULL;
  PillionTask *reader;

  pillion_mutex_lock (&self->lock);
  /* Small pieces are copied, because otherwise much memory would be kept for little */
  if (bytes == self->filling && length >= BLOCK_SIZE / 2)
    add_block (self, length);
  else
    add_to_blocks (self, bytes, length);
  self->fast = length >= BLOCK_SIZE / 2;
  reader = take_reader (self, &taken, NULL);
  pillion_mutex_unlock (&self->lock);

  serve_reader (reader, taken, NULL);
}

void
pillion_ring_end (PillionRing *self,
                  GError *error)
{
  g_autoptr (GBytes) taken = NULL;
  GError *copy = NULL;
  PillionTask *reader;

  pillion_mutex_lock (&self->lock);
  self->ended = TRUE;
  self->error = error;
  /* Nothing is added any more, while the stream may be kept for long */
  shrink (self, MIN_ROOM);
  free_spares (self, 0);
  /* After a failure, what was told to stop may still be reading into it */
  if (error == NULL)
    g_clear_pointer (&self->filling, g_free);
  reader = take_reader (self, &taken, &copy);
  pillion_mutex_unlock (&self->lock);

  serve_reader (reader, taken, copy);
}

void
pillion_ring_put_back (PillionRing *self,
                       GBytes *bytes)
{
  g_autoptr (GBytes) taken = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  PillionTask *reader;

  g_assert (length <= BLOCK_SIZE);

  pillion_mutex_lock (&self->lock);
  g_queue_push_head_link (&self->blocks, &block_new (self, data, length)->link);
  self->n_bytes += length;
  reader = take_reader (self, &taken, NULL);
  pillion_mutex_unlock (&self->lock);

  serve_reader (reader, taken, NULL);
}

PillionRingState
pillion_ring_take (PillionRing *self,
                   gsize max,
                   GBytes **bytes,
                   gboolean *wants_more,
                   GError **error)
{
  PillionRingState state = PILLION_RING_EMPTY;

  pillion_mutex_lock (&self->lock);
  if (self->n_bytes > 0)
    {
      *bytes = take_bytes (self, max);
      state = PILLION_RING_BYTES;
    }
  else if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
      state = PILLION_RING_ERROR;
    }
  else if (self->ended)
    {
      *bytes = g_bytes_new_static ("", 0);
      state = PILLION_RING_END;
    }

  /* Not for each byte that is taken */
  *wants_more = self->starved && self->n_bytes + BLOCK_SIZE <= self->room;
  if (*wants_more)
    {
      const gint64 now = self->get_now ();

      self->starved = FALSE;
      if (now - self->full_since >= LATE_USEC)
        {
          self->wanted = get_room_for (estimate_size (self, now));
          self->roomy_since = now;
          self->max_bytes = 0;
        }
    }
  pillion_mutex_unlock (&self->lock);

  return state;
}

gboolean
pillion_ring_wait (PillionRing *self,
                   gsize max,
                   PillionTask *task)
{
  gboolean waits;

  pillion_mutex_lock (&self->lock);
  g_assert (self->reader == NULL);
  waits = self->n_bytes == 0 && !self->ended;
  if (waits)
    {
      self->reader = task;
      self->reader_max = max;
      adapt_room (self);
    }
  pillion_mutex_unlock (&self->lock);

  return waits;
}

gboolean
pillion_ring_forget (PillionRing *self,
                     PillionTask *task)
{
  gboolean waited;

  pillion_mutex_lock (&self->lock);
  waited = self->reader == task;
  if (waited)
    self->reader = NULL;
  pillion_mutex_unlock (&self->lock);

  return waited;
}

gboolean
pillion_ring_is_waiting (PillionRing *self)
{
  gboolean waiting;

  pillion_mutex_lock (&self->lock);
  waiting = self->reader != NULL;
  pillion_mutex_unlock (&self->lock);

  return waiting;
}
