/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* What the preloaded library does. A program that is to fail now and then finds these functions with dlsym (). */

/* Which calls of a function count */
typedef enum
{
  FAULTS_ON_ANYTHING,
  FAULTS_ON_FILES, /* regular files and folders */
  FAULTS_ON_STREAMS, /* sockets */
  FAULTS_ON_OTHERS, /* such as an eventfd */
} FaultsOn;

/* Instead of an errno: the call is made, but with half of its bytes */
#define FAULTS_SHORT (-1)

#define FAULTS_N_FRAMES 32

/* Written to while the program runs, which may crash: so it may be in memory that another process shares */
typedef struct
{
  unsigned int n_calls;
  int has_struck;
  char about[256];               /* the name or the descriptor that the call was about */
  void *frames[FAULTS_N_FRAMES]; /* where it came from */
  int n_frames;
} FaultsReport;

/* From now on, the @k-th call of @function, counted from 1, fails like this, whatever thread it is on */
typedef void (*FaultsBeginFunc) (const char   *function,
                                 FaultsOn      on,
                                 unsigned int  k,
                                 int           error,
                                 FaultsReport *report);
typedef void (*FaultsEndFunc)   (void);

#define FAULTS_BEGIN "pillion_faults_begin"
#define FAULTS_END "pillion_faults_end"

/* A name that stands for 127.0.0.1 in a program with this library, so that there is something to look up */
#define FAULTS_HOST "faults.example"
