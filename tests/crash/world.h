/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "crash.h"
#include "kinds.h"

#define CRASH_MAX_VICTIMS 3

/* In the last file of each victim, if its kind has one to replace */
#define CRASH_OLD_CONTENT "what was there before"

/* What a victim has said until it ended */
typedef struct
{
  gint64 written[CRASH_MAX_FILES]; /* bytes of each file; all of them once it is saved */
  gboolean saved[CRASH_MAX_FILES];
  gboolean got[CRASH_N_BODIES];
  gboolean stored[CRASH_N_BODIES];
  guint n_cookies;
  gboolean ended;
  gboolean killed;
} CrashReport;

/* When victims are killed. Whichever moment comes first. */
typedef struct
{
  gint64 bytes;       /* once the server has sent so many bytes of bodies; 0 for never */
  guint64 tick;       /* in this operation on files (crash.h); 0 for never */
  gboolean torn;      /* in the middle of a write */
  gboolean all;       /* all of them; otherwise one */
  gint64 stop;        /* each stops by itself after so many bytes; 0 for never */
  const char *journal; /* where to keep a journal, or NULL */
} CrashMoment;

/* A folder with a server, for victims of one kind */
typedef struct _CrashWorld CrashWorld;

CrashWorld        *crash_world_new            (const char        *victim,
                                               const char        *preload,
                                               const CrashKind   *kind);
void               crash_world_free           (CrashWorld        *self);
const CrashKind   *crash_world_get_kind       (CrashWorld        *self);
const char        *crash_world_get_root       (CrashWorld        *self);

/* Chosen by PILLION_SEED, 1 by default, for each kind */
GRand             *crash_world_get_random     (CrashWorld        *self);

/* Empties the folder, for a new chain of runs */
void               crash_world_reset          (CrashWorld        *self);

/* Starts the victims, and returns when all have ended. Fails the test if one hangs, or ends in another way than it should. */
void               crash_world_run            (CrashWorld        *self,
                                               const CrashMoment *moment);

/* Of the last run */
const CrashReport *crash_world_get_report     (CrashWorld        *self,
                                               guint              victim);
gboolean           crash_world_was_killed     (CrashWorld        *self);
guint64            crash_world_get_ticks      (CrashWorld        *self);
gint64             crash_world_get_sent       (CrashWorld        *self);
gint64             crash_world_get_sent_of    (CrashWorld        *self,
                                               guint              file);
guint              crash_world_get_sent_bodies (CrashWorld       *self,
                                               guint              body);

/* From now on, the server has other versions of the bodies that may change */
void               crash_world_change         (CrashWorld        *self);

/* From now on, the machine has been started again */
void               crash_world_boot           (CrashWorld        *self);

/* The name of a file below the root, and its content */
char              *crash_world_get_name       (CrashWorld        *self,
                                               guint              victim,
                                               guint              file);
const guint8      *crash_world_get_content    (CrashWorld        *self,
                                               guint              file);
