/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-options.h"

G_BEGIN_DECLS

int fetch_clean (const FetchOptions  *options);

G_END_DECLS
