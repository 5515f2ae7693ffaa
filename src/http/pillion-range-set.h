/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The bytes from @start up to, but not including, @end */
typedef struct
{
  gint64 start;
  gint64 end;
} PillionRange;

/* Ranges in order that don't touch each other. All zero is the empty set. */
typedef struct
{
  PillionRange *ranges;
  guint n;
  guint n_allocated;
} PillionRangeSet;

void                pillion_range_set_clear    (PillionRangeSet       *self);

/* Replaces what is in @self */
void                pillion_range_set_copy     (PillionRangeSet       *self,
                                                const PillionRangeSet *source);
void                pillion_range_set_add      (PillionRangeSet       *self,
                                                gint64                 start,
                                                gint64                 end);

/* Removes everything before @start */
void                pillion_range_set_cut      (PillionRangeSet       *self,
                                                gint64                 start);

/* How many bytes are in it */
gint64              pillion_range_set_get_size (const PillionRangeSet *self);

/* The first range that ends after @offset, or NULL */
const PillionRange *pillion_range_set_find     (const PillionRangeSet *self,
                                                gint64                 offset);

/* Converts to text, and back. Returns FALSE if the text is not valid. */
char               *pillion_range_set_format   (const PillionRangeSet *self);
gboolean            pillion_range_set_parse    (PillionRangeSet       *self,
                                                const char            *text);
