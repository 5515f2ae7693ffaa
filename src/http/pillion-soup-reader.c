/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-reader.h"

static gboolean
hand_on (PillionSoupReader *self,
         const guint8 *bytes,
         gsize length)
{
  self->received += (gint64) length;
  self->turn.n_read += length;
  if (length == 0 || self->receiver->body (self->receiver_data, bytes, length))
    return TRUE;

  self->funcs->refused (self->data);
  return FALSE;
}

static guint8 *
get_room (PillionSoupReader *self,
          gsize turn,
          gsize *size)
{
  guint8 *room;

  *size = G_MAXSIZE;
  room = self->receiver->room (self->receiver_data, size);
  if (room != NULL)
    {
      *size = MIN (*size, turn);
      return room;
    }

  *size = MIN (*size, MIN (turn, PILLION_SOUP_READER_BUFFER_SIZE));
  return self->buffer;
}

typedef enum
{
  TURN_OVER,   /* there may be more already */
  TURN_DRY,    /* there is more to come */
  TURN_PAUSED, /* there is no credit */
  TURN_ENDED,  /* nothing more is read, and the reader may be gone */
} Turn;

static Turn
read_turn (PillionSoupReader *self)
{
  const gsize turn = pillion_turns_get_size (self->turns, &self->turn);
  gsize size;
  guint8 *room = get_room (self, turn, &size);
  gsize fill = 0;
  gsize n_read = 0;

  while (size > 0 && n_read < turn)
    {
      GError *error = NULL;
      gssize n = pillion_soup_body_read (&self->body, room + fill, size - fill, &error);

      if (n > 0)
        {
          fill += (gsize) n;
          n_read += (gsize) n;
          if (fill == size)
            {
              if (!hand_on (self, room, fill))
                return TURN_ENDED;
              room = get_room (self, turn, &size);
              fill = 0;
            }
          continue;
        }

      if (!hand_on (self, room, fill))
        {
          g_clear_error (&error);
          return TURN_ENDED;
        }

      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          return TURN_DRY;
        }

      /* The end is passed on only with credit for more: by then the receiver is done with what it has. The
       * end can be read again. */
      if (n == 0 && fill > 0)
        {
          room = get_room (self, turn, &size);
          fill = 0;
          continue;
        }

      self->funcs->end (self->data, error);
      return TURN_ENDED;
    }

  if (!hand_on (self, room, fill))
    return TURN_ENDED;

  return size == 0 ? TURN_PAUSED : TURN_OVER;
}

/* Goes on in the reader's next turn. Waiting for the socket is not enough: TLS may already hold its last
 * bytes in memory. */
static void
wait_for_turn (PillionSoupReader *self)
{
  pillion_soup_reader_stop (self);
  pillion_turns_wait (self->turns, &self->turn, self);
}

static gboolean
readable (GObject *stream,
          gpointer data)
{
  PillionSoupReader *self = data;

  pillion_turns_note (self->turns, &self->turn);
  if (pillion_turns_is_short (self->turns, &self->turn))
    wait_for_turn (self);
  else
    pillion_soup_reader_read (self);

  /* Destroyed if it is no longer wanted */
  return G_SOURCE_CONTINUE;
}

static void
wait_for_more (PillionSoupReader *self)
{
  self->source = pillion_soup_body_new_source (&self->body, readable, self);
  g_source_set_static_name (self->source, "pillion body");
  g_source_attach (self->source, self->context);
}

void
pillion_soup_reader_init (PillionSoupReader *self,
                          GMainContext *context,
                          PillionTurns *turns,
                          guint8 *buffer,
                          const PillionExchangeFuncs *receiver,
                          gpointer receiver_data,
                          const PillionSoupReaderFuncs *funcs,
                          gpointer data)
{
  *self = (PillionSoupReader) {
    .funcs = funcs,
    .data = data,
    .receiver = receiver,
    .receiver_data = receiver_data,
    .context = context,
    .turns = turns,
    .buffer = buffer,
  };
}

void
pillion_soup_reader_note (PillionSoupReader *self)
{
  pillion_turns_note (self->turns, &self->turn);
}

void
pillion_soup_reader_read (PillionSoupReader *self)
{
  Turn turn;

  self->reading = TRUE;
  self->paused = FALSE;
  do
    {
      self->resumed = FALSE;
      turn = read_turn (self);
      if (turn == TURN_ENDED)
        return;
    }
  while (turn == TURN_PAUSED && self->resumed);

  self->reading = FALSE;
  switch (turn)
    {
    case TURN_OVER:
      wait_for_turn (self);
      break;
    case TURN_PAUSED:
      pillion_soup_reader_stop (self);
      self->paused = TRUE;
      break;
    case TURN_DRY:
      /* This kind of source tells only of what comes after it was made */
      if (self->body.once)
        pillion_soup_reader_stop (self);
      if (self->source == NULL)
        wait_for_more (self);
      break;
    default:
      g_assert_not_reached ();
    }
}

void
pillion_soup_reader_resume (PillionSoupReader *self)
{
  if (self->reading)
    self->resumed = TRUE;
  else if (self->paused)
    pillion_soup_reader_read (self);
}

gboolean
pillion_soup_reader_drain (PillionSoupReader *self)
{
  for (gsize n_read = 0; n_read < PILLION_SOUP_READER_BUFFER_SIZE;)
    {
      gssize n = pillion_soup_body_read (&self->body, self->buffer, PILLION_SOUP_READER_BUFFER_SIZE, NULL);

      if (n <= 0)
        return n == 0;
      n_read += (gsize) n;
    }

  return FALSE;
}

void
pillion_soup_reader_stop (PillionSoupReader *self)
{
  pillion_turns_leave (self->turns, &self->turn);
  if (self->source == NULL)
    return;

  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

void
pillion_soup_reader_run_turn (gpointer self)
{
  pillion_soup_reader_read (self);
}
