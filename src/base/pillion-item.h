/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionCore PillionCore;
typedef struct _PillionItem PillionItem;
typedef struct _PillionItemClass PillionItemClass;

/* One piece of ready work. It is embedded in what it belongs to, so that queueing allocates nothing. */
struct _PillionItem
{
  PillionItem *next;
  const PillionItemClass *klass;
};

struct _PillionItemClass
{
  /* Does the work, on the loop's thread. Returns whether the item stays at the head of the queue because it has
   * more to do: the clock is read in between. When it returns FALSE the queue does not touch the item again. */
  gboolean (*run) (PillionItem *item,
                   PillionCore *core);

  /* What a report calls it; read before run () */
  const char *(*get_name) (PillionItem *item);

  /* It is the next one: asks the processor for the memory that run () begins with. May be NULL. */
  void (*warm) (PillionItem *item);

  /* Frees it unrun, because the loop is gone */
  void (*drop) (PillionItem *item);

  /* Whether it runs at a safe point only; asked at other points. May be NULL: it runs anywhere. */
  gboolean (*needs_safe_point) (PillionItem *item);
};
