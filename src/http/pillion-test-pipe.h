/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Makes the two ends of a connection in memory, for one thread. Their streams are pollable. They don't use descriptors: whether one of
 * those is ready is known only to the kernel, and a virtual clock must not jump past what has been written. */
void pillion_test_pipe_new (GIOStream *ends[2]);
