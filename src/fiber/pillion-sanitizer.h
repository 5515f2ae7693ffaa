/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "base/pillion-sync.h"

/* Tells AddressSanitizer, ThreadSanitizer and valgrind about stacks, so that they can follow a switch. In other builds only valgrind's
 * requests are left: a few idle instructions when a stack is made. */

#ifdef PILLION_ASAN
extern void __sanitizer_start_switch_fiber (void **fake_stack, const void *bottom, size_t size);
extern void __sanitizer_finish_switch_fiber (void *fake_stack, const void **old_bottom, size_t *old_size);
extern void __asan_unpoison_memory_region (const volatile void *address, size_t size);
#endif

#ifdef PILLION_TSAN
extern void *__tsan_get_current_fiber (void);
extern void *__tsan_create_fiber (unsigned flags);
extern void __tsan_destroy_fiber (void *fiber);
extern void __tsan_switch_to_fiber (void *fiber, unsigned flags);
#endif

#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void) (id))
#endif

/* One side of a switch, as the sanitizers see it */
typedef struct
{
#ifdef PILLION_ASAN
  void *fake_stack;
  const void *bottom;
  size_t size;
#endif
#ifdef PILLION_TSAN
  void *fiber;
#endif
  char none[0];
} PillionSanitizerSide;

static inline void
pillion_sanitizer_begin (PillionSanitizerSide *side,
                         gpointer bottom,
                         gsize size)
{
#ifdef PILLION_ASAN
  side->fake_stack = NULL;
  side->bottom = bottom;
  side->size = size;
#endif
#ifdef PILLION_TSAN
  side->fiber = __tsan_create_fiber (0);
#endif
}

/* Its frames are gone, or never continue */
static inline void
pillion_sanitizer_end (PillionSanitizerSide *side)
{
#ifdef PILLION_ASAN
  __asan_unpoison_memory_region (side->bottom, side->size);
#endif
#ifdef PILLION_TSAN
  __tsan_destroy_fiber (side->fiber);
#endif
}

/* Right before a switch. @last: @from never continues */
static inline void
pillion_sanitizer_leave (PillionSanitizerSide *from,
                         PillionSanitizerSide *to,
                         gboolean last)
{
#ifdef PILLION_ASAN
  __sanitizer_start_switch_fiber (last ? NULL : &from->fake_stack, to->bottom, to->size);
#endif
#ifdef PILLION_TSAN
  __tsan_switch_to_fiber (to->fiber, 0);
#endif
}

/* Right after it, on the other side. This is where @from learns the bounds of its stack, if that is a thread's own. */
static inline void
pillion_sanitizer_enter (PillionSanitizerSide *from,
                         PillionSanitizerSide *to)
{
#ifdef PILLION_ASAN
  const void *bottom;
  size_t size;

  __sanitizer_finish_switch_fiber (to->fake_stack, &bottom, &size);
  from->bottom = bottom;
  from->size = size;
#endif
}

/* The side that resumes: whatever runs now */
static inline void
pillion_sanitizer_here (PillionSanitizerSide *side)
{
#ifdef PILLION_TSAN
  side->fiber = __tsan_get_current_fiber ();
#endif
}
