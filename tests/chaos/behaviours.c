/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "builder.h"

static void
free_behaviour (gpointer data)
{
  ChaosBehaviour *self = data;

  if (self == NULL)
    return;

  free_behaviour (self->next);
  g_free (self->name);
  g_byte_array_unref (self->bytes);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_free (self->plan);
  g_free (self);
}

GPtrArray *
chaos_behaviours_new (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (free_behaviour);

  chaos_add_answers (list);
  chaos_add_steps (list);
  chaos_add_uploads (list);
  chaos_add_tls (list);
  chaos_add_http2 (list);
  chaos_add_proxies (list);

  return list;
}

static gboolean
is_fatal (const char *domain,
          GLogLevelFlags level,
          const char *message,
          gpointer data)
{
  return domain == NULL || !g_str_has_prefix (domain, "libsoup") || (level & G_LOG_LEVEL_WARNING) == 0;
}

void
chaos_allow_warnings (void)
{
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_test_log_set_fatal_handler (is_fatal, NULL);
}
