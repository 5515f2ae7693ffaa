/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-sink.h"

/* A download: the task's result is a PillionHttpDownload. @file is the target, or the folder if @into, and has a local path. @options is taken:
 * it has a valid digest or none, and no default for name conflicts. */
PillionSink *pillion_file_sink_new (GFile                      *file,
                                    gboolean                    into,
                                    PillionHttpDownloadOptions *options);
