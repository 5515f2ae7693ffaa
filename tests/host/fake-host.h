/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* A host as a program might write one: a class of its own that implements the interface, and counts its calls */

#define FAKE_TYPE_HOST (fake_host_get_type ())
G_DECLARE_FINAL_TYPE (FakeHost, fake_host, FAKE, HOST, GObject)

struct _FakeHost
{
  GObject parent_instance;

  char *name;
  PillionLoop *loop; /* the loop that it kicks; not a reference */
  int n_installs;
  int n_removes;
  int n_wakes;       /* atomic */
  gboolean refuses;  /* refuses to install, with an error */
  gboolean refuses_silently;
  gboolean kicks_at_install;
};

static void fake_host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeHost,
                               fake_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, fake_host_iface_init))

static const char *
fake_host_get_name (PillionHost *host)
{
  return FAKE_HOST (host)->name;
}

static gboolean
fake_host_install (PillionHost *host,
                   PillionLoop *loop,
                   GError **error)
{
  FakeHost *self = FAKE_HOST (host);

  if (self->refuses)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "no room for a hook");
      return FALSE;
    }
  if (self->refuses_silently)
    return FALSE;

  g_assert_null (self->loop);
  self->loop = loop;
  self->n_installs++;
  if (self->kicks_at_install)
    pillion_loop_kick (loop);
  return TRUE;
}

static void
fake_host_remove (PillionHost *host,
                  PillionLoop *loop)
{
  FakeHost *self = FAKE_HOST (host);

  g_assert_true (self->loop == loop);
  self->loop = NULL;
  self->n_removes++;
}

static void
fake_host_wake (PillionHost *host)
{
  __atomic_add_fetch (&FAKE_HOST (host)->n_wakes, 1, __ATOMIC_SEQ_CST);
}

static void
fake_host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = fake_host_get_name;
  iface->install = fake_host_install;
  iface->remove = fake_host_remove;
  iface->wake = fake_host_wake;
}

static void
fake_host_finalize (GObject *object)
{
  g_assert_null (FAKE_HOST (object)->loop);
  g_free (FAKE_HOST (object)->name);

  G_OBJECT_CLASS (fake_host_parent_class)->finalize (object);
}

static void
fake_host_class_init (FakeHostClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fake_host_finalize;
}

static void
fake_host_init (FakeHost *self)
{
}

static inline FakeHost *
fake_host_new (const char *name)
{
  FakeHost *self = g_object_new (FAKE_TYPE_HOST, NULL);

  self->name = g_strdup (name);
  return self;
}

/* One turn of the host's own loop; returns whether there was a hook */
static inline gboolean
fake_host_tick (FakeHost *self)
{
  if (self->loop == NULL)
    return FALSE;

  pillion_loop_kick (self->loop);
  return TRUE;
}
