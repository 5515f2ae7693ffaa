/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A handler that is asked for credentials */

#include "credentials-support.h"

#include <string.h>

static void
test_asked (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  assert_gets (&self, "/a/b", 2);
  g_assert_cmpstr (pillion_http_challenge_get_scheme (self.seen), ==, "Basic");
  g_assert_cmpstr (pillion_http_challenge_get_realm (self.seen), ==, "notes");
  g_assert_cmpstr (pillion_http_challenge_get_parameter (self.seen, "Realm"), ==, "notes");
  g_assert_cmpstr (pillion_http_challenge_get_origin (self.seen), ==, pillion_http_test_server_get_url (self.server));
  g_assert_false (pillion_http_challenge_get_is_proxy (self.seen));
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 0);

  /* Below the same folder they are sent at once; elsewhere the server says that it is the same realm */
  assert_gets (&self, "/a/c", 3);
  assert_gets (&self, "/b", 5);
  assert_gets (&self, "/c", 6);
  g_assert_cmpuint (self.n_asked, ==, 1);
}

static void
test_other_realm (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  answer_with (&self, "me", "other");
  assert_gets (&self, "/a", 2);
  self.challenge = "Basic realm=\"other\"";
  self.accepted = "Basic bWU6b3RoZXI="; /* me:other */
  assert_gets (&self, "/a", 4);
  g_assert_cmpuint (self.n_asked, ==, 2);
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 0);
}

static void
test_wrong (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  answer_with (&self, "me", "wrong");
  answer_with (&self, "me", "secret");
  assert_gets (&self, "/a", 3);
  g_assert_cmpuint (pillion_http_challenge_get_n_refused (self.seen), ==, 1);
}

static void
test_wrong_forever (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  for (guint i = 0; i < G_N_ELEMENTS (self.answers); i++)
    answer_with (&self, "me", "wrong");
  assert_refused (&self, 4);
  g_assert_cmpuint (self.n_asked, ==, 3);
}

static void
test_declined (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  connect_handler (&self);
  assert_refused (&self, 2);
  g_assert_cmpuint (self.n_asked, ==, 1);
}

/* Gets /a, and returns when the handler is working on its answer */
static PillionTask *
get_until_asked (Fixture *self,
                 PillionLoop *loop)
{
  PillionTask *task;

  fixture_init (self, loop);
  connect_handler (self);
  task = pillion_http_client_get_bytes (self->client, "/a", NULL);
  turn_until (self->asked != NULL);

  return task;
}

static void
test_handler_fails (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  task = get_until_asked (&self, loop);
  pillion_task_return_new_error (self.asked, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no key ring");
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "no key ring"));
}

static void
test_handler_gives_something_else (PillionLoop *loop,
                                   gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  task = get_until_asked (&self, loop);
  pillion_task_return_object (self.asked, G_OBJECT (self.client));
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
}

static PillionTask *
on_authenticate_with_bare_task (PillionHttpClient *client,
                                PillionHttpChallenge *challenge,
                                gpointer data)
{
  return g_object_new (PILLION_TYPE_TASK, NULL);
}

static void
test_bare_task (PillionLoop *loop,
                gpointer data)
{
  g_auto (Fixture) self = { NULL };

  fixture_init (&self, loop);
  g_signal_connect (self.client, "authenticate", G_CALLBACK (on_authenticate_with_bare_task), NULL);
  g_test_expect_message ("PillionHttp", G_LOG_LEVEL_CRITICAL, "*can_wait_for*");
  assert_refused (&self, 2);
  g_test_assert_expected_messages ();
}

/* Many calls wait for one answer, and others run meanwhile */
static void
test_one_question (PillionLoop *loop,
                   gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (GBytes) open = g_bytes_new_static ("open", 4);
  g_autoptr (PillionTask) other = NULL;
  PillionTask *tasks[12];

  fixture_init (&self, loop);
  connect_handler (&self);
  pillion_http_client_set_max_connections_per_host (self.client, 2);
  pillion_http_test_server_add_bytes (self.server, "/open", open, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      /* Equal ones would share a request */
      g_autofree char *path = g_strdup_printf ("/a?%u", i);

      tasks[i] = pillion_http_client_get_bytes (self.client, path, NULL);
    }
  turn_until (self.n_requests == G_N_ELEMENTS (tasks));

  other = pillion_http_client_get_bytes (self.client, "/open", NULL);
  assert_text (other, "open");
  turn_until (self.asked != NULL);
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_text (tasks[i], "welcome");
      g_object_unref (tasks[i]);
    }
  g_assert_cmpuint (self.n_asked, ==, 1);
  g_assert_cmpuint (self.n_requests, ==, 2 * G_N_ELEMENTS (tasks));
}

static void
test_cancelled (PillionLoop *loop,
                gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (GBytes) open = g_bytes_new_static ("open", 4);
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;
  g_autoptr (PillionTask) third = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  connect_handler (&self);
  /* With one connection the third call runs once both wait for the answer */
  pillion_http_client_set_max_connections (self.client, 1);
  pillion_http_test_server_add_bytes (self.server, "/open", open, NULL);
  first = pillion_http_client_get_bytes (self.client, "/a", NULL);
  second = pillion_http_client_get_bytes (self.client, "/b", NULL);
  third = pillion_http_client_get_bytes (self.client, "/open", NULL);
  assert_text (third, "open");
  turn_until (self.asked != NULL);

  pillion_task_cancel (first);
  g_assert_false (pillion_await (first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (g_cancellable_is_cancelled (pillion_task_get_cancellable (self.asked)));

  /* Nobody needs the answer any more */
  pillion_task_cancel (second);
  g_assert_false (pillion_await (second, &error));
  turn_until (g_cancellable_is_cancelled (pillion_task_get_cancellable (self.asked)));
  g_assert_true (pillion_task_return_if_cancelled (self.asked));
}

static void
test_client_gone (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (PillionTask) task = NULL;

  task = get_until_asked (&self, loop);
  g_clear_object (&self.client);
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  assert_text (task, "welcome");
}

static void
test_loop_closed (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_auto (Fixture) self = { .later = TRUE };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  connect_handler (&self);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  while (self.asked == NULL)
    pillion_loop_kick_until (loop, g_get_monotonic_time () + 1000, NULL);
  g_signal_connect_swapped (pillion_task_get_cancellable (self.asked), "cancelled", G_CALLBACK (pillion_task_return_if_cancelled), self.asked);
  g_assert_true (pillion_loop_close (loop, 30 * G_USEC_PER_SEC, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_unknown_scheme (PillionLoop *loop,
                     gpointer data)
{
  g_auto (Fixture) self = { .challenge = "Negotiate, NTLM, Digest realm=a, nonce=b, algorithm=MD4" };

  fixture_init (&self, loop);
  answer_with (&self, "me", "secret");
  assert_refused (&self, 1);
  self.challenge = "";
  assert_refused (&self, 2);
  g_assert_cmpuint (self.n_asked, ==, 0);
}

static PillionTask *
on_slow_request (PillionHttpTestExchange *exchange,
                 gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "slow", NULL);
  pillion_http_test_exchange_set_delay (exchange, 50 * G_TIME_SPAN_MILLISECOND);
  return NULL;
}

/* A handler may wait for the loop's clock, although the calls that wait for it are of the network */
static void
test_handler_on_virtual_clock (PillionLoop *loop,
                               gpointer data)
{
  g_auto (Fixture) self = { .later = TRUE };
  PillionTask *tasks[3];
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr (PillionTask) slow = NULL;
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;
  g_autoptr (PillionTask) third = NULL;

  fixture_init (&self, loop);
  pillion_http_test_server_add_handler (self.server, "/slow", on_slow_request, NULL, NULL);
  connect_handler (&self);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_get_bytes (self.client, i == 0 ? "/a" : i == 1 ? "/b" : "/c", NULL);
  turn_until (self.asked != NULL && self.n_refused == G_N_ELEMENTS (tasks));

  /* Without this the test would never end */
  first = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_assert_true (pillion_await (first, NULL));

  /* One that was cancelled counts no more, and not less than nothing */
  pillion_task_cancel (tasks[2]);
  g_assert_false (pillion_await (tasks[2], NULL));
  second = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_assert_true (pillion_await (second, NULL));

  /* The clock stands still for the network */
  third = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  slow = pillion_http_client_get_bytes (self.client, "/slow", NULL);
  assert_text (slow, "slow");
  g_assert_false (pillion_task_is_done (third));
  pillion_task_return_object (self.asked, G_OBJECT (credentials));
  for (guint i = 0; i < 2; i++)
    assert_text (tasks[i], "welcome");
  g_assert_false (pillion_task_is_done (third));
  g_assert_true (pillion_await (third, NULL));

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    g_object_unref (tasks[i]);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/authenticate/handler-is-asked-once-for-a-realm", test_asked);
  pillion_test_add_func ("/http/authenticate/another-realm-is-another-question", test_other_realm);
  pillion_test_add_func ("/http/authenticate/wrong-ones-are-asked-for-again", test_wrong);
  pillion_test_add_func ("/http/authenticate/wrong-ones-are-asked-for-three-times", test_wrong_forever);
  pillion_test_add_func ("/http/authenticate/none-give-the-response", test_declined);
  pillion_test_add_func ("/http/authenticate/error-of-the-handler-is-the-calls", test_handler_fails);
  pillion_test_add_func ("/http/authenticate/handler-gives-something-else", test_handler_gives_something_else);
  pillion_test_add_func ("/http/authenticate/handlers-task-without-a-loop-gives-none", test_bare_task);
  pillion_test_add_func ("/http/authenticate/many-calls-wait-for-one-answer-without-a-place", test_one_question);
  pillion_test_add_func ("/http/authenticate/cancel-while-asking", test_cancelled);
  pillion_test_add_func ("/http/authenticate/client-goes-while-asking", test_client_gone);
  g_test_add_func ("/http/authenticate/loop-closes-while-asking", test_loop_closed);
  pillion_test_add_func ("/http/authenticate/unknown-scheme-asks-nobody", test_unknown_scheme);
  pillion_test_add_func ("/http/authenticate/handler-may-wait-for-a-virtual-clock", test_handler_on_virtual_clock);

  return g_test_run ();
}
