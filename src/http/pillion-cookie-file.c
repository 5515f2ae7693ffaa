/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for realpath () and flock () */

#include "config.h"

#include "http/pillion-cookie-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-restart.h"

/* A larger file is not a cookie file, and is left alone */
#define MAX_SIZE (16 * 1024 * 1024)

/* The file is written here first, and renamed when it is complete */
#define DRAFT_SUFFIX ".pillion-draft"

/* How often others may replace the file before it is locked: more often than that, it is the file system that contradicts itself */
#define MAX_RACES 1000

#define HTTP_ONLY_PREFIX "#HttpOnly_"

/* Before the line of a cookie. To other programs it is a comment. */
#define SAME_SITE_PREFIX "# SameSite="

/* Python's http.cookiejar refuses a file without the first line */
#define HEADER "# Netscape HTTP Cookie File\n# Written by Pillion\n\n"

static guint
hash (gconstpointer key)
{
  const PillionHttpCookie *cookie = key;

  return g_str_hash (cookie->name) * 31 + g_str_hash (cookie->domain) * 7 + g_str_hash (cookie->path);
}

static gboolean
equal (gconstpointer a,
       gconstpointer b)
{
  const PillionHttpCookie *first = a;
  const PillionHttpCookie *second = b;

  return strcmp (first->name, second->name) == 0 && strcmp (first->domain, second->domain) == 0 && strcmp (first->path, second->path) == 0;
}

void
pillion_cookie_changes_add (PillionCookieChanges *self,
                            const PillionHttpCookie *cookie)
{
  if (self->cookies == NULL)
    self->cookies = g_hash_table_new_full (hash, equal, (GDestroyNotify) pillion_http_cookie_free, NULL);
  g_hash_table_replace (self->cookies, pillion_http_cookie_copy (cookie), NULL);
}

gboolean
pillion_cookie_changes_is_empty (const PillionCookieChanges *self)
{
  return !self->cleared && self->cookies == NULL;
}

void
pillion_cookie_changes_clear (PillionCookieChanges *self)
{
  g_clear_pointer (&self->cookies, g_hash_table_unref);
  self->cleared = FALSE;
}

void
pillion_cookie_changes_merge (PillionCookieChanges *self,
                              PillionCookieChanges *later)
{
  GHashTableIter iter;
  gpointer cookie;

  if (later->cleared)
    {
      pillion_cookie_changes_clear (self);
      self->cleared = TRUE;
    }
  if (later->cookies != NULL)
    {
      g_hash_table_iter_init (&iter, later->cookies);
      while (g_hash_table_iter_next (&iter, &cookie, NULL))
        pillion_cookie_changes_add (self, cookie);
    }

  pillion_cookie_changes_clear (later);
}

void
pillion_cookie_changes_apply (const PillionCookieChanges *self,
                              PillionCookieStore *store)
{
  GHashTableIter iter;
  gpointer cookie;

  if (self->cleared)
    pillion_cookie_store_clear (store);
  if (self->cookies == NULL)
    return;

  g_hash_table_iter_init (&iter, self->cookies);
  while (g_hash_table_iter_next (&iter, &cookie, NULL))
    pillion_cookie_store_put (store, cookie);
}

static gboolean
set_error (GError **error,
           const char *path,
           int errsv)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), "%s: %s", name, g_strerror (errsv));
  return FALSE;
}

static gboolean
parse_flag (const char *text,
            gboolean *flag)
{
  *flag = g_ascii_strcasecmp (text, "TRUE") == 0;
  return *flag || g_ascii_strcasecmp (text, "FALSE") == 0;
}

/* Seconds since 1970, maybe with a fraction; 0 or nothing for a cookie that ends with the session */
static gboolean
parse_time (const char *text,
            gint64 *usec)
{
  char *end;
  gint64 seconds = g_ascii_strtoll (text, &end, 10);

  if (*end == '.')
    end += 1 + strspn (end + 1, "0123456789");
  /* A cookie that expired in the first second of 1970 is not a session cookie */
  *usec = seconds == 0 ? 0 : CLAMP (seconds, 1, G_MAXINT64 / G_USEC_PER_SEC) * G_USEC_PER_SEC;

  return *end == '\0' && (end != text || *text == '\0');
}

/* Returns NULL if the line is not a cookie */
static PillionHttpCookie *
parse_line (const char *line)
{
  gboolean http_only = g_str_has_prefix (line, HTTP_ONLY_PREFIX);
  g_auto (GStrv) fields = g_strsplit (http_only ? line + strlen (HTTP_ONLY_PREFIX) : line, "\t", 8);
  guint n = g_strv_length (fields);
  g_autoptr (PillionHttpCookie) cookie = NULL;
  gboolean with_subdomains;

  /* Some programs strip lines, and so the tab before an empty value */
  if (n != 7 && n != 6)
    return NULL;

  cookie = pillion_http_cookie_new (fields[5], n == 7 ? fields[6] : "", fields[0], fields[2]);
  if (!parse_flag (fields[1], &with_subdomains) || !parse_flag (fields[3], &cookie->secure) || !parse_time (fields[4], &cookie->expires_usec))
    return NULL;

  cookie->host_only = !with_subdomains || g_hostname_is_ip_address (cookie->domain);
  cookie->http_only = http_only;
  return pillion_cookie_check (cookie, NULL) ? g_steal_pointer (&cookie) : NULL;
}

static PillionHttpSameSite
parse_same_site (const char *line)
{
  const char *value = line + strlen (SAME_SITE_PREFIX);

  if (strcmp (value, "Strict") == 0)
    return PILLION_HTTP_SAME_SITE_STRICT;
  return strcmp (value, "Lax") == 0 ? PILLION_HTTP_SAME_SITE_LAX : PILLION_HTTP_SAME_SITE_NONE;
}

/* Returns 0 if every line is a cookie, a comment or blank, or else the number of the first other one */
static guint
parse (const char *text,
       gsize length,
       PillionCookieStore *store)
{
  const char *end = text + length;
  PillionHttpSameSite same_site = PILLION_HTTP_SAME_SITE_NONE;
  guint bad = 0;

  for (guint number = 1; text < end; number++)
    {
      const char *next = memchr (text, '\n', (gsize) (end - text));
      gsize n = (gsize) ((next != NULL ? next : end) - text);
      g_autofree char *line = g_strndup (text, n);

      /* A line with a NUL has been cut there by now */
      if (strlen (line) == n)
        {
          if (n > 0 && line[n - 1] == '\r')
            line[n - 1] = '\0';
          if (line[strspn (line, " \t")] != '\0' && (*line != '#' || g_str_has_prefix (line, HTTP_ONLY_PREFIX)))
            {
              g_autoptr (PillionHttpCookie) cookie = parse_line (line);

              if (cookie != NULL)
                {
                  cookie->same_site = same_site;
                  pillion_cookie_store_put (store, cookie);
                }
              else if (bad == 0)
                bad = number;
            }
          same_site = g_str_has_prefix (line, SAME_SITE_PREFIX) ? parse_same_site (line) : PILLION_HTTP_SAME_SITE_NONE;
        }
      else if (bad == 0)
        bad = number;

      text += n + 1;
    }

  return bad;
}

/* Reads what there is */
static gboolean
read_all (int fd,
          const char *path,
          GString *text,
          GError **error)
{
  struct stat info;
  char buffer[16 * 1024];
  gssize n;

  if (fstat (fd, &info) != 0)
    return set_error (error, path, errno);
  if (!S_ISREG (info.st_mode))
    {
      g_autofree char *name = g_filename_display_name (path);

      g_set_error (error, G_IO_ERROR, S_ISDIR (info.st_mode) ? G_IO_ERROR_IS_DIRECTORY : G_IO_ERROR_NOT_REGULAR_FILE,
                   _("%s: cookies can be kept in a regular file only"), name);
      return FALSE;
    }

  while ((n = pillion_restart (read (fd, buffer, sizeof buffer))) != 0)
    {
      if (n < 0)
        return set_error (error, path, errno);
      g_string_append_len (text, buffer, n);
      if (text->len > MAX_SIZE)
        {
          g_autofree char *name = g_filename_display_name (path);

          g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE, _("%s: the file is too large to be a cookie file"), name);
          return FALSE;
        }
    }

  return TRUE;
}

/* Opens the file and locks it, unless the file system has no locks. A process that replaces the file holds the lock of the old one, which is then
 * a lock of nothing. */
static int
open_locked (const char *path,
             gboolean *locked,
             GError **error)
{
  for (guint i = 0; i < MAX_RACES; i++)
    {
      struct stat ours;
      struct stat current = { 0 };
      int fd = pillion_restart (open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));

      if (fd < 0)
        {
          set_error (error, path, errno);
          return -1;
        }

      *locked = pillion_restart (flock (fd, LOCK_EX)) == 0;

      if (fstat (fd, &ours) != 0 || (stat (path, &current) != 0 && errno != ENOENT))
        {
          set_error (error, path, errno);
          close (fd);
          return -1;
        }
      if (current.st_dev == ours.st_dev && current.st_ino == ours.st_ino)
        return fd;
      close (fd);
    }

  set_error (error, path, EBUSY);
  return -1;
}

/* A forked child may have the descriptor too, and would hold the lock */
static void
unlock (int fd)
{
  flock (fd, LOCK_UN);
  close (fd);
}

/* Renames the file to a name that no other file has */
static gboolean
put_aside (const char *path,
           guint bad_line,
           GError **broken,
           GError **error)
{
  g_autofree char *aside = g_strconcat (path, ".broken", NULL);
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *aside_name = NULL;

  for (guint i = 2; link (path, aside) != 0; i++)
    {
      /* Some file systems don't support links */
      if (errno != EEXIST && access (aside, F_OK) != 0 && rename (path, aside) == 0)
        break;
      if (errno != EEXIST || i > 1000)
        return set_error (error, aside, errno);
      g_free (aside);
      aside = g_strdup_printf ("%s.broken-%u", path, i);
    }

  aside_name = g_filename_display_name (aside);
  g_clear_error (broken);
  g_set_error (broken, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_COOKIE,
               _("%s: line %u is not a cookie; the previous contents are kept as %s"), name, bad_line, aside_name);
  return TRUE;
}

static void
append_line (GString *text,
             const PillionHttpCookie *cookie)
{
  if (cookie->same_site != PILLION_HTTP_SAME_SITE_NONE)
    g_string_append_printf (text, SAME_SITE_PREFIX "%s\n", cookie->same_site == PILLION_HTTP_SAME_SITE_STRICT ? "Strict" : "Lax");
  g_string_append_printf (text, "%s%s%s\t%s\t%s\t%s\t%" PRId64 "\t%s\t%s\n",
                          cookie->http_only ? HTTP_ONLY_PREFIX : "", cookie->host_only ? "" : ".", cookie->domain,
                          cookie->host_only ? "FALSE" : "TRUE", cookie->path, cookie->secure ? "TRUE" : "FALSE",
                          cookie->expires_usec / G_USEC_PER_SEC, cookie->name, cookie->value);
}

static gboolean
write_all (int fd,
           const GString *text)
{
  for (gsize done = 0; done < text->len;)
    {
      gssize n = pillion_restart (write (fd, text->str + done, text->len - done));

      if (n < 0)
        return FALSE;
      done += (gsize) n;
    }

  return TRUE;
}

static gboolean
remove_own (const char *path)
{
  struct stat info;

  return lstat (path, &info) == 0 && S_ISREG (info.st_mode) && info.st_uid == geteuid () && info.st_nlink == 1 && unlink (path) == 0;
}

/* Only one process at a time has the lock, so a draft that is there was left by one that was killed. Without locks, another process may be writing it. */
static int
open_draft (const char *path,
            gboolean locked,
            char **draft)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  int fd;

  if (locked)
    {
      *draft = g_strconcat (path, DRAFT_SUFFIX, NULL);
      fd = pillion_restart (open (*draft, flags, 0600));
      if (fd < 0 && errno == EEXIST && remove_own (*draft))
        fd = pillion_restart (open (*draft, flags, 0600));
      if (fd >= 0 || errno != EEXIST)
        return fd;
    }

  do
    {
      g_free (*draft);
      *draft = g_strconcat (path, ".XXXXXX", NULL);
      fd = g_mkstemp_full (*draft, O_WRONLY | O_CLOEXEC, 0600);
    }
  while (fd < 0 && errno == EINTR);

  return fd;
}

/* Makes the new file survive a crash of the machine. If that fails, the file is still complete. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = pillion_restart (open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  if (fd < 0)
    return;

  (void) pillion_restart (fsync (fd));
  close (fd);
}

/* Replaces the file, and keeps its mode */
static gboolean
replace (const char *path,
         int old,
         gboolean locked,
         const GString *text,
         GError **error)
{
  g_autofree char *draft = NULL;
  struct stat info;
  int fd = open_draft (path, locked, &draft);
  int errsv;

  if (fd < 0)
    return set_error (error, path, errno);

  if (write_all (fd, text) && fstat (old, &info) == 0 && fchmod (fd, info.st_mode & 0777) == 0 && pillion_restart (fsync (fd)) == 0 &&
      rename (draft, path) == 0)
    {
      close (fd);
      sync_folder (path);
      return TRUE;
    }

  errsv = errno;
  close (fd);
  unlink (draft);
  return set_error (error, path, errsv);
}

/* Does so with the file locked */
static gboolean
update_locked (const char *path,
               int fd,
               gboolean locked,
               const PillionCookieChanges *changes,
               gboolean with_session,
               PillionCookieStore *store,
               GError **broken,
               GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) cookies = NULL;
  guint bad;

  if (!read_all (fd, path, text, error))
    return FALSE;
  bad = parse (text->str, text->len, store);
  if (bad > 0 && !put_aside (path, bad, broken, error))
    return FALSE;

  pillion_cookie_changes_apply (changes, store);
  cookies = pillion_cookie_store_list (store, NULL);
  g_string_assign (text, HEADER);
  for (guint i = 0; i < cookies->len; i++)
    {
      const PillionHttpCookie *cookie = cookies->pdata[i];

      /* Cookies that another program has put there stay */
      if (cookie->expires_usec != 0 || with_session || changes->cookies == NULL || !g_hash_table_contains (changes->cookies, cookie))
        append_line (text, cookie);
    }

  return replace (path, fd, locked, text, error);
}

gboolean
pillion_cookie_file_update (const char *path,
                            const PillionCookieChanges *changes,
                            gboolean with_session,
                            PillionCookieStore *store,
                            GError **broken,
                            GError **error)
{
  /* Replaces the target of a symbolic link, not the link */
  g_autofree char *real = realpath (path, NULL);
  gboolean locked;
  int fd = open_locked (real != NULL ? real : path, &locked, error);
  gboolean success;

  if (fd < 0)
    return FALSE;

  success = update_locked (real != NULL ? real : path, fd, locked, changes, with_session, store, broken, error);
  unlock (fd);
  return success;
}

gboolean
pillion_cookie_file_read (const char *path,
                          PillionCookieStore *store,
                          GError **broken,
                          GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd = pillion_restart (open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  gboolean success;

  if (fd < 0)
    return errno == ENOENT || set_error (error, path, errno);

  success = read_all (fd, path, text, error);
  close (fd);
  if (!success || parse (text->str, text->len, store) == 0)
    return success;

  /* With the lock, because another process may just have replaced it */
  pillion_cookie_store_clear (store);
  return pillion_cookie_file_update (path, &(PillionCookieChanges) { FALSE }, FALSE, store, broken, error);
}
