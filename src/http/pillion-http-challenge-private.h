/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-auth-challenge.h"

/* A copy of a challenge, for a handler */
PillionHttpChallenge *pillion_http_challenge_new (const PillionAuthChallenge *challenge,
                                                  const char                 *origin,
                                                  gboolean                    is_proxy,
                                                  guint                       n_refused);
