/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-part-record.h"
#include "http/pillion-restart.h"

/**
 * PillionHttpPart:
 *
 * What an unfinished download left in a folder, to be continued by a later one.
 *
 * [func@PillionHttp.Part.list] finds all parts of a folder, and [method@PillionHttp.Part.remove] deletes one. A part consists of a hidden
 * file and a record of what it is a part of. Only what such a record vouches for, and what belongs to the user alone, is listed and
 * deleted: other files are never touched, whatever they are called.
 *
 * ```c
 * g_autoptr (GFile) folder = g_file_new_for_path ("/tmp");
 * g_autoptr (PillionTask) listing = pillion_http_part_list (loop, folder, NULL);
 * g_autoptr (GListModel) parts = pillion_await_object (listing, &error);
 *
 * for (guint i = 0; parts != NULL && i < g_list_model_get_n_items (parts); i++)
 *   {
 *     g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);
 *     g_autoptr (PillionTask) removing = pillion_http_part_remove (part, loop, NULL);
 *
 *     if (!pillion_await (removing, &error))
 *       g_printerr ("%s\n", error->message);
 *   }
 * ```
 *
 * It describes the part as it was when it was listed, never changes, and may be used from any thread.
 *
 * Since: 1.0
 */

struct _PillionHttpPart
{
  GObject parent_instance;

  GFile *file;
  char *url;
  char *name;
  gint64 size;
  gint64 length;
  GDateTime *modified;
};

enum
{
  PROP_FILE = 1,
  PROP_URL,
  PROP_NAME,
  PROP_SIZE,
  PROP_LENGTH,
  PROP_MODIFIED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpPart, pillion_http_part, G_TYPE_OBJECT)

static void
pillion_http_part_finalize (GObject *object)
{
  PillionHttpPart *self = PILLION_HTTP_PART (object);

  pillion_sync_acquire (self);

  g_clear_object (&self->file);
  g_free (self->url);
  g_free (self->name);
  g_clear_pointer (&self->modified, g_date_time_unref);

  G_OBJECT_CLASS (pillion_http_part_parent_class)->finalize (object);
}

static void
pillion_http_part_get_property (GObject *object,
                                guint prop_id,
                                GValue *value,
                                GParamSpec *pspec)
{
  PillionHttpPart *self = PILLION_HTTP_PART (object);

  switch (prop_id)
    {
    case PROP_FILE:
      g_value_set_object (value, self->file);
      break;
    case PROP_URL:
      g_value_set_string (value, self->url);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_SIZE:
      g_value_set_int64 (value, self->size);
      break;
    case PROP_LENGTH:
      g_value_set_int64 (value, self->length);
      break;
    case PROP_MODIFIED:
      g_value_set_boxed (value, self->modified);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_part_class_init (PillionHttpPartClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_part_finalize;
  object_class->get_property = pillion_http_part_get_property;

  /**
   * PillionHttpPart:file: (getter get_file)
   *
   * The hidden file with what has arrived.
   *
   * Since: 1.0
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, flags);

  /**
   * PillionHttpPart:url: (getter get_url)
   *
   * The URL that was asked for, without user and password, or %NULL if it was lost when the machine crashed.
   *
   * Since: 1.0
   */
  properties[PROP_URL] = g_param_spec_string ("url", NULL, NULL, NULL, flags);

  /**
   * PillionHttpPart:name: (getter get_name)
   *
   * The name of the file that it is a part of, or %NULL if that is not known: a server would have chosen it.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);

  /**
   * PillionHttpPart:size: (getter get_size)
   *
   * How many bytes have arrived.
   *
   * Since: 1.0
   */
  properties[PROP_SIZE] = g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionHttpPart:length: (getter get_length)
   *
   * How many bytes there are in all, or -1 if the server did not say.
   *
   * Since: 1.0
   */
  properties[PROP_LENGTH] = g_param_spec_int64 ("length", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * PillionHttpPart:modified: (getter get_modified)
   *
   * When the last byte arrived.
   *
   * Since: 1.0
   */
  properties[PROP_MODIFIED] = g_param_spec_boxed ("modified", NULL, NULL, G_TYPE_DATE_TIME, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_part_init (PillionHttpPart *self)
{
}

static gboolean
fail (const char *path,
      int errsv,
      GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), "%s: %s", shown, g_strerror (errsv));
  return FALSE;
}

static int
open_folder (const char *path,
             GError **error)
{
  int folder = pillion_restart (open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  if (folder < 0)
    fail (path, errno, error);
  return folder;
}

/* Opens and locks a part, so that no download can use it. Returns FALSE and sets errno on failure:
 * EWOULDBLOCK if a download uses it. If only its record is left, @fd is -1. */
static gboolean
lock_part (int folder,
           const char *name,
           int *fd,
           struct stat *info)
{
  struct stat named;
  int result;

  *fd = pillion_restart (openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (*fd < 0 && errno == ENOENT && fstatat (folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0)
    errno = EWOULDBLOCK; /* it has only just come, so a download begins */
  if (*fd < 0)
    return errno == ENOENT;

  result = pillion_restart (flock (*fd, LOCK_EX | LOCK_NB));

  /* Some network file systems don't support locks */
  if ((result == 0 || errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) && fstat (*fd, info) == 0)
    {
      /* A download that ended just before has moved it away */
      if (fstatat (folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == info->st_dev && named.st_ino == info->st_ino &&
          pillion_part_is_ours (info))
        return TRUE;
      errno = EACCES;
    }

  return FALSE;
}

static void
unlock_part (int fd)
{
  if (fd < 0)
    return;

  /* A child that was forked in the meantime has the descriptor too, and would hold the lock */
  flock (fd, LOCK_UN);
  close (fd);
}

static gint64
get_size (const PillionPartRecord *record,
          const struct stat *info)
{
  gint64 noted = record->size + pillion_range_set_get_size (&record->pieces);

  return record->holey ? MIN (noted, info->st_size) : info->st_size;
}

/* The name in `.NAME.pillion-part`. If the name was to come from a response, it is replaced with, or followed
 * by, the digest of the URL. */
static char *
get_target_name (const PillionPartRecord *record,
                 const char *name)
{
  g_autofree char *base = g_strndup (name + 1, (gsize) (strstr (name, PILLION_PART_SUFFIX) - name - 1));
  gsize length = strlen (base);

  if (length >= PILLION_PART_DIGEST_LENGTH)
    {
      char *digest = base + length - PILLION_PART_DIGEST_LENGTH;

      if (strspn (digest, "0123456789abcdef") == PILLION_PART_DIGEST_LENGTH)
        {
          if (digest == base)
            return g_strdup (record->name);
          if (digest[-1] == '-')
            digest[-1] = '\0';
        }
    }

  return g_filename_display_name (base);
}

/* Fails unless it is gone, or somebody else's */
static PillionHttpPart *
skip_or_fail (const char *path,
              int errsv,
              GError **error)
{
  if (errsv != ENOENT && errsv != EACCES && errsv != EPERM)
    fail (path, errsv, error);
  return NULL;
}

/* Returns NULL without an error if @record_name is not the record of one of our parts */
static PillionHttpPart *
part_new (int folder,
          const char *folder_path,
          const char *record_name,
          GError **error)
{
  g_autofree char *name = g_strndup (record_name, strlen (record_name) - strlen (PILLION_PART_RECORD_SUFFIX));
  g_autofree char *path = g_build_filename (folder_path, name, NULL);
  PillionPartRecord record = { 0 };
  PillionPartRecordState state = pillion_part_record_load (&record, folder, record_name);
  PillionHttpPart *self;
  struct stat info;

  if (state == PILLION_PART_RECORD_FAILED)
    return skip_or_fail (path, errno, error);
  if (state != PILLION_PART_RECORD_OURS && state != PILLION_PART_RECORD_LOST)
    return NULL;

  /* A download doesn't delete both at once when it ends, nor does a crash */
  if (fstatat (folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (errno != ENOENT || fstatat (folder, record_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        {
          int errsv = errno;

          pillion_part_record_clear (&record);
          return skip_or_fail (path, errsv, error);
        }
      info.st_size = 0;
    }
  else if (!pillion_part_is_ours (&info))
    {
      pillion_part_record_clear (&record);
      return NULL;
    }

  self = g_object_new (PILLION_HTTP_TYPE_PART, NULL);
  self->file = g_file_new_for_path (path);
  self->url = g_strdup (record.url);
  self->name = get_target_name (&record, name);
  self->size = get_size (&record, &info);
  self->length = record.length;
  self->modified = g_date_time_new_from_unix_utc (info.st_mtime);
  pillion_part_record_clear (&record);

  return self;
}

static gboolean
is_record_name (const char *name)
{
  return name[0] == '.' && name[1] != '\0' && strstr (name + 1, PILLION_PART_SUFFIX) > name + 1 &&
         g_str_has_suffix (name, PILLION_PART_RECORD_SUFFIX);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns NULL and sets errno on failure */
static GPtrArray *
read_record_names (int folder)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int copy = dup (folder);
  DIR *entries = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;
  int errsv;

  if (entries == NULL)
    {
      errsv = errno;
      if (copy >= 0)
        close (copy);
      errno = errsv;
      return NULL;
    }

  while (errno = 0, (entry = readdir (entries)) != NULL)
    if (is_record_name (entry->d_name))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  errsv = errno;
  closedir (entries);
  errno = errsv;
  g_ptr_array_sort (names, compare_names);

  return errsv == 0 ? g_steal_pointer (&names) : NULL;
}

static void
list_on_worker (PillionTask *task,
                GCancellable *cancellable,
                gpointer user_data)
{
  const char *path = g_file_peek_path (user_data);
  g_autoptr (GListStore) parts = g_list_store_new (PILLION_HTTP_TYPE_PART);
  g_autoptr (GPtrArray) names = NULL;
  GError *error = NULL;
  int folder = open_folder (path, &error);

  if (folder < 0)
    {
      pillion_task_return_error (task, error);
      return;
    }

  names = read_record_names (folder);
  if (names == NULL)
    fail (path, errno, &error);
  for (guint i = 0; error == NULL && i < names->len; i++)
    {
      g_autoptr (PillionHttpPart) part = part_new (folder, path, names->pdata[i], &error);

      if (part != NULL)
        g_list_store_append (parts, part);
    }
  close (folder);

  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_private_task_take_object (task, g_steal_pointer (&parts));
}

/**
 * pillion_http_part_list:
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @folder: a folder with a local path
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Finds what unfinished downloads left in a folder, but not in the folders in it. A part that a download is writing to right now is among it.
 *
 * The task's result is a [iface@Gio.ListModel] of [class@PillionHttp.Part], sorted by the name of the hidden file. It fails with
 * `G_IO_ERROR_NOT_SUPPORTED` if @folder is not local, and with the error of the disk if it can't be read. The disk is read on a worker
 * thread. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_part_list (PillionLoop *loop,
                        GFile *folder,
                        GCancellable *cancellable)
{
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (G_IS_FILE (folder), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (loop == NULL)
    loop = pillion_loop_get_default ();
  g_return_val_if_fail (loop != NULL, NULL);

  if (g_file_peek_path (folder) == NULL)
    {
      g_autofree char *uri = g_file_get_uri (folder);
      PillionTask *task = pillion_task_new_at (loop, "list parts", cancellable, NULL);

      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("'%s' is not a local file"), uri);
      return task;
    }

  return pillion_loop_run_in_thread (loop, "list parts", cancellable, list_on_worker, g_object_ref (folder), g_object_unref);
}

/* Removes the record last: alone it does no harm, and without it nothing would recognize the part. The lock
 * is held. */
static gboolean
remove_files (int folder,
              const char *name,
              int part,
              const char *path,
              GError **error)
{
  g_autofree char *record_name = g_strconcat (name, PILLION_PART_RECORD_SUFFIX, NULL);
  g_autofree char *draft = g_strconcat (record_name, PILLION_PART_DRAFT_SUFFIX, NULL);
  PillionPartRecord record = { 0 };
  PillionPartRecordState state = pillion_part_record_load (&record, folder, record_name);

  if (state == PILLION_PART_RECORD_FAILED)
    return fail (path, errno, error);
  pillion_part_record_clear (&record);
  /* It has been continued and finished in the meantime, and something else may have the name */
  if (state == PILLION_PART_RECORD_NONE)
    return part < 0 || fail (path, EACCES, error);
  if (state == PILLION_PART_RECORD_FOREIGN)
    return fail (path, EACCES, error);

  if (part >= 0 && unlinkat (folder, name, 0) != 0)
    return fail (path, errno, error);
  /* What a crash left of a record that was being written. It is ours because the record is. */
  unlinkat (folder, draft, 0);
  return unlinkat (folder, record_name, 0) == 0 || errno == ENOENT || fail (path, errno, error);
}

static void
remove_on_worker (PillionTask *task,
                  GCancellable *cancellable,
                  gpointer user_data)
{
  PillionHttpPart *self = user_data;
  const char *path = g_file_peek_path (self->file);
  g_autofree char *folder_path = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  GError *error = NULL;
  struct stat info;
  int folder = open_folder (folder_path, &error);
  int part = -1;

  if (folder >= 0)
    {
      if (lock_part (folder, name, &part, &info))
        remove_files (folder, name, part, path, &error);
      else if (errno == EWOULDBLOCK)
        g_set_error (&error, G_IO_ERROR, G_IO_ERROR_BUSY, _("a download is writing to '%s'"), path);
      else
        fail (path, errno, &error);
      unlock_part (part);
      close (folder);
    }

  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_task_return_boolean (task, TRUE);
}

/**
 * pillion_http_part_remove:
 * @self: a part
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Deletes a part with its record, so that a later download of the same URL starts over.
 *
 * The task results in %TRUE, also if the part is gone already. It fails with `G_IO_ERROR_BUSY` if a download is writing to it, with
 * `G_IO_ERROR_PERMISSION_DENIED` if something else has its name by now, and with the error of the disk. The disk is written on a worker
 * thread. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_part_remove (PillionHttpPart *self,
                          PillionLoop *loop,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), NULL);
  g_return_val_if_fail (self->file != NULL, NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (loop == NULL)
    loop = pillion_loop_get_default ();
  g_return_val_if_fail (loop != NULL, NULL);

  return pillion_loop_run_in_thread (loop, "remove part", cancellable, remove_on_worker, g_object_ref (self), g_object_unref);
}

/**
 * pillion_http_part_get_file: (get-property file)
 * @self: a part
 *
 * Gets the hidden file with what has arrived.
 *
 * Returns: (transfer none): the file
 *
 * Since: 1.0
 */
GFile *
pillion_http_part_get_file (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), NULL);

  return self->file;
}

/**
 * pillion_http_part_get_url: (get-property url)
 * @self: a part
 *
 * Gets the URL that was asked for, without user and password.
 *
 * Returns: (nullable): the URL, or %NULL if it was lost when the machine crashed
 *
 * Since: 1.0
 */
const char *
pillion_http_part_get_url (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), NULL);

  return self->url;
}

/**
 * pillion_http_part_get_name: (get-property name)
 * @self: a part
 *
 * Gets the name of the file that it is a part of.
 *
 * Returns: (nullable): the name, or %NULL if that is not known: a server would have chosen it
 *
 * Since: 1.0
 */
const char *
pillion_http_part_get_name (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), NULL);

  return self->name;
}

/**
 * pillion_http_part_get_size: (get-property size)
 * @self: a part
 *
 * Gets how many bytes have arrived.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_part_get_size (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), 0);

  return self->size;
}

/**
 * pillion_http_part_get_length: (get-property length)
 * @self: a part
 *
 * Gets how many bytes there are in all.
 *
 * Returns: the number of bytes, or -1 if the server did not say
 *
 * Since: 1.0
 */
gint64
pillion_http_part_get_length (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), -1);

  return self->length;
}

/**
 * pillion_http_part_get_modified: (get-property modified)
 * @self: a part
 *
 * Gets when the last byte arrived.
 *
 * Returns: (transfer none): the time
 *
 * Since: 1.0
 */
GDateTime *
pillion_http_part_get_modified (PillionHttpPart *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_PART (self), NULL);

  return self->modified;
}
