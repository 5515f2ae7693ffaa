/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* x86-64 and AArch64 have a switch in assembler. Other processors, and threads with a shadow stack, use ucontext. */
#if (defined(__x86_64__) && defined(__LP64__) && !defined(_WIN32)) || (defined(__aarch64__) && !defined(__APPLE__))
#define PILLION_SWITCH_ASSEMBLY 1
#endif

/* Where a stopped function continues; everything else is on its stack */
typedef struct
{
  gpointer sp;
} PillionSwitch;

typedef void (*PillionSwitchFunc) (gpointer data);

/* Whether ucontext is used, which makes two system calls for each switch. Set before the first fiber. */
extern gboolean pillion_switch_by_ucontext;

/* Finds out what the thread needs. Called before its first switch. */
void pillion_switch_init    (void);

/* Prepares the stack from @bottom to @top: the first switch to it calls @func with @data, which must not return. */
void pillion_switch_prepare (PillionSwitch     *self,
                             gpointer           bottom,
                             gpointer           top,
                             PillionSwitchFunc  func,
                             gpointer           data);

void pillion_switch_ucontext (PillionSwitch    *from,
                              PillionSwitch    *to);

#ifdef PILLION_SWITCH_ASSEMBLY
/* Saves the registers that the ABI says a call preserves, and their place in *@from, and restores those at @to */
void pillion_switch_swap    (gpointer          *from,
                             gpointer           to);
#endif

/* Continues at @to; returns when something continues at @from */
static inline void
pillion_switch_to (PillionSwitch *from,
                   PillionSwitch *to)
{
#ifdef PILLION_SWITCH_ASSEMBLY
  if (G_LIKELY (!pillion_switch_by_ucontext))
    {
      pillion_switch_swap (&from->sp, to->sp);
      return;
    }
#endif
  pillion_switch_ucontext (from, to);
}
