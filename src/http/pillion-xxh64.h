/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The checksum XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). It finds what a disk or a crash did to some bytes, at
 * the speed of memory; it is no protection against somebody who means to deceive it. */
guint64 pillion_xxh64 (const void *data,
                       gsize       length,
                       guint64     seed);
