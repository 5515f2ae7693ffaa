/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-fields-stage.h"

#include <string.h>

#include "http/pillion-call.h"

typedef struct
{
  PillionStage parent;
  GRefString *origin; /* which the first request went to */
} PillionFieldsStage;

/* Whether a field is for the first server only. Host names that server, and another one would take the
 * request for its own. */
static gboolean
is_for_home (const char *name)
{
  return g_ascii_strcasecmp (name, "Host") == 0 || g_ascii_strcasecmp (name, "Authorization") == 0 ||
         g_ascii_strcasecmp (name, "Cookie") == 0 || g_ascii_strcasecmp (name, "Proxy-Authorization") == 0;
}

/* A redirect may have removed the body that these fields describe */
static gboolean
describes_no_body (PillionCall *call,
                   const char *name)
{
  return call->body == NULL && call->request->body != NULL && g_ascii_strncasecmp (name, "Content-", strlen ("Content-")) == 0;
}

static PillionVerdict
fields_request (PillionStage *stage,
                PillionCall *call,
                PillionFieldList *fields,
                GError **error)
{
  PillionFieldsStage *self = (PillionFieldsStage *) stage;
  const PillionHttpConfig *config = &call->engine->config;
  const PillionFieldList *own = &call->request->fields;
  gboolean at_home;

  /* They may have been set after the call was made */
  if (!pillion_http_config_check_fields (config, error))
    return PILLION_VERDICT_FAIL;

  if (self->origin == NULL)
    self->origin = g_ref_string_acquire (call->origin);
  at_home = strcmp (self->origin, call->origin) == 0;

  for (guint i = 0; i < own->n; i += 2)
    if ((at_home || !is_for_home (own->strv[i])) && !describes_no_body (call, own->strv[i]))
      pillion_field_list_append (fields, own->strv[i], own->strv[i + 1]);

  for (guint i = 0; i < config->fields.n; i += 2)
    if ((at_home || !is_for_home (config->fields.strv[i])) && pillion_field_list_get (own, config->fields.strv[i]) == NULL)
      pillion_field_list_append (fields, config->fields.strv[i], config->fields.strv[i + 1]);

  if (config->user_agent != NULL && pillion_field_list_get (fields, "User-Agent") == NULL)
    pillion_field_list_append (fields, "User-Agent", config->user_agent);

  if (call->body != NULL && call->body->content_type != NULL && pillion_field_list_get (own, "Content-Type") == NULL)
    pillion_field_list_set (fields, "Content-Type", call->body->content_type);

  return PILLION_VERDICT_PASS;
}

static void
fields_clear (PillionStage *stage)
{
  PillionFieldsStage *self = (PillionFieldsStage *) stage;

  g_clear_pointer (&self->origin, g_ref_string_release);
}

void
pillion_fields_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .request = fields_request,
    .clear = fields_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionFieldsStage));
}
