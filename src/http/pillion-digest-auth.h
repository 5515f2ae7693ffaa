/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-auth-challenge.h"

/* Digest access authentication (RFC 7616), with MD5 and SHA-256, each also with -sess. One of these answers
 * one challenge, until another comes with a new nonce. */
typedef struct _PillionDigestAuth PillionDigestAuth;

/* Returns NULL if the challenge can't be answered */
PillionDigestAuth *pillion_digest_auth_new        (const PillionAuthChallenge *challenge);
void               pillion_digest_auth_free       (PillionDigestAuth          *self);

/* Why a Digest challenge can't be answered, or NULL if it can */
char              *pillion_digest_auth_explain    (const PillionAuthChallenge *challenge);

/* How good the algorithm is: higher is better */
guint              pillion_digest_auth_get_rank   (PillionDigestAuth          *self);

/* The value of the field for a request. @target is its target, as it is sent. */
char              *pillion_digest_auth_authorize  (PillionDigestAuth          *self,
                                                   const char                 *user,
                                                   const char                 *password,
                                                   const char                 *method,
                                                   const char                 *target);

/* Whether Digest can send this user: a line break can't be sent */
gboolean           pillion_digest_auth_fits       (const char                 *user);

/* For tests: with a fixed client nonce */
void               pillion_digest_auth_set_cnonce (PillionDigestAuth          *self,
                                                   const char                 *cnonce);
