/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-refresh.h"

#include "http/pillion-cache-choice.h"
#include "http/pillion-hop.h"
#include "http/pillion-wire-copy.h"

/* Nobody waits for it, so nobody would notice that the server does not answer, in µs */
#define TIMEOUT (60 * G_USEC_PER_SEC)

typedef struct
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionHop *hop; /* NULL once it is over */
  PillionWireCopy copy;
  PillionTask *task; /* lets the clock of a loop wait for it, and the loop end it; NULL if the engine works in no loop */
  PillionDeadline deadline;
  gint64 due;
} Refresh;

static gpointer
refresh_ref (gpointer data)
{
  Refresh *self = data;

  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
refresh_unref (Refresh *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_wire_copy_clear (&self->copy);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static void
refresh_end (Refresh *self)
{
  PillionTask *task = g_steal_pointer (&self->task);

  if (self->hop == NULL)
    return;

  g_clear_pointer (&self->hop, pillion_hop_drop);
  pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  if (task != NULL)
    {
      pillion_private_task_unset_cancel_func (task);
      pillion_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
  refresh_unref (self);
}

static gboolean
hop_start (gpointer data,
           PillionWireRequest *request)
{
  Refresh *self = data;

  if (self->engine->config.offline)
    {
      refresh_end (self);
      return FALSE;
    }

  *request = self->copy.request;
  request->fields = (const char *const *) self->copy.fields.strv;
  return TRUE;
}

static void
hop_part (gpointer data)
{
  refresh_end (data);
}

static void
hop_waits_beside (gpointer data,
                  gboolean beside)
{
}

static void
hop_wrote (gpointer data,
           gint64 n_sent)
{
}

static void
hop_head (gpointer data,
          const PillionHead *head)
{
}

static guint8 *
hop_room (gpointer data,
          gsize *size)
{
  return NULL;
}

static void
hop_body (gpointer data,
          const guint8 *bytes,
          gsize length)
{
}

static void
hop_end (gpointer data,
         GError *error)
{
  g_clear_error (&error);
  refresh_end (data);
}

static const PillionHopFuncs hop_funcs = {
  .start = hop_start,
  .part = hop_part,
  .waits_beside = hop_waits_beside,
  .wrote = hop_wrote,
  .head = hop_head,
  .room = hop_room,
  .body = hop_body,
  .end = hop_end,
};

static gint64
on_due (gpointer data,
        gint64 now)
{
  Refresh *self = data;

  /* All deadlines are checked when the client's settings change */
  if (now < self->due)
    return self->due;

  refresh_end (self);
  return PILLION_DEADLINE_NEVER;
}

static void
cancel_on_thread (gpointer data)
{
  refresh_end (data);
  refresh_unref (data);
}

/* The loop is being closed */
static void
cancelled (gpointer data)
{
  Refresh *self = data;

  pillion_http_engine_post (self->engine, cancel_on_thread, self);
}

void
pillion_cache_refresh (PillionHttpEngine *engine,
                       const PillionWireRequest *request)
{
  g_autofree char *url = pillion_cache_make_key (request->origin, request->uri);
  g_autofree char *key = g_strconcat ("refresh ", url, NULL);
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&engine->loop);
  Refresh *self;

  if (pillion_http_engine_is_closed (engine) || g_hash_table_contains (engine->flights, key))
    return;

  self = g_new0 (Refresh, 1);
  self->n_references = 1;
  self->engine = pillion_http_engine_ref (engine);
  pillion_wire_copy_init (&self->copy, request);
  self->copy.request.cache.mode = PILLION_HTTP_CACHE_MODE_NO_CACHE;
  self->copy.request.cache.local = FALSE;
  if (loop != NULL)
    {
      self->task = pillion_task_new (loop, "cache refresh", NULL);
      pillion_private_task_set_cancel_func (self->task, cancelled, refresh_ref, self);
    }

  self->hop = pillion_hop_new (engine, &hop_funcs, self);
  self->due = pillion_http_engine_get_now (engine) + TIMEOUT;
  pillion_deadlines_set (engine->deadlines, &self->deadline, self->due, on_due, self);
  pillion_hop_send (self->hop, self->copy.origin, PILLION_HTTP_PRIORITY_LOW, FALSE, key);
}
