/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* The content of a netrc file, read as curl reads it. Immutable, so any thread may use it. */
typedef struct _PillionNetrc PillionNetrc;

/* Reads the file that $NETRC names, or else ~/.netrc. A file that can't be read counts as empty. */
PillionNetrc           *pillion_netrc_new   (void);
PillionNetrc           *pillion_netrc_parse (const char   *text);
PillionNetrc           *pillion_netrc_ref   (PillionNetrc *self);
void                    pillion_netrc_unref (PillionNetrc *self);

/* The credentials for a host, from its first entry or else from the default one; NULL if there are none
 * (transfer none) */
PillionHttpCredentials *pillion_netrc_find  (PillionNetrc *self,
                                             const char   *host);
