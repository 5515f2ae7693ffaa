/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-claims.h"
#include "http/pillion-meter.h"

/* What a download fetches over further connections. The call's own connection works as it would without them:
 * it has a claim like the others, and gets whatever they can't fetch. All of it belongs to the I/O thread. */
typedef struct _PillionSplit PillionSplit;

typedef struct
{
  /* Makes the part file allow holes, and calls pillion_split_set_ready () once it does, but not in here */
  void     (*allow_holes) (gpointer      data);

  /* FALSE: the call has failed */
  gboolean (*write)       (gpointer      data,
                           gint64        offset,
                           const guint8 *bytes,
                           gsize         length);

  /* A connection has finished its claim, or is lost: everything may be there, or the call's own connection
   * may be needed */
  void     (*changed)     (gpointer      data);
} PillionSplitFuncs;

PillionSplit *pillion_split_new         (PillionCall             *call,
                                         PillionPartFile         *part,
                                         const PillionSplitFuncs *funcs,
                                         gpointer                 data);

/* Drops all further connections. None of the functions is called after that. */
void          pillion_split_free        (PillionSplit            *self);

/* Sends further requests to where the call's went, with its fields. Call this for each head that was
 * accepted. @is_wanted: whether the rest may be fetched over several connections. */
void          pillion_split_follow      (PillionSplit            *self,
                                         gboolean                 is_wanted);
void          pillion_split_set_ready   (PillionSplit            *self);

/* Notes what the call's own connection received, and how long it took to write that */
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

/* Whether another connection receives something, or may do so */
gboolean      pillion_split_is_active   (PillionSplit            *self);

/* Whether the server may have ended the call's own response early because of further requests, and can send
 * the rest as ranges */
gboolean      pillion_split_disturbs    (PillionSplit            *self);

/* The server refuses the call's own connection while there are others: their number is enough */
void          pillion_split_limit       (PillionSplit            *self);
