/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-data.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

FetchData *
fetch_data_new (FetchDataKind kind,
                const char   *text)
{
  FetchData *self = g_new0 (FetchData, 1);

  self->kind = kind;
  self->text = g_strdup (text);
  return self;
}

void
fetch_data_free (FetchData *self)
{
  g_free (self->text);
  g_free (self);
}

static gboolean
append_stdin (GByteArray *body)
{
  guint8 buffer[65536];
  ssize_t n;

  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) != 0)
    {
      if (n < 0 && errno != EINTR)
        {
          g_printerr (_("pillion: can't read '%s': %s\n"), "-", g_strerror (errno));
          return FALSE;
        }
      if (n > 0)
        g_byte_array_append (body, buffer, (guint) n);
    }
  return TRUE;
}

static gboolean
append_file (GByteArray *body,
             const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  if (strcmp (path, "-") == 0)
    return append_stdin (body);
  if (!g_file_get_contents (path, &contents, &length, &error))
    {
      g_printerr ("pillion: %s\n", error->message);
      return FALSE;
    }
  g_byte_array_append (body, (const guint8 *) contents, (guint) length);
  return TRUE;
}

static void
append_text (GByteArray *body,
             const char *text,
             gsize       length)
{
  g_byte_array_append (body, (const guint8 *) text, (guint) length);
}

/* As browsers do with the fields of a form, and curl */
static void
append_encoded (GByteArray   *body,
                const guint8 *bytes,
                gsize         length)
{
  for (gsize i = 0; i < length; i++)
    {
      char code[4];

      if (g_ascii_isalnum (bytes[i]) || (bytes[i] != '\0' && strchr ("-._~", bytes[i]) != NULL))
        g_byte_array_append (body, bytes + i, 1);
      else if (bytes[i] == ' ')
        append_text (body, "+", 1);
      else
        {
          g_snprintf (code, sizeof code, "%%%02X", bytes[i]);
          append_text (body, code, 3);
        }
    }
}

static gboolean
append_field (GByteArray *body,
              const char *text)
{
  g_autoptr (GByteArray) value = g_byte_array_new ();
  gsize name = strcspn (text, "=@");

  /* "content" has no name */
  if (text[name] == '\0')
    {
      append_encoded (body, (const guint8 *) text, name);
      return TRUE;
    }
  if (text[name] == '=')
    append_text (value, text + name + 1, strlen (text + name + 1));
  else if (!append_file (value, text + name + 1))
    return FALSE;
  if (name > 0)
    {
      append_text (body, text, name);
      append_text (body, "=", 1);
    }
  append_encoded (body, value->data, value->len);
  return TRUE;
}

/* If it fails, the user was told. */
gboolean
fetch_data_append (const FetchData *self,
                   GByteArray      *body)
{
  if (self->kind == FETCH_DATA_URLENCODE)
    return append_field (body, self->text);
  if (self->kind == FETCH_DATA && self->text[0] == '@')
    return append_file (body, self->text + 1);
  append_text (body, self->text, strlen (self->text));
  return TRUE;
}
