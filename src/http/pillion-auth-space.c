/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-auth-space.h"

#include <string.h>

#include "http/pillion-call.h"
#include "http/pillion-http-challenge-private.h"
#include "http/pillion-http-credentials-private.h"

/* A server may make up any number of realms */
#define MAX_REALMS 16

/* All spaces of a client */
struct _PillionAuthSpaces
{
  GHashTable *origins; /* origin → GPtrArray of its spaces, in the order in which they last asked */
};

PillionAuthSpace *
pillion_auth_space_ref (PillionAuthSpace *self)
{
  self->n_references++;
  return self;
}

void
pillion_auth_space_unref (PillionAuthSpace *self)
{
  if (--self->n_references > 0)
    return;

  g_assert (self->question == NULL);
  g_free (self->realm);
  g_free (self->prefix);
  g_clear_pointer (&self->digest, pillion_digest_auth_free);
  if (self->credentials != NULL)
    pillion_sync_unref (self->credentials);
  g_free (self);
}

/* The common beginning of two paths, up to a slash */
static char *
get_common_prefix (const char *a,
                   const char *b)
{
  gsize length = 0;

  for (gsize i = 0; a[i] != '\0' && a[i] == b[i]; i++)
    if (a[i] == '/')
      length = i + 1;

  return length > 0 ? g_strndup (a, length) : g_strdup ("/");
}

void
pillion_auth_space_meet (PillionAuthSpace *self,
                         PillionAuthScheme scheme,
                         PillionDigestAuth *digest,
                         const char *path)
{
  char *prefix;

  /* Basic reaches everything below the path's folder (RFC 7617, section 2.2), the others the whole server */
  if (scheme != PILLION_AUTH_SCHEME_BASIC)
    path = "/";
  prefix = get_common_prefix (path, self->prefix != NULL ? self->prefix : path);
  g_free (self->prefix);
  self->prefix = prefix;

  self->scheme = scheme;
  g_clear_pointer (&self->digest, pillion_digest_auth_free);
  self->digest = digest;
}

char *
pillion_auth_space_authorize (PillionAuthSpace *self,
                              PillionHttpCredentials *credentials,
                              const char *method,
                              const char *target)
{
  if (self != NULL && self->digest != NULL && credentials->user != NULL)
    return pillion_digest_auth_fits (credentials->user)
             ? pillion_digest_auth_authorize (self->digest, credentials->user, credentials->password, method, target) : NULL;

  return pillion_http_credentials_authorize (credentials, self != NULL && self->scheme == PILLION_AUTH_SCHEME_BASIC);
}

void
pillion_auth_space_refuse (PillionAuthSpace *self,
                           guint serial)
{
  if (self->serial != serial || self->credentials == NULL)
    return;

  pillion_sync_unref (g_steal_pointer (&self->credentials));
  self->serial++;
  self->n_refused++;
}

static void
on_answer (gpointer data,
           PillionHttpCredentials *credentials,
           const GError *error)
{
  PillionAuthSpace *self = data;
  GList *link;

  self->question = NULL;
  if (credentials != NULL)
    {
      g_assert (self->credentials == NULL);
      self->credentials = g_object_ref (credentials);
      self->serial++;
    }

  while ((link = g_queue_pop_head_link (&self->waiting)) != NULL)
    {
      PillionAuthWaiter *waiter = link->data;

      waiter->space = NULL;
      waiter->declined = credentials == NULL;
      waiter->error = error != NULL ? g_error_copy (error) : NULL;
      pillion_call_resume (waiter->call);
      pillion_auth_space_unref (self);
    }
}

/* It waits no more. A question goes on only for calls that wait: without them, nothing would keep the space alive until the answer. */
static void
leave (PillionAuthWaiter *waiter)
{
  PillionAuthSpace *self = g_steal_pointer (&waiter->space);

  g_queue_unlink (&self->waiting, &waiter->link);
  if (self->waiting.length == 0)
    g_clear_pointer (&self->question, pillion_question_drop);
  pillion_auth_space_unref (self);
}

static void
on_circle (gpointer data,
           PillionCall *call)
{
  PillionAuthSpace *self = data;

  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    {
      PillionAuthWaiter *waiter = link->data;

      if (waiter->call == call)
        {
          waiter->declined = TRUE;
          pillion_call_resume (call);
          leave (waiter);
          return;
        }
    }
}

static void
space_unref (gpointer space)
{
  pillion_auth_space_unref (space);
}

/* Returns whether a handler is being asked already */
static gboolean
wait_for_answer (PillionAuthSpace *self,
                 PillionAuthWaiter *waiter,
                 PillionCall *call)
{
  waiter->space = pillion_auth_space_ref (self);
  waiter->call = call;
  waiter->link.data = waiter;
  g_queue_push_tail_link (&self->waiting, &waiter->link);
  if (self->question != NULL)
    pillion_question_join (self->question, call);

  return self->question != NULL;
}

PillionAuthSpace *
pillion_auth_space_of_renewal (PillionHttpEngine *engine,
                               PillionHttpCredentials *renewing)
{
  const gpointer place = pillion_http_engine_is_outside (engine) ? NULL : engine;
  PillionAuthSpace *space = NULL;

  pillion_mutex_lock (&renewing->lock);
  for (GSList *link = renewing->renewals; link != NULL && space == NULL; link = link->next)
    if (((PillionAuthSpace *) link->data)->place == place)
      space = link->data;
  if (space == NULL)
    {
      space = g_new0 (PillionAuthSpace, 1);
      space->n_references = 1;
      space->scheme = PILLION_AUTH_SCHEME_BEARER;
      space->place = place;
      renewing->renewals = g_slist_prepend (renewing->renewals, space);
      renewing->free_renewal = space_unref;
    }
  pillion_mutex_unlock (&renewing->lock);

  return space;
}

void
pillion_auth_space_renew (PillionAuthSpace *self,
                          PillionAuthWaiter *waiter,
                          PillionCall *call,
                          PillionHttpCredentials *renewing)
{
  pillion_auth_space_refuse (self, self->serial);
  if (wait_for_answer (self, waiter, call))
    return;

  self->question = pillion_question_new (call->engine, pillion_renewer_get_handle (renewing->renewer), NULL,
                                         pillion_renewal_new (renewing, call->renewal), call, on_answer, on_circle, self);
}

void
pillion_auth_space_ask (PillionAuthSpace *self,
                        PillionAuthWaiter *waiter,
                        PillionCall *call,
                        const PillionAuthChallenge *challenge,
                        const char *origin,
                        gboolean is_proxy)
{
  if (wait_for_answer (self, waiter, call))
    return;

  self->question = pillion_question_new (call->engine, pillion_private_loop_get_handle (pillion_task_get_loop (call->task)),
                                         pillion_http_challenge_new (challenge, origin, is_proxy, self->n_refused), NULL, call,
                                         on_answer, on_circle, self);
}

void
pillion_auth_waiter_clear (PillionAuthWaiter *self)
{
  g_clear_error (&self->error);
  if (self->space != NULL)
    leave (self);
}

static void
spaces_of_origin_free (gpointer spaces)
{
  g_ptr_array_unref (spaces);
}

static void
spaces_free (PillionAuthSpaces *self)
{
  g_hash_table_unref (self->origins);
  g_free (self);
}

PillionAuthSpace *
pillion_auth_space_find (PillionHttpEngine *engine,
                         const char *origin,
                         const char *path)
{
  GPtrArray *spaces = engine->auth_spaces != NULL ? g_hash_table_lookup (engine->auth_spaces->origins, origin) : NULL;
  PillionAuthSpace *best = NULL;

  for (guint i = 0; spaces != NULL && i < spaces->len; i++)
    {
      PillionAuthSpace *space = spaces->pdata[i];

      if (space->prefix != NULL && g_str_has_prefix (path, space->prefix) && (best == NULL || strlen (space->prefix) >= strlen (best->prefix)))
        best = space;
    }

  return best;
}

PillionAuthSpace *
pillion_auth_space_ensure (PillionHttpEngine *engine,
                           const char *origin,
                           const char *realm)
{
  GHashTable *origins;
  GPtrArray *spaces;
  PillionAuthSpace *space;

  if (engine->auth_spaces == NULL)
    {
      engine->auth_spaces = g_new0 (PillionAuthSpaces, 1);
      engine->auth_spaces->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, spaces_of_origin_free);
      engine->free_auth_spaces = spaces_free;
    }

  origins = engine->auth_spaces->origins;
  spaces = g_hash_table_lookup (origins, origin);
  if (spaces == NULL)
    {
      spaces = g_ptr_array_new_with_free_func (space_unref);
      g_hash_table_insert (origins, g_strdup (origin), spaces);
    }

  for (guint i = 0; i < spaces->len; i++)
    {
      space = spaces->pdata[i];
      if (strcmp (space->realm, realm) == 0)
        {
          g_ptr_array_add (spaces, g_ptr_array_steal_index (spaces, i));
          return space;
        }
    }

  if (spaces->len >= MAX_REALMS)
    g_ptr_array_remove_index (spaces, 0);

  space = g_new0 (PillionAuthSpace, 1);
  space->n_references = 1;
  space->realm = g_strdup (realm);
  space->scheme = PILLION_AUTH_SCHEME_OTHER;
  g_ptr_array_add (spaces, space);

  return space;
}
