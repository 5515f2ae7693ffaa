/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy-finder.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"

/* How long what a resolver says holds, in µs, and for how many servers at most. The failure of one is for those that wait for it. */
#define KEEP_USEC (60 * G_USEC_PER_SEC)
#define KEEP_FAILED_USEC G_USEC_PER_SEC
#define MAX_SERVERS 256

typedef struct _Answer Answer;

/* A question to a resolver, which may answer late, or never */
typedef struct
{
  Answer *answer; /* NULL once nobody waits */
  GCancellable *cancellable;
} Question;

/* What a resolver says of a server */
struct _Answer
{
  PillionHttpEngine *engine; /* no reference: the calls that wait have one */
  Question *question;        /* while there is no answer, else NULL */
  PillionDeadline deadline;  /* likewise */
  gint64 late;               /* when that is over, in µs */
  GPtrArray *waiting;        /* calls that wait for it */
  char *url;                 /* the answer, or NULL for none */
  GError *error;             /* or why there is no answer */
  gint64 expires;
};

struct _PillionProxies
{
  GHashTable *proxies; /* URL → PillionProxy */
  GHashTable *answers; /* origin → Answer */
  GProxyResolver *resolver; /* that was asked last, or NULL */
  GProxyResolver *system;   /* GIO's, or NULL if that knows none */
  gboolean has_looked;      /* for that one */
};

static void
answer_free (gpointer data)
{
  Answer *self = data;

  g_assert (self->question == NULL);
  g_ptr_array_unref (self->waiting);
  g_free (self->url);
  g_clear_error (&self->error);
  g_free (self);
}

static void
proxy_unref (gpointer proxy)
{
  pillion_proxy_unref (proxy);
}

static void
call_unref (gpointer call)
{
  pillion_call_unref (call);
}

static void
proxies_free (PillionProxies *self)
{
  g_hash_table_unref (self->proxies);
  g_hash_table_unref (self->answers);
  g_clear_object (&self->resolver);
  g_clear_object (&self->system);
  g_free (self);
}

static PillionProxies *
get_proxies (PillionHttpEngine *engine)
{
  if (engine->proxies == NULL)
    {
      engine->proxies = g_new0 (PillionProxies, 1);
      engine->proxies->proxies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, proxy_unref);
      engine->proxies->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, answer_free);
      engine->free_proxies = proxies_free;
    }

  return engine->proxies;
}

/* GIO's resolver, unless it is the one that knows of no proxy at all */
static GProxyResolver *
get_system_resolver (PillionProxies *self)
{
  if (!self->has_looked)
    {
      GProxyResolver *resolver = g_proxy_resolver_get_default ();

      self->has_looked = TRUE;
      if (g_proxy_resolver_is_supported (resolver) && strcmp (G_OBJECT_TYPE_NAME (resolver), "GDummyProxyResolver") != 0)
        self->system = g_object_ref (resolver);
    }

  return self->system;
}

static PillionVerdict
take_url (PillionProxies *self,
          const char *url,
          PillionProxy **proxy,
          GError **error)
{
  PillionProxy *known;

  *proxy = NULL;
  if (url == NULL || pillion_proxy_is_direct (url))
    return PILLION_VERDICT_PASS;

  known = g_hash_table_lookup (self->proxies, url);
  if (known == NULL)
    {
      known = pillion_proxy_new (url, error);
      if (known == NULL)
        return PILLION_VERDICT_FAIL;
      g_hash_table_insert (self->proxies, g_strdup (url), known);
    }

  *proxy = pillion_proxy_ref (known);
  return PILLION_VERDICT_PASS;
}

/* Takes @error */
static void
end_waiting (Answer *self,
             GError *error)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func (call_unref);
  pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  self->question->answer = NULL;
  self->question = NULL;
  if (error != NULL)
    self->error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("which proxy to use could not be found out: %s"),
                               error->message);
  g_clear_error (&error);
  self->expires = g_get_monotonic_time () + (self->error != NULL ? KEEP_FAILED_USEC : KEEP_USEC);

  for (guint i = 0; i < waiting->len; i++)
    pillion_call_resume (waiting->pdata[i]);
}

static void
on_answer (GObject *resolver,
           GAsyncResult *result,
           gpointer data)
{
  Question *question = data;
  Answer *self = question->answer;
  GError *error = NULL;
  g_auto (GStrv) urls = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (resolver), result, &error);

  if (self != NULL)
    {
      if (urls != NULL)
        self->url = g_strdup (urls[0]);
      end_waiting (self, g_steal_pointer (&error));
    }

  g_clear_error (&error);
  g_object_unref (question->cancellable);
  g_free (question);
}

static gint64
on_late (gpointer data,
         gint64 now)
{
  Answer *self = data;
  g_autoptr (GCancellable) cancellable = NULL;

  /* All deadlines look again when the client gets other settings */
  if (now < self->late)
    return self->late;

  cancellable = g_object_ref (self->question->cancellable);
  end_waiting (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _("it took too long")));
  g_cancellable_cancel (cancellable);
  return PILLION_DEADLINE_NEVER;
}

static gboolean
is_old (gpointer origin,
        gpointer data,
        gpointer now)
{
  Answer *answer = data;

  return answer->question == NULL && (now == NULL || answer->expires <= *(gint64 *) now);
}

static Answer *
ask (PillionCall *call,
     GProxyResolver *resolver,
     Answer *answer)
{
  PillionHttpEngine *engine = call->engine;
  GTimeSpan timeout = pillion_call_get_timeout (engine->config.connect_timeout, 0);
  g_autofree char *url = g_strconcat (g_uri_get_scheme (call->uri), "://", g_uri_get_host (call->uri), "/", NULL);

  if (answer == NULL)
    {
      answer = g_new0 (Answer, 1);
      answer->waiting = g_ptr_array_new_with_free_func (call_unref);
      g_hash_table_insert (engine->proxies->answers, g_strdup (call->origin), answer);
    }
  g_clear_pointer (&answer->url, g_free);
  g_clear_error (&answer->error);
  answer->engine = engine;
  answer->question = g_new0 (Question, 1);
  answer->question->answer = answer;
  answer->question->cancellable = g_cancellable_new ();
  if (timeout != PILLION_DEADLINE_NEVER)
    {
      answer->late = g_get_monotonic_time () + timeout;
      pillion_deadlines_set (engine->deadlines, &answer->deadline, answer->late, on_late, answer);
    }
  g_proxy_resolver_lookup_async (resolver, url, answer->question->cancellable, on_answer, answer->question);

  return answer;
}

static PillionVerdict
find_with_resolver (PillionCall *call,
                    GProxyResolver *resolver,
                    PillionProxy **proxy,
                    GError **error)
{
  PillionProxies *self = call->engine->proxies;
  gint64 now = g_get_monotonic_time ();
  Answer *answer;

  if (g_set_object (&self->resolver, resolver))
    g_hash_table_foreach_remove (self->answers, is_old, NULL);
  else if (g_hash_table_size (self->answers) > MAX_SERVERS)
    g_hash_table_foreach_remove (self->answers, is_old, &now);

  answer = g_hash_table_lookup (self->answers, call->origin);
  if (answer != NULL && answer->question == NULL && answer->expires > now)
    {
      if (answer->error == NULL)
        return take_url (self, answer->url, proxy, error);

      g_propagate_error (error, g_error_copy (answer->error));
      return PILLION_VERDICT_FAIL;
    }

  if (answer == NULL || answer->question == NULL)
    answer = ask (call, resolver, answer);
  g_ptr_array_add (answer->waiting, pillion_call_ref (call));
  return PILLION_VERDICT_WAIT;
}

PillionVerdict
pillion_proxy_finder_find (PillionCall *call,
                           PillionProxy **proxy,
                           GError **error)
{
  const PillionHttpConfig *config = &call->engine->config;
  PillionProxies *self = get_proxies (call->engine);
  GProxyResolver *resolver;

  if (config->connection.unix_socket_path != NULL)
    return take_url (self, NULL, proxy, error);
  if (config->proxy != NULL)
    return take_url (self, config->proxy, proxy, error);
  if (config->proxy_resolver == NULL && config->proxy_rules != NULL)
    return take_url (self, pillion_proxy_rules_find (config->proxy_rules, call->uri), proxy, error);

  resolver = config->proxy_resolver != NULL ? config->proxy_resolver : get_system_resolver (self);
  if (resolver != NULL)
    return find_with_resolver (call, resolver, proxy, error);

  *proxy = NULL;
  return PILLION_VERDICT_PASS;
}
