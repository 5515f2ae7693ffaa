/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "scenarios.h"

/* Those that use files */
extern const Scenario file_scenarios[];
extern const guint n_file_scenarios;
