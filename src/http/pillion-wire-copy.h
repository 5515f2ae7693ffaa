/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"
#include "http/pillion-transport.h"

/* A copy of a request without a body, which can be sent later */
typedef struct
{
  PillionWireRequest request; /* without its fields */
  PillionFieldList fields;
  GRefString *origin;
  char *proxy_authorization;
} PillionWireCopy;

void pillion_wire_copy_init  (PillionWireCopy          *self,
                              const PillionWireRequest *request);
void pillion_wire_copy_clear (PillionWireCopy          *self);
