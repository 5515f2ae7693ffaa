/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy-rules.h"

#include <string.h>

struct _PillionProxyRules
{
  char *http;     /* or NULL, as the others */
  char *https;
  char *all;
  char *no_proxy;
};

/* An empty variable counts as unset */
static char *
read_variable (const char *name,
               const char *alternative)
{
  const char *value = g_getenv (name);

  if ((value == NULL || value[0] == '\0') && alternative != NULL)
    value = g_getenv (alternative);

  return value != NULL && value[0] != '\0' ? g_strdup (value) : NULL;
}

static void
rules_clear (gpointer data)
{
  PillionProxyRules *self = data;

  g_free (self->http);
  g_free (self->https);
  g_free (self->all);
  g_free (self->no_proxy);
}

/* In a CGI program, HTTP_PROXY may be a field of a request. GIO asks libraries that read it all the same. */
static gboolean
may_mislead_others (void)
{
  g_autofree char *proxy = read_variable ("HTTP_PROXY", NULL);

  return proxy != NULL && g_getenv ("REQUEST_METHOD") != NULL;
}

PillionProxyRules *
pillion_proxy_rules_new (void)
{
  PillionProxyRules *self = g_atomic_rc_box_new0 (PillionProxyRules);

  /* Not HTTP_PROXY, which a web server sets for CGI programs to whatever a client sends (CVE-2016-5385) */
  self->http = read_variable ("http_proxy", NULL);
  self->https = read_variable ("https_proxy", "HTTPS_PROXY");
  self->all = read_variable ("all_proxy", "ALL_PROXY");
  self->no_proxy = read_variable ("no_proxy", "NO_PROXY");

  if (self->http == NULL && self->https == NULL && self->all == NULL && !may_mislead_others ())
    g_clear_pointer (&self, pillion_proxy_rules_unref);

  return self;
}

PillionProxyRules *
pillion_proxy_rules_ref (PillionProxyRules *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
pillion_proxy_rules_unref (PillionProxyRules *self)
{
  g_atomic_rc_box_release_full (self, rules_clear);
}

/* Whether an address is in a block, such as 10.0.0.0/8. An address alone is a block of one. */
static gboolean
is_in_block (GInetAddress *address,
             const char *block)
{
  g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (block, NULL);

  return mask != NULL && g_inet_address_mask_matches (mask, address);
}

/* Without the brackets around an address, and the dot that may end a name */
static char *
strip (const char *host)
{
  gsize length = strlen (host);

  if (host[0] == '[' && length > 1 && host[length - 1] == ']')
    return g_strndup (host + 1, length - 2);

  return g_strndup (host, length > 1 && host[length - 1] == '.' ? length - 1 : length);
}

/* Whether a name is equal to another one, or below it */
static gboolean
is_within (const char *host,
           const char *domain)
{
  gsize n_host = strlen (host);
  gsize n_domain = strlen (domain);

  return n_domain > 0 && n_host >= n_domain && g_ascii_strcasecmp (host + n_host - n_domain, domain) == 0 &&
         (n_host == n_domain || host[n_host - n_domain - 1] == '.');
}

gboolean
pillion_proxy_is_excepted (const char *no_proxy,
                           const char *host)
{
  g_auto (GStrv) items = g_strsplit_set (no_proxy, ", \t", -1);
  g_autofree char *name = strip (host);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);

  if (strcmp (no_proxy, "*") == 0)
    return TRUE;

  for (char **p = items; *p != NULL; p++)
    {
      g_autofree char *item = strip (**p == '.' ? *p + 1 : *p);

      if (address != NULL ? is_in_block (address, item) : is_within (name, item))
        return TRUE;
    }

  return FALSE;
}

const char *
pillion_proxy_rules_find (PillionProxyRules *self,
                          GUri *uri)
{
  const char *proxy = strcmp (g_uri_get_scheme (uri), "https") == 0 ? self->https : self->http;

  if (proxy == NULL)
    proxy = self->all;
  if (proxy == NULL || (self->no_proxy != NULL && pillion_proxy_is_excepted (self->no_proxy, g_uri_get_host (uri))))
    return NULL;

  return proxy;
}
