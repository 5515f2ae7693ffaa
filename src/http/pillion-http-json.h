/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

/* A parser that has read a JSON text (RFC 8259), or PILLION_HTTP_ERROR_INVALID_JSON; on any thread. What it holds is immutable, so that
 * it may cross threads. */
JsonParser *pillion_http_parse_json (GBytes  *bytes,
                                     GError **error);
