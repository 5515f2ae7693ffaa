/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cookies-stage.h"

#include "http/pillion-call.h"
#include "http/pillion-jar.h"

typedef struct
{
  PillionStage parent;
  PillionCall *call; /* while the fields of a head are looked at */
  PillionJar *jar;   /* NULL until there is a cookie */
} PillionCookiesStage;

/* What a worker does */
typedef struct
{
  PillionCall *call; /* a reference */
  PillionJar *jar;   /* likewise */
  GError *error;
} Job;

static void
loaded_on_thread (gpointer data)
{
  Job *self = data;

  if (self->error != NULL)
    pillion_call_fail (self->call, self->error);
  else
    pillion_call_resume (self->call);

  pillion_jar_unref (self->jar);
  pillion_call_unref (self->call);
  g_free (self);
}

static void
load_on_worker (gpointer data)
{
  Job *self = data;

  pillion_jar_load (self->jar, &self->error);
  pillion_http_engine_post (self->call->engine, loaded_on_thread, self);
}

static PillionVerdict
cookies_begin (PillionStage *stage,
               PillionCall *call,
               GError **error)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;
  Job *job;

  if (self->jar == NULL && call->engine->config.jar != NULL)
    self->jar = pillion_jar_ref (call->engine->config.jar);
  if (self->jar == NULL || pillion_jar_is_loaded (self->jar))
    return PILLION_VERDICT_PASS;

  job = g_new0 (Job, 1);
  job->call = pillion_call_ref (call);
  job->jar = pillion_jar_ref (self->jar);
  pillion_http_engine_use_disk (call->engine, load_on_worker, job);
  return PILLION_VERDICT_WAIT;
}

static PillionVerdict
cookies_request (PillionStage *stage,
                 PillionCall *call,
                 PillionFieldList *fields,
                 GError **error)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;
  g_autofree char *cookies = self->jar != NULL ? pillion_jar_get_header (self->jar, call->uri) : NULL;
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

  if (g_ascii_strcasecmp (name, "Set-Cookie") != 0)
    return;

  if (self->jar == NULL)
    self->jar = pillion_jar_new (NULL);
  pillion_jar_take (self->jar, value, self->call->uri);
}

static PillionVerdict
cookies_head (PillionStage *stage,
              PillionCall *call,
              const PillionHead *head,
              GError **error)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;

  self->call = call;
  /* Cookies that were stored with a response were set when it arrived, and may have changed since */
  if (head->stored || head->continued)
    head = head->validation;
  if (head != NULL)
    head->foreach_field (head, take_cookie, self);

  return PILLION_VERDICT_PASS;
}

static void
cookies_clear (PillionStage *stage)
{
  PillionCookiesStage *self = (PillionCookiesStage *) stage;

  g_clear_pointer (&self->jar, pillion_jar_unref);
}

void
pillion_cookies_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = cookies_begin,
    .request = cookies_request,
    .head = cookies_head,
    .clear = cookies_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionCookiesStage));
}
