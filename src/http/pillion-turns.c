/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-turns.h"

/* How many bytes are read in a turn. A reader that has read as many is large. */
#define SIZE (1024 * 1024)

/* The same while small readers are active */
#define SHORT_SIZE (32 * 1024)

/* How long a small reader counts as active after its last sign of life, in µs */
#define SMALL_USEC 100000

struct _PillionTurns
{
  GSource source; /* ready while a turn is waiting */
  GQueue waiting;
  const PillionTurn *last_small; /* the small reader that was active last; only compared, because it may be gone */
  gint64 last_small_at;
  gint64 other_small_at; /* when any other small reader was active last */
  void (*run) (gpointer owner);
};

static gboolean
turns_prepare (GSource *source,
               int *timeout)
{
  *timeout = -1;
  return ((PillionTurns *) source)->waiting.length > 0;
}

static gboolean
turns_dispatch (GSource *source,
                GSourceFunc callback,
                gpointer data)
{
  PillionTurns *self = (PillionTurns *) source;

  /* Readers that wait again in here get their turn in the next iteration */
  for (guint n = self->waiting.length; n > 0 && self->waiting.length > 0; n--)
    {
      GList *link = self->waiting.head;
      PillionTurn *turn = (PillionTurn *) ((char *) link - G_STRUCT_OFFSET (PillionTurn, link));
      gboolean is_short = pillion_turns_is_short (self, turn);

      pillion_turns_leave (self, turn);
      self->run (link->data);
      if (is_short)
        break;
    }

  return G_SOURCE_CONTINUE;
}

PillionTurns *
pillion_turns_new (GMainContext *context,
                   void (*run) (gpointer owner))
{
  static GSourceFuncs funcs = {
    .prepare = turns_prepare,
    .dispatch = turns_dispatch,
  };
  PillionTurns *self = (PillionTurns *) g_source_new (&funcs, sizeof (PillionTurns));

  g_queue_init (&self->waiting);
  self->run = run;
  g_source_set_static_name (&self->source, "pillion turns");
  g_source_attach (&self->source, context);

  return self;
}

void
pillion_turns_free (PillionTurns *self)
{
  g_assert (self->waiting.length == 0);

  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

void
pillion_turns_note (PillionTurns *self,
                    PillionTurn *turn)
{
  if (turn->n_read >= SIZE)
    return;

  if (self->last_small != turn)
    {
      self->other_small_at = self->last_small_at;
      self->last_small = turn;
    }
  self->last_small_at = g_get_monotonic_time ();
}

gboolean
pillion_turns_is_short (PillionTurns *self,
                        PillionTurn *turn)
{
  /* A large reader was a small one itself not long ago. It must not make way for its own beginning. */
  gint64 last = self->last_small == turn ? self->other_small_at : self->last_small_at;

  return turn->n_read >= SIZE && last > 0 && g_get_monotonic_time () - last < SMALL_USEC;
}

gsize
pillion_turns_get_size (PillionTurns *self,
                        PillionTurn *turn)
{
  return pillion_turns_is_short (self, turn) ? SHORT_SIZE : SIZE;
}

void
pillion_turns_wait (PillionTurns *self,
                    PillionTurn *turn,
                    gpointer owner)
{
  pillion_turns_leave (self, turn);
  turn->waiting = TRUE;
  turn->link.data = owner;
  g_queue_push_tail_link (&self->waiting, &turn->link);
}

void
pillion_turns_leave (PillionTurns *self,
                     PillionTurn *turn)
{
  if (turn->waiting)
    g_queue_unlink (&self->waiting, &turn->link);
  turn->waiting = FALSE;
}
