/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-control.h"

#include <string.h>

#include "http/pillion-http-fields.h"

/* One directive */
typedef struct
{
  char *name;
  char *value; /* NULL if there is none */
  gboolean invalid;
} Directive;

gint64
pillion_cache_parse_seconds (const char *text)
{
  gint64 seconds = 0;

  if (*text == '\0')
    return -1;

  for (; *text != '\0'; text++)
    {
      if (!g_ascii_isdigit (*text))
        return -1;
      seconds = MIN (seconds * 10 + (*text - '0'), PILLION_CACHE_MAX_SECONDS);
    }

  return seconds;
}

/* A quoted string, or NULL if it does not end */
static char *
read_quoted (const char **p)
{
  GString *value = g_string_new (NULL);
  const char *q = *p + 1;

  for (; *q != '\0' && *q != '"'; q++)
    {
      if (*q == '\\' && q[1] != '\0')
        q++;
      g_string_append_c (value, *q);
    }

  if (*q == '\0')
    {
      g_string_free (value, TRUE);
      return NULL;
    }

  *p = q + 1;
  return g_string_free (value, FALSE);
}

/* Returns FALSE at the end. What is not a directive has an empty name. */
static gboolean
read_directive (const char **p,
                Directive *self)
{
  const char *start;
  gsize n;

  *self = (Directive) { NULL };
  *p += strspn (*p, " \t,");
  if (**p == '\0')
    return FALSE;

  start = *p;
  while (pillion_http_is_token_char (**p))
    (*p)++;
  self->name = g_ascii_strdown (start, *p - start);

  if (**p == '=')
    {
      (*p)++;
      /* A quotation mark without a second one does not hide the directives after it */
      if (**p == '"')
        self->value = read_quoted (p);
      if (self->value == NULL)
        {
          n = strcspn (*p, ",");
          self->value = g_strchomp (g_strndup (*p, n));
          *p += n;
        }
    }

  /* Such as a space before the equals sign */
  n = strcspn (*p, ",");
  self->invalid = strspn (*p, " \t") < n;
  *p += n;
  return TRUE;
}

static void
directive_clear (Directive *self)
{
  g_free (self->name);
  g_free (self->value);
}

static gint64
get_seconds (const Directive *self)
{
  return self->value != NULL && !self->invalid ? pillion_cache_parse_seconds (self->value) : -1;
}

static gboolean
is_named (const Directive *self,
          const char *name)
{
  return strcmp (self->name, name) == 0;
}

/* The names of fields in no-cache="…" */
static void
hide (PillionCacheControl *self,
      const char *names)
{
  g_auto (GStrv) more = g_strsplit_set (names, ", \t", -1);
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; self->hidden != NULL && self->hidden[i] != NULL; i++)
    g_ptr_array_add (all, self->hidden[i]);
  g_free (self->hidden);
  for (guint i = 0; more[i] != NULL; i++)
    if (more[i][0] != '\0')
      g_ptr_array_add (all, g_strdup (more[i]));
  g_ptr_array_add (all, NULL);

  self->hidden = (char **) g_ptr_array_free (all, FALSE);
}

/* Of several directives with the same name the first one counts (section 4.2.1) */
static void
take_seconds (const Directive *directive,
              const char *name,
              gint64 fallback,
              gint64 *seconds)
{
  if (*seconds >= 0 || !is_named (directive, name))
    return;

  *seconds = get_seconds (directive);
  if (*seconds < 0)
    *seconds = fallback;
}

static void
take (PillionCacheControl *self,
      const Directive *directive)
{
  static const struct
  {
    const char *name;
    PillionCacheFlags flag;
  } flags[] = {
    { "no-store", PILLION_CACHE_NO_STORE },
    { "must-revalidate", PILLION_CACHE_MUST_REVALIDATE },
    { "must-understand", PILLION_CACHE_MUST_UNDERSTAND },
    { "public", PILLION_CACHE_PUBLIC },
    { "private", PILLION_CACHE_PRIVATE },
    { "immutable", PILLION_CACHE_IMMUTABLE },
    { "only-if-cached", PILLION_CACHE_ONLY_IF_CACHED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (is_named (directive, flags[i].name))
      self->flags |= flags[i].flag;

  if (is_named (directive, "no-cache"))
    {
      if (directive->value != NULL && directive->value[0] != '\0')
        hide (self, directive->value);
      else
        self->flags |= PILLION_CACHE_NO_CACHE;
    }

  take_seconds (directive, "max-age", 0, &self->max_age);
  take_seconds (directive, "min-fresh", -1, &self->min_fresh);
  take_seconds (directive, "max-stale", directive->value == NULL && !directive->invalid ? G_MAXINT64 : -1, &self->max_stale);
  take_seconds (directive, "stale-while-revalidate", -1, &self->stale_while_revalidate);
  take_seconds (directive, "stale-if-error", -1, &self->stale_if_error);
}

void
pillion_cache_control_init (PillionCacheControl *self,
                            const char *value)
{
  Directive directive;

  *self = (PillionCacheControl) {
    .max_age = -1,
    .min_fresh = -1,
    .max_stale = -1,
    .stale_while_revalidate = -1,
    .stale_if_error = -1,
  };

  while (value != NULL && read_directive (&value, &directive))
    {
      take (self, &directive);
      directive_clear (&directive);
    }
}

void
pillion_cache_control_clear (PillionCacheControl *self)
{
  g_clear_pointer (&self->hidden, g_strfreev);
}
