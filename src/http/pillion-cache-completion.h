/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stored-response.h"
#include "http/pillion-transport.h"

/* A stored part that is the beginning of what is wanted: only the rest is requested (RFC 9111, sections 3.3 and 3.4). @length: how much of the
 * body is stored. */

/* Adds to a request that only the rest is wanted, if nothing has changed */
void                   pillion_cache_completion_ask  (const PillionStoredResponse *part,
                                                      gint64                       length,
                                                      PillionFieldList            *fields);

/* Makes the whole response from a 206, and sets @total to the length of its body. Returns NULL if the 206 is something else than all of the
 * rest of the same version. */
PillionStoredResponse *pillion_cache_completion_take (const PillionStoredResponse *part,
                                                      gint64                       length,
                                                      const PillionHead           *head,
                                                      gint64                       requested,
                                                      gint64                       received,
                                                      gint64                      *total);
