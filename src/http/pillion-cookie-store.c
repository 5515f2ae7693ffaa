/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cookie-store.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-soup-library.h"

/* RFC 6265, section 6.1, asks for at least 50 cookies a domain, 3,000 in all, and 4,096 bytes each */
#define MAX_PER_DOMAIN 180
#define MAX_COOKIES 3000
#define MAX_SIZE 4096
#define MAX_ATTRIBUTE 1024

typedef struct
{
  PillionHttpCookie *cookie;
  guint64 created; /* when, by the clock of the store */
  guint64 used;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *self = data;

  pillion_http_cookie_free (self->cookie);
  g_free (self);
}

char *
pillion_cookie_canonicalize_host (const char *host)
{
  char *ascii = g_hostname_is_non_ascii (host) ? g_hostname_to_ascii (host) : NULL;

  return ascii != NULL ? ascii : g_ascii_strdown (host, -1);
}

static gboolean
has_expired (const PillionHttpCookie *cookie,
             gint64 now)
{
  return cookie->expires_usec != 0 && cookie->expires_usec <= now;
}

/* The array of a domain, or NULL */
static GPtrArray *
get_entries (PillionCookieStore *self,
             const char *domain)
{
  return self->domains != NULL ? g_hash_table_lookup (self->domains, domain) : NULL;
}

static GPtrArray *
ensure_entries (PillionCookieStore *self,
                const char *domain)
{
  GPtrArray *entries = get_entries (self, domain);

  if (self->domains == NULL)
    self->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  if (entries == NULL)
    {
      entries = g_ptr_array_new_with_free_func (entry_free);
      g_hash_table_insert (self->domains, g_strdup (domain), entries);
    }

  return entries;
}

static gboolean
find (GPtrArray *entries,
      const PillionHttpCookie *cookie,
      guint *index)
{
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      const PillionHttpCookie *other = ((Entry *) entries->pdata[i])->cookie;

      if (strcmp (other->name, cookie->name) == 0 && strcmp (other->path, cookie->path) == 0)
        {
          *index = i;
          return TRUE;
        }
    }

  return FALSE;
}

static void
remove_index (PillionCookieStore *self,
              GPtrArray *entries,
              guint index)
{
  g_ptr_array_remove_index (entries, index);
  self->n_cookies--;
}

static void
remove_expired (PillionCookieStore *self,
                GPtrArray *entries,
                gint64 now)
{
  for (guint i = entries->len; i > 0; i--)
    if (has_expired (((Entry *) entries->pdata[i - 1])->cookie, now))
      remove_index (self, entries, i - 1);
}

/* The least recently used of @entries and @best */
static Entry *
find_oldest (GPtrArray *entries,
             Entry *best)
{
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = entries->pdata[i];

      if (best == NULL || entry->used < best->used)
        best = entry;
    }

  return best;
}

static void
remove_entry (PillionCookieStore *self,
              Entry *entry)
{
  if (g_ptr_array_remove (get_entries (self, entry->cookie->domain), entry))
    self->n_cookies--;
}

/* Makes room: removes expired cookies first, and then the least recently used */
static void
limit (PillionCookieStore *self,
       GPtrArray *entries)
{
  gint64 now;
  GHashTableIter iter;
  gpointer each;
  Entry *oldest = NULL;

  if (entries->len <= MAX_PER_DOMAIN && self->n_cookies <= MAX_COOKIES)
    return;

  now = g_get_real_time ();
  remove_expired (self, entries, now);
  if (entries->len > MAX_PER_DOMAIN)
    remove_entry (self, find_oldest (entries, NULL));
  if (self->n_cookies <= MAX_COOKIES)
    return;

  g_hash_table_iter_init (&iter, self->domains);
  while (g_hash_table_iter_next (&iter, NULL, &each))
    {
      remove_expired (self, each, now);
      if (((GPtrArray *) each)->len == 0)
        g_hash_table_iter_remove (&iter);
      else
        oldest = find_oldest (each, oldest);
    }
  if (self->n_cookies > MAX_COOKIES)
    remove_entry (self, oldest);
}

void
pillion_cookie_store_clear (PillionCookieStore *self)
{
  g_clear_pointer (&self->domains, g_hash_table_unref);
  self->n_cookies = 0;
}

void
pillion_cookie_store_put (PillionCookieStore *self,
                          const PillionHttpCookie *cookie)
{
  GPtrArray *entries;
  Entry *entry;
  guint index;

  if (has_expired (cookie, g_get_real_time ()))
    {
      pillion_cookie_store_remove (self, cookie);
      return;
    }

  entries = ensure_entries (self, cookie->domain);
  if (find (entries, cookie, &index))
    {
      /* The new cookie keeps the place of the old one (RFC 6265, section 5.3) */
      entry = entries->pdata[index];
      pillion_http_cookie_free (entry->cookie);
    }
  else
    {
      entry = g_new0 (Entry, 1);
      entry->created = ++self->clock;
      g_ptr_array_add (entries, entry);
      self->n_cookies++;
    }

  entry->cookie = pillion_http_cookie_copy (cookie);
  entry->used = ++self->clock;
  limit (self, entries);
}

const PillionHttpCookie *
pillion_cookie_store_find (PillionCookieStore *self,
                           const PillionHttpCookie *cookie)
{
  GPtrArray *entries = get_entries (self, cookie->domain);
  guint index;

  return find (entries, cookie, &index) ? ((Entry *) entries->pdata[index])->cookie : NULL;
}

gboolean
pillion_cookie_store_remove (PillionCookieStore *self,
                             const PillionHttpCookie *cookie)
{
  GPtrArray *entries = get_entries (self, cookie->domain);
  guint index;

  if (!find (entries, cookie, &index))
    return FALSE;

  remove_index (self, entries, index);
  if (entries->len == 0)
    g_hash_table_remove (self->domains, cookie->domain);
  return TRUE;
}

/* Whether a cookie for @cookie_path is sent to @path */
static gboolean
path_matches (const char *path,
              const char *cookie_path)
{
  gsize length = strlen (cookie_path);

  if (strncmp (path, cookie_path, length) != 0)
    return FALSE;

  return path[length] == '\0' || path[length] == '/' || cookie_path[length - 1] == '/';
}

static int
compare_created (gconstpointer a,
                 gconstpointer b)
{
  const Entry *first = *(Entry *const *) a;
  const Entry *second = *(Entry *const *) b;

  return first->created < second->created ? -1 : first->created > second->created;
}

/* Longer paths come first, then older cookies */
static int
compare (gconstpointer a,
         gconstpointer b)
{
  gsize first = strlen ((*(Entry *const *) a)->cookie->path);
  gsize second = strlen ((*(Entry *const *) b)->cookie->path);

  if (first != second)
    return first > second ? -1 : 1;

  return compare_created (a, b);
}

/* The domain above this one, or NULL. A host may begin with a dot: a URL is not checked for that. */
static const char *
get_parent (const char *domain)
{
  const char *dot = strchr (domain, '.');

  return dot != NULL ? dot + 1 : NULL;
}

static gboolean
is_https (GUri *uri)
{
  return strcmp (g_uri_get_scheme (uri), "https") == 0;
}

/* The entries for a request, which belong to the store */
static GPtrArray *
get_matches (PillionCookieStore *self,
             GUri *uri)
{
  g_autofree char *host = pillion_cookie_canonicalize_host (g_uri_get_host (uri));
  const char *path = *g_uri_get_path (uri) != '\0' ? g_uri_get_path (uri) : "/";
  gboolean is_address = g_hostname_is_ip_address (host);
  gint64 now = g_get_real_time ();
  GPtrArray *matches = g_ptr_array_new ();

  for (const char *domain = host; domain != NULL; domain = is_address ? NULL : get_parent (domain))
    {
      GPtrArray *entries = get_entries (self, domain);

      for (guint i = 0; entries != NULL && i < entries->len; i++)
        {
          Entry *entry = entries->pdata[i];
          PillionHttpCookie *cookie = entry->cookie;

          if ((cookie->host_only && domain != host) || (cookie->secure && !is_https (uri)) || has_expired (cookie, now) ||
              !path_matches (path, cookie->path))
            continue;

          entry->used = ++self->clock;
          g_ptr_array_add (matches, entry);
        }
    }
  g_ptr_array_sort (matches, compare);

  return matches;
}

char *
pillion_cookie_store_get_header (PillionCookieStore *self,
                                 GUri *uri)
{
  g_autoptr (GPtrArray) matches = NULL;
  GString *header;

  if (self->n_cookies == 0)
    return NULL;

  matches = get_matches (self, uri);
  if (matches->len == 0)
    return NULL;

  header = g_string_new (NULL);
  for (guint i = 0; i < matches->len; i++)
    {
      const PillionHttpCookie *cookie = ((Entry *) matches->pdata[i])->cookie;

      g_string_append_printf (header, "%s%s=%s", i > 0 ? "; " : "", cookie->name, cookie->value);
    }

  return g_string_free (header, FALSE);
}

GPtrArray *
pillion_cookie_store_list (PillionCookieStore *self,
                           GUri *uri)
{
  GPtrArray *cookies = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_http_cookie_free);
  g_autoptr (GPtrArray) matches = NULL;
  gint64 now = g_get_real_time ();
  GHashTableIter iter;
  gpointer entries;

  if (uri != NULL)
    matches = get_matches (self, uri);
  else
    {
      matches = g_ptr_array_new ();
      if (self->domains != NULL)
        {
          g_hash_table_iter_init (&iter, self->domains);
          while (g_hash_table_iter_next (&iter, NULL, &entries))
            for (guint i = 0; i < ((GPtrArray *) entries)->len; i++)
              g_ptr_array_add (matches, ((GPtrArray *) entries)->pdata[i]);
        }
      g_ptr_array_sort (matches, compare_created);
    }

  for (guint i = 0; i < matches->len; i++)
    {
      const PillionHttpCookie *cookie = ((Entry *) matches->pdata[i])->cookie;

      if (!has_expired (cookie, now))
        g_ptr_array_add (cookies, pillion_http_cookie_copy (cookie));
    }

  return cookies;
}

/* A tab would break the file, the others a header field */
static gboolean
is_text (const char *text,
         const char *excluded)
{
  for (const char *p = text; *p != '\0'; p++)
    if ((guchar) *p < ' ' || *p == '\x7f' || strchr (excluded, *p) != NULL)
      return FALSE;

  return g_utf8_validate (text, -1, NULL);
}

static gboolean
fail (GError **error,
      const PillionHttpCookie *cookie,
      const char *reason)
{
  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_COOKIE, _("the cookie '%s' cannot be kept: %s"), cookie->name, reason);
  return FALSE;
}

/* libsoup takes most names without a dot for public suffixes, but not numbers */
static gboolean
is_public_suffix (const char *domain)
{
  return strchr (domain, '.') == NULL || pillion_soup.tld_domain_is_public_suffix (domain);
}

gboolean
pillion_cookie_check (const PillionHttpCookie *cookie,
                      GError **error)
{
  gboolean host_prefix = g_ascii_strncasecmp (cookie->name, "__Host-", 7) == 0;

  if (*cookie->name == '\0' || !is_text (cookie->name, "=;"))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_COOKIE,
                           _("a cookie needs a name without control characters, '=' and ';'"));
      return FALSE;
    }
  if (!is_text (cookie->value, ";"))
    return fail (error, cookie, _("its value has a control character or a ';' in it"));
  if (strlen (cookie->name) + strlen (cookie->value) > MAX_SIZE)
    return fail (error, cookie, _("it is larger than 4096 bytes"));
  if (*cookie->domain == '\0' || *cookie->domain == '.' || strlen (cookie->domain) > MAX_ATTRIBUTE || !is_text (cookie->domain, " /#;=@"))
    return fail (error, cookie, _("its domain is not the name of a host"));
  if (*cookie->path != '/' || strlen (cookie->path) > MAX_ATTRIBUTE || !is_text (cookie->path, ";"))
    return fail (error, cookie, _("its path has to begin with '/', and to be without control characters and ';'"));
  if ((host_prefix || g_ascii_strncasecmp (cookie->name, "__Secure-", 9) == 0) && !cookie->secure)
    return fail (error, cookie, _("a name with this prefix is for secure cookies"));
  if (host_prefix && (!cookie->host_only || strcmp (cookie->path, "/") != 0))
    return fail (error, cookie, _("a name with this prefix is for cookies of one host and the path '/'"));
  if (!cookie->host_only && g_hostname_is_ip_address (cookie->domain))
    return fail (error, cookie, _("an IP address has no subdomains"));
  if (!cookie->host_only && is_public_suffix (cookie->domain))
    return fail (error, cookie, _("its domain is a public suffix, below which there are other people's sites"));

  return TRUE;
}

/* RFC 6265, section 5.1.4 */
static char *
get_default_path (GUri *uri)
{
  const char *path = g_uri_get_path (uri);
  const char *slash = strrchr (path, '/');

  return *path != '/' || slash == path ? g_strdup ("/") : g_strndup (path, (gsize) (slash - path));
}

static gint64
parse_expires (const char *text)
{
  g_autoptr (GDateTime) time = pillion_soup.date_time_new_from_http_string (text);

  /* 0 would be the end of the session */
  return time != NULL ? MAX (g_date_time_to_unix (time) * G_USEC_PER_SEC, 1) : 0;
}

static gint64
parse_max_age (const char *text)
{
  gint64 now = g_get_real_time ();
  gint64 seconds;
  char *end;

  if (*text != '-' && !g_ascii_isdigit (*text))
    return 0;
  seconds = g_ascii_strtoll (text, &end, 10);
  if (*end != '\0')
    return 0;

  return seconds > 0 ? now + MIN (seconds, (G_MAXINT64 - now) / G_USEC_PER_SEC) * G_USEC_PER_SEC : 1;
}

static PillionHttpSameSite
parse_same_site (const char *text)
{
  if (g_ascii_strcasecmp (text, "Strict") == 0)
    return PILLION_HTTP_SAME_SITE_STRICT;

  return g_ascii_strcasecmp (text, "Lax") == 0 ? PILLION_HTTP_SAME_SITE_LAX : PILLION_HTTP_SAME_SITE_NONE;
}

static gboolean
is_below (const char *host,
          const char *domain)
{
  gsize n_host = strlen (host);
  gsize n_domain = strlen (domain);

  return n_host > n_domain && host[n_host - n_domain - 1] == '.' && strcmp (host + n_host - n_domain, domain) == 0 &&
         !g_hostname_is_ip_address (host);
}

/* Sets where a cookie is sent. FALSE: the server may not set it for that domain. */
static gboolean
set_domain (PillionHttpCookie *cookie,
            const char *attribute,
            GUri *uri)
{
  g_autofree char *domain = attribute != NULL ? pillion_cookie_canonicalize_host (attribute + (*attribute == '.')) : NULL;
  g_autofree char *host = pillion_cookie_canonicalize_host (g_uri_get_host (uri));

  /* A host that is itself a public suffix may set cookies for itself */
  cookie->host_only = domain == NULL || *domain == '\0' ||
                      (strcmp (domain, host) == 0 && (g_hostname_is_ip_address (host) || is_public_suffix (host)));
  if (!cookie->host_only && strcmp (domain, host) != 0 && !is_below (host, domain))
    return FALSE;

  cookie->domain = cookie->host_only ? g_steal_pointer (&host) : g_steal_pointer (&domain);
  return TRUE;
}

/* RFC 6265, section 5.2. libsoup has a parser too, but that of 3.2 compares domains with regard to case, cuts
 * Max-Age to 32 bits, and lets a later Expires override it. */
static PillionHttpCookie *
parse (const char *set_cookie,
       GUri *uri)
{
  g_auto (GStrv) parts = g_strsplit (set_cookie, ";", -1);
  char *value = parts[0] != NULL ? strchr (parts[0], '=') : NULL;
  const char *domain = NULL;
  g_autoptr (PillionHttpCookie) cookie = NULL;
  gint64 expires = 0;
  gint64 max_age = 0;

  if (value == NULL)
    return NULL;

  *value++ = '\0';
  cookie = g_new0 (PillionHttpCookie, 1);
  cookie->name = g_strdup (g_strstrip (parts[0]));
  cookie->value = g_strdup (g_strstrip (value));

  for (guint i = 1; parts[i] != NULL; i++)
    {
      const char *attribute = parts[i];

      value = strchr (attribute, '=');
      if (value != NULL)
        *value++ = '\0';
      value = value != NULL ? g_strstrip (value) : "";
      attribute = g_strstrip (parts[i]);
      if (strlen (value) > MAX_ATTRIBUTE)
        continue;

      if (g_ascii_strcasecmp (attribute, "Expires") == 0)
        expires = parse_expires (value);
      else if (g_ascii_strcasecmp (attribute, "Max-Age") == 0)
        max_age = parse_max_age (value);
      else if (g_ascii_strcasecmp (attribute, "Domain") == 0)
        domain = value;
      else if (g_ascii_strcasecmp (attribute, "Path") == 0)
        {
          g_free (cookie->path);
          cookie->path = *value == '/' ? g_strdup (value) : NULL;
        }
      else if (g_ascii_strcasecmp (attribute, "Secure") == 0)
        cookie->secure = TRUE;
      else if (g_ascii_strcasecmp (attribute, "HttpOnly") == 0)
        cookie->http_only = TRUE;
      else if (g_ascii_strcasecmp (attribute, "SameSite") == 0)
        cookie->same_site = parse_same_site (value);
    }

  cookie->expires_usec = max_age != 0 ? max_age : expires;
  if (cookie->path == NULL)
    cookie->path = get_default_path (uri);

  return set_domain (cookie, domain, uri) ? g_steal_pointer (&cookie) : NULL;
}

/* Whether a cookie from plain HTTP would hide one from HTTPS: an attacker on the network could log the user
 * in as somebody else */
static gboolean
hides_secure (PillionCookieStore *self,
              const PillionHttpCookie *cookie,
              GUri *uri)
{
  g_autofree char *host = pillion_cookie_canonicalize_host (g_uri_get_host (uri));

  for (const char *domain = host; domain != NULL; domain = get_parent (domain))
    {
      GPtrArray *entries = get_entries (self, domain);

      for (guint i = 0; entries != NULL && i < entries->len; i++)
        {
          const PillionHttpCookie *other = ((Entry *) entries->pdata[i])->cookie;

          if (other->secure && strcmp (other->name, cookie->name) == 0 && path_matches (cookie->path, other->path))
            return TRUE;
        }
    }

  return FALSE;
}

PillionHttpCookie *
pillion_cookie_store_parse (PillionCookieStore *self,
                            const char *set_cookie,
                            GUri *uri)
{
  g_autoptr (PillionHttpCookie) cookie = parse (set_cookie, uri);

  if (cookie == NULL || !pillion_cookie_check (cookie, NULL))
    return NULL;
  if (!is_https (uri) && (cookie->secure || hides_secure (self, cookie, uri)))
    return NULL;

  return g_steal_pointer (&cookie);
}
