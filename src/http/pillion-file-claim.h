/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionFileClaim PillionFileClaim;

/* Says which download of this thread works on a file, and which ones wait for it: to share what comes of it, or to be next. All zero but for
 * @owner is a claim to nothing. */
struct _PillionFileClaim
{
  gpointer owner;
  char *key;                   /* NULL while it claims nothing */
  GQueue waiting;              /* claims that wait for this one */
  GList link;                  /* in the list of the one that this waits for */
  PillionFileClaim *waits_for; /* or NULL */
  gboolean shares;             /* it waits for the result */
};

typedef gboolean (*PillionFileClaimFunc) (PillionFileClaim *claim,
                                          gconstpointer     data);

/* Claims @key. Returns NULL, or the claim of whoever has it. */
PillionFileClaim *pillion_file_claim_take     (PillionFileClaim     *self,
                                               const char           *key);

/* The first claim for which @func says TRUE, or NULL */
PillionFileClaim *pillion_file_claim_find     (PillionFileClaimFunc  func,
                                               gconstpointer         data);

void              pillion_file_claim_wait_for (PillionFileClaim     *self,
                                               PillionFileClaim     *other,
                                               gboolean              shares);
void              pillion_file_claim_stop_waiting (PillionFileClaim *self);

/* Gives up what it claims. Those that wait for it stay in the list. */
void              pillion_file_claim_release  (PillionFileClaim     *self);
