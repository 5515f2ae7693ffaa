/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What all servers of a run have done so far, in memory that they share with the test. Atomic. */
typedef struct
{
  gint64 n_requests;
  gint64 n_bytes; /* sent */
} ServerCounters;
