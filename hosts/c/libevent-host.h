/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a program on libevent:
 *
 *   libevent_host_init (&host, base, loop);
 *   pillion_loop_ensure (loop, host.host, &error);
 *   while (running)
 *     libevent_host_loop (&host, EVLOOP_ONCE);      instead of event_base_loop ()
 *   libevent_host_clear (&host);
 *
 * libevent 2.1 calls nothing right before it sleeps, so the program does, and event_base_dispatch () won't do.
 */

#pragma once

#include <pillion/pillion.h>

#include <event2/event.h>

typedef struct
{
  PillionHost *host;
  PillionLoop *loop; /* NULL once it is closed */
  struct event_base *base;
  struct event *readable;
  struct event *timer;
} LibeventHost;

static inline void
libevent_host_kick (evutil_socket_t fd, short events, void *user_data)
{
  LibeventHost *self = user_data;

  if (self->loop != NULL)
    pillion_loop_kick (self->loop);
}

/* Like event_base_loop (), with EVLOOP_ONCE or EVLOOP_NONBLOCK among the flags */
static inline int
libevent_host_loop (LibeventHost *self, int flags)
{
  GTimeSpan due = -1;

  if (self->loop != NULL)
    pillion_loop_prepare_sleep (self->loop, NULL, &due);
  if (due >= 0)
    event_add (self->timer, &(struct timeval) { due / G_USEC_PER_SEC, due % G_USEC_PER_SEC });
  else
    event_del (self->timer);
  return event_base_loop (self->base, flags);
}

static inline void
libevent_host_on_closed (PillionLoop *loop, gpointer user_data)
{
  LibeventHost *self = user_data;

  event_del (self->readable);
  event_del (self->timer);
  self->loop = NULL;
}

/* Watches the loop's descriptor until the loop is closed, whether it has work or not: a thread may bring some */
static inline void
libevent_host_init (LibeventHost *self, struct event_base *base, PillionLoop *loop)
{
  self->host = PILLION_HOST (pillion_callback_host_new ("libevent"));
  self->loop = loop;
  self->base = base;
  self->readable = event_new (base, pillion_loop_get_fd (loop), EV_READ | EV_PERSIST, libevent_host_kick, self);
  self->timer = evtimer_new (base, libevent_host_kick, self);
  event_add (self->readable, NULL);
  g_signal_connect (loop, "closed", G_CALLBACK (libevent_host_on_closed), self);
}

static inline void
libevent_host_clear (LibeventHost *self)
{
  if (self->loop != NULL)
    g_signal_handlers_disconnect_by_data (self->loop, self);
  g_clear_pointer (&self->readable, event_free);
  g_clear_pointer (&self->timer, event_free);
  g_clear_object (&self->host);
}
