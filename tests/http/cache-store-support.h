/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-store.h"

/* A folder for each test of a store. Keys are numbers, and every entry says in its metadata what its body has to be, so that whatever a
 * test finds can be checked. */

#define STORE_LIMIT (64 * 1024 * 1024)

typedef struct
{
  char *top;
  char *dir; /* of the cache, in @top */
  PillionCacheStore *store;
} StoreFixture;

/* The second doesn't open the store */
void               store_fixture_set_up         (StoreFixture      *self,
                                                 gconstpointer      data);
void               store_fixture_set_up_closed  (StoreFixture      *self,
                                                 gconstpointer      data);
void               store_fixture_tear_down      (StoreFixture      *self,
                                                 gconstpointer      data);

/* Both write what is still to be written */
void               store_fixture_close          (StoreFixture      *self);
void               store_fixture_reopen         (StoreFixture      *self);

char              *store_fixture_get_path       (StoreFixture      *self,
                                                 const char        *name);

/* Paths of the files in a folder of the cache */
GPtrArray         *store_fixture_list_files     (StoreFixture      *self,
                                                 const char        *folder);
char              *store_fixture_get_only_file  (StoreFixture      *self);

/* Of all entries, in bytes */
guint64            store_fixture_get_disk_usage (StoreFixture      *self);

void               store_remove_tree            (const char        *path);
void               store_write_file             (const char        *path,
                                                 const char        *bytes,
                                                 gsize              length);

char              *store_make_key               (guint              number);
GBytes            *store_make_metadata          (guint              number,
                                                 gsize              length,
                                                 guint              revision);
guint8            *store_make_body              (guint              number,
                                                 gsize              length);

PillionCacheStore *store_open                   (const char        *dir);
gboolean           store_try_put                (PillionCacheStore *store,
                                                 guint              number,
                                                 gsize              length,
                                                 guint              revision,
                                                 PillionCacheEntry *replaced,
                                                 GError           **error);
void               store_put                    (PillionCacheStore *store,
                                                 guint              number,
                                                 gsize              length);
void               store_update                 (PillionCacheStore *store,
                                                 PillionCacheEntry *entry,
                                                 guint              number,
                                                 gsize              length,
                                                 guint              revision);

/* Returns the only entry of the key, or NULL */
PillionCacheEntry *store_get                    (PillionCacheStore *store,
                                                 guint              number);

/* Whether there is such an entry, and it is whole */
gboolean           store_has                    (PillionCacheStore *store,
                                                 guint              number);
guint              store_count_variants         (PillionCacheStore *store,
                                                 guint              number);

/* Reads the body in pieces of @size. Returns FALSE if the entry turns out to be damaged; wrong bytes end the test. */
gboolean           store_check_entry            (PillionCacheEntry *entry,
                                                 gsize              size);
void               store_assert_revision        (PillionCacheEntry *entry,
                                                 guint              expected);
