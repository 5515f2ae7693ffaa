/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a program on sd-event, systemd's main loop:
 *
 *   sd_event_host_init (&host, event, loop);
 *   pillion_loop_ensure (loop, host.host, &error);
 *   sd_event_loop (event);
 *   sd_event_host_clear (&host);
 */

#pragma once

#include <pillion/pillion.h>

#include <systemd/sd-event.h>

typedef struct
{
  PillionHost *host;
  PillionLoop *loop; /* NULL once it is closed */
  sd_event_source *readable;
  sd_event_source *timer;
} SdEventHost;

static inline int
sd_event_host_on_readable (sd_event_source *source, int fd, guint32 events, void *user_data)
{
  SdEventHost *self = user_data;

  if (self->loop != NULL)
    pillion_loop_kick (self->loop);
  return 0;
}

static inline int
sd_event_host_on_timer (sd_event_source *source, guint64 usec, void *user_data)
{
  return sd_event_host_on_readable (source, -1, 0, user_data);
}

/* sd-event calls this right before it sleeps */
static inline int
sd_event_host_on_prepare (sd_event_source *source, void *user_data)
{
  SdEventHost *self = user_data;
  GTimeSpan due;

  pillion_loop_prepare_sleep (self->loop, NULL, &due);
  if (due >= 0)
    sd_event_source_set_time (self->timer, (guint64) (g_get_monotonic_time () + due));
  return sd_event_source_set_enabled (self->timer, due < 0 ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static inline void
sd_event_host_on_closed (PillionLoop *loop, gpointer user_data)
{
  SdEventHost *self = user_data;

  sd_event_source_set_prepare (self->readable, NULL);
  sd_event_source_set_enabled (self->readable, SD_EVENT_OFF);
  sd_event_source_set_enabled (self->timer, SD_EVENT_OFF);
  self->loop = NULL;
}

/* Watches the loop's descriptor until the loop is closed, whether it has work or not: a thread may bring some */
static inline void
sd_event_host_init (SdEventHost *self, sd_event *event, PillionLoop *loop)
{
  self->host = PILLION_HOST (pillion_callback_host_new ("sd-event"));
  self->loop = loop;
  self->readable = self->timer = NULL;
  if (sd_event_add_io (event, &self->readable, pillion_loop_get_fd (loop), EPOLLIN, sd_event_host_on_readable, self) < 0 ||
      sd_event_source_set_prepare (self->readable, sd_event_host_on_prepare) < 0 ||
      sd_event_add_time (event, &self->timer, CLOCK_MONOTONIC, 0, 1, sd_event_host_on_timer, self) < 0)
    g_error ("sd-event takes no more sources");
  sd_event_source_set_enabled (self->timer, SD_EVENT_OFF);
  g_signal_connect (loop, "closed", G_CALLBACK (sd_event_host_on_closed), self);
}

static inline void
sd_event_host_clear (SdEventHost *self)
{
  if (self->loop != NULL)
    g_signal_handlers_disconnect_by_data (self->loop, self);
  g_clear_pointer (&self->readable, sd_event_source_disable_unref);
  g_clear_pointer (&self->timer, sd_event_source_disable_unref);
  g_clear_object (&self->host);
}
