/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

/* Every lock that our threads share goes through here. ThreadSanitizer sees neither the futexes of GLib's
 * locks nor GObject's reference counts, because the installed GLib was built without it. This tells it what
 * they order. */

#if defined(__SANITIZE_THREAD__)
#define PILLION_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PILLION_TSAN 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define PILLION_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PILLION_ASAN 1
#endif
#endif

#ifdef PILLION_TSAN
extern void __tsan_acquire (void *address);
extern void __tsan_release (void *address);
#define pillion_sync_acquire(address) __tsan_acquire ((void *) (address))
#define pillion_sync_release(address) __tsan_release ((void *) (address))
#else
#define pillion_sync_acquire(address) ((void) (address))
#define pillion_sync_release(address) ((void) (address))
#endif

static inline void
pillion_mutex_lock (GMutex *mutex)
{
  g_mutex_lock (mutex);
  pillion_sync_acquire (mutex);
}

static inline gboolean
pillion_mutex_trylock (GMutex *mutex)
{
  if (!g_mutex_trylock (mutex))
    return FALSE;

  pillion_sync_acquire (mutex);
  return TRUE;
}

static inline void
pillion_mutex_unlock (GMutex *mutex)
{
  pillion_sync_release (mutex);
  g_mutex_unlock (mutex);
}

static inline void
pillion_cond_wait (GCond *cond,
                   GMutex *mutex)
{
  pillion_sync_release (mutex);
  g_cond_wait (cond, mutex);
  pillion_sync_acquire (mutex);
}

static inline gboolean
pillion_cond_wait_until (GCond *cond,
                         GMutex *mutex,
                         gint64 end_time)
{
  gboolean signalled;

  pillion_sync_release (mutex);
  signalled = g_cond_wait_until (cond, mutex, end_time);
  pillion_sync_acquire (mutex);
  return signalled;
}

/* Dropping a reference on one thread comes before finalizing the object on another. If an object crosses
 * threads, call this before g_object_unref (), and pillion_sync_acquire () first thing in its finalize. */
static inline void
pillion_sync_unref (gpointer object)
{
  pillion_sync_release (object);
  g_object_unref (object);
}
