/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-credentials-stage.h"

#include <string.h>

#include "http/pillion-call.h"
#include "http/pillion-http-url.h"

typedef struct
{
  PillionStage parent;
  char *origin;        /* of the request before, or NULL */
  char *authorization; /* what it was sent with, or NULL */
} PillionCredentialsStage;

static PillionVerdict
credentials_request (PillionStage *stage,
                     PillionCall *call,
                     PillionFieldList *fields,
                     GError **error)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;
  char *authorization = pillion_http_uri_get_authorization (call->uri);

  /* Most servers redirect to whole URLs, also to their own: the user is the same there */
  if (authorization != NULL || g_strcmp0 (self->origin, call->origin) != 0)
    {
      g_free (self->authorization);
      self->authorization = authorization;
      g_free (self->origin);
      self->origin = g_strdup (call->origin);
    }

  if (self->authorization != NULL && pillion_field_list_get (fields, "Authorization") == NULL)
    pillion_field_list_append (fields, "Authorization", self->authorization);

  return PILLION_VERDICT_PASS;
}

static void
credentials_free (PillionStage *stage)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;

  g_free (self->origin);
  g_free (self->authorization);
  g_free (self);
}

PillionStage *
pillion_credentials_stage_new (void)
{
  static const PillionStageClass klass = {
    .request = credentials_request,
    .free = credentials_free,
  };
  PillionCredentialsStage *self = g_new0 (PillionCredentialsStage, 1);

  self->parent.klass = &klass;
  return &self->parent;
}
