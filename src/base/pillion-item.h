/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionCore PillionCore;
typedef struct _PillionItem PillionItem;
typedef struct _PillionItemClass PillionItemClass;

/* One piece of ready work. It is embedded in whatever it belongs to, so queueing it allocates nothing. */
struct _PillionItem
{
  PillionItem *next;
  const PillionItemClass *klass;
};

struct _PillionItemClass
{
  /* Does the work, on the loop's thread. Returns whether the item stays at the head of the queue because it
   * has more to do; the clock is read before it runs again. If it returns FALSE, the queue does not touch the
   * item again. */
  gboolean (*run) (PillionItem *item,
                   PillionCore *core);

  /* Its name in a report; read before run () */
  const char *(*get_name) (PillionItem *item);

  /* Called when it is next: prefetches the memory that run () starts with. May be NULL. */
  void (*warm) (PillionItem *item);

  /* Frees it without running it, because the loop is gone */
  void (*drop) (PillionItem *item);

  /* Whether it only runs at a safe point; asked at other points. May be NULL: then it runs anywhere. */
  gboolean (*needs_safe_point) (PillionItem *item);
};
