/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

/* The root of a JSON text (RFC 8259), or PILLION_ERROR_INVALID_JSON; on any thread. The node is immutable, so that it may
 * cross threads. */
JsonNode *pillion_http_parse_json (GBytes  *bytes,
                                   GError **error);
