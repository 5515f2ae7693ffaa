/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

/* A function with its data, which one thread may replace while another is calling it */
typedef struct
{
  GCallback func;
  gpointer data;
  GDestroyNotify destroy;
} PillionCallback;

static inline void
pillion_callback_clear (gpointer memory)
{
  PillionCallback *self = memory;

  if (self->destroy != NULL)
    self->destroy (self->data);
}

/* NULL if there is no function. Nothing needs the data then, so it is freed at once. */
static inline PillionCallback *
pillion_callback_new (GCallback func,
                      gpointer data,
                      GDestroyNotify destroy)
{
  PillionCallback *self;

  if (func == NULL)
    {
      if (destroy != NULL)
        destroy (data);
      return NULL;
    }

  self = g_atomic_rc_box_new (PillionCallback);
  self->func = func;
  self->data = data;
  self->destroy = destroy;
  return self;
}

static inline PillionCallback *
pillion_callback_ref (PillionCallback *self)
{
  return self != NULL ? g_atomic_rc_box_acquire (self) : NULL;
}

static inline void
pillion_callback_unref (PillionCallback *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, pillion_callback_clear);
}
