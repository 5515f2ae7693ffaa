/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

typedef struct _PillionSource PillionSource;
typedef struct _PillionSourceClass PillionSourceClass;

/* Where the body of a request comes from. A source does not change once it is made, and any thread may hold
 * references to it. The transport pulls: it reads from the stream when the socket has room. */
struct _PillionSourceClass
{
  /* Finds out what has to be known before the request is sent, such as the length of a file. Returns the
   * source to open instead of this one (transfer full), or NULL with an error. On a worker, so it may wait
   * for the disk. NULL if there is nothing to find out. */
  PillionSource *(*resolve) (PillionSource *self,
                             GError       **error);

  /* Whether open () gives the same bytes each time: only then the request can be sent again, to where a redirect leads or after a failure,
   * once some of the body was read */
  gboolean rewindable;

  /* Whether something was read of a body that is not rewindable; NULL if it always is. On the I/O thread. */
  gboolean (*is_spent) (PillionSource *self);

  /* Opens the body at its beginning, on the I/O thread: transfer full, or NULL with an error. Whatever may
   * block has to be read asynchronously. */
  GInputStream *(*open) (PillionSource *self,
                         GError       **error);
  void          (*free) (PillionSource *self);
};

/* Begins the struct of each source */
struct _PillionSource
{
  const PillionSourceClass *klass;
  int n_references;   /* atomic */
  gint64 length;      /* in bytes, or -1 if it is unknown: then the body is sent in chunks */
  char *content_type; /* or NULL */
  GError *invalid;    /* why it can't be sent, or NULL; set by the constructor */
};

/* For the constructors: takes @self, which is zero */
void           pillion_source_init  (PillionSource            *self,
                                     const PillionSourceClass *klass,
                                     gint64                    length,
                                     const char               *content_type);

/* Whether it can be opened: once more if it was before */
gboolean       pillion_source_can_open (PillionSource         *self);

/* Whether it is large enough to report progress, and to need a protocol with back-pressure */
gboolean       pillion_source_is_large (PillionSource         *self);

PillionSource *pillion_source_ref   (PillionSource            *self);
void           pillion_source_unref (PillionSource            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionSource, pillion_source_unref)
