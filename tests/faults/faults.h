/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>

/* Functions of the C library that fail when they are told to. A program that is linked with them has to export them, so that its libraries
 * call them too. They must not be among the program's own libraries: those of a sanitizer have to come first. */

/* Which calls of a function count */
typedef enum
{
  FAULTS_ON_ANYTHING,
  FAULTS_ON_FILES, /* regular files and folders, and whatever is called by a name */
  FAULTS_ON_STREAMS, /* sockets */
  FAULTS_ON_OTHERS, /* such as an eventfd */
} FaultsOn;

/* Which of those fail, counted from 1 */
typedef enum
{
  FAULTS_ONE,   /* the k-th */
  FAULTS_FROM,  /* all, from the k-th on */
  FAULTS_UNTIL, /* the first k */
} FaultsWhen;

/* Instead of an errno: the call is made, but with half of its bytes */
#define FAULTS_SHORT (-1)

typedef struct
{
  const char *functions; /* separated by spaces. NULL: nothing fails, but all calls are counted. */
  FaultsOn on;
  FaultsWhen when;
  unsigned int k;
  int error; /* negative for those of getaddrinfo () */
} FaultsPlan;

typedef struct
{
  const char *function;
  FaultsOn kind;
  unsigned int n;
} FaultsCount;

#define FAULTS_N_FRAMES 32
#define FAULTS_MAX_CALLERS 64
#define FAULTS_MAX_COUNTS 200

/* Written to while the program runs, which may crash: so it may be in memory that another process shares */
typedef struct
{
  unsigned int n_calls;
  unsigned int n_struck;
  char about[256];               /* the name or the descriptor that the first call that failed was about */
  void *frames[FAULTS_N_FRAMES]; /* where it came from */
  int n_frames;
  void *callers[FAULTS_MAX_CALLERS]; /* where each came from */
  FaultsCount counts[FAULTS_MAX_COUNTS];
  unsigned int n_counts;
} FaultsReport;

/* From now on, calls fail like this, whatever thread they are on */
void faults_begin (const FaultsPlan *plan,
                   FaultsReport     *report);
void faults_end   (void);

static inline int
faults_is_among (const char *name,
                 const char *functions)
{
  size_t length = strlen (name);

  for (const char *at = functions; (at = strstr (at, name)) != NULL; at += length)
    if ((at == functions || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
      return 1;

  return 0;
}

/* A name that stands for 127.0.0.1 in such a program, so that there is something to look up */
#define FAULTS_HOST "faults.example"
