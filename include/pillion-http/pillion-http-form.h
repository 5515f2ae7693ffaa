/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_FORM (pillion_http_form_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpForm, pillion_http_form, PILLION_HTTP, FORM, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpForm *pillion_http_form_new       (void);
PILLION_HTTP_AVAILABLE_IN_1_0
void             pillion_http_form_add_field (PillionHttpForm *self,
                                              const char      *name,
                                              const char      *value);
PILLION_HTTP_AVAILABLE_IN_1_0
void             pillion_http_form_add_bytes (PillionHttpForm *self,
                                              const char      *name,
                                              GBytes          *bytes,
                                              const char      *file_name,
                                              const char      *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void             pillion_http_form_add_file  (PillionHttpForm *self,
                                              const char      *name,
                                              GFile           *file,
                                              const char      *file_name,
                                              const char      *content_type);

G_END_DECLS
