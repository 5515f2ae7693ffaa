/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-choice.h"
#include "http/pillion-list-head.h"

/* What a stored response looks like to the one who asks. It lives no longer than the choice that it was made from. */
typedef struct
{
  PillionListHead head;
  gint64 begin; /* which of the stored bytes are its body */
  gint64 end;
} PillionCacheAnswer;

/* @validation: the head of the 304 that confirmed it, and why the server was asked: pillion_cache_choice_get_reason (); or NULL */
void        pillion_cache_answer_init   (PillionCacheAnswer        *self,
                                         const PillionCacheChoice  *choice,
                                         const PillionCacheRequest *request,
                                         const PillionHead         *validation,
                                         const char                *validation_reason,
                                         gint64                     now);

/* What is said if nothing that is stored can be used, and nothing else may be, or there is nothing else (RFC 9111, sections 5.2.1.7 and
 * 5.2.2.2) */
void        pillion_cache_answer_init_missing (PillionCacheAnswer        *self,
                                               const PillionCacheRequest *request);
void        pillion_cache_answer_clear        (PillionCacheAnswer        *self);

/* Why a request goes to the server (RFC 9211, section 2.2); a static string */
const char *pillion_cache_choice_get_reason   (const PillionCacheChoice  *self,
                                               const PillionCacheRequest *request,
                                               gint64                     now);
