/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy-finder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"

/* How long a resolver's answer is used, in µs, and how many are kept. A failure is only for the calls that
 * wait for it. */
#define KEEP_USEC (60 * G_USEC_PER_SEC)
#define KEEP_FAILED_USEC G_USEC_PER_SEC
#define MAX_SERVERS 256

typedef struct _Answer Answer;

/* A query to a resolver, which may answer late, or never */
typedef struct
{
  Answer *answer; /* NULL once nobody waits */
  GCancellable *cancellable;
} Question;

/* A resolver's answer for a server */
struct _Answer
{
  PillionHttpEngine *engine; /* no reference: the waiting calls have one */
  Question *question;        /* until there is an answer, then NULL */
  PillionDeadline deadline;  /* likewise */
  gint64 late;               /* when it expires, in µs */
  GPtrArray *waiting;        /* calls that wait for it */
  char **urls;               /* the answer, the best proxy first; NULL if there is none */
  GError *error;             /* or why there is no answer */
  gint64 expires;
  gboolean forgotten;        /* whether another resolver is asked by now: when it is there, it is freed, and those that wait ask again */
};

struct _PillionProxies
{
  GHashTable *proxies; /* URL → PillionProxy */
  GHashTable *answers; /* origin → Answer */
  GProxyResolver *resolver; /* that was asked last, or NULL */
  GProxyResolver *system;   /* GIO's, or NULL if that never finds a proxy */
  gboolean has_looked;      /* for that one */
};

static void
answer_free (gpointer data)
{
  Answer *self = data;

  g_assert (self->question == NULL);
  g_ptr_array_unref (self->waiting);
  g_strfreev (self->urls);
  g_clear_error (&self->error);
  g_free (self);
}

static void
proxy_unref (gpointer proxy)
{
  if (proxy != NULL)
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

/* GIO's resolver, unless it is the dummy that never finds a proxy */
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

/* Adds the proxy of a URL to an array, or NULL for no proxy */
static gboolean
add_url (PillionProxies *self,
         GPtrArray *proxies,
         const char *url,
         GError **error)
{
  PillionProxy *proxy;

  if (pillion_proxy_is_direct (url))
    {
      g_ptr_array_add (proxies, NULL);
      return TRUE;
    }

  proxy = g_hash_table_lookup (self->proxies, url);
  if (proxy == NULL)
    {
      proxy = pillion_proxy_new (url, error);
      if (proxy == NULL)
        return FALSE;
      g_hash_table_insert (self->proxies, g_strdup (url), proxy);
    }

  g_ptr_array_add (proxies, pillion_proxy_ref (proxy));
  return TRUE;
}

static PillionVerdict
take_url (PillionProxies *self,
          const char *url,
          GPtrArray **proxies,
          GError **error)
{
  g_autoptr (GPtrArray) found = NULL;

  *proxies = NULL;
  /* As most calls have it */
  if (url == NULL)
    return PILLION_VERDICT_PASS;

  found = g_ptr_array_new_with_free_func (proxy_unref);
  if (!add_url (self, found, url, error))
    return PILLION_VERDICT_FAIL;

  *proxies = g_steal_pointer (&found);
  return PILLION_VERDICT_PASS;
}

static gboolean
is_unreachable (PillionProxy *proxy,
                gint64 now)
{
  return proxy != NULL && proxy->unreachable_until > now;
}

/* Proxies that could not be reached a moment ago come last, so that not each call waits for them again */
static GPtrArray *
sort_proxies (GPtrArray *proxies,
              gint64 now)
{
  GPtrArray *sorted = g_ptr_array_new_with_free_func (proxy_unref);

  for (guint unreachable = 0; unreachable <= 1; unreachable++)
    for (guint i = 0; i < proxies->len; i++)
      {
        PillionProxy *proxy = proxies->pdata[i];

        if (is_unreachable (proxy, now) == (gboolean) unreachable)
          g_ptr_array_add (sorted, proxy != NULL ? pillion_proxy_ref (proxy) : NULL);
      }

  return sorted;
}

/* Takes a resolver's answer. URLs that can't be used are skipped, unless there are no others. */
static PillionVerdict
take_urls (PillionProxies *self,
           char **urls,
           gint64 now,
           GPtrArray **proxies,
           GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (proxy_unref);
  g_autoptr (GError) invalid = NULL;

  /* The most common answer */
  if (urls == NULL || urls[0] == NULL || (urls[1] == NULL && pillion_proxy_is_direct (urls[0])))
    return take_url (self, NULL, proxies, error);

  for (char **url = urls; *url != NULL; url++)
    add_url (self, found, *url, invalid == NULL ? &invalid : NULL);

  if (found->len == 0)
    {
      g_propagate_error (error, g_steal_pointer (&invalid));
      return PILLION_VERDICT_FAIL;
    }

  *proxies = sort_proxies (found, now);
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
    self->error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("could not find out which proxy to use: %s"),
                               error->message);
  g_clear_error (&error);
  self->expires = g_get_monotonic_time () + (self->error != NULL ? KEEP_FAILED_USEC : KEEP_USEC);

  if (self->forgotten)
    answer_free (self);

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
      self->urls = g_steal_pointer (&urls);
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

  /* All deadlines are checked again when the client gets other settings */
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

/* Another resolver is asked from now on */
static void
forget_answers (PillionProxies *self)
{
  GHashTableIter iter;
  gpointer origin, value;

  g_hash_table_foreach_remove (self->answers, is_old, NULL);
  g_hash_table_iter_init (&iter, self->answers);
  while (g_hash_table_iter_next (&iter, &origin, &value))
    {
      ((Answer *) value)->forgotten = TRUE;
      g_hash_table_iter_steal (&iter);
      g_free (origin);
    }
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
  g_clear_pointer (&answer->urls, g_strfreev);
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
                    GPtrArray **proxies,
                    GError **error)
{
  PillionProxies *self = call->engine->proxies;
  gint64 now = g_get_monotonic_time ();
  Answer *answer;

  if (g_set_object (&self->resolver, resolver))
    forget_answers (self);
  else if (g_hash_table_size (self->answers) > MAX_SERVERS)
    g_hash_table_foreach_remove (self->answers, is_old, &now);

  answer = g_hash_table_lookup (self->answers, call->origin);
  if (answer != NULL && answer->question == NULL && answer->expires > now)
    {
      if (answer->error == NULL)
        return take_urls (self, answer->urls, now, proxies, error);

      g_propagate_error (error, g_error_copy (answer->error));
      return PILLION_VERDICT_FAIL;
    }

  if (answer == NULL || answer->question == NULL)
    answer = ask (call, resolver, answer);
  g_ptr_array_add (answer->waiting, pillion_call_ref (call));
  return PILLION_VERDICT_WAIT;
}

/* Whether a host is this machine, as browsers see it: no system setting takes such requests elsewhere */
static gboolean
is_loopback (const char *host)
{
  const gsize local = strlen (".localhost");
  gsize length = strlen (host);
  struct in_addr v4;
  struct in6_addr v6;

  if (g_ascii_strcasecmp (host, "localhost") == 0 || (length > local && g_ascii_strcasecmp (host + length - local, ".localhost") == 0))
    return TRUE;

  /* Not a GInetAddress, because this is done for each request */
  if (inet_pton (AF_INET, host, &v4) == 1)
    return ntohl (v4.s_addr) >> 24 == IN_LOOPBACKNET;
  return inet_pton (AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK (&v6);
}

PillionVerdict
pillion_proxy_finder_find (PillionCall *call,
                           GPtrArray **proxies,
                           GError **error)
{
  const PillionHttpConfig *config = &call->engine->config;
  PillionProxies *self = get_proxies (call->engine);
  GProxyResolver *resolver;

  if (config->connection.unix_socket_path != NULL)
    return take_url (self, NULL, proxies, error);
  if (config->proxy != NULL)
    return take_url (self, config->proxy, proxies, error);
  if (config->proxy_resolver == NULL && config->proxy_rules != NULL)
    return take_url (self, pillion_proxy_rules_find (config->proxy_rules, call->uri), proxies, error);

  /* Nor does a call to this machine wait for the system to find a configuration script in the network, which
   * may take seconds */
  if (config->proxy_resolver == NULL && is_loopback (g_uri_get_host (call->uri)))
    return take_url (self, NULL, proxies, error);

  resolver = config->proxy_resolver != NULL ? config->proxy_resolver : get_system_resolver (self);
  if (resolver != NULL)
    return find_with_resolver (call, resolver, proxies, error);

  return take_url (self, NULL, proxies, error);
}
