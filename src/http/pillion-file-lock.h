/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionFileLock PillionFileLock;

/* Which download of this thread works on a file, and which ones wait for it: to share its result, or to be
 * next. Not taken if it is all zero except for @owner. */
struct _PillionFileLock
{
  gpointer owner;
  char *key;                   /* NULL while it is not taken */
  GQueue waiting;              /* locks of those that wait for this one */
  GList link;                  /* in the list of the one that this waits for */
  PillionFileLock *waits_for;  /* or NULL */
  gboolean shares;             /* it waits for the result */
};

typedef gboolean (*PillionFileLockFunc) (PillionFileLock *lock,
                                         gconstpointer    data);

/* Takes @key. Returns NULL, or the lock that has it. */
PillionFileLock *pillion_file_lock_take         (PillionFileLock     *self,
                                                 const char          *key);

/* The first lock for which @func returns TRUE, or NULL */
PillionFileLock *pillion_file_lock_find         (PillionFileLockFunc  func,
                                                 gconstpointer        data);

void             pillion_file_lock_wait_for     (PillionFileLock     *self,
                                                 PillionFileLock     *other,
                                                 gboolean             shares);
void             pillion_file_lock_stop_waiting (PillionFileLock     *self);

/* Releases it. The locks that wait for it stay in its list. */
void             pillion_file_lock_release      (PillionFileLock     *self);
