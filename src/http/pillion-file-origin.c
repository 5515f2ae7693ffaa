/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-origin.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif
#include <unistd.h>

#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-restart.h"

#define ATTRIBUTE "user.pillion.origin"
#define MAX_SIZE 4096
#define N_LINES 7

/* The lines of the attribute: "2" for the format, the SHA-256 of the URL, size, time in ns, the SHA-256 of the source, entity tag, Last-Modified.
 * Not the URL itself: there may be a key in it, and the file may be for others to read. */

static char *
format_state (const char *url,
              const struct stat *info)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);

  return g_strdup_printf ("2\n%s\n%" PRId64 "\n%" PRId64 ".%09ld\n", digest, (gint64) info->st_size, (gint64) info->st_mtim.tv_sec,
                          (long) info->st_mtim.tv_nsec);
}

static void
load_attribute (PillionFileOrigin *self,
                int fd,
                const char *url,
                const struct stat *info)
{
#ifdef __linux__
  g_autofree char *state = format_state (url, info);
  char text[MAX_SIZE + 1];
  gssize n = fgetxattr (fd, ATTRIBUTE, text, MAX_SIZE);
  g_auto (GStrv) lines = NULL;

  if (n <= 0)
    return;

  text[n] = '\0';
  if (!g_str_has_prefix (text, state))
    return;

  lines = g_strsplit (text, "\n", N_LINES);
  if (g_strv_length (lines) != N_LINES)
    return;

  self->recorded = TRUE;
  self->source = g_strdup (lines[4]);
  if (lines[5][0] != '\0')
    self->etag = g_strdup (lines[5]);
  if (lines[6][0] != '\0')
    self->last_modified = g_strdup (lines[6]);
#endif
}

void
pillion_file_origin_clear (PillionFileOrigin *self)
{
  g_free (self->name);
  g_free (self->source);
  g_free (self->etag);
  g_free (self->last_modified);
  *self = (PillionFileOrigin) { .exists = FALSE };
}

void
pillion_file_origin_load (PillionFileOrigin *self,
                          int folder,
                          const char *name,
                          const char *url)
{
  struct stat info;
  int fd;

  if (g_strcmp0 (self->name, name) == 0)
    return;

  pillion_file_origin_clear (self);
  self->name = g_strdup (name);
  fd = pillion_restart (openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd < 0)
    return;

  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      self->exists = TRUE;
      self->modified = info.st_mtim.tv_sec;
      self->size = info.st_size;
      load_attribute (self, fd, url, &info);
      if (self->last_modified == NULL)
        self->last_modified = pillion_http_format_date (self->modified);
    }
  close (fd);
}

/* Another server may use the same tag for other content (RFC 9110, section 8.8.3) */
static gboolean
knows_etag_of (const PillionFileOrigin *self,
               const char *source)
{
  g_autofree char *digest = NULL;

  if (self->etag == NULL)
    return FALSE;

  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, source, -1);
  return strcmp (digest, self->source) == 0;
}

gboolean
pillion_file_origin_add_conditions (const PillionFileOrigin *self,
                                    const char *source,
                                    PillionFieldList *fields)
{
  const gboolean has_etag = knows_etag_of (self, source);

  if (has_etag)
    pillion_field_list_append (fields, "If-None-Match", self->etag);
  if (self->last_modified != NULL)
    pillion_field_list_append (fields, "If-Modified-Since", self->last_modified);

  return has_etag || self->last_modified != NULL;
}

void
pillion_file_origin_save (int fd,
                          const char *url,
                          const char *source,
                          const char *etag,
                          const char *last_modified)
{
#ifdef __linux__
  g_autofree char *digest = NULL;
  g_autofree char *state = NULL;
  g_autofree char *text = NULL;
  struct stat info;

  if ((etag == NULL && last_modified == NULL) || (etag != NULL && strchr (etag, '\n') != NULL) || fstat (fd, &info) != 0)
    return;

  state = format_state (url, &info);
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, source, -1);
  text = g_strconcat (state, digest, "\n", etag != NULL ? etag : "", "\n", last_modified != NULL ? last_modified : "", NULL);
  if (strlen (text) <= MAX_SIZE)
    fsetxattr (fd, ATTRIBUTE, text, strlen (text), 0);
#endif
}

/* Weak tags do: the meaning is the same (RFC 9110, section 13.1.2) */
static const char *
skip_weakness (const char *etag)
{
  return g_str_has_prefix (etag, "W/") ? etag + 2 : etag;
}

gboolean
pillion_file_origin_matches (const PillionFileOrigin *self,
                             const char *source,
                             const char *etag,
                             const char *last_modified,
                             gint64 length)
{
  gint64 modified;

  if (!self->exists)
    return FALSE;

  if (etag != NULL && knows_etag_of (self, source))
    return strcmp (skip_weakness (self->etag), skip_weakness (etag)) == 0;

  return last_modified != NULL && length == self->size && pillion_http_parse_date (last_modified, &modified) && modified == self->modified;
}
