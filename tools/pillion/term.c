/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "interrupt.h"
#include "term.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* No cursor and no wrapping while pictures are drawn; both are restored at the end, even if a signal ends it */
#define ENTER "\033[?25l\033[?7l"
#define LEAVE "\033[0m\033[?7h\033[?25h"
/* A terminal that knows this shows everything between the two at once; others ignore it */
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END "\033[?2026l"

struct _Term
{
  int fd;
  gboolean colours;
  guint width;
  guint height;
  GArray *shown;
  guint shown_width;
  GPtrArray *kept;
  GPtrArray *lines;
  char *picture;
};

static void
write_all (int         fd,
           const char *data,
           gsize       length)
{
  while (length > 0)
    {
      ssize_t written = write (fd, data, length);

      if (written >= 0)
        {
          data += written;
          length -= (gsize) written;
        }
      else if (errno == EAGAIN)
        {
          struct pollfd wait = { .fd = fd, .events = POLLOUT };

          poll (&wait, 1, -1);
        }
      else if (errno != EINTR)
        return;
    }
}

static void
measure (Term *self)
{
  struct winsize size;

  self->width = 80;
  self->height = 24;
  if (ioctl (self->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    {
      self->width = size.ws_col;
      self->height = size.ws_row;
    }
}

/* Returns %NULL if @fd is not a terminal, or is one that can't move its cursor */
Term *
term_new (int fd)
{
  const char *type = g_getenv ("TERM");
  const char *no_colour = g_getenv ("NO_COLOR");
  Term *self;

  if (!isatty (fd) || type == NULL || *type == '\0' || strcmp (type, "dumb") == 0)
    return NULL;
  self = g_new0 (Term, 1);
  self->fd = fd;
  self->colours = no_colour == NULL || *no_colour == '\0';
  self->shown = g_array_new (FALSE, FALSE, sizeof (guint));
  self->kept = g_ptr_array_new_with_free_func (g_free);
  self->lines = g_ptr_array_new_with_free_func (g_free);
  measure (self);
  interrupt_set_terminal (fd, LEAVE, ENTER);
  write_all (fd, ENTER, strlen (ENTER));
  return self;
}

/* What was drawn last stays */
void
term_free (Term *self)
{
  interrupt_set_terminal (-1, "", "");
  write_all (self->fd, LEAVE, strlen (LEAVE));
  g_array_unref (self->shown);
  g_ptr_array_unref (self->kept);
  g_ptr_array_unref (self->lines);
  g_free (self->picture);
  g_free (self);
}

guint
term_get_width (Term *self)
{
  return self->width;
}

guint
term_get_height (Term *self)
{
  return self->height;
}

gboolean
term_has_colours (Term *self)
{
  return self->colours;
}

/* Starts a picture. The size of the terminal is read again each time, which is how a resize is noticed. */
void
term_begin (Term *self)
{
  measure (self);
  g_ptr_array_set_size (self->lines, 0);
}

/* Adds a line that stays above the pictures */
void
term_keep_line (Term       *self,
                const char *line)
{
  g_ptr_array_add (self->kept, g_strdup (line));
}

/* Without trailing spaces, which would wrap into a row of their own if the terminal becomes narrower */
void
term_add_line (Term       *self,
               const char *line)
{
  char *cut = text_cut (line, self->width > 1 ? self->width - 1 : 1);

  g_ptr_array_add (self->lines, g_strchomp (cut));
}

/* The rows that the last picture takes now: a terminal that became narrower has wrapped its lines. */
static guint
count_shown_rows (Term *self)
{
  guint rows = 0;

  for (guint i = 0; i < self->shown->len; i++)
    {
      guint width = g_array_index (self->shown, guint, i);

      rows += width > self->width ? (width + self->width - 1) / self->width : 1;
    }
  return MIN (rows, self->height - 1);
}

void
term_end (Term *self)
{
  g_autoptr (GString) picture = g_string_new (NULL);
  g_autoptr (GString) output = g_string_new (SYNC_BEGIN);
  g_autofree char *converted = NULL;
  guint rows = count_shown_rows (self);

  for (guint i = 0; i < self->lines->len; i++)
    g_string_append_printf (picture, "%s\033[K\n", (const char *) g_ptr_array_index (self->lines, i));
  if (self->kept->len == 0 && self->width == self->shown_width && g_strcmp0 (picture->str, self->picture) == 0)
    return;

  if (rows > 0)
    g_string_append_printf (output, "\033[%uA", rows);
  g_string_append_c (output, '\r');
  for (guint i = 0; i < self->kept->len; i++)
    g_string_append_printf (output, "%s\033[K\n", (const char *) g_ptr_array_index (self->kept, i));
  g_string_append (output, picture->str);
  g_string_append (output, "\033[J" SYNC_END);
  converted = text_to_locale (output->str);
  write_all (self->fd, converted, strlen (converted));

  g_ptr_array_set_size (self->kept, 0);
  g_array_set_size (self->shown, 0);
  for (guint i = 0; i < self->lines->len; i++)
    {
      guint width = text_width (g_ptr_array_index (self->lines, i));

      g_array_append_val (self->shown, width);
    }
  self->shown_width = self->width;
  g_free (self->picture);
  self->picture = g_string_free (g_steal_pointer (&picture), FALSE);
}
