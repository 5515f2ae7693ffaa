/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-jar.h"

/* What the I/O thread uses of it; it belongs to the object */
PillionJar *pillion_http_cookie_jar_get_jar (PillionHttpCookieJar *self);
