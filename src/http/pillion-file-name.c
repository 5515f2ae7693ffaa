/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-name.h"

#include <string.h>

#include "http/pillion-http-fields.h"

/* A longer extension isn't one, and is cut like the rest of the name */
#define MAX_EXTENSION 32

/* The highest number that a name gets */
#define MAX_NUMBER ((guint) G_MAXINT)

gsize
pillion_file_name_cut (const char *text,
                       gsize max)
{
  gsize length = strlen (text);

  if (length <= max)
    return length;

  length = max;
  while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
    length--;

  return length;
}

/* Where the extension begins. `.tar.gz` is one extension. */
static gsize
find_extension (const char *name)
{
  static const char tar[] = ".tar";
  const char *dot = strrchr (name, '.');
  gsize stem;

  if (dot == NULL || dot == name || dot[1] == '\0' || strlen (dot) > MAX_EXTENSION)
    return strlen (name);

  stem = (gsize) (dot - name);
  if (stem > strlen (tar) && g_ascii_strncasecmp (dot - strlen (tar), tar, strlen (tar)) == 0)
    stem -= strlen (tar);

  return stem;
}

/* Inserts @text before the extension, and shortens what precedes it if there is no room */
static char *
insert_in_name (const char *name,
                const char *text,
                gsize max)
{
  gsize stem = find_extension (name);
  g_autofree char *end = g_strconcat (text, name + stem, NULL);
  g_autofree char *start = g_strndup (name, stem);
  gsize n_kept = strlen (end) < max ? pillion_file_name_cut (start, max - strlen (end)) : 0;

  /* An extension alone is no name */
  if (n_kept == 0)
    {
      g_free (end);
      g_free (start);
      end = g_strdup (text);
      start = g_strdup (name);
      n_kept = pillion_file_name_cut (start, max - strlen (end));
    }

  start[n_kept] = '\0';
  return g_strconcat (start, end, NULL);
}

char *
pillion_file_name_add_number (const char *name,
                              guint number,
                              gsize max)
{
  g_autofree char *text = g_strdup_printf (" (%u)", number);

  return insert_in_name (name, text, max);
}

guint
pillion_file_name_find_number (guint taken,
                               gboolean (*is_taken) (guint number, gpointer data),
                               gpointer data)
{
  guint step = 1;
  guint number;

  while (is_taken (number = MIN (taken + step, MAX_NUMBER), data))
    {
      if (number == MAX_NUMBER)
        return 0;
      taken = number;
      step *= 2;
    }

  /* There are seldom gaps between taken numbers, so this is usually the lowest free one */
  while (number - taken > 1)
    {
      guint middle = taken + (number - taken) / 2;

      if (is_taken (middle, data))
        taken = middle;
      else
        number = middle;
    }

  return number;
}

/* The last part of a path, written for any system */
static const char *
get_last_part (char *path)
{
  gsize length = strlen (path);
  const char *part;

  while (length > 0 && (path[length - 1] == '/' || path[length - 1] == '\\'))
    path[--length] = '\0';

  part = path;
  for (const char *p = path; *p != '\0'; p++)
    if (*p == '/' || *p == '\\')
      part = p + 1;

  return part;
}

/* Characters that some file system or shell can't take, control characters, and those that change the direction of what follows so that a name
 * looks like a different one */
static gboolean
is_allowed (gunichar c)
{
  if (c < 0x80)
    return c >= 0x20 && c != 0x7f && strchr ("\"*/:<>?\\|", (int) c) == NULL;

  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
      return FALSE;
    case G_UNICODE_FORMAT:
      /* Emoji and several scripts need the joiners */
      return c == 0x200c || c == 0x200d;
    default:
      return TRUE;
    }
}

/* Windows takes these for devices, whatever their extension is */
static gboolean
is_reserved (const char *name)
{
  static const char *const devices[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
  static const char *const ports[] = { "COM", "LPT" };
  static const char *const superscripts[] = { "\xc2\xb9", "\xc2\xb2", "\xc2\xb3" };
  gsize length = strcspn (name, ".");

  while (length > 0 && name[length - 1] == ' ')
    length--;

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (length == strlen (devices[i]) && g_ascii_strncasecmp (name, devices[i], length) == 0)
      return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      if (g_ascii_strncasecmp (name, ports[i], 3) != 0)
        continue;
      if (length == 4 && g_ascii_isdigit (name[3]))
        return TRUE;
      for (guint j = 0; j < G_N_ELEMENTS (superscripts); j++)
        if (length == 5 && strncmp (name + 3, superscripts[j], 2) == 0)
          return TRUE;
    }

  return FALSE;
}

/* Windows drops these, so the name would be different there */
static void
trim_end (GString *name)
{
  while (name->len > 0 && (name->str[name->len - 1] == '.' || name->str[name->len - 1] == ' '))
    g_string_truncate (name, name->len - 1);
}

static void
shorten (GString *name,
         gsize max)
{
  if (name->len > max)
    {
      g_autofree char *shorter = insert_in_name (name->str, "", max);

      g_string_assign (name, shorter);
      trim_end (name);
    }
}

char *
pillion_file_name_sanitize (const char *proposed,
                            gsize max)
{
  g_autofree char *text = g_utf8_make_valid (proposed, -1);
  g_autoptr (GString) name = g_string_new (NULL);
  gboolean has_content = FALSE;

  for (const char *p = get_last_part (text); *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      /* Hidden files, `..`, and space that nobody sees */
      if (name->len == 0 && (c == '.' || g_unichar_isspace (c)))
        continue;

      if (is_allowed (c))
        {
          g_string_append_unichar (name, c);
          has_content = TRUE;
        }
      else
        g_string_append_c (name, '_');
    }

  if (!has_content)
    return NULL;

  trim_end (name);
  if (is_reserved (name->str))
    g_string_prepend_c (name, '_');
  shorten (name, max);
  /* Only what is left may be a device */
  if (is_reserved (name->str))
    {
      g_string_prepend_c (name, '_');
      shorten (name, max);
    }

  return g_string_free (g_steal_pointer (&name), FALSE);
}

static int
hex_value (const char *p)
{
  if (!g_ascii_isxdigit (p[0]) || !g_ascii_isxdigit (p[1]))
    return -1;

  return g_ascii_xdigit_value (p[0]) * 16 + g_ascii_xdigit_value (p[1]);
}

static void
decode_q (GString *bytes,
          const char *text,
          gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (text[i] == '=' && i + 2 < length && hex_value (text + i + 1) > 0)
      {
        g_string_append_c (bytes, (char) hex_value (text + i + 1));
        i += 2;
      }
    else
      g_string_append_c (bytes, text[i] == '_' ? ' ' : text[i]);
}

/* Decodes one encoded word (RFC 2047), as in `=?UTF-8?B?w6k=?=`, and appends it. Returns what follows it, or
 * NULL if this is no encoded word. */
static const char *
append_encoded_word (GString *name,
                     const char *p)
{
  g_auto (GStrv) parts = NULL;
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_autofree char *word = NULL;
  const char *end;

  if (strncmp (p, "=?", 2) != 0)
    return NULL;

  end = strchr (p + 2, '?');
  end = end != NULL ? strchr (end + 1, '?') : NULL;
  end = end != NULL ? strstr (end + 1, "?=") : NULL;
  if (end == NULL)
    return NULL;

  word = g_strndup (p + 2, (gsize) (end - p - 2));
  parts = g_strsplit (word, "?", 3);
  if (g_ascii_strcasecmp (parts[1], "Q") == 0)
    decode_q (bytes, parts[2], strlen (parts[2]));
  else if (g_ascii_strcasecmp (parts[1], "B") == 0)
    {
      gsize length;
      g_autofree guchar *decoded = g_base64_decode (parts[2], &length);

      g_string_append_len (bytes, (const char *) decoded, (gssize) length);
    }
  else
    return NULL;

  if (memchr (bytes->str, '\0', bytes->len) != NULL)
    return NULL;

  text = g_convert (bytes->str, (gssize) bytes->len, "UTF-8", parts[0], NULL, NULL, NULL);
  if (text == NULL)
    return NULL;

  g_string_append (name, text);
  return end + 2;
}

/* Decodes what some servers take from mail to write other characters; NULL if it is something else */
static char *
decode_encoded_words (const char *value)
{
  g_autoptr (GString) name = g_string_new (NULL);
  gboolean found = FALSE;

  for (const char *p = value; *p != '\0';)
    {
      const char *next = append_encoded_word (name, p);

      if (next == NULL)
        {
          g_string_append_c (name, *p++);
          continue;
        }

      found = TRUE;
      /* Space between encoded words only separates them */
      p = next + strspn (next, " \t");
      if (strncmp (p, "=?", 2) != 0)
        p = next;
    }

  return found ? g_string_free (g_steal_pointer (&name), FALSE) : NULL;
}

/* By the standard, the parameter `filename` is a plain name. Servers and browsers disagree. */
static char *
decode_plain (const char *value)
{
  g_autofree char *name = NULL;

  if (!g_utf8_validate (value, -1, NULL))
    return g_convert (value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

  name = decode_encoded_words (value);
  if (name != NULL)
    return g_steal_pointer (&name);

  name = pillion_http_unescape (value);
  if (g_utf8_validate (name, -1, NULL))
    return g_steal_pointer (&name);

  return g_strdup (value);
}

char *
pillion_file_name_from_disposition (const char *content_disposition,
                                    gsize max)
{
  g_autofree char *extended = pillion_http_get_extended_parameter (content_disposition, "filename");
  g_autofree char *value = NULL;
  g_autofree char *plain = NULL;
  char *name = extended != NULL ? pillion_file_name_sanitize (extended, max) : NULL;

  if (name != NULL)
    return name;

  value = pillion_http_get_parameter (content_disposition, "filename");
  plain = value != NULL ? decode_plain (value) : NULL;
  return plain != NULL ? pillion_file_name_sanitize (plain, max) : NULL;
}

/* The extension of a media type, or NULL: also for the types that servers use for unknown content */
static const char *
get_extension (const char *content_type)
{
  static const struct
  {
    const char *type;
    const char *extension;
  } types[] = {
    { "application/epub+zip", ".epub" },
    { "application/gzip", ".gz" },
    { "application/java-archive", ".jar" },
    { "application/json", ".json" },
    { "application/pdf", ".pdf" },
    { "application/rss+xml", ".xml" },
    { "application/vnd.oasis.opendocument.spreadsheet", ".ods" },
    { "application/vnd.oasis.opendocument.text", ".odt" },
    { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx" },
    { "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx" },
    { "application/x-7z-compressed", ".7z" },
    { "application/x-blender", ".blend" },
    { "application/x-bzip2", ".bz2" },
    { "application/x-tar", ".tar" },
    { "application/x-xz", ".xz" },
    { "application/xhtml+xml", ".xhtml" },
    { "application/xml", ".xml" },
    { "application/zip", ".zip" },
    { "application/zstd", ".zst" },
    { "audio/flac", ".flac" },
    { "audio/mpeg", ".mp3" },
    { "audio/ogg", ".ogg" },
    { "audio/wav", ".wav" },
    { "image/avif", ".avif" },
    { "image/bmp", ".bmp" },
    { "image/gif", ".gif" },
    { "image/jpeg", ".jpg" },
    { "image/png", ".png" },
    { "image/svg+xml", ".svg" },
    { "image/tiff", ".tif" },
    { "image/vnd.radiance", ".hdr" },
    { "image/webp", ".webp" },
    { "image/x-exr", ".exr" },
    { "model/gltf+json", ".gltf" },
    { "model/gltf-binary", ".glb" },
    { "model/obj", ".obj" },
    { "model/stl", ".stl" },
    { "text/calendar", ".ics" },
    { "text/css", ".css" },
    { "text/csv", ".csv" },
    { "text/html", ".html" },
    { "text/javascript", ".js" },
    { "text/markdown", ".md" },
    { "text/xml", ".xml" },
    { "video/mp4", ".mp4" },
    { "video/webm", ".webm" },
    { "video/x-matroska", ".mkv" },
  };
  gsize length = strcspn (content_type, "; \t");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (length == strlen (types[i].type) && g_ascii_strncasecmp (content_type, types[i].type, length) == 0)
      return types[i].extension;

  return NULL;
}

char *
pillion_file_name_from_url (GUri *uri,
                            const char *content_type,
                            gsize max)
{
  const char *path = g_uri_get_path (uri);
  const char *slash = strrchr (path, '/');
  const char *segment = slash != NULL ? slash + 1 : path;
  const char *extension = content_type != NULL ? get_extension (content_type) : NULL;
  g_autofree char *decoded = pillion_http_unescape (segment);
  g_autofree char *name = NULL;

  /* Bytes that aren't UTF-8 stay encoded, so that two names stay different */
  name = pillion_file_name_sanitize (g_utf8_validate (decoded, -1, NULL) ? decoded : segment, max);
  if (name == NULL)
    {
      /* On nearly all servers, a folder means its index */
      name = g_strdup ("index");
      if (extension == NULL)
        extension = ".html";
    }

  if (extension == NULL || name[find_extension (name)] != '\0' || strlen (name) + strlen (extension) > max)
    return g_steal_pointer (&name);

  return g_strconcat (name, extension, NULL);
}
