/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"

/* Which stored response fits a request that has the same URL (RFC 9111, section 4.1) */

/* Whether no request fits: the value of Vary, or NULL, has an asterisk in it */
gboolean pillion_cache_vary_never_fits (const char              *vary);

/* Makes the fields of a request that select its response comparable: those that @vary names, and Authorization, so that programs with
 * different credentials can share a cache. Of fields that are secret there is only a digest. @identity is that of the connection, or NULL. */
void     pillion_cache_vary_select     (const char              *vary,
                                        const PillionFieldList  *request,
                                        const char              *identity,
                                        PillionFieldList        *selecting);

/* Whether the program that sends the request is the one whose request was stored with these, as far as the connection and secret fields tell */
gboolean pillion_cache_vary_is_own     (const PillionFieldList  *selecting,
                                        const PillionFieldList  *request,
                                        const char              *identity);

/* Whether the request selects a response that was stored with these. @language is its Content-Language, or NULL. */
gboolean pillion_cache_vary_fits       (const PillionFieldList  *selecting,
                                        const PillionFieldList  *request,
                                        const char              *identity,
                                        const char              *language);
