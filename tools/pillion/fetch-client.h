/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-options.h"
#include "options.h"

#include <pillion-http/pillion-http.h>

G_BEGIN_DECLS

ExitCode fetch_client_new     (const FetchOptions  *options,
                               PillionLoop         *loop,
                               PillionHttpClient  **client);
gboolean fetch_client_finish  (PillionHttpClient   *client);

G_END_DECLS
