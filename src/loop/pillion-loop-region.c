/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

/* Periods of the host's time in which not everything may be called */

typedef struct
{
  char *name;
  PillionRegionFlags flags;
} Region;

static inline Region *
get_region (PillionLoop *self,
            guint index)
{
  return &g_array_index (self->regions, Region, index);
}

static inline guint
get_n_regions (PillionLoop *self)
{
  return self->regions != NULL ? self->regions->len : 0;
}

static void
region_clear (gpointer data)
{
  g_free (((Region *) data)->name);
}

void
pillion_loop_regions_clear (PillionLoop *self)
{
  g_clear_pointer (&self->regions, g_array_unref);
}

/* For a report */
void
pillion_loop_name_regions (PillionLoop *self,
                           GString *text)
{
  for (guint i = 0; i < get_n_regions (self); i++)
    {
      if (text->len > 0)
        g_string_append (text, ", ");
      g_string_append_printf (text, _("region '%s'"), get_region (self, i)->name);
    }
}

/* The name of the innermost region in which nothing may be called, or NULL */
const char *
pillion_loop_get_barring (PillionLoop *self)
{
  for (guint i = get_n_regions (self); i > 0; i--)
    {
      if (get_region (self, i - 1)->flags & PILLION_REGION_NO_CALLBACKS)
        return get_region (self, i - 1)->name;
    }

  return NULL;
}

/**
 * pillion_loop_begin_region:
 * @self: a loop
 * @name: what the host is doing, such as `render` or `undo`
 * @flags: what must not be called meanwhile
 *
 * Begins a region: a period, until [method@Pillion.Loop.end_region], in which callbacks must not run, or must
 * not do destructive things. Regions can nest and overlap, even under the same name. Each is ended once.
 *
 * With [flags@Pillion.RegionFlags.NO_CALLBACKS], a kick does nothing but say so in its report, nothing wakes
 * the host, and [method@Pillion.Loop.run_until_complete] and [method@Pillion.Scope.close] fail instead of
 * waiting. If it begins inside a callback, no other item runs after that one, except for sources that the same
 * turn of the context dispatches. Transfers and threads carry on.
 *
 * With [flags@Pillion.RegionFlags.NO_DESTRUCTIVE], everything runs except what was marked with
 * [method@Pillion.Loop.call_at_safe_point] or [method@Pillion.Task.set_safe_point]. The first flag includes
 * this.
 *
 * What was held back is delivered, in order, after the last region has ended. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_loop_begin_region (PillionLoop *self,
                           const char *name,
                           PillionRegionFlags flags)
{
  Region region = { NULL, flags };

  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (name != NULL);

  if (self->regions == NULL)
    {
      self->regions = g_array_new (FALSE, FALSE, sizeof (Region));
      g_array_set_clear_func (self->regions, region_clear);
    }
  region.name = g_strdup (name);
  g_array_append_val (self->regions, region);

  self->core.n_unsafe += flags != PILLION_REGION_NONE;
  if (flags & PILLION_REGION_NO_CALLBACKS)
    {
      self->core.n_barred++;
      if (self->core.depth == 0)
        pillion_loop_mute (self);
    }
}

/**
 * pillion_loop_end_region:
 * @self: a loop
 * @name: the name that the region was started with
 * @error: return location for an error
 *
 * Ends the region of this name that began last, and wakes the host if something waits to be called. On the
 * loop's thread only.
 *
 * Returns: whether there was one; if not, @error is set: to [error@Pillion.Error.OVER_RELEASED], or to
 *   [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
gboolean
pillion_loop_end_region (PillionLoop *self,
                         const char *name,
                         GError **error)
{
  PillionCore *core = &self->core;
  guint i;

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_core_check_thread (core, error))
    return FALSE;
  for (i = get_n_regions (self); i > 0; i--)
    {
      if (g_str_equal (get_region (self, i - 1)->name, name))
        break;
    }
  if (i == 0)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_OVER_RELEASED, _("There is no region '%s' to end"), name);
      return FALSE;
    }

  core->n_unsafe -= get_region (self, i - 1)->flags != PILLION_REGION_NONE;
  if (get_region (self, i - 1)->flags & PILLION_REGION_NO_CALLBACKS)
    core->n_barred--;
  g_array_remove_index (self->regions, i - 1);

  pillion_core_let_held_go (core);
  pillion_loop_unmute (self);
  /* Kicks may have done nothing for a while, and the host may be asleep */
  if (core->n_barred == 0 && core->depth == 0 && !core->closed)
    {
      if (pillion_loop_has_work (self))
        pillion_core_busy (core);
      else if (self->ride != PILLION_RIDE_NONE)
        pillion_core_ring (core);
    }

  return TRUE;
}

/**
 * pillion_loop_is_safe_point:
 * @self: a loop
 *
 * Checks whether this is a safe point: no region is open, and no wait that a callback started is on the stack.
 * On the loop's thread only.
 *
 * Returns: whether it is one
 *
 * Since: 1.0
 */
gboolean
pillion_loop_is_safe_point (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), FALSE);

  return self->core.n_unsafe == 0;
}
