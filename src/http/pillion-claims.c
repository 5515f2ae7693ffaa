/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-claims.h"

/* Claims end at multiples of this, so that two connections seldom write to one page */
#define ALIGNMENT (64 * 1024)

void
pillion_claims_init (PillionClaims *self,
                     const PillionPartFile *part)
{
  self->part = part;
  self->claims = g_ptr_array_new ();
}

void
pillion_claims_clear (PillionClaims *self)
{
  g_clear_pointer (&self->claims, g_ptr_array_unref);
}

/* Finds the first bytes after @offset that are neither there nor claimed */
static gboolean
find_free (PillionClaims *self,
           gint64 offset,
           PillionRange *found)
{
  const PillionRange *piece;
  gboolean moved;

  offset = MAX (offset, self->part->size);
  do
    {
      moved = FALSE;
      piece = pillion_range_set_find (&self->part->pieces, offset);
      if (piece != NULL && piece->start <= offset)
        {
          offset = piece->end;
          moved = TRUE;
        }
      for (guint i = 0; i < self->claims->len; i++)
        {
          const PillionClaim *claim = self->claims->pdata[i];

          if (claim->next <= offset && offset < claim->end)
            {
              offset = claim->end;
              moved = TRUE;
            }
        }
    }
  while (moved);

  *found = (PillionRange) { offset, self->part->record.length };
  if (piece != NULL && piece->start > offset)
    found->end = MIN (found->end, piece->start);
  for (guint i = 0; i < self->claims->len; i++)
    {
      const PillionClaim *claim = self->claims->pdata[i];

      if (claim->next > offset && claim->next < claim->end)
        found->end = MIN (found->end, claim->next);
    }

  return found->start < found->end;
}

static gint64
count_free (PillionClaims *self)
{
  PillionRange found = { 0, 0 };
  gint64 n = 0;

  while (find_free (self, found.end, &found))
    n += found.end - found.start;

  return n;
}

gboolean
pillion_claims_has_free (PillionClaims *self)
{
  PillionRange found;

  return find_free (self, 0, &found);
}

/* How much of @free to claim: less and less towards the end, so that all connections finish together. */
static gint64
get_share (PillionClaims *self,
           const PillionRange *free,
           gint64 block)
{
  gint64 share = count_free (self) / (2 * ((gint64) self->claims->len + 1));
  gint64 size = free->end - free->start;
  gint64 end;

  /* Alone */
  if (block == G_MAXINT64)
    return size;

  share = MAX (MIN (share, block), PILLION_CLAIMS_MIN_BLOCK);
  if (share > size - PILLION_CLAIMS_MIN_BLOCK)
    return size;

  end = (free->start + share) / ALIGNMENT * ALIGNMENT;
  return end - free->start;
}

static gboolean
take_from_others (PillionClaims *self,
                  gint64 block)
{
  PillionClaim *largest = NULL;
  gint64 left;

  for (guint i = 0; i < self->claims->len; i++)
    {
      PillionClaim *claim = self->claims->pdata[i];

      if (largest == NULL || claim->end - claim->next > largest->end - largest->next)
        largest = claim;
    }

  left = largest != NULL ? largest->end - largest->next : 0;
  if (left < 2 * PILLION_CLAIMS_MIN_BLOCK)
    return FALSE;

  largest->end = (largest->next + MIN (block, left / 2)) / ALIGNMENT * ALIGNMENT;
  return TRUE;
}

void
pillion_claims_add (PillionClaims *self,
                    PillionClaim *claim,
                    gint64 start,
                    gint64 end)
{
  *claim = (PillionClaim) { start, end };
  if (!g_ptr_array_find (self->claims, claim, NULL))
    g_ptr_array_add (self->claims, claim);
}

gboolean
pillion_claims_take (PillionClaims *self,
                     PillionClaim *claim,
                     gint64 block)
{
  PillionRange free;

  if (!find_free (self, 0, &free) && !(take_from_others (self, block) && find_free (self, 0, &free)))
    return FALSE;

  pillion_claims_add (self, claim, free.start, free.start + get_share (self, &free, block));
  return TRUE;
}

gboolean
pillion_claims_extend (PillionClaims *self,
                       PillionClaim *claim,
                       gint64 limit,
                       gint64 block,
                       gint64 max_there)
{
  const PillionRange *piece = pillion_range_set_find (&self->part->pieces, claim->end);
  PillionRange free;
  gint64 there = MAX (claim->end, self->part->size);
  gint64 end = claim->end;

  if (piece != NULL && piece->start <= there)
    there = piece->end;
  if (there - end <= max_there)
    end = there;
  if (find_free (self, end, &free) && free.start == end)
    end += get_share (self, &free, block);
  else
    end = claim->end;

  claim->end = MIN (end, limit);
  return claim->end > claim->next;
}

void
pillion_claims_release (PillionClaims *self,
                        PillionClaim *claim)
{
  g_ptr_array_remove_fast (self->claims, claim);
  claim->end = claim->next;
}
