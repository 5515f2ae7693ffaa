/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-options.h"
#include "fetch-request.h"

G_BEGIN_DECLS

ExitCode fetch_plan_read_urls  (const FetchOptions  *options,
                                GPtrArray           *urls);
void     fetch_plan_make_files (const FetchOptions  *options,
                                FetchRequest        *request,
                                GPtrArray           *urls,
                                GPtrArray           *files);

G_END_DECLS
