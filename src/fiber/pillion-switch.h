/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Two assemblers have a switch of their own; what else there is, and a thread with a shadow stack, has ucontext. */
#if (defined(__x86_64__) && defined(__LP64__) && !defined(_WIN32)) || (defined(__aarch64__) && !defined(__APPLE__))
#define PILLION_SWITCH_ASSEMBLY 1
#endif

/* Where something that does not run goes on: all that is to know is on its stack */
typedef struct
{
  gpointer sp;
} PillionSwitch;

typedef void (*PillionSwitchFunc) (gpointer data);

/* Whether ucontext does it, which makes two system calls a switch. Set before the first fiber. */
extern gboolean pillion_switch_by_ucontext;

/* Sees what the thread needs; called before a thread's first switch */
void pillion_switch_init    (void);

/* Makes @func be called, with @data, on the stack from @bottom to @top, when that is first switched to. It must not return. */
void pillion_switch_prepare (PillionSwitch     *self,
                             gpointer           bottom,
                             gpointer           top,
                             PillionSwitchFunc  func,
                             gpointer           data);

void pillion_switch_ucontext (PillionSwitch    *from,
                              PillionSwitch    *to);

#ifdef PILLION_SWITCH_ASSEMBLY
/* Keeps what the ABI says that a call keeps, and where that is, in *@from, and takes up what is kept at @to */
void pillion_switch_swap    (gpointer          *from,
                             gpointer           to);
#endif

/* Goes on at @to; returns when somebody goes on at @from */
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
