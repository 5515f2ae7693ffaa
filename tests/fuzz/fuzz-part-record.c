/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The record beside the part of a download */

#include "fuzz.h"
#include "http/pillion-part-record.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  PillionPartRecord record = { 0 };
  int folder = fuzz_get_folder (NULL);

  fuzz_write_file ("part", data, size);
  if (pillion_part_record_load (&record, folder, "part") == PILLION_PART_RECORD_OURS)
    {
      PillionPartRecord again = { 0 };

      g_assert_nonnull (record.url);
      g_assert_cmpint (record.length, >=, -1);
      g_assert_cmpint (record.safe, >=, 0);

      /* What was read can be written, and then says the same */
      g_assert_true (pillion_part_record_save (&record, folder, "part"));
      g_assert_cmpint (pillion_part_record_load (&again, folder, "part"), ==, PILLION_PART_RECORD_OURS);
      g_assert_cmpstr (again.url, ==, record.url);
      g_assert_cmpstr (again.source, ==, record.source);
      g_assert_cmpstr (again.etag, ==, record.etag);
      g_assert_cmpstr (again.last_modified, ==, record.last_modified);
      g_assert_cmpstr (again.name, ==, record.name);
      g_assert_cmpint (again.length, ==, record.length);
      g_assert_cmpint (again.safe, ==, record.safe);
      pillion_part_record_clear (&again);
    }
  pillion_part_record_clear (&record);
  return 0;
}
