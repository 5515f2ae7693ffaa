/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-store.h"
#include "http-support.h"

/* A folder for a cache, which outlives the fixture: a worker of the store may still write to it when nobody else is left */
typedef struct
{
  char *path;
  PillionCacheStore *store; /* keeps it open */
} TestCacheFolder;

static inline void
test_cache_folder_init (TestCacheFolder *self)
{
  g_autoptr (GError) error = NULL;

  self->path = g_dir_make_tmp ("pillion-cache-XXXXXX", &error);
  g_assert_no_error (error);
  self->store = pillion_cache_store_open (self->path, 256 * 1024 * 1024, &error);
  g_assert_no_error (error);
}

/* After test_fixture_tear_down () */
static inline void
test_cache_folder_clear (TestCacheFolder *self)
{
  const char *argv[] = { "rm", "-r", self->path, NULL };

  pillion_cache_store_flush (self->store);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  pillion_cache_store_unref (self->store);
  g_free (self->path);
}

/* For tests that need no more than a cache beside the usual fixture */
typedef struct
{
  TestFixture parent;
  TestCacheFolder folder;
} TestCacheFixture;

static inline void
test_cache_fixture_set_up (TestCacheFixture *self,
                           gconstpointer data)
{
  test_fixture_set_up (&self->parent, data);
  test_cache_folder_init (&self->folder);
}

static inline void
test_cache_fixture_tear_down (TestCacheFixture *self,
                              gconstpointer data)
{
  test_fixture_tear_down (&self->parent, data);
  test_cache_folder_clear (&self->folder);
}
