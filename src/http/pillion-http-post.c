/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-post.h"

typedef struct
{
  PillionCallFunc func; /* NULL once it was called */
  gpointer data;
} Post;

static void
post_run (gpointer data)
{
  Post *self = data;
  PillionCallFunc func = g_steal_pointer (&self->func);

  func (self->data);
}

static void
post_free (gpointer data)
{
  Post *self = data;

  if (self->func != NULL)
    post_run (self);
  g_free (self);
}

void
pillion_http_post (PillionLoop *loop,
                   PillionCallFunc func,
                   gpointer data)
{
  Post *self = g_new (Post, 1);

  self->func = func;
  self->data = data;
  if (loop != NULL)
    pillion_loop_call_soon_threadsafe (loop, post_run, self, post_free);
  else
    post_free (self);
}
