/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-renewer.h"

typedef enum
{
  PILLION_CREDENTIALS_PASSWORD, /* a user and a password, sent when a server asks for them */
  PILLION_CREDENTIALS_BASIC,    /* the same, but sent with the Basic scheme before any server asks */
  PILLION_CREDENTIALS_BEARER,   /* a token, sent before any server asks */
  PILLION_CREDENTIALS_RENEWING, /* a function that gets such a token */
} PillionCredentialsKind;

/* Any thread may read them */
struct _PillionHttpCredentials
{
  GObject parent_instance;

  PillionCredentialsKind kind;
  char *user;     /* NULL for a token */
  char *password; /* likewise */
  char *token;    /* NULL for a user and a password */
  gint64 expires; /* of a token, in µs of the monotonic clock, or G_MAXINT64 */
  PillionRenewer *renewer; /* or NULL */
  GMutex lock; /* for the rest */
  GSList *renewals; /* a PillionAuthSpace of the token for each thread that clients' engines work on; each
                     * belongs to its thread alone */
  GDestroyNotify free_renewal;
};

/* Whether they can be sent with the Basic scheme */
gboolean pillion_http_credentials_fit_basic (PillionHttpCredentials *self);

/* The value to send without a challenge, or NULL if there is none. With the Basic scheme if @basic is TRUE. */
char    *pillion_http_credentials_authorize (PillionHttpCredentials *self,
                                             gboolean                basic);

/* Whether they can be sent at all; else PILLION_HTTP_ERROR_INVALID_REQUEST */
gboolean pillion_http_credentials_check     (PillionHttpCredentials *self,
                                             GError                **error);
