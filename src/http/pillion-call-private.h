/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"

/* What the parts of a call share */

/* How large a body may be */
gint64   pillion_call_get_max_size       (PillionCall   *self,
                                          gboolean       in_memory);

/* From here on, nothing is queued or in flight */
void     pillion_call_drop_hop           (PillionCall   *self);

/* Acts on a verdict other than to go on */
void     pillion_call_stop               (PillionCall   *self,
                                          PillionVerdict verdict,
                                          GError        *error);

/* Removes what the cache has, or keeps of what arrives now. The exchange goes first: of one that is broken off, the cache keeps what has
 * arrived. */
void     pillion_call_forget_content     (PillionCall   *self);

/* The hop: pillion-call-hop.c */
extern const PillionHopFuncs pillion_call_hop_funcs;

/* The cache: pillion-call-cache.c */

/* Whether it takes part. Without a folder it does if nothing else may answer: it says that it has nothing. */
gboolean pillion_call_uses_cache         (PillionCall   *self);

/* Whether the cache may have an answer, or nobody else is to be asked: then no place in the queue is needed */
gboolean pillion_call_can_answer_locally (PillionCall   *self);

/* What the store has is needed again once the call has its place in the queue. Large files are not kept open until then. */
void     pillion_call_keep_found         (PillionCall   *self);
void     pillion_call_forget_found       (PillionCall   *self);
