/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-jar.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-cookie-file.h"
#include "http/pillion-soup-library.h"

/* How long changes wait for further ones before they are written, in ms */
#define SAVE_DELAY 200

/* A cookie that a server renews with each response is not worth a write every time */
#define SAME_EXPIRY (60 * G_USEC_PER_SEC)

/* How many files are written at the same time */
#define MAX_WRITERS 2

struct _PillionJar
{
  int n_references; /* atomic */
  gboolean in_file; /* or only in memory */
  char *path;       /* NULL if the file has no valid one, which is an error */
  GMutex file_lock; /* held while the file is read or written; taken before the other one */

  GMutex lock; /* protects what follows */
  PillionCookieStore store;
  PillionCookieChanges changes; /* that are not in the file */
  GError *broken;
  gboolean loaded;
  gboolean save_session;
  gboolean saving; /* soon, or right now */
};

PillionJar *
pillion_jar_new (GFile *file)
{
  PillionJar *self = g_new0 (PillionJar, 1);

  self->n_references = 1;
  self->in_file = file != NULL;
  self->path = file != NULL ? g_file_get_path (file) : NULL;
  self->loaded = file == NULL;
  g_mutex_init (&self->file_lock);
  g_mutex_init (&self->lock);

  return self;
}

PillionJar *
pillion_jar_ref (PillionJar *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_jar_unref (PillionJar *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_cookie_store_clear (&self->store);
  pillion_cookie_changes_clear (&self->changes);
  g_clear_error (&self->broken);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->file_lock);
  g_free (self->path);
  g_free (self);
}

gboolean
pillion_jar_get_save_session (PillionJar *self)
{
  gboolean save;

  pillion_mutex_lock (&self->lock);
  save = self->save_session;
  pillion_mutex_unlock (&self->lock);

  return save;
}

void
pillion_jar_set_save_session (PillionJar *self,
                              gboolean save)
{
  pillion_mutex_lock (&self->lock);
  self->save_session = save;
  pillion_mutex_unlock (&self->lock);
}

gboolean
pillion_jar_is_loaded (PillionJar *self)
{
  gboolean loaded;

  pillion_mutex_lock (&self->lock);
  loaded = self->loaded;
  pillion_mutex_unlock (&self->lock);

  return loaded;
}

static void
take_broken (PillionJar *self,
             GError *broken)
{
  if (broken == NULL)
    return;

  g_message ("%s", broken->message);
  pillion_mutex_lock (&self->lock);
  g_clear_error (&self->broken);
  self->broken = broken;
  pillion_mutex_unlock (&self->lock);
}

gboolean
pillion_jar_load (PillionJar *self,
                  GError **error)
{
  PillionCookieStore store = { NULL };
  GError *broken = NULL;
  gboolean success = TRUE;

  /* Public suffixes are libsoup's */
  if (!pillion_soup_library_load (error))
    return FALSE;

  /* The other lock is held while the file is written, which may take long: the host must not wait for that */
  if (pillion_jar_is_loaded (self))
    return TRUE;

  pillion_mutex_lock (&self->file_lock);
  if (self->in_file && self->path == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("cookies can be kept only in a file that has a path"));
      success = FALSE;
    }
  else if (!pillion_jar_is_loaded (self))
    {
      success = pillion_cookie_file_read (self->path, &store, &broken, error);
      if (success)
        {
          pillion_mutex_lock (&self->lock);
          self->store = store;
          self->loaded = TRUE;
          pillion_mutex_unlock (&self->lock);
        }
      else
        pillion_cookie_store_clear (&store);
      take_broken (self, broken);
    }
  pillion_mutex_unlock (&self->file_lock);

  return success;
}

/* Takes over what other processes have put into the file. Our cookies that are not in it stay if they end
 * with the session, even those that arrived after the jar was emptied while the file was being written. */
static void
take_store (PillionJar *self,
            PillionCookieStore *store)
{
  g_autoptr (GPtrArray) cookies = pillion_cookie_store_list (&self->store, NULL);

  pillion_cookie_changes_apply (&self->changes, store);
  for (guint i = 0; i < cookies->len; i++)
    {
      const PillionHttpCookie *cookie = cookies->pdata[i];

      if (cookie->expires_usec == 0 && pillion_cookie_store_find (store, cookie) == NULL)
        pillion_cookie_store_put (store, cookie);
    }

  pillion_cookie_store_clear (&self->store);
  self->store = *store;
}

gboolean
pillion_jar_save (PillionJar *self,
                  GError **error)
{
  PillionCookieChanges changes;
  PillionCookieStore store = { NULL };
  GError *broken = NULL;
  gboolean with_session;
  gboolean success = TRUE;

  pillion_mutex_lock (&self->file_lock);

  pillion_mutex_lock (&self->lock);
  changes = self->changes;
  self->changes = (PillionCookieChanges) { FALSE };
  with_session = self->save_session;
  pillion_mutex_unlock (&self->lock);

  if (!pillion_cookie_changes_is_empty (&changes))
    {
      success = pillion_cookie_file_update (self->path, &changes, with_session, &store, &broken, error);

      pillion_mutex_lock (&self->lock);
      if (success)
        take_store (self, &store);
      else
        {
          /* Not written: tried again the next time */
          pillion_cookie_changes_merge (&changes, &self->changes);
          self->changes = changes;
          changes = (PillionCookieChanges) { FALSE };
          pillion_cookie_store_clear (&store);
        }
      pillion_mutex_unlock (&self->lock);
      pillion_cookie_changes_clear (&changes);
      take_broken (self, broken);
    }

  pillion_mutex_unlock (&self->file_lock);
  return success;
}

GError *
pillion_jar_copy_broken (PillionJar *self)
{
  GError *broken;

  pillion_mutex_lock (&self->lock);
  broken = self->broken != NULL ? g_error_copy (self->broken) : NULL;
  pillion_mutex_unlock (&self->lock);

  return broken;
}

/* Jars that are written soon, which keep themselves until then. The lock is taken after that of a jar. */
static GMutex unsaved_lock;
static GPtrArray *unsaved;
static pid_t unsaved_pid; /* atomic: whose they are, if this isn't a child that was forked since */

static void
save_or_tell (PillionJar *self)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_jar_save (self, &error))
    g_message ("The cookies could not be saved: %s", error->message);
}

/* The program ends before it was time to write. The child of a fork has none of the threads that may hold locks. */
static void
save_at_exit (void)
{
  g_autoptr (GPtrArray) jars = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_jar_unref);

  if (__atomic_load_n (&unsaved_pid, __ATOMIC_RELAXED) != getpid ())
    return;

  pillion_mutex_lock (&unsaved_lock);
  for (guint i = 0; i < unsaved->len; i++)
    g_ptr_array_add (jars, pillion_jar_ref (unsaved->pdata[i]));
  pillion_mutex_unlock (&unsaved_lock);

  for (guint i = 0; i < jars->len; i++)
    save_or_tell (jars->pdata[i]);
}

static void
add_unsaved (PillionJar *self)
{
  static pid_t registered;

  pillion_mutex_lock (&unsaved_lock);
  if (unsaved == NULL)
    unsaved = g_ptr_array_new ();
  if (unsaved_pid != getpid ())
    {
      __atomic_store_n (&unsaved_pid, getpid (), __ATOMIC_RELAXED);
      g_ptr_array_set_size (unsaved, 0); /* the parent writes its own */
    }
  /* Handlers outlive a fork */
  if (registered == 0)
    {
      registered = unsaved_pid;
      atexit (save_at_exit);
    }
  g_ptr_array_add (unsaved, self);
  pillion_mutex_unlock (&unsaved_lock);
}

/* On a worker */
static void
save_on_worker (gpointer data)
{
  PillionJar *self = data;

  /* Later changes need another turn */
  pillion_mutex_lock (&self->lock);
  self->saving = FALSE;
  pillion_mutex_unlock (&self->lock);

  save_or_tell (self);
  pillion_mutex_lock (&unsaved_lock);
  g_ptr_array_remove_fast (unsaved, self);
  pillion_mutex_unlock (&unsaved_lock);
  pillion_jar_unref (self);
}

/* The thread runs until the time is up */
typedef struct
{
  PillionJar *jar;
  PillionIoThread *io;
} Delay;

/* What they were given is written all the same */
static void
leave_writers (gpointer writers)
{
  pillion_private_workers_close (writers, 0);
}

/* Of the I/O thread: after a fork, the child has another one, and none of the parent's workers */
static PillionWorkers *
get_writers (void)
{
  static GPrivate writers = G_PRIVATE_INIT (leave_writers);

  if (g_private_get (&writers) == NULL)
    g_private_set (&writers, pillion_private_workers_new (MAX_WRITERS));

  return g_private_get (&writers);
}

/* On the I/O thread */
static gboolean
save_now (gpointer data)
{
  Delay *self = data;

  pillion_sync_acquire (self);
  /* If the system has no thread left, the network waits */
  if (!pillion_private_workers_push (get_writers (), save_on_worker, self->jar, NULL))
    save_on_worker (self->jar);
  pillion_private_io_thread_unref (self->io);
  g_free (self);

  return G_SOURCE_REMOVE;
}

/* With the lock */
static void
save_soon (PillionJar *self)
{
  PillionIoThread *io;
  GSource *source;
  Delay *delay;

  if (self->saving)
    return;

  io = pillion_private_io_thread_ref (NULL);
  if (io == NULL)
    return;

  self->saving = TRUE;
  add_unsaved (self);
  delay = g_new (Delay, 1);
  *delay = (Delay) { pillion_jar_ref (self), io };
  pillion_sync_release (delay);
  source = g_timeout_source_new (SAVE_DELAY);
  g_source_set_static_name (source, "pillion cookies");
  g_source_set_callback (source, save_now, delay, NULL);
  g_source_attach (source, pillion_private_io_thread_get_context (io));
  g_source_unref (source);
}

/* Whether the file has to be written because @old becomes @cookie. Called with the lock. */
static gboolean
is_worth_saving (PillionJar *self,
                 const PillionHttpCookie *old,
                 const PillionHttpCookie *cookie)
{
  if (self->path == NULL)
    return FALSE;
  if (old == NULL)
    return cookie->expires_usec != 0 ? cookie->expires_usec > g_get_real_time () : self->save_session;

  return strcmp (old->value, cookie->value) != 0 || (old->expires_usec == 0) != (cookie->expires_usec == 0) ||
         ABS (old->expires_usec - cookie->expires_usec) > SAME_EXPIRY || old->secure != cookie->secure ||
         old->host_only != cookie->host_only || old->http_only != cookie->http_only || old->same_site != cookie->same_site;
}

/* With the lock */
static void
add (PillionJar *self,
     const PillionHttpCookie *cookie)
{
  gboolean worth = is_worth_saving (self, pillion_cookie_store_find (&self->store, cookie), cookie);

  pillion_cookie_store_put (&self->store, cookie);
  if (worth)
    {
      pillion_cookie_changes_add (&self->changes, cookie);
      save_soon (self);
    }
}

char *
pillion_jar_get_header (PillionJar *self,
                        GUri *uri)
{
  char *header;

  pillion_mutex_lock (&self->lock);
  header = pillion_cookie_store_get_header (&self->store, uri);
  pillion_mutex_unlock (&self->lock);

  return header;
}

GPtrArray *
pillion_jar_list (PillionJar *self,
                  GUri *uri)
{
  GPtrArray *cookies;

  pillion_mutex_lock (&self->lock);
  cookies = pillion_cookie_store_list (&self->store, uri);
  pillion_mutex_unlock (&self->lock);

  return cookies;
}

void
pillion_jar_take (PillionJar *self,
                  const char *set_cookie,
                  GUri *uri)
{
  g_autoptr (PillionHttpCookie) cookie = NULL;

  pillion_mutex_lock (&self->lock);
  cookie = pillion_cookie_store_parse (&self->store, set_cookie, uri);
  if (cookie != NULL)
    add (self, cookie);
  pillion_mutex_unlock (&self->lock);
}

void
pillion_jar_add (PillionJar *self,
                 const PillionHttpCookie *cookie)
{
  pillion_mutex_lock (&self->lock);
  add (self, cookie);
  pillion_mutex_unlock (&self->lock);
}

gboolean
pillion_jar_remove (PillionJar *self,
                    const PillionHttpCookie *cookie)
{
  gboolean removed;

  pillion_mutex_lock (&self->lock);
  removed = pillion_cookie_store_remove (&self->store, cookie);
  if (removed && self->path != NULL)
    {
      g_autoptr (PillionHttpCookie) gone = pillion_http_cookie_copy (cookie);

      gone->expires_usec = 1;
      pillion_cookie_changes_add (&self->changes, gone);
      save_soon (self);
    }
  pillion_mutex_unlock (&self->lock);

  return removed;
}

void
pillion_jar_clear (PillionJar *self)
{
  pillion_mutex_lock (&self->lock);
  pillion_cookie_store_clear (&self->store);
  if (self->path != NULL)
    {
      pillion_cookie_changes_clear (&self->changes);
      self->changes.cleared = TRUE;
      save_soon (self);
    }
  pillion_mutex_unlock (&self->lock);
}
