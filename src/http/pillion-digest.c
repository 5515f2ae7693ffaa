/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/pillion-restart.h"

#define BUFFER_SIZE (256 * 1024)

static const struct
{
  gsize length;
  GChecksumType type;
  const char *name;
} kinds[] = {
  { 32, G_CHECKSUM_MD5, "MD5" },       { 40, G_CHECKSUM_SHA1, "SHA-1" },     { 64, G_CHECKSUM_SHA256, "SHA-256" },
  { 96, G_CHECKSUM_SHA384, "SHA-384" }, { 128, G_CHECKSUM_SHA512, "SHA-512" },
};

gboolean
pillion_digest_is_valid (const char *text)
{
  gsize length = strspn (text, "0123456789abcdef");

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (length == kinds[i].length)
      return text[length] == '\0';

  return FALSE;
}

GChecksumType
pillion_digest_get_type (const char *text,
                         const char **name)
{
  gsize length = strlen (text);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (length == kinds[i].length)
      {
        *name = kinds[i].name;
        return kinds[i].type;
      }

  g_assert_not_reached ();
}

/* The value of @name in a list such as `sha-256=:…:, md5=:…:`, as hexadecimal digits. The colons are those of Repr-Digest. */
static char *
find_in_list (const char *list,
              const char *name,
              gsize n_digits)
{
  g_auto (GStrv) items = g_strsplit (list, ",", -1);

  for (guint i = 0; items[i] != NULL; i++)
    {
      char *item = g_strstrip (items[i]);
      char *value = strchr (item, '=');
      g_autofree guchar *bytes = NULL;
      GString *digits;
      gsize length;

      if (value == NULL || (gsize) (value - item) != strlen (name) || g_ascii_strncasecmp (item, name, strlen (name)) != 0)
        continue;

      value++;
      value += *value == ':';
      value[strcspn (value, ":;")] = '\0';
      bytes = g_base64_decode (value, &length);
      if (length * 2 != n_digits)
        continue;

      digits = g_string_sized_new (n_digits);
      for (gsize j = 0; j < length; j++)
        g_string_append_printf (digits, "%02x", bytes[j]);
      return g_string_free (digits, FALSE);
    }

  return NULL;
}

char *
pillion_digest_from_fields (const char *repr_digest,
                            const char *digest)
{
  static const struct
  {
    const char *name;
    gsize n_digits;
    gboolean is_old; /* in Digest only */
  } names[] = { { "sha-256", 64, FALSE }, { "sha-512", 128, FALSE }, { "sha", 40, TRUE }, { "md5", 32, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      char *found = NULL;

      if (repr_digest != NULL && !names[i].is_old)
        found = find_in_list (repr_digest, names[i].name, names[i].n_digits);
      if (found == NULL && digest != NULL)
        found = find_in_list (digest, names[i].name, names[i].n_digits);
      if (found != NULL)
        return found;
    }

  return NULL;
}

gboolean
pillion_digest_is_of_file (const char *text,
                           int folder,
                           const char *name,
                           gboolean *stop)
{
  const char *kind;
  g_autoptr (GChecksum) checksum = g_checksum_new (pillion_digest_get_type (text, &kind));
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  int fd = pillion_restart (openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info;
  gssize n = -1;

  if (fd < 0)
    return FALSE;

  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    while (!__atomic_load_n (stop, __ATOMIC_ACQUIRE) && (n = pillion_restart (read (fd, buffer, BUFFER_SIZE))) > 0)
      g_checksum_update (checksum, buffer, n);
  close (fd);

  return n == 0 && strcmp (g_checksum_get_string (checksum), text) == 0;
}
