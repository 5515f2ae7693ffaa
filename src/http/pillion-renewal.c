/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-renewal.h"

#include "core/pillion-private.h"
#include "http/pillion-http-credentials-private.h"

struct _PillionRenewal
{
  int n_references; /* atomic */
  PillionHttpCredentials *credentials;
  PillionRenewal *parent; /* or NULL */
};

/* Of this thread, and how many kicks are on its stack there */
static __thread PillionRenewal *current;
static __thread guint current_depth;

PillionRenewal *
pillion_renewal_new (PillionHttpCredentials *credentials,
                     PillionRenewal *parent)
{
  PillionRenewal *self = g_new0 (PillionRenewal, 1);

  self->n_references = 1;
  self->credentials = g_object_ref (credentials);
  self->parent = parent != NULL ? pillion_renewal_ref (parent) : NULL;

  return self;
}

PillionRenewal *
pillion_renewal_ref (PillionRenewal *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_renewal_unref (PillionRenewal *self)
{
  while (self != NULL && __atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) == 0)
    {
      PillionRenewal *parent = self->parent;

      pillion_sync_unref (self->credentials);
      g_free (self);
      self = parent;
    }
}

PillionTask *
pillion_renewal_run (PillionRenewal *self)
{
  PillionRenewal *outer = current;
  guint outer_depth = current_depth;
  PillionTask *task;

  current = self;
  current_depth = pillion_private_get_depth ();
  task = pillion_renewer_call (self->credentials->renewer);
  current = outer;
  current_depth = outer_depth;

  return task;
}

PillionRenewal *
pillion_renewal_get_current (void)
{
  return current != NULL && current_depth == pillion_private_get_depth () ? current : NULL;
}

gboolean
pillion_renewal_is_for (PillionRenewal *self,
                        PillionHttpCredentials *credentials)
{
  for (; self != NULL; self = self->parent)
    if (self->credentials == credentials)
      return TRUE;

  return FALSE;
}
