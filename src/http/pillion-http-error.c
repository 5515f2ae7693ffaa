/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

/**
 * pillion_http_error_quark:
 *
 * Returns the domain of the errors of transfers.
 *
 * Returns: the domain of [error@PillionHttp.Error]
 *
 * Since: 1.0
 */
GQuark
pillion_http_error_quark (void)
{
  static GQuark quark; /* atomic: the I/O thread may be the first one to need it */
  GQuark known = __atomic_load_n (&quark, __ATOMIC_RELAXED);

  if (G_UNLIKELY (known == 0))
    {
      known = g_quark_from_static_string ("pillion-http-error-quark");
      __atomic_store_n (&quark, known, __ATOMIC_RELAXED);
    }

  return known;
}
