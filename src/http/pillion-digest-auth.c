/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-digest-auth.h"

#include <string.h>

#include <glib/gi18n-lib.h>

typedef struct
{
  const char *name;
  GChecksumType type;
  gboolean sess;
  guint rank;
} Algorithm;

struct _PillionDigestAuth
{
  const Algorithm *algorithm;
  gboolean has_algorithm; /* whether the server named it */
  char *realm;
  char *nonce;
  char *opaque; /* or NULL */
  char *cnonce;
  gboolean qop;      /* auth; else as in RFC 2069 */
  gboolean userhash;
  guint n_used; /* of the nonce */
};

static const Algorithm algorithms[] = {
  { "MD5", G_CHECKSUM_MD5, FALSE, 0 },
  { "MD5-sess", G_CHECKSUM_MD5, TRUE, 0 },
  { "SHA-256", G_CHECKSUM_SHA256, FALSE, 1 },
  { "SHA-256-sess", G_CHECKSUM_SHA256, TRUE, 1 },
};

static const Algorithm *
find_algorithm (const char *name)
{
  if (name == NULL)
    return &algorithms[0];

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (g_ascii_strcasecmp (name, algorithms[i].name) == 0)
      return &algorithms[i];

  return NULL;
}

static gboolean
list_has (const char *list,
          const char *item)
{
  g_auto (GStrv) items = g_strsplit_set (list, ", \t", -1);

  for (char **p = items; *p != NULL; p++)
    if (g_ascii_strcasecmp (*p, item) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
is_true (const char *value)
{
  return value != NULL && g_ascii_strcasecmp (value, "true") == 0;
}

static gboolean
can_answer (const PillionAuthChallenge *challenge)
{
  const PillionFieldList *parameters = &challenge->parameters;
  const char *qop = pillion_field_list_get (parameters, "qop");

  return challenge->scheme == PILLION_AUTH_SCHEME_DIGEST && pillion_field_list_get (parameters, "realm") != NULL &&
         pillion_field_list_get (parameters, "nonce") != NULL &&
         find_algorithm (pillion_field_list_get (parameters, "algorithm")) != NULL && (qop == NULL || list_has (qop, "auth"));
}

/* The longest text of a server's that a message repeats */
#define MAX_REPEATED 64

/* A server may have sent anything */
static gboolean
can_repeat (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isprint (*p) || p - text >= MAX_REPEATED)
      return FALSE;

  return TRUE;
}

char *
pillion_digest_auth_explain (const PillionAuthChallenge *challenge)
{
  const PillionFieldList *parameters = &challenge->parameters;
  const char *algorithm = pillion_field_list_get (parameters, "algorithm");
  const char *qop = pillion_field_list_get (parameters, "qop");

  if (find_algorithm (algorithm) == NULL && can_repeat (algorithm))
    return g_strdup_printf (_("the algorithm '%s' of Digest is not supported"), algorithm);
  if (qop != NULL && !list_has (qop, "auth") && can_repeat (qop))
    return g_strdup_printf (_("the quality of protection '%s' of Digest is not supported"), qop);
  if (!can_answer (challenge))
    return g_strdup (_("the Digest challenge is not valid"));

  return NULL;
}

PillionDigestAuth *
pillion_digest_auth_new (const PillionAuthChallenge *challenge)
{
  const PillionFieldList *parameters = &challenge->parameters;
  const char *name = pillion_field_list_get (parameters, "algorithm");
  PillionDigestAuth *self;

  if (!can_answer (challenge))
    return NULL;

  self = g_new0 (PillionDigestAuth, 1);
  self->algorithm = find_algorithm (name);
  self->has_algorithm = name != NULL;
  self->realm = g_strdup (pillion_field_list_get (parameters, "realm"));
  self->nonce = g_strdup (pillion_field_list_get (parameters, "nonce"));
  self->opaque = g_strdup (pillion_field_list_get (parameters, "opaque"));
  self->cnonce = g_strdup_printf ("%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
  self->qop = pillion_field_list_get (parameters, "qop") != NULL;
  self->userhash = is_true (pillion_field_list_get (parameters, "userhash"));

  return self;
}

void
pillion_digest_auth_free (PillionDigestAuth *self)
{
  g_free (self->realm);
  g_free (self->nonce);
  g_free (self->opaque);
  g_free (self->cnonce);
  g_free (self);
}

guint
pillion_digest_auth_get_rank (PillionDigestAuth *self)
{
  return self->algorithm->rank;
}

void
pillion_digest_auth_set_cnonce (PillionDigestAuth *self,
                           const char *cnonce)
{
  g_free (self->cnonce);
  self->cnonce = g_strdup (cnonce);
}

gboolean
pillion_digest_auth_fits (const char *user)
{
  for (const char *p = user; *p != '\0'; p++)
    if ((guchar) *p < ' ' || *p == 0x7f)
      return FALSE;

  return TRUE;
}

/* The checksum of texts joined by colons, up to NULL */
static char *
hash (PillionDigestAuth *self,
      const char *first,
      ...)
{
  GChecksum *checksum = g_checksum_new (self->algorithm->type);
  char *result;
  va_list rest;

  va_start (rest, first);
  for (const char *text = first; text != NULL; text = va_arg (rest, const char *))
    {
      if (text != first)
        g_checksum_update (checksum, (const guchar *) ":", 1);
      g_checksum_update (checksum, (const guchar *) text, (gssize) strlen (text));
    }
  va_end (rest);

  result = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return result;
}

static void
append_quoted (GString *value,
               const char *name,
               const char *text)
{
  g_string_append_printf (value, "%s%s=\"", value->str[value->len - 1] == ' ' ? "" : ", ", name);
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (value, '\\');
      g_string_append_c (value, *p);
    }
  g_string_append_c (value, '"');
}

char *
pillion_digest_auth_authorize (PillionDigestAuth *self,
                          const char *user,
                          const char *password,
                          const char *method,
                          const char *target)
{
  g_autofree char *secret = hash (self, user, self->realm, password, NULL);
  g_autofree char *session = self->algorithm->sess ? hash (self, secret, self->nonce, self->cnonce, NULL) : NULL;
  g_autofree char *request = hash (self, method, target, NULL);
  g_autofree char *hidden = self->userhash ? hash (self, user, self->realm, NULL) : NULL;
  g_autofree char *response = NULL;
  const char *key = session != NULL ? session : secret;
  char count[9];
  GString *value = g_string_new ("Digest ");

  g_snprintf (count, sizeof count, "%08x", ++self->n_used);
  response = self->qop ? hash (self, key, self->nonce, count, self->cnonce, "auth", request, NULL)
                       : hash (self, key, self->nonce, request, NULL);

  append_quoted (value, "username", hidden != NULL ? hidden : user);
  append_quoted (value, "realm", self->realm);
  append_quoted (value, "nonce", self->nonce);
  append_quoted (value, "uri", target);
  append_quoted (value, "response", response);
  if (self->has_algorithm)
    g_string_append_printf (value, ", algorithm=%s", self->algorithm->name);
  if (self->opaque != NULL)
    append_quoted (value, "opaque", self->opaque);
  if (self->qop)
    g_string_append_printf (value, ", qop=auth, nc=%s", count);
  if (self->qop || self->algorithm->sess)
    append_quoted (value, "cnonce", self->cnonce);
  if (self->userhash)
    g_string_append (value, ", userhash=true");

  return g_string_free (value, FALSE);
}
