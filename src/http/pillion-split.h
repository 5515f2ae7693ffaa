/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-claims.h"
#include "http/pillion-meter.h"

/* What a download fetches over further connections. The call's own connection does as it would without: it has a claim like the others, and
 * whatever they can't fetch is left to it. All of it belongs to the I/O thread. */
typedef struct _PillionSplit PillionSplit;

typedef struct
{
  /* The part file has to allow holes; when it does, pillion_split_set_ready () is to be called, and not in here */
  void     (*allow_holes) (gpointer      data);

  /* FALSE: the call has failed */
  gboolean (*write)       (gpointer      data,
                           gint64        offset,
                           const guint8 *bytes,
                           gsize         length);

  /* A connection has got what it claimed, or is lost: maybe all is there, or the call's own connection is needed */
  void     (*changed)     (gpointer      data);
} PillionSplitFuncs;

PillionSplit *pillion_split_new         (PillionCall             *call,
                                         PillionPartFile         *part,
                                         const PillionSplitFuncs *funcs,
                                         gpointer                 data);

/* Drops all further connections. Of the functions none is called any more. */
void          pillion_split_free        (PillionSplit            *self);

/* Further requests go where the call's did, with its fields. To be called for each head that was accepted; @is_wanted says whether the rest may be
 * fetched over several connections. */
void          pillion_split_follow      (PillionSplit            *self,
                                         gboolean                 is_wanted);
void          pillion_split_set_ready   (PillionSplit            *self);

/* What the call's own connection has got, and how long it took to write it */
void          pillion_split_note        (PillionSplit            *self,
                                         gsize                    n,
                                         gint64                   usec);

/* The claim of the call's own connection: as in pillion-claims.h */
gboolean      pillion_split_take        (PillionSplit            *self,
                                         PillionClaim            *claim);
void          pillion_split_add         (PillionSplit            *self,
                                         PillionClaim            *claim,
                                         gint64                   start,
                                         gint64                   end);
gboolean      pillion_split_extend      (PillionSplit            *self,
                                         PillionClaim            *claim,
                                         gint64                   limit);
void          pillion_split_release     (PillionSplit            *self,
                                         PillionClaim            *claim);

/* Whether something comes over another connection, or may come */
gboolean      pillion_split_is_active   (PillionSplit            *self);

/* The server refuses the call's own connection while there are others: so many are enough */
void          pillion_split_limit       (PillionSplit            *self);
