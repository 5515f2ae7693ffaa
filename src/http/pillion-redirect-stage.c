/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-redirect-stage.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-http-url.h"

typedef struct
{
  PillionStage parent;
  guint n_redirects;
} PillionRedirectStage;

/* Where a response redirects to. A URL may contain commas, so the fields can't be treated as a list. */
typedef struct
{
  const char *value; /* NULL if there is none, or only an empty one */
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

static gboolean
is_allowed (PillionCall *call,
            GUri *uri,
            GError **error)
{
  g_autoptr (GRefString) origin = pillion_http_uri_get_origin (uri);

  if (call->request->redirect_policy == PILLION_HTTP_REDIRECT_POLICY_SAME_ORIGIN && strcmp (origin, call->origin) != 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT,
                   _("the server redirects to another server, %s, but the request does not allow that"), origin);
      return FALSE;
    }

  if (!call->request->allow_downgrade && strcmp (g_uri_get_scheme (call->uri), "https") == 0 &&
      strcmp (g_uri_get_scheme (uri), "http") == 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT,
                   _("the server redirects from https to %s, but the request does not allow that"), origin);
      return FALSE;
    }

  return TRUE;
}

/* Nobody asked for this URL, so the error says where it comes from */
static gboolean
check_target (GUri *uri,
              const char *location,
              GError **error)
{
  g_autofree char *shown = NULL;

  if (pillion_http_check_uri (uri, error))
    return TRUE;

  shown = pillion_http_redact_url (location);
  g_prefix_error (error, _("the server redirects to '%s': "), shown);
  return FALSE;
}

/* As in the Fetch standard and browsers: RFC 9110 allows this for 301 and 302 (15.4.2, 15.4.3), and requires
 * it for 303 (15.4.4) */
static void
change_method (PillionCall *call,
               guint status)
{
  if (((status == 301 || status == 302) && strcmp (call->method, "POST") == 0) ||
      (status == 303 && strcmp (call->method, "HEAD") != 0))
    pillion_call_set_method (call, "GET", NULL);
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
  PillionHttpResponse *response;

  if (location.value == NULL || call->request->redirect_policy == PILLION_HTTP_REDIRECT_POLICY_MANUAL)
    return PILLION_VERDICT_PASS;

  if (call->request->redirect_policy == PILLION_HTTP_REDIRECT_POLICY_ERROR)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT,
                           _("the server redirects, but the request does not allow redirects"));
      return PILLION_VERDICT_FAIL;
    }

  if (++self->n_redirects > call->request->max_redirects)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT,
                   g_dngettext (GETTEXT_PACKAGE, "the server redirected more than %u time", "the server redirected more than %u times",
                                call->request->max_redirects), call->request->max_redirects);
      return PILLION_VERDICT_FAIL;
    }

  if (location.ambiguous)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server redirects to several URLs at once"));
      return PILLION_VERDICT_FAIL;
    }

  uri = pillion_http_resolve (call->uri, location.value, error);
  if (uri == NULL || !check_target (uri, location.value, error) || !is_allowed (call, uri, error))
    return PILLION_VERDICT_FAIL;

  response = pillion_call_make_response (call, head);
  change_method (call, head->status);
  if (!pillion_call_can_send_again (call, error) || !pillion_call_set_uri (call, uri, error))
    {
      g_object_unref (response);
      return PILLION_VERDICT_FAIL;
    }

  pillion_call_add_to_history (call, response);
  return PILLION_VERDICT_AGAIN;
}

void
pillion_redirect_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .head = redirect_head,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionRedirectStage));
}
