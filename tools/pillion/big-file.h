/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BIG_FILE_SIZE G_GINT64_CONSTANT (200000000)
#define BIG_FILE_SHA256 "da238b3248a8a9becd7af9259de803c88be174d30c63879a352fcf426ef3c2fa"
#define BIG_FILE_CHUNK 262144

GBytes *big_file_read (gint64 offset,
                       gint64 end);

G_END_DECLS
