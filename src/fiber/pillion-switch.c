/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fiber/pillion-switch.h"

#include <string.h>
#include <ucontext.h>

#if defined(PILLION_SWITCH_ASSEMBLY) && !defined(PILLION_SWITCH_UCONTEXT)
gboolean pillion_switch_by_ucontext = FALSE;
#else
gboolean pillion_switch_by_ucontext = TRUE;
#endif

#ifdef PILLION_SWITCH_ASSEMBLY
extern void pillion_switch_start (void);

/* Whether the processor checks return addresses on a stack of its own. A switch would have to change that too; the C library's ucontext does, in
 * every version that switches the feature on. */
static gboolean
has_shadow_stack (void)
{
#ifdef __x86_64__
  gulong ssp = 0;

  /* rdsspq: does nothing if there is no shadow stack */
  __asm__ volatile (".byte 0xf3, 0x48, 0x0f, 0x1e, 0xc8" : "+a" (ssp));
  return ssp != 0;
#else
  register gulong features __asm__ ("x16") = 1;

  /* chkfeat: clears the bit if there is a guarded control stack */
  __asm__ volatile ("hint #40" : "+r" (features));
  return features == 0;
#endif
}
#endif

void
pillion_switch_init (void)
{
#ifdef PILLION_SWITCH_ASSEMBLY
  if (has_shadow_stack ())
    pillion_switch_by_ucontext = TRUE;
#endif
}

/* What is at the top of a new stack for ucontext */
typedef struct
{
  ucontext_t context;
  PillionSwitchFunc func;
  gpointer data;
} Start;

/* makecontext () passes ints only */
static void
start_ucontext (guint high,
                guint low)
{
  Start *start = (gpointer) (gsize) ((guint64) high << 32 | low);

  start->func (start->data);
  g_assert_not_reached ();
}

static void
prepare_ucontext (PillionSwitch *self,
                  gpointer bottom,
                  gpointer top,
                  PillionSwitchFunc func,
                  gpointer data)
{
  Start *start = (Start *) (((gsize) top - sizeof (Start)) & ~(gsize) 63);

  start->func = func;
  start->data = data;
  getcontext (&start->context);
  start->context.uc_link = NULL;
  start->context.uc_stack.ss_sp = bottom;
  start->context.uc_stack.ss_size = (char *) start - (char *) bottom;
  makecontext (&start->context, (void (*) (void)) start_ucontext, 2, (guint) ((guint64) (gsize) start >> 32),
               (guint) (gsize) start);
  self->sp = &start->context;
}

void
pillion_switch_ucontext (PillionSwitch *from,
                         PillionSwitch *to)
{
  ucontext_t context;

  from->sp = &context;
  swapcontext (&context, to->sp);
}

void
pillion_switch_prepare (PillionSwitch *self,
                        gpointer bottom,
                        gpointer top,
                        PillionSwitchFunc func,
                        gpointer data)
{
#ifdef PILLION_SWITCH_ASSEMBLY
  gsize *frame = (gsize *) ((gsize) top & ~(gsize) 15);

  if (pillion_switch_by_ucontext)
    {
      prepare_ucontext (self, bottom, top, func, data);
      return;
    }

  /* What pillion_switch_swap () restores, in its order */
#ifdef __x86_64__
  frame -= 8;
  memset (frame, 0, 8 * sizeof *frame);
  __asm__ volatile ("stmxcsr %0\n\tfnstcw %1" : "=m" (*(guint32 *) frame), "=m" (*((guint16 *) frame + 2)));
  frame[3] = (gsize) func; /* r13 */
  frame[4] = (gsize) data; /* r12 */
  frame[7] = (gsize) pillion_switch_start;
#else
  frame -= 22;
  memset (frame, 0, 22 * sizeof *frame);
  frame[8] = (gsize) func;  /* x19 */
  frame[9] = (gsize) data;  /* x20 */
  frame[19] = (gsize) pillion_switch_start; /* x30 */
  __asm__ volatile ("mrs %0, fpcr" : "=r" (frame[20]));
#endif
  self->sp = frame;
#else
  prepare_ucontext (self, bottom, top, func, data);
#endif
}
