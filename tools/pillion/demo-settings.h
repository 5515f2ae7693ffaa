/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* So many seconds of silence are enough for both runs to give up the slow address */
#define DEMO_PATIENCE 2

/* So many transfers at once in the kicked run */
#define DEMO_JOBS 8

