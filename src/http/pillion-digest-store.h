/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The digests of part files that nobody works on, as far as they were computed, so that a download that goes on in this process need not read
 * again what it has read. GLib can't save the state of one, so another process has to. They belong to the thread. */

/* Keeps @checksum, which is taken, for the file that is open as @fd: it is that of its first @n_bytes. @n_digits says which one it is. */
void       pillion_digest_store_keep (int        fd,
                                      GChecksum *checksum,
                                      gsize      n_digits,
                                      gint64     n_bytes);

/* Returns what was kept for the file, if nobody has changed it since; else NULL. To be called before the file is written to. */
GChecksum *pillion_digest_store_take (int        fd,
                                      gsize      n_digits,
                                      gint64    *n_bytes);
