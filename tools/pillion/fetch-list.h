/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "options.h"

G_BEGIN_DECLS

ExitCode fetch_list_read (const char  *path,
                          GPtrArray   *urls);

G_END_DECLS
