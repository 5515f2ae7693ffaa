/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"

/* The schemes that we know, best first */
typedef enum
{
  PILLION_AUTH_SCHEME_DIGEST,
  PILLION_AUTH_SCHEME_BASIC,
  PILLION_AUTH_SCHEME_BEARER,
  PILLION_AUTH_SCHEME_OTHER,
} PillionAuthScheme;

/* What a server asks for (RFC 9110, section 11.3) */
typedef struct
{
  PillionAuthScheme scheme;
  PillionFieldList parameters; /* unquoted */
} PillionAuthChallenge;

const char *pillion_auth_scheme_get_name (PillionAuthScheme scheme);

/* Parses WWW-Authenticate or Proxy-Authenticate: all fields of that name, joined by commas. Invalid parts are
 * skipped. The array owns its PillionAuthChallenges. */
GPtrArray  *pillion_auth_challenges_parse (const char *value);
