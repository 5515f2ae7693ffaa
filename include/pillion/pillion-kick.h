/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

#define PILLION_TYPE_KICK (pillion_kick_get_type ())

/**
 * PillionKick:
 * @items: how many items of the ready queue and dispatches of the context ran
 * @more_ready: whether work that is ready now was left for the next kick
 * @refused: whether the kick did nothing because it was made inside a callback, and nesting is off
 *   ([property@Pillion.Loop:allow-nesting]) or already 64 deep
 * @held: whether the kick did nothing because of a region that allows no callbacks ([method@Pillion.Loop.begin_region])
 * @depth: how many kicks and waits of this loop were on the stack when the kick was called: 0 unless a callback opened
 *   a loop of the host's
 * @next_deadline_usec: the time, in µs of the loop's clock, at which work becomes ready by itself; 0 for now, -1 for never
 * @duration_usec: how long the kick took, in µs
 * @overshoot_usec: by how much the kick ended after its deadline, in µs; 0 if it did not
 * @slowest_usec: how long the slowest item took, in µs; 0 if no item ran
 *
 * The report of a kick: what it did and what it left. [method@Pillion.Kick.get_slowest_name] names the slowest item.
 *
 * ```c
 * PillionKick kick;
 *
 * pillion_loop_kick_until (loop, g_get_monotonic_time () + 4000, &kick);
 * if (kick.overshoot_usec > 1000)
 *   g_message ("%s took %" G_GINT64_FORMAT " µs", pillion_kick_get_slowest_name (&kick), kick.slowest_usec);
 * ```
 *
 * Since: 1.0
 */
struct _PillionKick
{
  guint    items;
  gboolean more_ready;
  gboolean refused;
  gboolean held;
  guint    depth;
  gint64   next_deadline_usec;
  gint64   duration_usec;
  gint64   overshoot_usec;
  gint64   slowest_usec;

  /*< private >*/
  char slowest_name[64];

  /* A program has its report on the stack, so its size never changes, and a field never moves. A new field takes room from
   * the front of this, as whole elements. 0 must mean that nothing is known, since that is what an older library leaves in it. */
  gint64 reserved[8];
};

PILLION_AVAILABLE_IN_1_0
GType        pillion_kick_get_type         (void) G_GNUC_CONST;
PILLION_AVAILABLE_IN_1_0
PillionKick *pillion_kick_copy             (const PillionKick *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_kick_free             (PillionKick       *self);
PILLION_AVAILABLE_IN_1_0
const char  *pillion_kick_get_slowest_name (const PillionKick *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionKick, pillion_kick_free)

G_END_DECLS
