/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "round.h"

/* 1,000 downloads of files of different lengths. A round goes on with what the one before it has left. */

#define N_CALLS 1000

#define MAX_DESCRIPTORS 300

static guint64
get_length (guint index)
{
  return 1 + (guint64) index * 67 % 65536;
}

static void
start (Round *round)
{
  for (guint i = 0; i < N_CALLS; i++)
    round_add_download (round, "file", i, get_length (i));
  round->goal = N_CALLS;
}

/* If the disk is slower than the network, downloads wait rather than open more and more files */
static void
watch (Round *round)
{
  guint n = meter_count_descriptors ();

  if (n > MAX_DESCRIPTORS)
    round_fail (round, "%u descriptors are open", n);
}

static void
check (Round *round)
{
  gboolean is_whole = round->ending == ENDING_FINISH || round->retries;
  g_autoptr (GDir) dir = g_dir_open (round->folder, 0, NULL);
  const char *name;

  /* Whatever happened: no file has anything but its content */
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autofree char *path = round_file (round, "file", i);

      if (!round_check_file (round, path, i, get_length (i)) && is_whole)
        round_fail (round, "%s is missing", path);
    }

  while ((name = g_dir_read_name (dir)) != NULL)
    if (!g_str_has_prefix (name, "file-") && (is_whole || !g_str_has_prefix (name, ".file-")))
      round_fail (round, "%s was left behind", name);

  if (is_whole)
    round_empty_folder (round->folder);
}

const Scenario scenario_downloads = { .name = "1,000 downloads", .start = start, .watch = watch, .check = check };
