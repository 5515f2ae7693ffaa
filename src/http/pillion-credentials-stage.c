/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-credentials-stage.h"

#include <string.h>

#include "http/pillion-auth-space.h"
#include "http/pillion-call.h"
#include "http/pillion-http-credentials-private.h"

/* How often a call asks a handler, and how many requests it repeats altogether: a server may refuse forever */
#define MAX_ASKED 3
#define MAX_TRIES 10

/* Who asks for credentials, and where they are sent */
typedef struct
{
  guint status;
  const char *challenge;
  const char *authorization;
  gboolean is_proxy;
} Role;

static const Role server = { 401, "WWW-Authenticate", "Authorization", FALSE };
static const Role proxy = { 407, "Proxy-Authenticate", "Proxy-Authorization", TRUE };

typedef struct
{
  PillionStage parent;
  const Role *role;
  GRefString *home;              /* the server that the first request went to */
  GRefString *origin;            /* the one that these are for */
  PillionHttpCredentials *given; /* or NULL; not those of a handler */
  gboolean given_refused;
  gboolean renewed; /* because its token was refused */

  /* What the last request was sent with */
  gboolean foreign;         /* a field of the program's own */
  gboolean sent;            /* something of ours */
  PillionAuthScheme scheme; /* then: how */
  PillionAuthSpace *space;  /* and for which space; NULL if no server had asked */
  guint serial;             /* of the credentials, if a handler gave them */

  PillionAuthSpace *met;    /* whose challenge the call last received, or NULL */
  gboolean answers;         /* and the next request answers it */
  PillionAuthWaiter waiter;
  guint n_asked;
  guint n_tries;
} PillionCredentialsStage;

/* What a server asks for */
typedef struct
{
  GPtrArray *all;
  const PillionAuthChallenge *best; /* the best one that can be answered, or NULL */
  PillionDigestAuth *digest;            /* what answers it, or NULL */
} Offer;

static void
offer_clear (Offer *self)
{
  g_clear_pointer (&self->all, g_ptr_array_unref);
  g_clear_pointer (&self->digest, pillion_digest_auth_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Offer, offer_clear)

/* Whether a challenge can be answered with credentials. NULL stands for those that a handler may give. */
static gboolean
fits (PillionAuthScheme scheme,
      PillionHttpCredentials *credentials)
{
  switch (scheme)
    {
    case PILLION_AUTH_SCHEME_DIGEST:
      return credentials == NULL || (credentials->user != NULL && pillion_digest_auth_fits (credentials->user));
    case PILLION_AUTH_SCHEME_BASIC:
      return credentials == NULL || pillion_http_credentials_fit_basic (credentials);
    case PILLION_AUTH_SCHEME_BEARER:
      return credentials == NULL || credentials->token != NULL;
    default:
      return FALSE;
    }
}

static void
choose (Offer *self,
        PillionHttpCredentials *credentials)
{
  self->best = NULL;
  g_clear_pointer (&self->digest, pillion_digest_auth_free);

  for (guint i = 0; i < self->all->len; i++)
    {
      const PillionAuthChallenge *challenge = self->all->pdata[i];
      PillionDigestAuth *digest = NULL;

      if (!fits (challenge->scheme, credentials) || (self->best != NULL && challenge->scheme > self->best->scheme))
        continue;

      if (challenge->scheme == PILLION_AUTH_SCHEME_DIGEST)
        {
          digest = pillion_digest_auth_new (challenge);
          if (digest == NULL)
            continue;
          if (self->digest != NULL && pillion_digest_auth_get_rank (self->digest) >= pillion_digest_auth_get_rank (digest))
            {
              pillion_digest_auth_free (digest);
              continue;
            }
        }
      else if (self->best != NULL && challenge->scheme == self->best->scheme)
        continue;

      g_clear_pointer (&self->digest, pillion_digest_auth_free);
      self->digest = digest;
      self->best = challenge;
    }
}

/* Takes @origin */
static void
set_given (PillionCredentialsStage *self,
           GRefString *origin,
           PillionHttpCredentials *given)
{
  g_clear_pointer (&self->origin, g_ref_string_release);
  self->origin = origin;
  if (self->given != NULL)
    pillion_sync_unref (g_steal_pointer (&self->given));
  self->given = given != NULL ? g_object_ref (given) : NULL;
  self->given_refused = FALSE;
  self->waiter.declined = FALSE;
}

/* What the first server gets */
static PillionHttpCredentials *
find_own (PillionCall *call)
{
  const PillionHttpConfig *config = &call->engine->config;

  if (!call->request->use_credentials)
    return NULL;
  if (call->request->credentials != NULL)
    return call->request->credentials;
  if (config->credentials != NULL)
    return config->credentials;

  return config->netrc != NULL ? pillion_netrc_find (config->netrc, g_uri_get_host (call->uri)) : NULL;
}

/* The credentials to send with the request before any server asks: the URL's come first */
static void
find_given (PillionCredentialsStage *self,
            PillionCall *call)
{
  const char *user = g_uri_get_user (call->uri);
  const char *password = g_uri_get_password (call->uri);

  if (self->role->is_proxy)
    {
      if (g_strcmp0 (self->origin, call->proxy->origin) == 0)
        return;

      set_given (self, g_ref_string_new (call->proxy->origin), call->proxy->credentials);
      return;
    }

  if (self->home == NULL)
    self->home = g_ref_string_acquire (call->origin);
  /* Most servers redirect to absolute URLs, even on the same server: the user stays the same there */
  if (user == NULL && g_strcmp0 (self->origin, call->origin) == 0)
    return;

  if (user != NULL)
    {
      g_autoptr (PillionHttpCredentials) given = pillion_http_credentials_new_basic (user, password != NULL ? password : "");

      set_given (self, g_ref_string_acquire (call->origin), given);
    }
  else if (strcmp (self->home, call->origin) == 0)
    set_given (self, g_ref_string_acquire (call->origin), find_own (call));
  else
    set_given (self, g_ref_string_acquire (call->origin), NULL);
}

static PillionHttpCredentials *
get_given (PillionCredentialsStage *self)
{
  return self->given_refused ? NULL : self->given;
}

/* The request that gets a token can't wait for that token */
static gboolean
needs_no_token (PillionCredentialsStage *self,
                PillionCall *call)
{
  return self->waiter.declined || pillion_renewal_is_for (call->renewal, self->given);
}

static PillionVerdict
credentials_begin (PillionStage *stage,
                   PillionCall *call,
                   GError **error)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;

  /* Something else has resumed the call, which can wait in one place only */
  if (self->waiter.space != NULL)
    return PILLION_VERDICT_WAIT;

  if (self->waiter.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->waiter.error));
      return PILLION_VERDICT_FAIL;
    }

  if (self->role->is_proxy)
    return PILLION_VERDICT_PASS;

  find_given (self, call);
  if (get_given (self) != NULL && self->given->kind == PILLION_CREDENTIALS_RENEWING && !needs_no_token (self, call))
    {
      PillionAuthSpace *renewal = pillion_auth_space_of_renewal (call->engine, self->given);

      if (renewal->credentials == NULL || renewal->credentials->expires <= g_get_monotonic_time ())
        {
          if (self->n_tries++ >= MAX_TRIES)
            return PILLION_VERDICT_PASS;
          pillion_auth_space_renew (renewal, &self->waiter, call, self->given);
          return PILLION_VERDICT_WAIT;
        }
    }

  return PILLION_VERDICT_PASS;
}

static gboolean
goes_through_tunnel (PillionCall *call)
{
  return pillion_proxy_tunnels (call->proxy, call->uri, call->sink->klass->web_socket);
}

/* The request's own field overrides credentials, and the request's own credentials override a field of the
 * client */
static gboolean
has_own_field (PillionCredentialsStage *self,
               PillionCall *call,
               PillionFieldList *fields)
{
  const char *own = pillion_field_list_get (fields, self->role->authorization);

  if (own == NULL)
    return FALSE;

  if (!self->role->is_proxy)
    return call->request->credentials == NULL || pillion_field_list_get (&call->request->fields, self->role->authorization) != NULL;

  /* In a tunnel, the field would reach the server */
  if (goes_through_tunnel (call))
    {
      call->proxy_authorization = g_strdup (own);
      pillion_field_list_remove (fields, self->role->authorization);
    }
  return TRUE;
}

/* The name that the spaces of this server or proxy have */
static const char *
get_origin (PillionCredentialsStage *self,
            PillionCall *call)
{
  return self->role->is_proxy ? call->proxy->space : call->origin;
}

static const char *
get_path (PillionCredentialsStage *self,
          PillionCall *call)
{
  const char *path = self->role->is_proxy ? "/" : g_uri_get_path (call->uri);

  return path[0] != '\0' ? path : "/";
}

static char *
authorize (PillionCredentialsStage *self,
           PillionCall *call,
           PillionHttpCredentials *credentials)
{
  const char *query = g_uri_get_query (call->uri);
  g_autofree char *target = NULL;

  if (!self->role->is_proxy)
    {
      target = query != NULL ? g_strconcat (get_path (self, call), "?", query, NULL) : g_strdup (get_path (self, call));
      return pillion_auth_space_authorize (self->space, credentials, call->method, target);
    }

  target = pillion_proxy_make_target (call->proxy, call->uri, call->sink->klass->web_socket);
  return pillion_auth_space_authorize (self->space, credentials, goes_through_tunnel (call) ? "CONNECT" : call->method, target);
}

/* A redirect may lead to a place that needs no such proxy */
static gboolean
is_concerned (PillionCredentialsStage *self,
              PillionCall *call)
{
  return !self->role->is_proxy || (call->proxy != NULL && pillion_proxy_is_http (call->proxy));
}

static void
set_space (PillionAuthSpace **place,
           PillionAuthSpace *space)
{
  if (space != NULL)
    pillion_auth_space_ref (space);
  g_clear_pointer (place, pillion_auth_space_unref);
  *place = space;
}

static PillionAuthScheme
get_scheme (PillionAuthSpace *space,
            PillionHttpCredentials *credentials)
{
  if (credentials->token != NULL)
    return PILLION_AUTH_SCHEME_BEARER;

  return space != NULL ? space->scheme : PILLION_AUTH_SCHEME_BASIC;
}

/* Whether credentials other than the request's own may be used */
static gboolean
may_ask (PillionCredentialsStage *self,
         PillionCall *call)
{
  return self->role->is_proxy || call->request->use_credentials;
}

static PillionVerdict
credentials_request (PillionStage *stage,
                     PillionCall *call,
                     PillionFieldList *fields,
                     GError **error)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;
  PillionHttpCredentials *credentials;
  g_autofree char *value = NULL;

  if (self->role->is_proxy)
    {
      g_clear_pointer (&call->proxy_authorization, g_free);
      if (!is_concerned (self, call))
        return PILLION_VERDICT_PASS;
    }

  set_space (&self->space,
             self->answers ? self->met : pillion_auth_space_find (call->engine, get_origin (self, call), get_path (self, call)));
  self->answers = FALSE;
  self->sent = FALSE;
  self->foreign = has_own_field (self, call, fields);
  if (self->foreign)
    return PILLION_VERDICT_PASS;

  find_given (self, call);
  credentials = get_given (self);
  if (credentials == NULL && !may_ask (self, call))
    return PILLION_VERDICT_PASS;
  if (credentials == NULL && self->space != NULL)
    {
      credentials = self->space->credentials;
      self->serial = self->space->serial;
    }
  else if (credentials != NULL && credentials->kind == PILLION_CREDENTIALS_RENEWING)
    {
      PillionAuthSpace *renewal = pillion_auth_space_of_renewal (call->engine, credentials);

      credentials = renewal->credentials;
      self->serial = renewal->serial;
    }
  if (credentials == NULL)
    return PILLION_VERDICT_PASS;
  if (!pillion_http_credentials_check (credentials, error))
    return PILLION_VERDICT_FAIL;

  if (self->space != NULL || credentials->kind != PILLION_CREDENTIALS_PASSWORD)
    {
      value = authorize (self, call, credentials);
      self->scheme = get_scheme (self->space, credentials);
      /* Credentials that can't be sent count as refused */
      self->sent = TRUE;
    }

  if (value != NULL && self->role->is_proxy && goes_through_tunnel (call))
    call->proxy_authorization = g_steal_pointer (&value);
  else if (value != NULL)
    pillion_field_list_set (fields, self->role->authorization, value);

  return PILLION_VERDICT_PASS;
}

/* Whether the right kind of answer was sent, so that the credentials must be wrong */
static gboolean
is_refused (PillionCredentialsStage *self,
            PillionAuthSpace *space,
            const PillionAuthChallenge *challenge)
{
  const char *stale = pillion_field_list_get (&challenge->parameters, "stale");

  if (!self->sent || self->scheme != challenge->scheme || (self->space != NULL && self->space != space))
    return FALSE;

  /* A restarted server may not know the nonce that we remember */
  return self->scheme != PILLION_AUTH_SCHEME_DIGEST || (self->met == space && (stale == NULL || g_ascii_strcasecmp (stale, "true") != 0));
}

/* Sends the request again, with what is known now */
static PillionVerdict
try_again (PillionCredentialsStage *self,
           PillionCall *call,
           GError **error)
{
  if (self->n_tries++ >= MAX_TRIES)
    return PILLION_VERDICT_PASS;

  return pillion_call_can_send_again (call, error) ? PILLION_VERDICT_AGAIN : PILLION_VERDICT_FAIL;
}

static PillionVerdict
ask (PillionCredentialsStage *self,
     PillionCall *call,
     PillionAuthSpace *space,
     const PillionAuthChallenge *challenge,
     GError **error)
{
  if (!call->can_ask || call->task == NULL || self->waiter.declined || self->n_asked >= MAX_ASKED)
    return PILLION_VERDICT_PASS;
  if (!pillion_call_can_send_again (call, error))
    return PILLION_VERDICT_FAIL;

  self->n_asked++;
  pillion_auth_space_ask (space, &self->waiter, call, challenge, self->role->is_proxy ? call->proxy->origin : call->origin,
                          self->role->is_proxy);
  return PILLION_VERDICT_WAIT;
}

static PillionVerdict
answer (PillionCredentialsStage *self,
        PillionCall *call,
        const char *challenges,
        GError **error)
{
  g_auto (Offer) offer = { pillion_auth_challenges_parse (challenges) };
  PillionHttpCredentials *given = get_given (self);
  const char *realm;
  PillionAuthSpace *space;
  gboolean refused;

  choose (&offer, given);
  if (offer.best == NULL && given != NULL)
    {
      self->given_refused = TRUE;
      given = NULL;
      choose (&offer, NULL);
    }
  if (offer.best == NULL)
    return PILLION_VERDICT_PASS;

  realm = pillion_field_list_get (&offer.best->parameters, "realm");
  space = pillion_auth_space_ensure (call->engine, get_origin (self, call), realm != NULL ? realm : "");
  refused = is_refused (self, space, offer.best);
  pillion_auth_space_meet (space, offer.best->scheme, g_steal_pointer (&offer.digest), get_path (self, call));
  set_space (&self->met, space);
  self->answers = TRUE;

  if (given != NULL && !refused)
    return try_again (self, call, error);
  if (given != NULL)
    self->given_refused = TRUE;
  else if (refused)
    pillion_auth_space_refuse (space, self->serial);

  /* Another call may have got other credentials in the meantime */
  if (space->credentials != NULL)
    return try_again (self, call, error);

  return ask (self, call, space, offer.best, error);
}

/* Servers don't always say what they accept */
static PillionVerdict
renew (PillionCredentialsStage *self,
       PillionCall *call,
       GError **error)
{
  PillionAuthSpace *renewal = pillion_auth_space_of_renewal (call->engine, self->given);

  /* Another call may have renewed it already */
  if (self->serial == renewal->serial)
    {
      if (self->renewed)
        return PILLION_VERDICT_PASS;
      self->renewed = TRUE;
      pillion_auth_space_refuse (renewal, self->serial);
    }

  return try_again (self, call, error);
}

static PillionVerdict
credentials_head (PillionStage *stage,
                  PillionCall *call,
                  const PillionHead *head,
                  GError **error)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;
  const char *challenges;

  if (!is_concerned (self, call))
    return PILLION_VERDICT_PASS;

  if (head->status != self->role->status)
    {
      /* Either may have answered before the other was asked */
      if (head->status != server.status && head->status != proxy.status && self->sent && self->space != NULL)
        self->space->n_refused = 0;
      return PILLION_VERDICT_PASS;
    }

  if (!self->foreign && self->sent && get_given (self) != NULL && self->given->kind == PILLION_CREDENTIALS_RENEWING)
    return renew (self, call, error);

  challenges = self->foreign || (get_given (self) == NULL && !may_ask (self, call)) ? NULL : head->get_field (head, self->role->challenge);
  return challenges != NULL ? answer (self, call, challenges, error) : PILLION_VERDICT_PASS;
}

static void
credentials_clear (PillionStage *stage)
{
  PillionCredentialsStage *self = (PillionCredentialsStage *) stage;

  pillion_auth_waiter_clear (&self->waiter);
  set_space (&self->space, NULL);
  set_space (&self->met, NULL);
  if (self->given != NULL)
    pillion_sync_unref (self->given);
  g_clear_pointer (&self->home, g_ref_string_release);
  g_clear_pointer (&self->origin, g_ref_string_release);
}

static void
add_stage (PillionStages *stages,
           const Role *role)
{
  static const PillionStageClass klass = {
    .begin = credentials_begin,
    .request = credentials_request,
    .head = credentials_head,
    .clear = credentials_clear,
  };
  PillionCredentialsStage *self = pillion_stages_add (stages, &klass, sizeof (PillionCredentialsStage));

  self->role = role;
}

void
pillion_credentials_stage_add (PillionStages *stages)
{
  add_stage (stages, &server);
}

void
pillion_credentials_stage_add_for_proxy (PillionStages *stages)
{
  add_stage (stages, &proxy);
}
