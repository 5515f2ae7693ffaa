/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The digests of part files that nobody works on, as far as they were computed, so that a download that
 * continues in this process need not read the file again. (In another process it has to, because GLib can't
 * save the state of a digest.) They belong to the thread. */

/* Keeps @checksum, which is taken, of the first @n_bytes of the file that is open as @fd. @n_digits tells the
 * algorithm. */
void       pillion_digest_store_keep (int        fd,
                                      GChecksum *checksum,
                                      gsize      n_digits,
                                      gint64     n_bytes);

/* Returns what was kept for the file, or NULL if there is nothing or the file has changed since. Call this
 * before the file is written to. */
GChecksum *pillion_digest_store_take (int        fd,
                                      gsize      n_digits,
                                      gint64    *n_bytes);
