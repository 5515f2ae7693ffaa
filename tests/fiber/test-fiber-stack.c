/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fiber-support.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fiber/pillion-stack.h"

/* The pool of stacks */

#define DEFAULT ((gsize) PILLION_STACK_DEFAULT_SIZE)

static void
fill (PillionStack *stack)
{
  memset (stack->limit, 0x55, stack->top - stack->limit);
}

static void
test_sizes (void)
{
  static const struct { gsize asked; gsize given; } sizes[] = {
    { 0, DEFAULT }, { 1, 16384 }, { 16384, 16384 }, { 16385, 32768 }, { 1 << 20, 1 << 20 }, { (1 << 24) - 1, 1 << 24 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      PillionStack *stack = pillion_stack_take (sizes[i].asked, &i);

      g_assert_cmpuint (pillion_stack_get_size (stack), ==, sizes[i].given);
      g_assert_true (stack->owner == &i);
      g_assert_cmpuint ((gsize) stack->limit % 4096, ==, 0);
      g_assert_cmpuint ((gsize) stack->top % 64, ==, 0);
      /* All of it is usable, except what staggers the tops */
      g_assert_cmpuint (stack->top - stack->limit, >=, sizes[i].given - 4096);
      fill (stack);
      pillion_stack_give (stack);
    }
}

static void
test_absurd (void)
{
  g_assert_null (pillion_stack_take (G_MAXSIZE, NULL));
  g_assert_cmpint (errno, ==, ENOMEM);
  g_assert_null (pillion_stack_take (G_MAXSIZE / 2 + 2, NULL));
  g_assert_cmpint (errno, ==, ENOMEM);
}

/* The stack that was freed last is used next: it is still in the processor's caches */
static void
test_again (void)
{
  PillionStack *first = pillion_stack_take (0, NULL), *second = pillion_stack_take (0, NULL);

  g_assert_true (first != second);
  pillion_stack_give (first);
  g_assert_true (pillion_stack_take (0, NULL) == first);
  pillion_stack_give (second);
  pillion_stack_give (first);
  g_assert_true (pillion_stack_take (0, NULL) == first);
  g_assert_true (pillion_stack_take (0, NULL) == second);
  pillion_stack_give (first);
  pillion_stack_give (second);
}

static void
test_trims (void)
{
  const guint n = 3 * PILLION_STACK_KEPT / DEFAULT;
  g_autofree PillionStack **stacks = g_new (PillionStack *, n);
  gsize before = pillion_stack_get_total ();

  if (is_under_valgrind ())
    {
      g_test_skip ("valgrind looks through all stacks whenever one goes");
      return;
    }

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < n; i++)
        {
          stacks[i] = pillion_stack_take (0, stacks);
          g_assert_nonnull (stacks[i]);
          stacks[i]->top[-1] = 1;
        }
      g_assert_cmpuint (pillion_stack_get_total (), >=, n * DEFAULT);

      /* Forwards, backwards, and at random */
      for (guint i = 0; i < n; i++)
        pillion_stack_give (stacks[round == 0 ? i : round == 1 ? n - 1 - i : i * 7919 % n]);

      g_assert_cmpuint (pillion_stack_get_idle (), <=, PILLION_STACK_KEPT + before + 8 * 1024 * 1024);
      g_assert_cmpuint (pillion_stack_get_total (), <=, PILLION_STACK_KEPT + before + 16 * 1024 * 1024);
      g_assert_cmpuint (pillion_stack_get_total (), >=, PILLION_STACK_KEPT / 2);
    }
}

/* Each kind of guard, and no guard */
static void
test_guards (gconstpointer data)
{
  PillionStack *stacks[100];
  PillionGuardKind best = pillion_stack_best_guard;
  gsize size = 64 * 1024 << GPOINTER_TO_INT (data); /* which does not exist yet */

  pillion_stack_best_guard = GPOINTER_TO_INT (data);
  for (guint i = 0; i < G_N_ELEMENTS (stacks); i++)
    {
      stacks[i] = pillion_stack_take (size, stacks);
      g_assert_true (stacks[i]->guarded == (pillion_stack_best_guard != PILLION_GUARD_NONE));
      fill (stacks[i]);
      g_assert_true (pillion_stack_is_whole (stacks[i]));
    }

  if (pillion_stack_best_guard == PILLION_GUARD_NONE)
    {
      stacks[50]->limit[-8] = 1;
      g_assert_false (pillion_stack_is_whole (stacks[50]));
      g_assert_true (pillion_stack_is_whole (stacks[49]));
      stacks[50]->limit[-8] = 0;
    }
  else
    {
      /* The kernel does not write there on our behalf, either */
      int pipes[2];

      g_assert_cmpint (pipe (pipes), ==, 0);
      g_assert_cmpint (write (pipes[1], "x", 1), ==, 1);
      g_assert_cmpint (read (pipes[0], stacks[50]->limit - 1, 1), ==, -1);
      g_assert_cmpint (errno, ==, EFAULT);
      g_assert_cmpint (read (pipes[0], stacks[50]->limit, 1), ==, 1);
      close (pipes[0]);
      close (pipes[1]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (stacks); i++)
    pillion_stack_give (stacks[i]);
  pillion_stack_best_guard = best;
}

/* If guards cost mappings, there are fewer guards than the process may have mappings, but all stacks exist */
static void
test_map_limit (void)
{
  const guint n = 40000;
  g_autofree PillionStack **stacks = g_new (PillionStack *, n);
  PillionGuardKind best = pillion_stack_best_guard;
  guint n_guarded = 0;

  if (is_under_valgrind ())
    {
      g_test_skip ("valgrind takes fewer mappings than that");
      return;
    }

  pillion_stack_best_guard = PILLION_GUARD_MAPPING;
  for (guint i = 0; i < n; i++)
    {
      stacks[i] = pillion_stack_take (32 * 1024, stacks);
      g_assert_nonnull (stacks[i]);
      n_guarded += stacks[i]->guarded;
    }
  g_assert_cmpuint (n_guarded, >=, 10);
  g_assert_cmpuint (n_guarded, <, n);
  for (guint i = 0; i < n; i++)
    pillion_stack_give (stacks[i]);
  pillion_stack_best_guard = best;
}

static gpointer
take_there (gpointer data)
{
  PillionStack *stack = pillion_stack_take (0, data);
  char *memory = stack->limit;

  fill (stack);
  pillion_stack_give (stack);
  return memory;
}

/* A thread's stacks are freed with it */
static void
test_thread (void)
{
  gsize before = pillion_stack_get_total ();
  unsigned char there;

  for (guint i = 0; i < 10; i++)
    {
      char *memory = g_thread_join (g_thread_new ("stacks", take_there, NULL));

      g_assert_cmpint (mincore (memory, 4096, &there), ==, -1);
      g_assert_cmpint (errno, ==, ENOMEM);
    }
  g_assert_cmpuint (pillion_stack_get_total (), ==, before);
}

static void
give_late (gpointer data)
{
  gpointer *stacks = data;

  pillion_stack_give (stacks[0]);
  pillion_stack_give (stacks[1]);
}

static gpointer
take_and_end (gpointer data)
{
  static GPrivate late = G_PRIVATE_INIT (give_late);
  gpointer *stacks = data;

  stacks[0] = pillion_stack_take (0, NULL);
  stacks[1] = pillion_stack_take (64 * 1024, NULL);
  g_private_set (&late, stacks);
  return ((PillionStack *) stacks[1])->limit;
}

/* What belonged to the thread may end after its stacks did, and close its loop then */
static void
test_thread_gives_late (void)
{
  gpointer stacks[2];
  unsigned char there;
  char *memory;

  /* Threads destroy their private data in the order in which the keys were created */
  pillion_stack_get_total ();
  memory = g_thread_join (g_thread_new ("late", take_and_end, stacks));
  g_assert_cmpint (mincore (memory, 4096, &there), ==, -1);
  g_assert_cmpint (errno, ==, ENOMEM);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fiber/stack/is-as-large-as-asked", test_sizes);
  g_test_add_func ("/fiber/stack/absurd-sizes", test_absurd);
  g_test_add_func ("/fiber/stack/last-in-first-out", test_again);
  g_test_add_func ("/fiber/stack/pool-trims", test_trims);
  g_test_add_data_func ("/fiber/stack/guard-by-advice", GINT_TO_POINTER (PILLION_GUARD_ADVICE), test_guards);
  g_test_add_data_func ("/fiber/stack/guard-by-mapping", GINT_TO_POINTER (PILLION_GUARD_MAPPING), test_guards);
  g_test_add_data_func ("/fiber/stack/red-zone", GINT_TO_POINTER (PILLION_GUARD_NONE), test_guards);
  g_test_add_func ("/fiber/stack/limit-of-mappings", test_map_limit);
  g_test_add_func ("/fiber/stack/goes-with-its-thread", test_thread);
  g_test_add_func ("/fiber/stack/given-when-its-thread-has-ended", test_thread_gives_late);

  return g_test_run ();
}
