/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-transfer.h"

/* A download: the task's result is a PillionHttpDownload. @file is the target, or the folder if @into, and has a local path. Only
 * then @conflict matters. @sha256 is NULL or 64 hexadecimal digits in lower case. */
PillionTransfer *pillion_http_fetch_new (PillionHttpEngine       *engine,
                                         PillionTask             *task,
                                         const char              *url,
                                         GFile                   *file,
                                         gboolean                 into,
                                         PillionHttpNameConflict  conflict,
                                         const char              *sha256);
