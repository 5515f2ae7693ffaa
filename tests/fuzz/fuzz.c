/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/pillion-http-fields.h"

static char *folder_path;
static int folder = -1;

char *
fuzz_take_line (const guint8 **data,
                gsize *size)
{
  const guint8 *end = memchr (*data, '\n', *size);
  gsize length = end != NULL ? (gsize) (end - *data) : *size;
  char *line = g_strndup ((const char *) *data, length);

  length += end != NULL;
  *data += length;
  *size -= length;
  return line;
}

char *
fuzz_take_text (const guint8 **data,
                gsize *size)
{
  char *text = g_strndup ((const char *) *data, *size);

  *data += *size;
  *size = 0;
  return text;
}

gsize
fuzz_take_number (const guint8 **data,
                  gsize *size,
                  gsize max)
{
  gsize number = 0;

  if (*size > 0)
    {
      number = **data % max;
      (*data)++;
      (*size)--;
    }

  return number + 1;
}

void
fuzz_take_fields (const guint8 **data,
                  gsize *size,
                  PillionFieldList *fields)
{
  while (*size > 0)
    {
      g_autofree char *line = g_strdelimit (fuzz_take_line (data, size), "\r", ' ');
      char *colon = strchr (line, ':');

      if (line[0] == '\0')
        return;
      if (colon == NULL)
        continue;
      *colon = '\0';
      if (pillion_http_is_token (line))
        pillion_field_list_append (fields, line, g_strstrip (colon + 1));
    }
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (unlink (child) != 0)
        remove_all (child);
    }
  rmdir (path);
}

static void
remove_folder (void)
{
  remove_all (folder_path);
}

int
fuzz_get_folder (const char **path)
{
  if (folder == -1)
    {
      g_autofree char *template = g_strdup_printf ("%s/pillion-fuzz-XXXXXX", access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ());

      folder_path = g_mkdtemp (g_steal_pointer (&template));
      if (folder_path == NULL || (folder = open (folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
        g_error ("No folder for the files: %s", g_strerror (errno));
      atexit (remove_folder);
    }

  if (path != NULL)
    *path = folder_path;
  return folder;
}

void
fuzz_write_file (const char *name,
                 const guint8 *data,
                 gsize size)
{
  int fd = openat (fuzz_get_folder (NULL), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd == -1 || write (fd, data, size) != (gssize) size)
    g_error ("%s can't be written: %s", name, g_strerror (errno));
  close (fd);
}
