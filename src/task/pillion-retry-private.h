/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "base/pillion-callback.h"

typedef struct
{
  guint attempts;
  GTimeSpan initial_delay;
  GTimeSpan max_delay;
  double multiplier;
  double jitter;
  guint seed; /* 0: a different one for each run */
} PillionRetrySettings;

struct _PillionRetry
{
  GObject parent_instance;

  PillionRetrySettings settings;
  PillionCallback *predicate; /* may be NULL */
};
