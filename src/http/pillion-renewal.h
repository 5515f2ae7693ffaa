/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* A function that gets a token, at work. The calls that it makes must not wait for that token. Any thread may have references; it never changes. */
typedef struct _PillionRenewal PillionRenewal;

/* @parent: whose call needs the token, or NULL */
PillionRenewal *pillion_renewal_new     (PillionHttpCredentials *credentials,
                                         PillionRenewal         *parent);
PillionRenewal *pillion_renewal_ref     (PillionRenewal         *self);
void            pillion_renewal_unref   (PillionRenewal         *self);

/* Calls the function */
PillionTask    *pillion_renewal_run     (PillionRenewal         *self);

/* The one whose function has called the caller, and has not returned yet; or NULL. Nothing that a nested kick runs belongs to it. */
PillionRenewal *pillion_renewal_get_current (void);

/* Whether the token of @credentials is what it gets, or what needs it, directly or not. @self may be NULL. */
gboolean        pillion_renewal_is_for  (PillionRenewal         *self,
                                         PillionHttpCredentials *credentials);
