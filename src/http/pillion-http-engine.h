/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "core/pillion-private.h"
#include "http/pillion-backlog.h"
#include "http/pillion-deadlines.h"
#include "http/pillion-http-config.h"
#include "http/pillion-http-queue.h"
#include "http/pillion-rate-limit.h"
#include "http/pillion-transport.h"

typedef struct _PillionHttpEngine PillionHttpEngine;
typedef struct _PillionAuthSpaces PillionAuthSpaces;
typedef struct _PillionProxies PillionProxies;

/* Does a client's work, and outlives the client while calls run. References may be taken and dropped on any
 * thread; everything in it belongs to the thread that it works on. That is the I/O thread, or, if no network
 * is needed, the thread of a loop, in its kicks and with its clock. What is said of the I/O thread here and
 * elsewhere then applies to that thread. */
struct _PillionHttpEngine
{
  int n_references; /* atomic */
  PillionIoThread *io; /* NULL in a loop */
  GWeakRef loop;       /* empty if it doesn't work in a loop */
  GWeakRef client;     /* for the thread of that loop */
  gint64 real_offset;  /* in a loop: from its clock to the real time, in µs */
  PillionHttpConfig config;
  char *identity;      /* of its connection options, or NULL */
  PillionHttpQueue *queue;
  PillionHttpQueue *lasting_queue; /* for exchanges that may last, so that they never take the places of the
                                    * others */
  PillionTransport *transport; /* NULL if libsoup can't be loaded */
  PillionTransport *caching;   /* the cache on top of it; NULL before the first call with one */
  GError *unavailable;         /* if libsoup can't be loaded, else NULL */
  GHashTable *flights;          /* hops that others can join, by key */
  gsize found_size;             /* of the stored responses that calls keep while they wait for a place in the queue, in bytes */
  guint64 n_changes;            /* how often a call that may have changed something on a server began or ended, or the identity changed */
  PillionDeadlines *deadlines;
  gint64 next_nudge;    /* when GLib may be told again to start threads, in µs */
  gint64 next_progress; /* when the last of the calls that wait to report their progress may do so, in µs */
  PillionRateLimit sending;
  PillionRateLimit receiving;
  PillionAuthSpaces *auth_spaces; /* NULL before a server has asked for credentials */
  void (*free_auth_spaces) (PillionAuthSpaces *spaces);
  PillionProxies *proxies; /* NULL before the first call over the network */
  void (*free_proxies) (PillionProxies *proxies);
  PillionWorkers *cpu_workers;  /* made when they are first needed */
  PillionWorkers *disk_workers; /* likewise */
  PillionBacklog backlog;       /* downloads that wait for those */
};

/* Returns NULL with a GThreadError if the I/O thread can't be started */
PillionHttpEngine *pillion_http_engine_new         (GError                 **error);

/* Works in a loop. Takes @transport. */
PillionHttpEngine *pillion_http_engine_new_in_loop (PillionLoop             *loop,
                                                    PillionTransport        *transport);
PillionHttpEngine *pillion_http_engine_ref         (PillionHttpEngine       *self);
void               pillion_http_engine_unref       (PillionHttpEngine       *self);

/* On any thread: runs a function on the engine's thread, or right here if its loop was closed */
void               pillion_http_engine_post        (PillionHttpEngine       *self,
                                                    PillionIoFunc            func,
                                                    gpointer                 data);

/* The same for what ends a transfer: many of these come before the sockets get their turn */
void               pillion_http_engine_post_end    (PillionHttpEngine       *self,
                                                    PillionIoFunc            func,
                                                    gpointer                 data);

/* Whether it works on the I/O thread */
static inline gboolean
pillion_http_engine_is_outside (PillionHttpEngine *self)
{
  return self->io != NULL;
}

/* The time of its clock, in µs. On its thread, or on that of the loop of one of its calls. */
gint64             pillion_http_engine_get_now     (PillionHttpEngine       *self);

/* The same as a real time, in µs since the epoch: for dates. It is the one thing for them to ask, so that tests can move it. */
gint64             pillion_http_engine_get_real_now (PillionHttpEngine      *self);

/* For tests: moves the real time of all engines, in µs. From any thread. */
void               pillion_http_engine_shift_real_time (GTimeSpan            shift);

/* Whether it works in a loop that was closed: then all calls are being cancelled, and posted functions run at
 * once. On the same threads. */
gboolean           pillion_http_engine_is_closed   (PillionHttpEngine       *self);

/* On any thread; a copy is made */
void               pillion_http_engine_configure   (PillionHttpEngine       *self,
                                                    const PillionHttpConfig *config);

/* The rest is for the I/O thread */

/* Makes the deadlines, which are otherwise there after the engine was configured */
void               pillion_http_engine_ensure_deadlines (PillionHttpEngine  *self);

/* Attaches a source to the thread's context */
void               pillion_http_engine_attach      (PillionHttpEngine       *self,
                                                    GSource                 *source);

/* Runs a function after everything that is ready now. Posted functions come before sockets and deadlines, so one
 * that posts itself again and again would keep those waiting. */
void               pillion_http_engine_yield       (PillionHttpEngine       *self,
                                                    PillionIoFunc            func,
                                                    gpointer                 data);

/* Has GLib start threads for tasks that wait for one. If it can't start a thread for g_task_run_in_thread (), it doesn't try again before the next
 * task needs one, and so lookups of names, TLS handshakes and reads of files would never end. Seen in GLib 2.74. */
void               pillion_http_engine_nudge_tasks (PillionHttpEngine       *self,
                                                    gint64                   now);

/* Runs a function that takes much computing on a worker */
void               pillion_http_engine_compute     (PillionHttpEngine       *self,
                                                    PillionWorkFunc          func,
                                                    gpointer                 data);

/* Runs a function that may wait for the disk on a worker of the second kind */
void               pillion_http_engine_use_disk    (PillionHttpEngine       *self,
                                                    PillionWorkFunc          func,
                                                    gpointer                 data);
