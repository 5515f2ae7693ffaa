/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-file.h"

G_BEGIN_DECLS

/* What a format says of a transfer that is over, as with curl's --write-out. "%{stderr}" sends what follows to standard error. %FALSE if it can't
 * be written. */
gboolean fetch_write_out (const char *format,
                          FetchFile  *file);

G_END_DECLS
