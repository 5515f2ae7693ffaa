/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-source.h"

/* The body that the form is sent as. If it can't be sent, the source says why. */
PillionSource *pillion_http_form_make_source (PillionHttpForm *self);
