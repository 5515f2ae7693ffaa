/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* After how many seconds of silence both runs give up the slow address */
#define DEMO_PATIENCE 2

/* How many transfers the kicked run makes at a time */
#define DEMO_JOBS 8

