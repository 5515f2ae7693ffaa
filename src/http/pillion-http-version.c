/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

/**
 * pillion_http_get_major_version:
 *
 * Gets the major version of the HTTP library that is running, which may be a newer one than that of the headers that a program was
 * compiled with ([const@PillionHttp.MAJOR_VERSION]). Any thread may call it.
 *
 * Returns: the major version
 *
 * Since: 1.0
 */
guint
pillion_http_get_major_version (void)
{
  return PILLION_HTTP_MAJOR_VERSION;
}

/**
 * pillion_http_get_minor_version:
 *
 * Gets the minor version of the HTTP library that is running; see [func@PillionHttp.get_major_version].
 *
 * Returns: the minor version
 *
 * Since: 1.0
 */
guint
pillion_http_get_minor_version (void)
{
  return PILLION_HTTP_MINOR_VERSION;
}

/**
 * pillion_http_get_micro_version:
 *
 * Gets the micro version of the HTTP library that is running; see [func@PillionHttp.get_major_version].
 *
 * Returns: the micro version
 *
 * Since: 1.0
 */
guint
pillion_http_get_micro_version (void)
{
  return PILLION_HTTP_MICRO_VERSION;
}
