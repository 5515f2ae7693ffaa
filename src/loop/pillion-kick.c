/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

G_DEFINE_BOXED_TYPE (PillionKick, pillion_kick, pillion_kick_copy, pillion_kick_free)

/**
 * pillion_kick_copy:
 * @self: a report
 *
 * Copies a report.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
PillionKick *
pillion_kick_copy (const PillionKick *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * pillion_kick_free:
 * @self: (transfer full): a report that [method@Pillion.Kick.copy] made
 *
 * Frees a report.
 *
 * Since: 1.0
 */
void
pillion_kick_free (PillionKick *self)
{
  g_free (self);
}

/**
 * pillion_kick_get_slowest_name:
 * @self: a report
 *
 * Gets the name of the slowest item: a task's name, cut after 63 bytes, or `context` for a turn of the context.
 *
 * Returns: the name, empty if no item ran
 *
 * Since: 1.0
 */
const char *
pillion_kick_get_slowest_name (const PillionKick *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->slowest_name;
}
