/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include <string.h>

/* For tests that run in a fiber of the loop (pillion_test_add_func ()) */

#define ASSERT_CRITICAL(call) \
  G_STMT_START \
    { \
      g_test_expect_message ("PillionHttp", G_LOG_LEVEL_CRITICAL, "*failed"); \
      call; \
      g_test_assert_expected_messages (); \
    } \
  G_STMT_END

/* Turns the loop until @condition is true: not by the clock, which waits for the call */
#define turn_until(condition) \
  while (!(condition)) \
    { \
      g_thread_yield (); \
      g_assert_true (pillion_yield (NULL)); \
    }

/* Awaits the bytes of @text */
static inline void
assert_text (PillionTask *task,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (task, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}
