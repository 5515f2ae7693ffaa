/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who fetches what of a part file */

#include "http/pillion-claims.h"

#define MIB ((gint64) 1024 * 1024)
#define N_CLAIMS 8

static void
part_clear (PillionPartFile *part)
{
  pillion_range_set_clear (&part->pieces);
}

/* What the part file does */
static void
receive (PillionPartFile *part,
         PillionClaim *claim,
         gint64 n)
{
  pillion_range_set_add (&part->pieces, claim->next, claim->next + n);
  claim->next += n;
  while (part->pieces.n > 0 && part->pieces.ranges[0].start <= part->size)
    {
      part->size = MAX (part->size, part->pieces.ranges[0].end);
      pillion_range_set_cut (&part->pieces, part->size);
    }
}

static void
assert_claim (const PillionClaim *claim,
              gint64 next,
              gint64 end)
{
  g_assert_cmpint (claim->next, ==, next);
  g_assert_cmpint (claim->end, ==, end);
}

static void
test_alone (void)
{
  PillionPartFile part = { .record.length = 100 * MIB };
  PillionClaims claims;
  PillionClaim claim = { 0 };

  pillion_claims_init (&claims, &part);
  g_assert_true (pillion_claims_take (&claims, &claim, G_MAXINT64));
  assert_claim (&claim, 0, 100 * MIB);
  pillion_claims_release (&claims, &claim);

  /* Hole by hole */
  part.size = 10 * MIB;
  pillion_range_set_add (&part.pieces, 30 * MIB, 60 * MIB);
  g_assert_true (pillion_claims_take (&claims, &claim, G_MAXINT64));
  assert_claim (&claim, 10 * MIB, 30 * MIB);
  receive (&part, &claim, 20 * MIB);
  pillion_claims_release (&claims, &claim);
  g_assert_true (pillion_claims_take (&claims, &claim, G_MAXINT64));
  assert_claim (&claim, 60 * MIB, 100 * MIB);
  receive (&part, &claim, 40 * MIB);
  pillion_claims_release (&claims, &claim);
  g_assert_false (pillion_claims_take (&claims, &claim, G_MAXINT64));
  g_assert_cmpint (part.size, ==, 100 * MIB);

  pillion_claims_clear (&claims);
  part_clear (&part);
}

/* The one that has everything gives the rest away */
static void
test_second (void)
{
  PillionPartFile part = { .record.length = 100 * MIB };
  PillionClaims claims;
  PillionClaim first = { 0 };
  PillionClaim second = { 0 };

  pillion_claims_init (&claims, &part);
  g_assert_true (pillion_claims_take (&claims, &first, G_MAXINT64));
  receive (&part, &first, 10 * MIB);
  g_assert_true (pillion_claims_take (&claims, &second, 8 * MIB));
  assert_claim (&first, 10 * MIB, 18 * MIB);
  assert_claim (&second, 18 * MIB, 26 * MIB);

  /* The first one can't pass the second, and then it can */
  receive (&part, &first, 8 * MIB);
  g_assert_false (pillion_claims_extend (&claims, &first, 100 * MIB, 8 * MIB, MIB));
  receive (&part, &second, MIB);
  pillion_claims_release (&claims, &second);
  g_assert_true (pillion_claims_extend (&claims, &first, 100 * MIB, G_MAXINT64, MIB));
  assert_claim (&first, 18 * MIB, 100 * MIB);

  pillion_claims_clear (&claims);
  part_clear (&part);
}

/* What is there already is received again if it is little */
static void
test_over_pieces (void)
{
  PillionPartFile part = { .record.length = 100 * MIB };
  PillionClaims claims;
  PillionClaim claim = { 0 };

  part.size = 10 * MIB;
  pillion_range_set_add (&part.pieces, 20 * MIB, 22 * MIB);
  pillion_range_set_add (&part.pieces, 30 * MIB, 50 * MIB);
  pillion_claims_init (&claims, &part);
  g_assert_true (pillion_claims_take (&claims, &claim, G_MAXINT64));
  assert_claim (&claim, 10 * MIB, 20 * MIB);
  claim.next = 20 * MIB;
  g_assert_false (pillion_claims_extend (&claims, &claim, 100 * MIB, G_MAXINT64, MIB));
  g_assert_true (pillion_claims_extend (&claims, &claim, 100 * MIB, G_MAXINT64, 2 * MIB));
  assert_claim (&claim, 20 * MIB, 30 * MIB);
  claim.next = 30 * MIB;
  g_assert_false (pillion_claims_extend (&claims, &claim, 30 * MIB, G_MAXINT64, G_MAXINT64));
  g_assert_true (pillion_claims_extend (&claims, &claim, 60 * MIB, G_MAXINT64, G_MAXINT64));
  assert_claim (&claim, 30 * MIB, 60 * MIB);

  pillion_claims_clear (&claims);
  part_clear (&part);
}

/* Everything is fetched, once, and nothing outside of it, however the connections come and go */
static void
test_random (void)
{
  for (guint round = 0; round < 300; round++)
    {
      gint64 length = g_test_rand_int_range (1, 200) * MIB + g_test_rand_int_range (0, 1000);
      PillionPartFile part = { .record.length = length };
      PillionClaims claims;
      PillionClaim all[N_CLAIMS] = { { 0 } };
      gboolean used[N_CLAIMS] = { FALSE };
      gint64 n_received = 0;

      pillion_claims_init (&claims, &part);
      while (part.size < length)
        {
          guint i = (guint) g_test_rand_int_range (0, N_CLAIMS);
          PillionClaim *claim = &all[i];

          if (!used[i])
            {
              used[i] = pillion_claims_take (&claims, claim, g_test_rand_int_range (1, 30) * MIB);
              if (!used[i])
                continue;
              g_assert_cmpint (claim->next, <, claim->end);
              g_assert_cmpint (claim->end, <=, length);
            }

          /* Some break off in the middle */
          gint64 n = g_test_rand_int_range (0, 3) > 0 ? claim->end - claim->next : (claim->end - claim->next) / 3;

          receive (&part, claim, n);
          n_received += n;
          if (claim->next < claim->end || !pillion_claims_extend (&claims, claim, length, 4 * MIB, 0))
            {
              pillion_claims_release (&claims, claim);
              used[i] = FALSE;
            }

          for (guint j = 0; j < N_CLAIMS; j++)
            for (guint k = 0; k < j; k++)
              if (used[j] && used[k])
                g_assert_true (all[j].end <= all[k].next || all[k].end <= all[j].next);
        }
      g_assert_cmpint (n_received, ==, length);

      pillion_claims_clear (&claims);
      part_clear (&part);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/claims/alone-hole-by-hole", test_alone);
  g_test_add_func ("/claims/the-first-gives-the-rest-away", test_second);
  g_test_add_func ("/claims/over-what-is-there-if-it-is-little", test_over_pieces);
  g_test_add_func ("/claims/every-byte-once", test_random);

  return g_test_run ();
}
