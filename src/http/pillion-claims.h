/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-part-file.h"

/* No less than this is worth a request of its own */
#define PILLION_CLAIMS_MIN_BLOCK (1024 * 1024)

/* What one connection fetches: the bytes from @next up to @end, which is not included. Nothing if they are equal. Writing moves @next. */
typedef struct
{
  gint64 next;
  gint64 end;
} PillionClaim;

/* Which connection fetches what of a part file. No byte is claimed twice. Claims are near the beginning, so that what has come without a gap
 * grows: that is what the digest can be computed of, and what a crash leaves. */
typedef struct
{
  const PillionPartFile *part;
  GPtrArray *claims; /* of PillionClaim, not owned; none of them is empty when it is added */
} PillionClaims;

void     pillion_claims_init    (PillionClaims         *self,
                                 const PillionPartFile *part);
void     pillion_claims_clear   (PillionClaims         *self);

/* Whether there is anything that no claim covers */
gboolean pillion_claims_has_free (PillionClaims        *self);

/* Makes @claim, which is none of the set, the first @block bytes that nobody fetches, or fewer if little is left. If there are none, the largest
 * other claim loses what is after its first @block bytes, or half of them. Returns FALSE if that is not worth a request. */
gboolean pillion_claims_take    (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 block);

/* Adds a claim for what a response has, whatever else is claimed */
void     pillion_claims_add     (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 start,
                                 gint64                 end);

/* Lets a claim that has reached its end go on, not past @limit: over what is there already if that is no more than @max_there, and
 * then as pillion_claims_take () does. Returns FALSE if it can't. */
gboolean pillion_claims_extend  (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 limit,
                                 gint64                 block,
                                 gint64                 max_there);

/* What is left of it is free for others */
void     pillion_claims_release (PillionClaims         *self,
                                 PillionClaim          *claim);
