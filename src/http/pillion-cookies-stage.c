/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cookies-stage.h"

#include "http/pillion-call.h"
#include "http/pillion-soup-library.h"

typedef struct
{
  PillionStage parent;
  PillionCall *call;  /* while the fields of a head are looked at */
  SoupCookieJar *jar; /* NULL until there is a cookie */
} PillionCookiesStage;

static PillionVerdict
cookies_request (PillionStage *stage,
                 PillionCall *call,
                 PillionFieldList *fields,
                 GError **error)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;
  g_autofree char *cookies = self->jar != NULL ? pillion_soup.cookie_jar_get_cookies (self->jar, call->uri, TRUE) : NULL;
  const char *own = pillion_field_list_get (fields, "Cookie");

  if (cookies != NULL)
    {
      g_autofree char *both = own != NULL ? g_strconcat (own, "; ", cookies, NULL) : NULL;

      pillion_field_list_set (fields, "Cookie", both != NULL ? both : cookies);
    }

  return PILLION_VERDICT_PASS;
}

static void
take_cookie (const char *name,
             const char *value,
             gpointer data)
{
  PillionCookiesStage *self = data;
  SoupCookie *cookie;

  if (g_ascii_strcasecmp (name, "Set-Cookie") != 0)
    return;

  cookie = pillion_soup.cookie_parse (value, self->call->uri);
  if (cookie == NULL)
    return;

  if (self->jar == NULL)
    self->jar = pillion_soup.cookie_jar_new ();
  /* It refuses those of public suffixes, and what plain HTTP says of a cookie that only goes over TLS */
  pillion_soup.cookie_jar_add_cookie_full (self->jar, cookie, self->call->uri, NULL);
}

static PillionVerdict
cookies_head (PillionStage *stage,
              PillionCall *call,
              const PillionHead *head,
              GError **error)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;

  self->call = call;
  head->foreach_field (head, take_cookie, self);

  return PILLION_VERDICT_PASS;
}

static void
cookies_free (PillionStage *stage)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;

  g_clear_object (&self->jar);
  g_free (self);
}

PillionStage *
pillion_cookies_stage_new (void)
{
  static const PillionStageClass klass = {
    .request = cookies_request,
    .head = cookies_head,
    .free = cookies_free,
  };
  PillionCookiesStage *self = g_new0 (PillionCookiesStage, 1);

  self->parent.klass = &klass;
  return &self->parent;
}
