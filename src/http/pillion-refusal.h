/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* A response that is only useful for an error, while its body is received. It belongs to the I/O thread. */
typedef struct _PillionRefusal PillionRefusal;

typedef void (*PillionRefusalFunc) (gpointer data);

/* Takes the response, which has no body yet. @late is called when the body takes too long: the caller then
 * ends the refusal. */
PillionRefusal *pillion_refusal_new  (PillionHttpResponse   *response,
                                      PillionRefusalFunc     late,
                                      gpointer               data);

/* Returns FALSE when there is enough: the caller then ends the refusal */
gboolean        pillion_refusal_add  (PillionRefusal        *self,
                                      const guint8          *bytes,
                                      gsize                  length);

/* Turns it into the error, and frees it */
GError         *pillion_refusal_end  (PillionRefusal        *self,
                                      gboolean               whole);
void            pillion_refusal_free (PillionRefusal        *self);
