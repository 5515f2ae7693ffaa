/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-redirect-stage.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-http-url.h"

/* As many as libsoup follows */
#define MAX_REDIRECTS 20

typedef struct
{
  PillionStage parent;
  guint n_redirects;
} PillionRedirectStage;

/* Where an answer leads to. A URL may have commas in it, so the fields can't be looked at as a list. */
typedef struct
{
  const char *value; /* NULL if there is none, or an empty one */
  gboolean ambiguous;
} Location;

static void
read_location (const char *name,
               const char *value,
               gpointer data)
{
  Location *self = data;

  if (g_ascii_strcasecmp (name, "Location") != 0 || value[strspn (value, " \t")] == '\0')
    return;

  if (self->value != NULL && strcmp (self->value, value) != 0)
    self->ambiguous = TRUE;
  self->value = value;
}

static Location
get_location (const PillionHead *head)
{
  Location location = { NULL };

  switch (head->status)
    {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      head->foreach_field (head, read_location, &location);
      break;
    default:
      break;
    }

  return location;
}

static PillionVerdict
redirect_head (PillionStage *stage,
               PillionCall *call,
               const PillionHead *head,
               GError **error)
{
  PillionRedirectStage *self = (PillionRedirectStage *) stage;
  Location location = get_location (head);
  g_autoptr (GUri) uri = NULL;

  if (location.value == NULL)
    return PILLION_VERDICT_PASS;

  if (++self->n_redirects > MAX_REDIRECTS)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("the server redirected more than %d times"), MAX_REDIRECTS);
      return PILLION_VERDICT_FAIL;
    }

  if (location.ambiguous)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server redirects to several URLs at once"));
      return PILLION_VERDICT_FAIL;
    }

  uri = pillion_http_resolve (call->uri, location.value, error);
  if (uri == NULL || !pillion_call_set_uri (call, uri, error))
    return PILLION_VERDICT_FAIL;

  return PILLION_VERDICT_AGAIN;
}

static void
redirect_free (PillionStage *stage)
{
  g_free (stage);
}

PillionStage *
pillion_redirect_stage_new (void)
{
  static const PillionStageClass klass = {
    .head = redirect_head,
    .free = redirect_free,
  };
  PillionRedirectStage *self = g_new0 (PillionRedirectStage, 1);

  self->parent.klass = &klass;
  return &self->parent;
}
