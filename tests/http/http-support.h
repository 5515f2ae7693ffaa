/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "../io-thread-support.h"

/* A server on loopback whose every byte a test decides, each connection on a thread of its own */
typedef struct _TestServer TestServer;
typedef struct _TestConnection TestConnection;

/* One request, from the method to the empty line. What is not written is not sent; the connection stays open for another
 * request until it is closed. */
typedef void (*TestHandler) (TestConnection *connection,
                             const char     *request,
                             gpointer        data);

typedef enum
{
  TEST_SERVER_PLAIN,
  TEST_SERVER_TLS,
  TEST_SERVER_TLS_FOR_CLIENTS, /* with a certificate of their own, whatever it is */
} TestServerKind;

TestServer *test_server_new             (TestServerKind  kind,
                                         TestHandler     handler,
                                         gpointer        data);
TestServer *test_server_new_unix        (const char     *path,
                                         TestHandler     handler,
                                         gpointer        data);
void        test_server_free            (TestServer     *self);
char       *test_server_url             (TestServer     *self,
                                         const char     *path);

/* The same with a query of its own, so that a call shares its exchange with no other one */
char       *test_numbered_url           (const char     *url,
                                         guint           number);
guint       test_server_get_requests    (TestServer     *self);
guint       test_server_get_connections (TestServer     *self);

/* The most requests that were unanswered at the same time. A request counts from its arrival until the end of its answer is about to be
 * sent, so all handlers must send that with test_connection_answer () or test_connection_write_end (). */
guint       test_server_get_peak        (TestServer     *self);

/* Waits until so many requests came */
void        test_server_wait_requests   (TestServer     *self,
                                         guint           n);

/* Holds handlers in test_connection_wait_gate () until test_server_open_gate () */
void        test_server_open_gate       (TestServer     *self);

/* Waits until so many handlers have come there */
void        test_server_wait_at_gate    (TestServer     *self,
                                         guint           n);

/* For handlers */
TestServer *test_connection_get_server  (TestConnection *self);
/* What the other side has shown; it belongs to the connection */
GTlsCertificate *test_connection_get_certificate (TestConnection *self);
GSocketAddress  *test_connection_get_peer        (TestConnection *self);

/* The body of the request, as far as it comes. A client that wants to be told to send it is told so. */
GBytes     *test_connection_read_body   (TestConnection *self,
                                         const char     *request);

/* What comes after the request, exactly so many bytes. FALSE if the connection is closed before. */
gboolean    test_connection_read        (TestConnection *self,
                                         void           *bytes,
                                         gsize           length);

/* Returns FALSE if the connection is closed, which a failure does */
gboolean    test_connection_write       (TestConnection *self,
                                         const void     *bytes,
                                         gssize          length);

/* The same without closing it: what the client has sent can still be read */
gboolean    test_connection_try_write   (TestConnection *self,
                                         const void     *bytes,
                                         gsize           length);

/* The same for the last bytes of an answer */
void        test_connection_write_end   (TestConnection *self,
                                         const void     *bytes,
                                         gssize          length);
void        test_connection_printf      (TestConnection *self,
                                         const char     *format,
                                         ...) G_GNUC_PRINTF (2, 3);

/* A whole answer of 200 with a length; @fields are more lines of the head, or NULL */
void        test_connection_answer      (TestConnection *self,
                                         const char     *fields,
                                         const void     *body,
                                         gssize          length);
/* The answer to a handshake; @fields are more lines of the head, or NULL */
void        test_connection_accept_web_socket (TestConnection *self,
                                         const char     *request,
                                         const char     *fields);
void        test_connection_close       (TestConnection *self);

/* Closes it so that the other side gets ECONNRESET */
void        test_connection_reset       (TestConnection *self);

/* Returns when the other side has closed, and how many bytes came before that */
gsize       test_connection_wait_closed (TestConnection *self);
void        test_connection_wait_gate   (TestConnection *self);

/* The value of a field of a request, or NULL */
char       *test_request_get_field      (const char     *request,
                                         const char     *name);
char       *test_request_get_path       (const char     *request);

/* The request with the field under another name */
char       *test_request_hide_field     (const char     *request,
                                         const char     *name);

/* A loop with a client, and a folder of the test's own */
typedef struct
{
  PillionLoop *loop;
  PillionHttpClient *client;
  char *folder;
} TestFixture;

void            test_fixture_set_up       (TestFixture    *self,
                                           gconstpointer   data);
void            test_fixture_tear_down    (TestFixture    *self,
                                           gconstpointer   data);

/* Waits until the I/O thread has ended, as it does when nothing needs it any more */
void test_wait_io_thread_gone (void);

/* Runs the loop until @task is done, and drops the reference. Returns the bytes, or the download, or NULL and the error. */
GBytes         *test_fixture_await_bytes  (TestFixture    *self,
                                           PillionTask    *task,
                                           GError        **error);
PillionHttpDownload *test_fixture_await_download (TestFixture *self,
                                           PillionTask    *task,
                                           GError        **error);
void            test_fixture_await        (TestFixture    *self,
                                           PillionTask    *task);

/* The same, and checks that these bytes come */
void            test_fixture_assert_bytes (TestFixture    *self,
                                           PillionTask    *task,
                                           const void     *bytes,
                                           gsize           length);

/* Gets, and checks what comes */
void            test_fixture_assert_get   (TestFixture    *self,
                                           const char     *url,
                                           const char     *text);
void            test_fixture_assert_error (TestFixture    *self,
                                           const char     *url,
                                           GQuark          domain,
                                           int             code);

char           *test_fixture_path         (TestFixture    *self,
                                           const char     *name);
guint           test_fixture_count_files  (TestFixture    *self);
void            test_assert_file          (const char     *path,
                                           const void     *bytes,
                                           gsize           length);
void            test_assert_no_file       (const char     *path);

/* Bytes that are no pattern, the same each time */
guint8         *test_bytes_new            (gsize           length);
char           *test_sha256               (const void     *bytes,
                                           gsize           length);

#define test_case(path, func) \
  g_test_add (path, TestFixture, NULL, test_fixture_set_up, func, test_fixture_tear_down)
