/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* What a netrc file says, read as curl reads it. Immutable, so any thread may use it. */
typedef struct _PillionNetrc PillionNetrc;

/* The file that $NETRC names, or else ~/.netrc. What can't be read is empty. */
PillionNetrc           *pillion_netrc_new   (void);
PillionNetrc           *pillion_netrc_parse (const char   *text);
PillionNetrc           *pillion_netrc_ref   (PillionNetrc *self);
void                    pillion_netrc_unref (PillionNetrc *self);

/* The credentials for a host, of its first entry or else of the default one; NULL if there are none (transfer none) */
PillionHttpCredentials *pillion_netrc_find  (PillionNetrc *self,
                                             const char   *host);
