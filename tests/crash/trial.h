/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "world.h"

/* One kind of victim, and how long it takes if nothing interrupts it */
typedef struct
{
  const CrashKind *kind;
  CrashWorld *world;
  GRand *random;      /* the world's */
  guint n_wanted;     /* how many moments to try */
  gboolean is_sample;
  guint64 n_ticks;
  gint64 n_bytes;     /* that the server sends, at least 2 */
} CrashTrial;

/* A test program for all kinds of victims: it has a test /crash/NAME/KIND for each. Its arguments are the victim and the library to preload. */
typedef struct
{
  const char *name;
  const char *variable; /* of the environment: how many moments there are for all kinds */
  guint n_sample;       /* the same if it is not set */
  gboolean has_large;   /* whether the large kinds take part */
  void (*run) (const CrashTrial *trial);
} CrashTest;

/* Returns the exit status */
int crash_test_main (const CrashTest *test,
                     int              argc,
                     char           **argv);
