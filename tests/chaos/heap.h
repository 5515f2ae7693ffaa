/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Counts what is allocated from the heap, by all threads. A program that links this has it in place of the C library's functions, which do the work. */

/* Whether anything is counted: sanitizers and valgrind have allocators of their own */
gboolean chaos_heap_is_counted (void);

/* From here on the peak is looked for. What is allocated already is not part of it. */
void     chaos_heap_begin      (void);

/* The peak no longer changes */
void     chaos_heap_end        (void);

/* In bytes */
gsize    chaos_heap_get_peak   (void);
