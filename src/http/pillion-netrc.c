/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-netrc.h"

#include <string.h>

#include "core/pillion-private.h"

/* Nobody has that many passwords */
#define MAX_SIZE (1024 * 1024)

typedef struct
{
  char *host; /* NULL for all */
  char *user;
  char *password;
  PillionHttpCredentials *credentials; /* NULL if there is no user */
} Entry;

struct _PillionNetrc
{
  GArray *entries;
};

static void
entry_clear (gpointer data)
{
  Entry *self = data;

  g_free (self->host);
  g_free (self->user);
  g_free (self->password);
  if (self->credentials != NULL)
    pillion_sync_unref (self->credentials);
}

/* The next word, which may be in quotes, or NULL at the end. A comment begins where a word could. */
static char *
read_word (const char **p)
{
  GString *word;
  gboolean quoted;

  for (*p += strspn (*p, " \t\r\n"); **p == '#'; *p += strspn (*p, " \t\r\n"))
    *p += strcspn (*p, "\n");
  if (**p == '\0')
    return NULL;

  quoted = **p == '"';
  if (!quoted)
    {
      const char *start = *p;

      *p += strcspn (start, " \t\r\n");
      return g_strndup (start, (gsize) (*p - start));
    }

  word = g_string_new (NULL);
  for ((*p)++; **p != '\0' && **p != '"'; (*p)++)
    {
      char c = **p;

      if (c == '\\' && (*p)[1] != '\0')
        {
          c = *++*p;
          c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
        }
      g_string_append_c (word, c);
    }
  if (**p == '"')
    (*p)++;

  return g_string_free (word, FALSE);
}

/* A macro ends with an empty line */
static void
skip_macro (const char **p)
{
  const char *end = strstr (*p, "\n\n");

  *p = end != NULL ? end : *p + strlen (*p);
}

static void
end_entry (GArray *entries)
{
  Entry *last = entries->len > 0 ? &g_array_index (entries, Entry, entries->len - 1) : NULL;

  if (last != NULL && last->user != NULL)
    last->credentials = pillion_http_credentials_new_basic (last->user, last->password != NULL ? last->password : "");
}

PillionNetrc *
pillion_netrc_parse (const char *text)
{
  PillionNetrc *self = g_atomic_rc_box_new0 (PillionNetrc);
  const char *p = text;
  char *next;

  self->entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);

  while ((next = read_word (&p)) != NULL)
    {
      g_autofree char *word = next;
      Entry *last = self->entries->len > 0 ? &g_array_index (self->entries, Entry, self->entries->len - 1) : NULL;

      if (strcmp (word, "machine") == 0 || strcmp (word, "default") == 0)
        {
          Entry entry = { NULL };

          end_entry (self->entries);
          if (word[0] == 'm' && (entry.host = read_word (&p)) == NULL)
            return self;
          g_array_append_val (self->entries, entry);
        }
      else if (strcmp (word, "macdef") == 0)
        skip_macro (&p);
      else if (last != NULL && strcmp (word, "login") == 0)
        {
          g_free (last->user);
          last->user = read_word (&p);
        }
      else if (last != NULL && strcmp (word, "password") == 0)
        {
          g_free (last->password);
          last->password = read_word (&p);
        }
    }
  end_entry (self->entries);

  return self;
}

PillionNetrc *
pillion_netrc_new (void)
{
  const char *named = g_getenv ("NETRC");
  g_autofree char *path = named != NULL && named[0] != '\0' ? g_strdup (named) : g_build_filename (g_get_home_dir (), ".netrc", NULL);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR) || !g_file_get_contents (path, &text, &length, NULL) || length > MAX_SIZE)
    return pillion_netrc_parse ("");

  return pillion_netrc_parse (text);
}

PillionNetrc *
pillion_netrc_ref (PillionNetrc *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
netrc_clear (gpointer data)
{
  g_array_unref (((PillionNetrc *) data)->entries);
}

void
pillion_netrc_unref (PillionNetrc *self)
{
  g_atomic_rc_box_release_full (self, netrc_clear);
}

PillionHttpCredentials *
pillion_netrc_find (PillionNetrc *self,
                    const char *host)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = &g_array_index (self->entries, Entry, i);

      if (entry->host == NULL || g_ascii_strcasecmp (entry->host, host) == 0)
        return entry->credentials;
    }

  return NULL;
}
