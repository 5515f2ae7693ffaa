/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

/**
 * pillion_get_major_version:
 *
 * Gets the major version of the running library, which may be newer than the headers that the program was
 * compiled with ([const@Pillion.MAJOR_VERSION]). Any thread may call it.
 *
 * Returns: the major version
 *
 * Since: 1.0
 */
guint
pillion_get_major_version (void)
{
  return PILLION_MAJOR_VERSION;
}

/**
 * pillion_get_minor_version:
 *
 * Gets the minor version of the running library; see [func@Pillion.get_major_version].
 *
 * Returns: the minor version
 *
 * Since: 1.0
 */
guint
pillion_get_minor_version (void)
{
  return PILLION_MINOR_VERSION;
}

/**
 * pillion_get_micro_version:
 *
 * Gets the micro version of the running library; see [func@Pillion.get_major_version].
 *
 * Returns: the micro version
 *
 * Since: 1.0
 */
guint
pillion_get_micro_version (void)
{
  return PILLION_MICRO_VERSION;
}
