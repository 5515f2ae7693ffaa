/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Names the fiber whose stack was too small when it hits its guard, if the environment says PILLION_FIBER_GUARD=1. The process gets a handler
 * of SIGSEGV with the first stack then, and each thread that has fibers and no stack for handlers gets one. What is not about our guards goes
 * to the handler that was there before. */
void pillion_overflow_begin_thread (void);
void pillion_overflow_end_thread   (void);
