/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The same with libcurl.
 *
 *   peer-curl download URL TARGET sync|nosync   seconds for one file, libcurl easy on a thread
 *   peer-curl memory URL SIZE                   seconds for one body of SIZE bytes to memory, libcurl easy on a thread
 *   peer-curl stream URL SIZE                   the same, to a function that drops it
 *   peer-curl queue URL N AT_ONCE               seconds for N GETs to memory, all given to curl_multi at once
 *   peer-curl reuse URL N AT_ONCE               the same, AT_ONCE given at a time
 */

#include <curl/curl.h>
#include <glib.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"

#define BUFFER_SIZE (256 * 1024)

static void
check (CURLcode code,
       const char *url)
{
  if (code != CURLE_OK)
    g_error ("%s: %s", url, curl_easy_strerror (code));
}

typedef struct
{
  const char *url;
  const char *target;
  gboolean sync;
} Download;

static size_t
to_file (char *data,
         size_t size,
         size_t n,
         void *user_data)
{
  bench_write_all (*(int *) user_data, data, size * n);
  return size * n;
}

static gpointer
download_thread (gpointer user_data)
{
  Download *download = user_data;
  int fd = bench_part_open (download->target);
  CURL *easy = curl_easy_init ();

  curl_easy_setopt (easy, CURLOPT_URL, download->url);
  curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, (long) BUFFER_SIZE);
  curl_easy_setopt (easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, to_file);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, &fd);
  check (curl_easy_perform (easy), download->url);
  curl_easy_cleanup (easy);

  bench_part_done (fd, download->target, download->sync);
  return NULL;
}

static void
run_download (Download *download)
{
  gint64 start = bench_now ();

  g_thread_join (g_thread_new ("curl", download_thread, download));
  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
}

typedef struct
{
  CURL *easy;
  GByteArray *body;
} Slot;

static size_t
to_memory (char *data,
           size_t size,
           size_t n,
           void *user_data)
{
  Slot *slot = user_data;

  g_byte_array_append (slot->body, (guint8 *) data, size * n);
  return size * n;
}

typedef struct
{
  const char *url;
  gsize size;
  CURL *easy;
  GByteArray *body;
} Memory;

/* Allocated at once if the length is announced, like ours */
static size_t
to_announced_memory (char *data,
                     size_t size,
                     size_t n,
                     void *user_data)
{
  Memory *memory = user_data;
  curl_off_t announced = -1;

  if (memory->body == NULL)
    {
      curl_easy_getinfo (memory->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
      memory->body = g_byte_array_sized_new (announced > 0 ? (guint) announced : 0);
    }

  g_byte_array_append (memory->body, (guint8 *) data, size * n);
  return size * n;
}

static size_t
to_nowhere (char *data,
            size_t size,
            size_t n,
            void *user_data)
{
  *(gsize *) user_data += size * n;
  return size * n;
}

static gpointer
stream_thread (gpointer user_data)
{
  CURL *easy = curl_easy_init ();
  gsize received = 0;

  curl_easy_setopt (easy, CURLOPT_URL, (const char *) user_data);
  curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, (long) BUFFER_SIZE);
  curl_easy_setopt (easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, to_nowhere);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, &received);
  check (curl_easy_perform (easy), user_data);
  curl_easy_cleanup (easy);

  return GSIZE_TO_POINTER (received);
}

static void
run_stream (const char *url,
            gsize size)
{
  gint64 start = bench_now ();
  gsize received = GPOINTER_TO_SIZE (g_thread_join (g_thread_new ("curl", stream_thread, (gpointer) url)));

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
  if (received != size)
    g_error ("the answer has %" G_GSIZE_FORMAT " bytes", received);
}

static gpointer
memory_thread (gpointer user_data)
{
  Memory *memory = user_data;

  memory->easy = curl_easy_init ();
  curl_easy_setopt (memory->easy, CURLOPT_URL, memory->url);
  curl_easy_setopt (memory->easy, CURLOPT_BUFFERSIZE, (long) BUFFER_SIZE);
  curl_easy_setopt (memory->easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (memory->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (memory->easy, CURLOPT_WRITEFUNCTION, to_announced_memory);
  curl_easy_setopt (memory->easy, CURLOPT_WRITEDATA, memory);
  check (curl_easy_perform (memory->easy), memory->url);
  curl_easy_cleanup (memory->easy);

  return g_byte_array_free_to_bytes (memory->body);
}

static void
run_memory (Memory *memory)
{
  gint64 start = bench_now ();
  g_autoptr (GBytes) bytes = g_thread_join (g_thread_new ("curl", memory_thread, memory));

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
  if (g_bytes_get_size (bytes) != memory->size)
    g_error ("the answer has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));
}

static void
slot_send (Slot *slot,
           CURLM *multi,
           const char *url,
           guint number)
{
  g_autofree char *each = g_strdup_printf ("%s?%u", url, number);

  if (slot->easy == NULL)
    {
      slot->easy = curl_easy_init ();
      curl_easy_setopt (slot->easy, CURLOPT_FAILONERROR, 1L);
      curl_easy_setopt (slot->easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt (slot->easy, CURLOPT_PRIVATE, slot);
      curl_easy_setopt (slot->easy, CURLOPT_WRITEFUNCTION, to_memory);
      curl_easy_setopt (slot->easy, CURLOPT_WRITEDATA, slot);
    }

  slot->body = g_byte_array_new ();
  curl_easy_setopt (slot->easy, CURLOPT_URL, each);
  curl_multi_add_handle (multi, slot->easy);
}

/* If @n_slots is the total, libcurl gets all at once and queues what exceeds @at_once. If it is @at_once, the
 * caller queues, and reuses each handle. */
static void
run_get (const char *url,
         guint n_wanted,
         guint at_once,
         guint n_slots)
{
  g_autofree Slot *slots = g_new0 (Slot, n_slots);
  gint64 start = bench_now ();
  CURLM *multi = curl_multi_init ();
  guint n_sent = 0, n_done = 0;

  curl_multi_setopt (multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long) at_once);
  while (n_sent < n_slots)
    {
      slot_send (&slots[n_sent], multi, url, n_sent);
      n_sent++;
    }

  while (n_done < n_wanted)
    {
      int n_running, n_left;
      CURLMsg *message;

      curl_multi_perform (multi, &n_running);
      while ((message = curl_multi_info_read (multi, &n_left)) != NULL)
        {
          g_autoptr (GBytes) bytes = NULL;
          Slot *slot;

          check (message->data.result, url);
          curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, (char **) &slot);
          bytes = g_byte_array_free_to_bytes (g_steal_pointer (&slot->body));
          if (g_bytes_get_size (bytes) != 1024)
            g_error ("an answer has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));

          n_done++;
          curl_multi_remove_handle (multi, slot->easy);
          if (n_sent < n_wanted)
            slot_send (slot, multi, url, n_sent++);
          else
            g_clear_pointer (&slot->easy, curl_easy_cleanup);
        }

      if (n_done < n_wanted)
        curl_multi_poll (multi, NULL, 0, 1000, NULL);
    }

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
  curl_multi_cleanup (multi);
}

int
main (int argc,
      char **argv)
{
  if (argc != 5 && !(argc == 4 && (g_str_equal (argv[1], "memory") || g_str_equal (argv[1], "stream"))))
    return 2;

  curl_global_init (CURL_GLOBAL_DEFAULT);
  if (g_str_equal (argv[1], "download"))
    {
      Download download = { argv[2], argv[3], g_str_equal (argv[4], "sync") };

      run_download (&download);
    }
  else if (g_str_equal (argv[1], "memory"))
    {
      Memory memory = { argv[2], (gsize) g_ascii_strtoull (argv[3], NULL, 10) };

      run_memory (&memory);
    }
  else if (g_str_equal (argv[1], "stream"))
    {
      run_stream (argv[2], (gsize) g_ascii_strtoull (argv[3], NULL, 10));
    }
  else
    {
      guint n_wanted = atoi (argv[3]), at_once = atoi (argv[4]);

      run_get (argv[2], n_wanted, at_once, g_str_equal (argv[1], "queue") ? n_wanted : at_once);
    }

  curl_global_cleanup ();
  return 0;
}
