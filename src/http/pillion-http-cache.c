/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-cache-private.h"

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-cache-choice.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"

/**
 * PillionHttpCache:
 *
 * Keeps the responses of servers in a folder, so that they need not be transferred again.
 *
 * ```c
 * g_autofree char *path = g_build_filename (g_get_user_cache_dir (), "my-program", NULL);
 * g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);
 *
 * pillion_http_client_set_cache (client, cache);
 * ```
 *
 * The cache is a private one as in [RFC 9111](https://www.rfc-editor.org/rfc/rfc9111): it stores what servers allow, for as long as they say, and
 * asks them whether something is still good when it is not fresh any more. [The HTTP cache](cache.html) says what that means in detail.
 * How a single request uses it is decided by [property@PillionHttp.Request:cache-mode].
 *
 * ## The folder
 *
 * It is made when something may have to be stored. A folder that exists has to be empty or a cache: any other fails every call, with `G_IO_ERROR_NOT_EMPTY` or
 * `G_IO_ERROR_NOT_DIRECTORY`. If the disk is full or broken, calls go on as if there were no cache. [method@PillionHttp.Cache.open] tells.
 *
 * The folder can be used by several caches, clients and processes at the same time. All entries together take
 * [property@PillionHttp.Cache:max-size]; what was not used for the longest time makes room for others. An entry is one file, which appears
 * when its response is complete, and which has a checksum: nothing that a crash or a power cut left behind is ever used.
 *
 * ## Threads
 *
 * A cache can be used on any thread.
 *
 * Since: 1.0
 */

#define DEFAULT_MAX_SIZE (256 * 1024 * 1024)

struct _PillionHttpCache
{
  GObject parent_instance;

  char *path; /* or NULL, if it was made with g_object_new () alone: then it has no folder */
  PillionCacheLocation *location;
};

enum
{
  PROP_PATH = 1,
  PROP_MAX_SIZE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpCache, pillion_http_cache, G_TYPE_OBJECT)

PillionCacheLocation *
pillion_http_cache_get_location (PillionHttpCache *self)
{
  return self->location;
}

static void
pillion_http_cache_finalize (GObject *object)
{
  PillionHttpCache *self = PILLION_HTTP_CACHE (object);

  pillion_cache_location_unref (self->location);
  g_free (self->path);

  G_OBJECT_CLASS (pillion_http_cache_parent_class)->finalize (object);
}

static void
pillion_http_cache_get_property (GObject *object,
                                 guint prop_id,
                                 GValue *value,
                                 GParamSpec *pspec)
{
  PillionHttpCache *self = PILLION_HTTP_CACHE (object);

  switch (prop_id)
    {
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_MAX_SIZE:
      g_value_set_int64 (value, pillion_http_cache_get_max_size (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_cache_set_property (GObject *object,
                                 guint prop_id,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  PillionHttpCache *self = PILLION_HTTP_CACHE (object);

  switch (prop_id)
    {
    case PROP_PATH:
      self->path = g_value_dup_string (value);
      break;
    case PROP_MAX_SIZE:
      pillion_http_cache_set_max_size (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_cache_constructed (GObject *object)
{
  PillionHttpCache *self = PILLION_HTTP_CACHE (object);
  /* Where nothing can be made */
  const char *path = self->path != NULL && self->path[0] != '\0' ? self->path : "/dev/null";

  G_OBJECT_CLASS (pillion_http_cache_parent_class)->constructed (object);

  self->location = pillion_cache_location_new (path, DEFAULT_MAX_SIZE);
}

static void
pillion_http_cache_class_init (PillionHttpCacheClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_http_cache_constructed;
  object_class->finalize = pillion_http_cache_finalize;
  object_class->get_property = pillion_http_cache_get_property;
  object_class->set_property = pillion_http_cache_set_property;

  /**
   * PillionHttpCache:path: (getter get_path)
   *
   * The path of the folder, in the encoding of file names.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpCache:max-size: (getter get_max_size) (setter set_max_size)
   *
   * How large the files of all entries may be together, in bytes. A single response can take an eighth of that. If several caches have the same
   * folder, the last one that was set counts within a process.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_SIZE] = g_param_spec_int64 ("max-size", NULL, NULL, 0, G_MAXINT64, DEFAULT_MAX_SIZE,
                                                  G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_cache_init (PillionHttpCache *self)
{
}

/**
 * pillion_http_cache_new:
 * @path: (type filename): the path of a folder; it need not exist
 *
 * Creates a cache in a folder. Nothing is read or written before it is used.
 *
 * Returns: (transfer full): a cache
 *
 * Since: 1.0
 */
PillionHttpCache *
pillion_http_cache_new (const char *path)
{
  g_return_val_if_fail (path != NULL && path[0] != '\0', NULL);

  return g_object_new (PILLION_HTTP_TYPE_CACHE, "path", path, NULL);
}

/**
 * pillion_http_cache_get_path: (get-property path)
 * @self: a cache
 *
 * Gets the path of the folder.
 *
 * Returns: (type filename) (transfer none) (nullable): the path; %NULL if none was given to g_object_new()
 *
 * Since: 1.0
 */
const char *
pillion_http_cache_get_path (PillionHttpCache *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);

  return self->path;
}

/**
 * pillion_http_cache_get_max_size: (get-property max-size)
 * @self: a cache
 *
 * Gets how large the files of all entries may be together.
 *
 * Returns: the size, in bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_cache_get_max_size (PillionHttpCache *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), 0);

  return (gint64) pillion_cache_location_get_max_size (self->location);
}

/**
 * pillion_http_cache_set_max_size: (set-property max-size)
 * @self: a cache
 * @size: a size in bytes, at least 0
 *
 * Sets how large the files of all entries may be together. If they are larger, they make room soon.
 *
 * Since: 1.0
 */
void
pillion_http_cache_set_max_size (PillionHttpCache *self,
                                 gint64 size)
{
  g_return_if_fail (PILLION_HTTP_IS_CACHE (self));
  g_return_if_fail (size >= 0);

  if (pillion_cache_location_get_max_size (self->location) == (guint64) size)
    return;

  pillion_cache_location_set_max_size (self->location, (guint64) size);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_SIZE]);
}

typedef struct _Job Job;

typedef enum
{
  NEEDS_NOTHING,
  NEEDS_CACHE,   /* a folder that is one */
  NEEDS_FOLDER,  /* which is made if it doesn't exist */
  NEEDS_ENTRIES, /* likewise, but without a folder there are none */
} JobNeeds;

/* What is done on a worker, with an open store if it needs one, or NULL if it needs entries and there is no folder */
typedef struct
{
  const char *verb;
  JobNeeds needs;

  /* Returns the result to the task, or FALSE with an error */
  gboolean (*run) (Job *job, PillionCacheStore *store, PillionTask *task, GCancellable *cancellable, GError **error);
} JobKind;

struct _Job
{
  const JobKind *kind;
  PillionCacheLocation *location;
  char *path;
  char *key; /* of a URL, or NULL */
};

static void
job_free (gpointer data)
{
  Job *self = data;

  pillion_cache_location_unref (self->location);
  g_free (self->path);
  g_free (self->key);
  g_free (self);
}

static void
job_run (PillionTask *task,
         GCancellable *cancellable,
         gpointer data)
{
  Job *self = data;
  g_autoptr (PillionCacheStore) store = NULL;
  GError *error = NULL;

  if (self->kind->needs == NEEDS_FOLDER)
    store = pillion_cache_location_open (self->location, TRUE, &error);
  else if (self->kind->needs == NEEDS_ENTRIES)
    store = pillion_cache_location_open_existing (self->location, TRUE, &error);
  else if (self->kind->needs == NEEDS_CACHE)
    store = pillion_cache_store_open_existing (self->path, &error);

  if (error != NULL || !self->kind->run (self, store, task, cancellable, &error))
    pillion_task_return_error (task, error);
}

/* @url may be NULL */
static PillionTask *
start_job (PillionHttpCache *self,
           const JobKind *kind,
           const char *url,
           PillionLoop *loop,
           GCancellable *cancellable)
{
  const char *path = self->path != NULL ? self->path : "";
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *title = g_strconcat (kind->verb, " ", name, NULL);
  g_autofree char *key = NULL;
  Job *job;

  if (loop == NULL)
    loop = pillion_loop_get_default ();
  g_return_val_if_fail (loop != NULL, NULL);

  if (url != NULL)
    {
      GError *error = NULL;
      g_autoptr (GUri) uri = pillion_http_parse_url (url, &error);
      g_autoptr (GRefString) origin = NULL;

      if (uri == NULL || !pillion_http_check_uri (uri, &error))
        {
          g_autofree char *shown = pillion_http_redact_url (url);
          PillionTask *task = pillion_task_new_at (loop, kind->verb, cancellable, NULL);

          pillion_http_prefix_url (&error, shown);
          if (pillion_task_is_done (task))
            g_error_free (error);
          else
            pillion_task_return_error (task, error);
          return task;
        }

      origin = pillion_http_uri_get_origin (uri);
      key = pillion_cache_make_key (origin, uri);
    }

  job = g_new0 (Job, 1);
  job->kind = kind;
  job->location = pillion_cache_location_ref (self->location);
  job->path = g_strdup (path);
  job->key = g_steal_pointer (&key);
  return pillion_loop_run_in_thread (loop, title, cancellable, job_run, job, job_free);
}

static gboolean
open_run (Job *job,
          PillionCacheStore *store,
          PillionTask *task,
          GCancellable *cancellable,
          GError **error)
{
  pillion_task_return_boolean (task, TRUE);
  return TRUE;
}

static const JobKind open_kind = { "open", NEEDS_FOLDER, open_run };

/**
 * pillion_http_cache_open:
 * @self: a cache
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Opens the folder, if no call has done so. This happens by itself when it is needed; call this to learn of a folder that can't be used, or
 * so that the first request need not wait for it. An earlier failure is tried again.
 *
 * The task's result is %TRUE. It fails with `G_IO_ERROR_NOT_EMPTY` if the folder has something in it but is not a cache, with
 * `G_IO_ERROR_NOT_DIRECTORY`, and with other errors of `G_IO_ERROR` that the disk reports.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_open (PillionHttpCache *self,
                         PillionLoop *loop,
                         GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &open_kind, NULL, loop, cancellable);
}

static gboolean
remove_run (Job *job,
            PillionCacheStore *store,
            PillionTask *task,
            GCancellable *cancellable,
            GError **error)
{
  pillion_task_return_boolean (task, store != NULL && pillion_cache_store_remove_key (store, job->key));
  return TRUE;
}

static const JobKind remove_kind = { "remove", NEEDS_ENTRIES, remove_run };

/**
 * pillion_http_cache_remove:
 * @self: a cache
 * @url: an absolute `http` or `https` URL
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Removes what is stored for a URL. The folder is not made if it doesn't exist.
 *
 * The task's result is a boolean: whether there was anything. It fails as that of [method@PillionHttp.Cache.open] does, and with
 * [error@PillionHttp.Error.INVALID_URL] or [error@PillionHttp.Error.UNSUPPORTED_SCHEME].
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_remove (PillionHttpCache *self,
                           const char *url,
                           PillionLoop *loop,
                           GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &remove_kind, url, loop, cancellable);
}

static gboolean
clear_run (Job *job,
           PillionCacheStore *store,
           PillionTask *task,
           GCancellable *cancellable,
           GError **error)
{
  if (store != NULL && !pillion_cache_store_clear (store, error))
    return FALSE;

  pillion_task_return_boolean (task, TRUE);
  return TRUE;
}

static const JobKind clear_kind = { "clear", NEEDS_ENTRIES, clear_run };

/**
 * pillion_http_cache_clear:
 * @self: a cache
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Removes all entries, and nothing else that may be in the folder. It is not made if it doesn't exist.
 *
 * The task's result is %TRUE. It fails as that of [method@PillionHttp.Cache.open] does.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_clear (PillionHttpCache *self,
                          PillionLoop *loop,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &clear_kind, NULL, loop, cancellable);
}

static gboolean
flush_run (Job *job,
           PillionCacheStore *store,
           PillionTask *task,
           GCancellable *cancellable,
           GError **error)
{
  if (!pillion_cache_stores_write_out (job->path, cancellable, error))
    return FALSE;

  pillion_task_return_boolean (task, TRUE);
  return TRUE;
}

static const JobKind flush_kind = { "flush", NEEDS_NOTHING, flush_run };

/**
 * pillion_http_cache_flush:
 * @self: a cache
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Writes everything that was stored so far. Without this, small responses and the order of use are written up to a second later, on a thread
 * of the cache's own, even if the client and the cache are gone by then.
 *
 * When the task is done, the responses of all calls that were done before are in the folder, where other processes and backups find them. As
 * long as nothing else uses the folder, nothing is written to it any more, so that it can be removed. All clients and caches of this process
 * that have the same folder are meant. If none uses it, nothing need be written: the task succeeds at once, and makes no folder. One that is
 * used is made anew if somebody has removed it. What is on disk is not synced: a power cut may still take it.
 *
 * The task's result is %TRUE. It fails if anything that was to be stored since the last flush could not be written, with an error of
 * `G_IO_ERROR` that the disk reports, like `G_IO_ERROR_NO_SPACE`, with `G_IO_ERROR_READ_ONLY` if a folder that can only be read would have to
 * be changed, and with `G_IO_ERROR_BUSY` if another process locks the folder for seconds, or the disk takes half a minute, or was too slow for
 * all that arrived. Such a response is not in the cache; changes to older ones are tried again later, as long as a client or a cache uses the
 * folder. Cancelling ends the waiting, and not the writing.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_flush (PillionHttpCache *self,
                          PillionLoop *loop,
                          GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &flush_kind, NULL, loop, cancellable);
}

static void
add_number (PillionHttpResponse *response,
            const char *name,
            gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  pillion_http_response_add_header (response, name, text);
}

/* What is stored, as a response without its body; NULL if it is nothing of HTTP's */
static PillionHttpResponse *
make_response (PillionCacheEntry *entry,
               PillionCacheStore *store)
{
  g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));
  g_autoptr (GUri) uri = pillion_http_parse_url (pillion_cache_entry_get_key (entry), NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *status = NULL;
  PillionHttpResponse *response;

  if (stored == NULL || uri == NULL)
    return NULL;

  response = pillion_http_response_new (stored->status, stored->reason, uri);
  for (guint i = 0; i < stored->fields.n; i += 2)
    if (g_ascii_strcasecmp (stored->fields.strv[i], "Age") != 0 && g_ascii_strcasecmp (stored->fields.strv[i], "Content-Length") != 0)
      pillion_http_response_add_header (response, stored->fields.strv[i], stored->fields.strv[i + 1]);

  add_number (response, "Content-Length", (gint64) pillion_cache_entry_get_length (entry));
  add_number (response, "Age", pillion_cache_get_age (stored, now));
  status = g_strdup_printf ("Pillion; hit; ttl=%" G_GINT64_FORMAT, pillion_cache_get_lifetime (stored) - pillion_cache_get_age (stored, now));
  pillion_http_response_add_header (response, "Cache-Status", status);
  pillion_http_response_set_from_cache (response, TRUE);
  pillion_http_response_set_store (response, store);

  return response;
}

typedef struct
{
  GListStore *responses;
  PillionCacheStore *store;
} Listing;

static gboolean
list_entry (PillionCacheEntry *entry,
            gpointer data)
{
  Listing *self = data;
  g_autoptr (PillionHttpResponse) response = make_response (entry, self->store);

  if (response != NULL)
    g_list_store_append (self->responses, response);
  return TRUE;
}

static gboolean
list_run (Job *job,
          PillionCacheStore *store,
          PillionTask *task,
          GCancellable *cancellable,
          GError **error)
{
  g_autoptr (GListStore) list = g_list_store_new (PILLION_HTTP_TYPE_RESPONSE);
  Listing listing = { list, store };

  if (job->key != NULL)
    {
      g_autoptr (GPtrArray) entries = pillion_cache_store_lookup (store, job->key);

      for (guint i = 0; entries != NULL && i < entries->len; i++)
        list_entry (entries->pdata[i], &listing);
    }
  else if (!pillion_cache_store_foreach (store, list_entry, &listing, cancellable, error))
    {
      return FALSE;
    }

  pillion_private_task_take_object (task, g_steal_pointer (&list));
  return TRUE;
}

static const JobKind list_kind = { "list", NEEDS_CACHE, list_run };

/**
 * pillion_http_cache_list:
 * @self: a cache
 * @url: (nullable): an absolute `http` or `https` URL, or %NULL for all
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Lists what is stored, or what is stored for a URL. The folder is not made if it doesn't exist.
 *
 * The task's result is a [iface@Gio.ListModel] of [class@PillionHttp.Response], the most recently used first if @url is %NULL. They have no
 * body: `Content-Length` says how long what is stored is, in bytes, `Age` how old it is, in seconds, and `Cache-Status` has a `ttl`, which says for how many
 * more seconds it is fresh. A part of a body has the status 206. [method@PillionHttp.Response.remove_from_cache] removes what is stored for the URL. It fails with `G_IO_ERROR_NOT_FOUND` if the folder is not a cache, with other errors of `G_IO_ERROR` that
 * the disk reports, and with [error@PillionHttp.Error.INVALID_URL] or [error@PillionHttp.Error.UNSUPPORTED_SCHEME].
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_list (PillionHttpCache *self,
                         const char *url,
                         PillionLoop *loop,
                         GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &list_kind, url, loop, cancellable);
}

static gboolean
verify_run (Job *job,
            PillionCacheStore *store,
            PillionTask *task,
            GCancellable *cancellable,
            GError **error)
{
  PillionCacheReport report;

  if (!pillion_cache_store_verify (store, cancellable, &report, error))
    return FALSE;

  pillion_task_return_int (task, (gint64) report.n_removed);
  return TRUE;
}

static const JobKind verify_kind = { "verify", NEEDS_CACHE, verify_run };

/**
 * pillion_http_cache_verify:
 * @self: a cache
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Reads all that is stored, and removes what is damaged and what programs that were killed left behind. Nothing needs this to be called:
 * what is damaged is found when it is used.
 *
 * The task's result is an integer: how many entries were removed. It fails with `G_IO_ERROR_NOT_FOUND` if the folder is not a cache, and
 * with other errors of `G_IO_ERROR` that the disk reports. A full disk is none of them.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cache_verify (PillionHttpCache *self,
                           PillionLoop *loop,
                           GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CACHE (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return start_job (self, &verify_kind, NULL, loop, cancellable);
}
