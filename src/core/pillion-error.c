/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

/**
 * pillion_error_quark:
 *
 * Gets the domain of Pillion's own errors.
 *
 * Returns: the domain of [error@Pillion.Error]
 *
 * Since: 1.0
 */
GQuark
pillion_error_quark (void)
{
  static GQuark quark; /* atomic: the I/O thread may be the first one to need it */
  GQuark known = __atomic_load_n (&quark, __ATOMIC_RELAXED);

  if (G_UNLIKELY (known == 0))
    {
      known = g_quark_from_static_string ("pillion-error-quark");
      __atomic_store_n (&quark, known, __ATOMIC_RELAXED);
    }

  return known;
}
