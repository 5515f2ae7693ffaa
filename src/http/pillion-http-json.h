/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

/* Parses a JSON text (RFC 8259), or sets PILLION_HTTP_ERROR_INVALID_JSON; on any thread. The result is
 * immutable, so that it can be passed between threads. */
JsonParser *pillion_http_parse_json (GBytes  *bytes,
                                     GError **error);
