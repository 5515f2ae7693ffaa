/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Names the fiber whose stack was too small when it hits its guard. For that the process gets a handler of SIGSEGV with the first stack, and each thread that has
 * fibers a stack for handlers, where it has none. What is not about our guards goes to the handler that was there before. */
void pillion_overflow_begin_thread (void);
void pillion_overflow_end_thread   (void);
