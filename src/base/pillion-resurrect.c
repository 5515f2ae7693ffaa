/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-resurrect.h"

typedef struct
{
  void (*func) (gpointer object);
  gulong handler;
} Resurrection;

static void
resurrection_free (gpointer data,
                   GClosure *closure)
{
  g_free (data);
}

static void
on_unreferenced (gpointer object,
                 GParamSpec *property,
                 gpointer data)
{
  Resurrection *self = data;
  void (*func) (gpointer object) = self->func;

  /* The emission has a reference of its own */
  g_signal_handler_disconnect (object, self->handler);
  func (object);
}

void
pillion_resurrect (gpointer object,
                   const char *property,
                   void (*func) (gpointer object))
{
  Resurrection *self = g_new0 (Resurrection, 1);
  g_autofree char *signal = g_strconcat ("notify::", property, NULL);

  g_object_ref (object);
  self->func = func;
  self->handler = g_signal_connect_data (object, signal, G_CALLBACK (on_unreferenced), self, resurrection_free, 0);
  /* What is notified of inside dispose () is kept until the reference has been dropped */
  g_object_notify (object, property);
}
