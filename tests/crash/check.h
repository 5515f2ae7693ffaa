/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "world.h"

/* What may be left, and must still do no harm */
typedef enum
{
  CRASH_LEFT_BY_PROCESS,      /* nothing but what can be removed */
  CRASH_LEFT_BY_DISK,         /* damaged entries of a cache, too */
  CRASH_LEFT_BY_LAWLESS_DISK, /* parts without a record, too */
} CrashLeft;

/* Whatever happened, a file is whole, or was not touched. Those that were saved are whole. */
void crash_check_files (CrashWorld *world);

/* After a run that was not killed: everything is there, and nothing else */
void crash_check_end   (CrashWorld *world,
                        CrashLeft   left);
