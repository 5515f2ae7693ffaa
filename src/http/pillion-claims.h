/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-part-file.h"

/* The least that is worth a request of its own, in bytes */
#define PILLION_CLAIMS_MIN_BLOCK (1024 * 1024)

/* What one connection fetches: the bytes from @next up to, but not including, @end; nothing if they are
 * equal. Writing advances @next. */
typedef struct
{
  gint64 next;
  gint64 end;
} PillionClaim;

/* Which connection fetches what of a part file. No byte is claimed twice. Claims are near the beginning, so
 * that the part without gaps grows: the digest can be computed of that, and a crash leaves it. */
typedef struct
{
  const PillionPartFile *part;
  GPtrArray *claims; /* of PillionClaim, not owned; none is empty when it is added */
} PillionClaims;

void     pillion_claims_init    (PillionClaims         *self,
                                 const PillionPartFile *part);
void     pillion_claims_clear   (PillionClaims         *self);

/* Whether there is anything that no claim covers */
gboolean pillion_claims_has_free (PillionClaims        *self);

/* Gives @claim, which is not in the set, the first @block bytes that nobody fetches, or fewer if little is
 * left. If there are none, takes everything after the first @block bytes, or half, of the largest other
 * claim. Returns FALSE if that is not worth a request. */
gboolean pillion_claims_take    (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 block);

/* Adds a claim for what a response brings, whatever else is claimed */
void     pillion_claims_add     (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 start,
                                 gint64                 end);

/* Extends a claim that has reached its end, but not past @limit: over what is there already if that is at
 * most @max_there, and then like pillion_claims_take (). Returns FALSE if it can't. */
gboolean pillion_claims_extend  (PillionClaims         *self,
                                 PillionClaim          *claim,
                                 gint64                 limit,
                                 gint64                 block,
                                 gint64                 max_there);

/* Leaves the rest of it to others */
void     pillion_claims_release (PillionClaims         *self,
                                 PillionClaim          *claim);
