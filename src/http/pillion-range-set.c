/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-range-set.h"

#include <inttypes.h>
#include <string.h>

void
pillion_range_set_clear (PillionRangeSet *self)
{
  g_free (self->ranges);
  *self = (PillionRangeSet) { NULL };
}

void
pillion_range_set_copy (PillionRangeSet *self,
                        const PillionRangeSet *source)
{
  pillion_range_set_clear (self);
  self->ranges = g_memdup2 (source->ranges, source->n * sizeof *source->ranges);
  self->n = self->n_allocated = source->n;
}

/* The index of the first range that ends at @offset or later */
static guint
search (const PillionRangeSet *self,
        gint64 offset)
{
  guint low = 0;
  guint high = self->n;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (self->ranges[middle].end < offset)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

/* Replaces @n_old ranges with @n_new uninitialized ones */
static void
splice (PillionRangeSet *self,
        guint index,
        guint n_old,
        guint n_new)
{
  guint n = self->n - n_old + n_new;

  if (n > self->n_allocated)
    {
      self->n_allocated = MAX (8, 2 * n);
      self->ranges = g_renew (PillionRange, self->ranges, self->n_allocated);
    }

  if (self->n > index + n_old)
    memmove (self->ranges + index + n_new, self->ranges + index + n_old, (self->n - index - n_old) * sizeof *self->ranges);
  self->n = n;
}

void
pillion_range_set_add (PillionRangeSet *self,
                       gint64 start,
                       gint64 end)
{
  guint first = search (self, start);
  guint last = first;

  g_assert (start >= 0 && start <= end);

  if (start == end)
    return;

  /* Merges it with all ranges that it touches */
  while (last < self->n && self->ranges[last].start <= end)
    {
      start = MIN (start, self->ranges[last].start);
      end = MAX (end, self->ranges[last].end);
      last++;
    }

  if (last != first + 1)
    splice (self, first, last - first, 1);
  self->ranges[first] = (PillionRange) { start, end };
}

void
pillion_range_set_cut (PillionRangeSet *self,
                       gint64 start)
{
  guint n = 0;

  while (n < self->n && self->ranges[n].end <= start)
    n++;

  if (n > 0)
    splice (self, 0, n, 0);
  if (self->n > 0)
    self->ranges[0].start = MAX (self->ranges[0].start, start);
}

gint64
pillion_range_set_get_size (const PillionRangeSet *self)
{
  gint64 size = 0;

  for (guint i = 0; i < self->n; i++)
    size += self->ranges[i].end - self->ranges[i].start;

  return size;
}

const PillionRange *
pillion_range_set_find (const PillionRangeSet *self,
                        gint64 offset)
{
  guint index = search (self, offset + 1);

  return index < self->n ? &self->ranges[index] : NULL;
}

char *
pillion_range_set_format (const PillionRangeSet *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->n; i++)
    g_string_append_printf (text, "%s%" PRId64 "-%" PRId64, i > 0 ? " " : "", self->ranges[i].start, self->ranges[i].end);

  return g_string_free (text, FALSE);
}

static gboolean
parse_number (const char **text,
              char end,
              gint64 *number)
{
  char *next;

  /* No sign and no leading space */
  if (!g_ascii_isdigit (**text))
    return FALSE;

  *number = g_ascii_strtoll (*text, &next, 10);
  if (*number == G_MAXINT64 || (*next != end && *next != '\0'))
    return FALSE;

  *text = *next != '\0' ? next + 1 : next;
  return TRUE;
}

gboolean
pillion_range_set_parse (PillionRangeSet *self,
                         const char *text)
{
  gint64 before = -1;

  pillion_range_set_clear (self);
  while (*text != '\0')
    {
      gint64 start;
      gint64 end;

      if (!parse_number (&text, '-', &start) || !parse_number (&text, ' ', &end) || start <= before || end <= start)
        {
          pillion_range_set_clear (self);
          return FALSE;
        }

      pillion_range_set_add (self, start, end);
      before = end;
    }

  return TRUE;
}
