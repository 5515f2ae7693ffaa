/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"
#include "../host/fake-host.h"
#include "core/pillion-binding.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* The other loop in these tests: a pipe, and a list of what its callback has to return */

typedef struct
{
  PillionLoop *loop;
  PillionPollSource *source;
  int pipe[2];
  int n;             /* how often the callback was called */
  gint64 returns[8]; /* what it returns; -1 after that */
  gint64 times[8];   /* when it was called */
  gboolean drains;   /* whether it reads from the pipe */
  int n_idles;
  int n_destroyed;
  int n_busy;
  int n_wakes;       /* atomic */
  GMainLoop *main_loop;
  Gate gate;
} Fixture;

static inline gint64
on_ready (PillionPollSource *source,
          gint64 deadline_usec,
          gpointer data)
{
  Fixture *fixture = data;
  int n = MIN (fixture->n, (int) G_N_ELEMENTS (fixture->returns) - 1);
  char byte;

  g_assert_true (source == fixture->source);
  fixture->n++;
  fixture->times[n] = pillion_loop_get_now (fixture->loop);
  if (fixture->drains)
    while (read (fixture->pipe[0], &byte, 1) == 1)
      ;
  return fixture->returns[n];
}

static inline void
on_destroy (gpointer data)
{
  ((Fixture *) data)->n_destroyed++;
}

static inline void
set_up (Fixture *fixture,
        gconstpointer data)
{
  const Gate gate = GATE_INIT;

  fixture->gate = gate;
  fixture->loop = loop_new_with_budget ();
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (fixture->pipe[0], TRUE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (fixture->returns); i++)
    fixture->returns[i] = -1;
  fixture->drains = TRUE;
  fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
}

static inline void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (fixture->source != NULL)
    end_object (fixture->source);
  if (fixture->loop != NULL)
    loop_end (fixture->loop);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static inline void
write_byte (Fixture *fixture)
{
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
}

static inline gboolean
count_idle (gpointer data)
{
  ((Fixture *) data)->n_idles++;
  return G_SOURCE_REMOVE;
}

static inline void
attach (Fixture *fixture,
        GSource *source,
        GSourceFunc func)
{
  g_source_set_callback (source, func, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_source_unref (source);
}

static inline void
add_idle (Fixture *fixture,
          GSourceFunc func)
{
  attach (fixture, g_idle_source_new (), func);
}

static inline void
on_busy (GObject *object,
         GParamSpec *pspec,
         gpointer data)
{
  ((Fixture *) data)->n_busy++;
}

/* The I/O thread sees the descriptor of a host that sleeps */
static inline void
on_wake (gpointer data)
{
  add_atomic (&((Fixture *) data)->n_wakes, 1);
}

static inline gpointer
write_soon (gpointer data)
{
  Fixture *fixture = data;

  gate_wait (&fixture->gate);
  write_byte (fixture);
  return NULL;
}

static inline gboolean
ring (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_idles++;
  pillion_poll_source_set_ready_time (fixture->source, 0);
  return G_SOURCE_REMOVE;
}

static inline gint64
count_call (PillionPollSource *source,
            gint64 deadline_usec,
            gpointer data)
{
  add_atomic (data, 1);
  return 0;
}

#define ADD(name, func) g_test_add ("/poll-source/" name, Fixture, NULL, set_up, func, tear_down)
