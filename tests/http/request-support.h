/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http-support.h"

/* Answers with what came: the request's head, an empty line, its body */
static inline void
echo (TestConnection *connection,
      const char *request,
      gpointer data)
{
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);
  g_autofree char *both = g_strdup_printf ("%s%.*s", request, (int) g_bytes_get_size (body),
                                           (const char *) g_bytes_get_data (body, NULL));

  if (g_str_has_prefix (request, "HEAD "))
    test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX-Method: HEAD\r\n\r\n");
  else
    test_connection_answer (connection, "X-Twice: 1\r\nX-Twice: 2\r\n", both, -1);
}

static inline PillionHttpResponse *
send_request (TestFixture *self,
              PillionHttpRequest *request,
              GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_send (self->client, request, NULL);

  test_fixture_await (self, task);
  return pillion_task_get_object (task, error);
}

static inline char *
get_text (PillionHttpResponse *response)
{
  g_autoptr (GError) error = NULL;
  char *text = pillion_http_response_dup_text (response, &error);

  g_assert_no_error (error);
  return text;
}
