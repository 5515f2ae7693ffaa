/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-vary.h"

#include <string.h>

#include "http/pillion-http-fields.h"

/* What stands for a field that the request doesn't have; all others begin with an equals sign */
#define ABSENT "-"

/* The identity of the connection, among the fields: none of them has such a name */
#define IDENTITY ":identity"

/* An element of a field such as Accept-Language */
typedef struct
{
  char *name; /* in lower case */
  int weight; /* in thousandths */
} Preference;

gboolean
pillion_cache_vary_never_fits (const char *vary)
{
  return vary != NULL && pillion_http_has_element (vary, "*");
}

static gboolean
is_secret (const char *name)
{
  return g_ascii_strcasecmp (name, "Authorization") == 0 || g_ascii_strcasecmp (name, "Cookie") == 0;
}

/* Fields with a list of names that have weights, in which neither case nor order matters */
static gboolean
is_preference (const char *name)
{
  return g_ascii_strcasecmp (name, "Accept-Language") == 0 || g_ascii_strcasecmp (name, "Accept-Encoding") == 0 ||
         g_ascii_strcasecmp (name, "Accept-Charset") == 0;
}

/* The elements of a list, without the space around them */
static GPtrArray *
split (const char *value)
{
  GPtrArray *elements = g_ptr_array_new_with_free_func (g_free);

  while (TRUE)
    {
      gboolean quoted = FALSE;
      const char *start;

      value += strspn (value, " \t,");
      if (*value == '\0')
        return elements;

      for (start = value; *value != '\0' && (quoted || *value != ','); value++)
        if (*value == '"')
          quoted = !quoted;
        else if (quoted && *value == '\\' && value[1] != '\0')
          value++;
      g_ptr_array_add (elements, g_strchomp (g_strndup (start, (gsize) (value - start))));
    }
}

static void
preference_clear (gpointer data)
{
  g_free (((Preference *) data)->name);
}

static gint
compare_preferences (gconstpointer a,
                     gconstpointer b)
{
  const Preference *one = a;
  const Preference *other = b;

  return one->weight != other->weight ? other->weight - one->weight : strcmp (one->name, other->name);
}

/* The best ones first */
static GArray *
parse_preferences (const char *value)
{
  GArray *preferences = g_array_new (FALSE, FALSE, sizeof (Preference));
  g_autoptr (GPtrArray) elements = split (value);

  g_array_set_clear_func (preferences, preference_clear);
  for (guint i = 0; i < elements->len; i++)
    {
      const char *element = elements->pdata[i];
      g_autofree char *weight = pillion_http_get_parameter (element, "q");
      g_autofree char *name = g_ascii_strdown (element, (gssize) strcspn (element, ";"));
      /* Of "nan" and 0, MAX () returns 0; CLAMP () would return what is no number */
      Preference preference = { NULL, weight != NULL ? (int) (MIN (MAX (g_ascii_strtod (weight, NULL), 0), 1) * 1000 + 0.5) : 1000 };

      preference.name = g_strdup (g_strchomp (name));
      g_array_append_val (preferences, preference);
    }
  g_array_sort (preferences, compare_preferences);

  return preferences;
}

static void
append_preferences (GString *result,
                    const char *value)
{
  g_autoptr (GArray) preferences = parse_preferences (value);

  for (guint i = 0; i < preferences->len; i++)
    {
      const Preference *preference = &g_array_index (preferences, Preference, i);

      g_string_append_printf (result, "%s;%d,", preference->name, preference->weight);
    }
}

static void
append_list (GString *result,
             const char *value)
{
  g_autoptr (GPtrArray) elements = split (value);

  for (guint i = 0; i < elements->len; i++)
    {
      g_string_append (result, elements->pdata[i]);
      g_string_append_c (result, ',');
    }
}

static char *
normalise (const PillionFieldList *request,
           const char *name)
{
  g_autofree char *value = pillion_field_list_join (request, name);
  GString *result;

  if (value == NULL)
    return g_strdup (ABSENT);

  result = g_string_new ("=");
  if (is_secret (name))
    {
      g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, value, -1);

      g_string_append (result, digest);
    }
  else if (is_preference (name))
    append_preferences (result, value);
  else
    append_list (result, value);

  return g_string_free (result, FALSE);
}

static void
select_one (PillionFieldList *selecting,
            const PillionFieldList *request,
            const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  g_autofree char *value = NULL;

  if (pillion_field_list_get (selecting, lower) != NULL)
    return;

  value = normalise (request, lower);
  pillion_field_list_append (selecting, lower, value);
}

void
pillion_cache_vary_select (const char *vary,
                           const PillionFieldList *request,
                           const char *identity,
                           PillionFieldList *selecting)
{
  g_autoptr (GPtrArray) names = vary != NULL ? split (vary) : NULL;

  /* What can't be the name of a field is in no request */
  for (guint i = 0; names != NULL && i < names->len; i++)
    if (pillion_http_is_token (names->pdata[i]))
      select_one (selecting, request, names->pdata[i]);
  select_one (selecting, request, "Authorization");
  if (identity != NULL)
    pillion_field_list_append (selecting, IDENTITY, identity);
}

gboolean
pillion_cache_vary_is_own (const PillionFieldList *selecting,
                           const PillionFieldList *request,
                           const char *identity)
{
  if (g_strcmp0 (pillion_field_list_get (selecting, IDENTITY), identity) != 0)
    return FALSE;

  for (guint i = 0; i < selecting->n; i += 2)
    {
      g_autofree char *wanted = is_secret (selecting->strv[i]) ? normalise (request, selecting->strv[i]) : NULL;

      if (wanted != NULL && strcmp (wanted, selecting->strv[i + 1]) != 0)
        return FALSE;
    }

  return TRUE;
}

/* Whether the response is in the language that the request likes best */
static gboolean
is_favourite (const char *accept_language,
              const char *language)
{
  g_autoptr (GArray) preferences = parse_preferences (accept_language);
  const Preference *best = preferences->len > 0 ? &g_array_index (preferences, Preference, 0) : NULL;

  if (best == NULL || best->weight == 0 || (preferences->len > 1 && g_array_index (preferences, Preference, 1).weight == best->weight))
    return FALSE;

  return g_ascii_strcasecmp (best->name, language) == 0;
}

gboolean
pillion_cache_vary_fits (const PillionFieldList *selecting,
                         const PillionFieldList *request,
                         const char *identity,
                         const char *language)
{
  if (g_strcmp0 (pillion_field_list_get (selecting, IDENTITY), identity) != 0)
    return FALSE;

  for (guint i = 0; i < selecting->n; i += 2)
    {
      const char *name = selecting->strv[i];
      g_autofree char *wanted = NULL;
      g_autofree char *languages = NULL;

      if (strcmp (name, IDENTITY) == 0)
        continue;

      wanted = normalise (request, name);
      if (strcmp (wanted, selecting->strv[i + 1]) == 0)
        continue;

      languages = language != NULL && strcmp (name, "accept-language") == 0 ? pillion_field_list_join (request, name) : NULL;
      if (languages == NULL || !is_favourite (languages, language))
        return FALSE;
    }

  return TRUE;
}
