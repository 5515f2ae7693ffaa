/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a program on libuv:
 *
 *   uv_host_init (&host, uv, loop);
 *   pillion_loop_ensure (loop, host.host, &error);
 *   uv_run (uv, UV_RUN_DEFAULT);      which returns when Pillion is out of work, too
 *   uv_host_clear (&host);
 *   uv_run (uv, UV_RUN_DEFAULT);      closes the handles
 */

#pragma once

#include <pillion/pillion.h>

#include <uv.h>

typedef struct
{
  PillionHost *host;
  PillionLoop *loop; /* NULL once it is closed */
  uv_poll_t poll;
  uv_timer_t timer;
  uv_prepare_t prepare;
} UvHost;

static inline void
uv_host_kick (UvHost *self)
{
  if (self->loop != NULL)
    pillion_loop_kick (self->loop);
}

static inline void
uv_host_on_poll (uv_poll_t *poll, int status, int events)
{
  uv_host_kick (poll->data);
}

static inline void
uv_host_on_timer (uv_timer_t *timer)
{
  uv_host_kick (timer->data);
}

/* libuv calls this right before it sleeps */
static inline void
uv_host_on_prepare (uv_prepare_t *prepare)
{
  UvHost *self = prepare->data;
  GTimeSpan due;

  pillion_loop_prepare_sleep (self->loop, NULL, &due);
  if (due < 0)
    uv_timer_stop (&self->timer);
  else
    uv_timer_start (&self->timer, uv_host_on_timer, (due + 999) / 1000, 0);
}

/* The hook: keeps uv_run () from returning */
static inline void
uv_host_install (PillionLoop *loop, gpointer user_data)
{
  UvHost *self = user_data;

  uv_ref ((uv_handle_t *) &self->poll);
}

static inline void
uv_host_remove (PillionLoop *loop, gpointer user_data)
{
  UvHost *self = user_data;

  uv_unref ((uv_handle_t *) &self->poll);
}

static inline void
uv_host_on_closed (PillionLoop *loop, gpointer user_data)
{
  UvHost *self = user_data;

  uv_poll_stop (&self->poll);
  uv_timer_stop (&self->timer);
  uv_prepare_stop (&self->prepare);
  self->loop = NULL;
}

/* Watches the loop's descriptor until the loop is closed, whether it has work or not: a thread may bring some */
static inline void
uv_host_init (UvHost *self, uv_loop_t *uv, PillionLoop *loop)
{
  PillionCallbackHost *host = pillion_callback_host_new ("libuv");

  pillion_callback_host_set_install (host, uv_host_install, self, NULL);
  pillion_callback_host_set_remove (host, uv_host_remove, self, NULL);
  self->host = PILLION_HOST (host);
  self->loop = loop;
  self->poll.data = self->timer.data = self->prepare.data = self;
  uv_poll_init (uv, &self->poll, pillion_loop_get_fd (loop));
  uv_poll_start (&self->poll, UV_READABLE, uv_host_on_poll);
  uv_timer_init (uv, &self->timer);
  uv_prepare_init (uv, &self->prepare);
  uv_prepare_start (&self->prepare, uv_host_on_prepare);
  uv_unref ((uv_handle_t *) &self->poll);
  uv_unref ((uv_handle_t *) &self->timer);
  uv_unref ((uv_handle_t *) &self->prepare);
  g_signal_connect (loop, "closed", G_CALLBACK (uv_host_on_closed), self);
}

static inline void
uv_host_clear (UvHost *self)
{
  if (self->loop != NULL)
    {
      pillion_loop_stop (self->loop);
      g_signal_handlers_disconnect_by_data (self->loop, self);
      uv_host_on_closed (self->loop, self);
    }
  uv_close ((uv_handle_t *) &self->poll, NULL);
  uv_close ((uv_handle_t *) &self->timer, NULL);
  uv_close ((uv_handle_t *) &self->prepare, NULL);
  g_clear_object (&self->host);
}
