/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a program gets to see of a stored response: fuzz-exchange.h, with a number for the length of the body. The head says what the body is,
 * and Cache-Status can be read. */

#include <string.h>

#include "fuzz-exchange.h"
#include "http/pillion-cache-answer.h"
#include "http/pillion-cache-format.h"
#include "http/pillion-cache-store-private.h"
#include "http/pillion-http-fields.h"

#define ID 0x1234
#define KEY "http://example.org/"

static PillionCacheEntry *
make_entry (const PillionStoredResponse *stored,
            gsize length)
{
  static PillionCacheStore *store;
  g_autoptr (GBytes) metadata = pillion_stored_response_serialize (stored);
  g_autofree guint8 *body = g_malloc0 (length + 8);
  g_autoptr (GByteArray) file = NULL;
  PillionCacheFolder *folder;
  PillionCacheHead head;
  PillionCacheBytes *image;
  PillionCacheEntry *entry;
  PillionCacheLoad result;
  guint64 sum;

  if (store == NULL)
    {
      g_autofree char *path = NULL;
      const char *parent;

      fuzz_get_folder (&parent);
      path = g_build_filename (parent, "cache", NULL);
      store = pillion_cache_store_open (path, 1 << 20, NULL);
      g_assert_nonnull (store);
    }

  file = pillion_cache_head_new (KEY, ID, g_bytes_get_size (metadata), &head);
  pillion_cache_slot_fill (file->data + head.slots[0], &head, 0, 1, length, g_bytes_get_data (metadata, NULL), g_bytes_get_size (metadata));
  sum = pillion_cache_sum_block (&head, 0, body, length);
  g_byte_array_append (file, body, (guint) length);
  if (length > 0)
    g_byte_array_append (file, (const guint8 *) &sum, sizeof sum);

  image = pillion_cache_bytes_new_copy (file->data, file->len);
  folder = pillion_cache_store_ref_folder (store);
  entry = pillion_cache_entry_load (store, folder, -1, image, pillion_cache_hash_key (KEY), ID, KEY, NULL, &result);
  g_assert_nonnull (entry);
  pillion_cache_folder_unref (folder);
  pillion_cache_bytes_unref (image);

  return entry;
}

/* RFC 9211: our name, and then parameters, each a name or a name with a number or a token */
static void
check_status (const char *status)
{
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (status);
  parts = g_strsplit (status, "; ", -1);
  g_assert_true (pillion_http_is_token (parts[0]));
  for (guint i = 1; parts[i] != NULL; i++)
    {
      char *value = strchr (parts[i], '=');

      if (value != NULL)
        {
          *value++ = '\0';
          g_assert_true (pillion_http_is_token (value));
          if (g_ascii_isdigit (value[0]) || value[0] == '-')
            {
              g_assert_cmpuint (strspn (value + 1, "0123456789"), ==, strlen (value + 1));
              /* What an integer can have */
              g_assert_cmpuint (strlen (value), <=, 15);
            }
        }
      g_assert_true (pillion_http_is_token (parts[i]));
    }
}

static guint
count_fields (const PillionFieldList *fields,
              const char *name)
{
  guint n = 0;

  for (guint i = 0; i < fields->n; i += 2)
    n += pillion_field_is_named (fields->strv[i], name);

  return n;
}

static void
check_answer (const PillionCacheAnswer *answer,
              const PillionStoredResponse *stored,
              gint64 body_length)
{
  const PillionFieldList *fields = &answer->head.fields;
  const guint status = answer->head.parent.status;
  gint64 length = answer->end - answer->begin;
  gint64 number, first, last, total;

  g_assert_cmpint (answer->begin, >=, 0);
  g_assert_cmpint (answer->end, >=, answer->begin);
  g_assert_cmpint (answer->end, <=, body_length);
  g_assert_true (status == stored->status || status == 206 || status == 304 || status == 416);
  if (status == 206)
    {
      g_assert_cmpuint (count_fields (fields, "Content-Range"), ==, 1);
      g_assert_true (pillion_http_parse_content_range (pillion_field_list_get (fields, "Content-Range"), &first, &last, &total));
      g_assert_cmpint (last - first + 1, ==, length);
      g_assert_true (pillion_http_parse_content_length (pillion_field_list_get (fields, "Content-Length"), &number));
      g_assert_cmpint (number, ==, length);
    }
  if (status == 304 || status == 416)
    g_assert_cmpint (length, ==, 0);
  check_status (fields->strv[fields->n - 1]);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize length = fuzz_take_number (&data, &size, 256) - 1;
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_entry_unref);
  FuzzExchange exchange;
  PillionCacheChoice choice;

  fuzz_take_exchange (&data, &size, &exchange);
  if (pillion_cache_request_may_store (&exchange.request, exchange.stored, FALSE) && pillion_cache_request_may_use (&exchange.request))
    {
      /* What was stored of a part is not longer than the part */
      if (exchange.stored->total >= 0)
        length = (gsize) MIN ((gint64) length, exchange.stored->total - exchange.stored->first);
      g_ptr_array_add (entries, make_entry (exchange.stored, length));
      pillion_cache_choice_init (&choice, entries, &exchange.request, exchange.now);
      if (choice.entry != NULL)
        {
          const char *reason = pillion_cache_choice_get_reason (&choice, &exchange.request, exchange.now);
          PillionListHead validation;
          PillionCacheAnswer answer;

          pillion_cache_answer_init (&answer, &choice, &exchange.request, NULL, NULL, exchange.now);
          check_answer (&answer, exchange.stored, (gint64) length);
          g_assert_cmpuint (count_fields (&answer.head.fields, "Age"), ==, 1);
          g_assert_cmpint (pillion_cache_parse_seconds (pillion_field_list_get (&answer.head.fields, "Age")), >=, 0);
          pillion_cache_answer_clear (&answer);

          pillion_list_head_init (&validation, 304, "Not Modified", -1);
          pillion_cache_answer_init (&answer, &choice, &exchange.request, &validation.parent, reason, exchange.now);
          check_answer (&answer, exchange.stored, (gint64) length);
          pillion_cache_answer_clear (&answer);
          pillion_list_head_clear (&validation);
        }
      pillion_cache_choice_clear (&choice);
    }
  fuzz_exchange_clear (&exchange);
  return 0;
}
