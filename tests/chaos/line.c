/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* POLLRDHUP */

#include "line.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How much of a flood is sent at once */
#define FLOOD (64 * 1024)

void
chaos_line_init (ChaosLine *self,
                 int fd)
{
  *self = (ChaosLine) { .fd = fd, .limit = G_MAXSIZE, .input = g_byte_array_sized_new (16384) };
}

void
chaos_line_clear (ChaosLine *self)
{
  g_clear_pointer (&self->session, gnutls_deinit);
  g_clear_pointer (&self->outer, gnutls_deinit);
  g_byte_array_unref (self->input);
}

/* --- The wire --------------------------------------------------------------------------------------------------------- */

/* FALSE if the client closes meanwhile */
static gboolean
wait_open (ChaosLine *self,
           int msec)
{
  struct pollfd closed = { .fd = self->fd, .events = POLLRDHUP };

  return poll (&closed, 1, msec) <= 0;
}

static gboolean
send_all (ChaosLine *self,
          const guint8 *bytes,
          gsize length)
{
  while (length > 0)
    {
      gssize n = send (self->fd, bytes, self->trickles ? 1 : length, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      if (self->trickles && self->pace > 0 && !wait_open (self, self->pace))
        return FALSE;
      bytes += n;
      length -= (gsize) n;
    }

  return TRUE;
}

/* FALSE if the line is cut */
static gboolean
send_limited (ChaosLine *self,
              const void *bytes,
              gsize length)
{
  gsize n = MIN (length, self->limit - self->n_sent);

  self->n_sent += n;
  return send_all (self, bytes, n) && n == length;
}

static gssize
receive (ChaosLine *self,
         void *bytes,
         gsize length)
{
  gssize n;

  do
    n = recv (self->fd, bytes, length, 0);
  while (n < 0 && errno == EINTR);

  return n;
}

static gssize
push (gnutls_transport_ptr_t data,
      const void *bytes,
      size_t length)
{
  ChaosLine *self = data;

  if (self->outer != NULL ? gnutls_record_send (self->outer, bytes, length) == (gssize) length : send_limited (self, bytes, length))
    return (gssize) length;

  gnutls_transport_set_errno (self->session, EPIPE);
  return -1;
}

static gssize
pull (gnutls_transport_ptr_t data,
      void *bytes,
      size_t length)
{
  ChaosLine *self = data;
  gssize n = self->outer != NULL ? gnutls_record_recv (self->outer, bytes, length) : receive (self, bytes, length);

  if (n < 0)
    gnutls_transport_set_errno (self->session, self->outer != NULL ? EPIPE : errno);
  return n;
}

static gssize
push_outer (gnutls_transport_ptr_t data,
            const void *bytes,
            size_t length)
{
  ChaosLine *self = data;

  if (send_limited (self, bytes, length))
    return (gssize) length;

  gnutls_transport_set_errno (self->outer, EPIPE);
  return -1;
}

static gssize
pull_outer (gnutls_transport_ptr_t data,
            void *bytes,
            size_t length)
{
  ChaosLine *self = data;
  gssize n = receive (self, bytes, length);

  if (n < 0)
    gnutls_transport_set_errno (self->outer, errno);
  return n;
}

/* With a key of its own, so that no session is resumed */
static void
enable_tickets (gnutls_session_t session)
{
  gnutls_datum_t key;

  g_assert_cmpint (gnutls_session_ticket_key_generate (&key), ==, 0);
  g_assert_cmpint (gnutls_session_ticket_enable_server (session, &key), ==, 0);
  gnutls_free (key.data);
}

gboolean
chaos_line_secure (ChaosLine *self,
                   gnutls_certificate_credentials_t credentials,
                   const char *priorities,
                   const char *protocol)
{
  gnutls_datum_t name = { (guint8 *) protocol, protocol != NULL ? (guint) strlen (protocol) : 0 };
  int result;

  if (self->session != NULL)
    {
      self->outer = g_steal_pointer (&self->session);
      gnutls_transport_set_push_function (self->outer, push_outer);
      gnutls_transport_set_pull_function (self->outer, pull_outer);
    }
  g_assert_cmpint (gnutls_init (&self->session, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET), ==, 0);
  g_assert_cmpint (gnutls_priority_set_direct (self->session, priorities, NULL), ==, 0);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, credentials);
  if (protocol != NULL)
    gnutls_alpn_set_protocols (self->session, &name, 1, GNUTLS_ALPN_MANDATORY);
  if (self->wants_certificate)
    gnutls_certificate_server_set_request (self->session, GNUTLS_CERT_REQUIRE);
  if (self->sends_tickets)
    enable_tickets (self->session);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_push_function (self->session, push);
  gnutls_transport_set_pull_function (self->session, pull);

  do
    result = gnutls_handshake (self->session);
  while (result < 0 && !gnutls_error_is_fatal (result));

  /* The client is to hear why: it may come again with another protocol */
  if (result < 0)
    gnutls_alert_send_appropriate (self->session, result);

  return result == 0;
}

/* --- Reading and writing ---------------------------------------------------------------------------------------------- */

/* Returns FALSE at the end */
static gboolean
read_more (ChaosLine *self)
{
  guint8 bytes[16384];
  gssize n;

  if (self->session == NULL)
    n = receive (self, bytes, sizeof bytes);
  else
    do
      n = gnutls_record_recv (self->session, bytes, sizeof bytes);
    while (n == GNUTLS_E_REHANDSHAKE || n == GNUTLS_E_WARNING_ALERT_RECEIVED);

  if (n <= 0)
    return FALSE;

  g_byte_array_append (self->input, bytes, (guint) n);
  return TRUE;
}

gboolean
chaos_line_read (ChaosLine *self,
                 void *bytes,
                 gsize length)
{
  while (self->input->len < length)
    if (!read_more (self))
      return FALSE;

  if (length > 0)
    {
      memcpy (bytes, self->input->data, length);
      g_byte_array_remove_range (self->input, 0, (guint) length);
    }

  return TRUE;
}

char *
chaos_line_read_head (ChaosLine *self)
{
  const char *end;
  gsize length;
  char *head;

  while ((end = g_strstr_len ((const char *) self->input->data, self->input->len, "\r\n\r\n")) == NULL)
    if (!read_more (self))
      return NULL;

  length = (gsize) (end + 4 - (const char *) self->input->data);
  head = g_strndup ((const char *) self->input->data, length);
  g_byte_array_remove_range (self->input, 0, (guint) length);

  return head;
}

gboolean
chaos_line_await_input (ChaosLine *self)
{
  return self->input->len > 0 || read_more (self);
}

static gboolean
skip (ChaosLine *self,
      gsize length)
{
  while (length > 0)
    {
      gsize n = MIN (length, self->input->len);

      if (n > 0)
        g_byte_array_remove_range (self->input, 0, (guint) n);
      length -= n;
      if (length > 0 && !read_more (self))
        return FALSE;
    }

  return TRUE;
}

gboolean
chaos_line_skip_body (ChaosLine *self,
                      const char *head)
{
  static const char name[] = "\r\nContent-Length: ";
  const char *length = strstr (head, name);

  return length == NULL || skip (self, (gsize) g_ascii_strtoull (length + strlen (name), NULL, 10));
}

gboolean
chaos_line_write (ChaosLine *self,
                  const void *bytes,
                  gsize length)
{
  const guint8 *next = bytes;

  if (self->session == NULL)
    return send_limited (self, bytes, length);

  while (length > 0)
    {
      gssize n = gnutls_record_send (self->session, next, length);

      if (n < 0)
        return FALSE;
      next += n;
      length -= (gsize) n;
    }

  return TRUE;
}

gboolean
chaos_line_write_raw (ChaosLine *self,
                      const void *bytes,
                      gsize length)
{
  return send_all (self, bytes, length);
}

/* As often as makes up some KiB */
static GByteArray *
repeat (const void *bytes,
        gsize length)
{
  GByteArray *all = g_byte_array_new ();

  do
    g_byte_array_append (all, bytes, (guint) length);
  while (all->len < FLOOD);

  return all;
}

gboolean
chaos_line_is_open (ChaosLine *self)
{
  return wait_open (self, 0);
}

void
chaos_line_flood (ChaosLine *self,
                  const void *bytes,
                  gsize length)
{
  g_autoptr (GByteArray) all = repeat (bytes, length);

  while (chaos_line_write (self, all->data, all->len) && chaos_line_is_open (self))
    ;
}

void
chaos_line_flood_raw (ChaosLine *self,
                      const void *bytes,
                      gsize length)
{
  g_autoptr (GByteArray) all = repeat (bytes, length);

  while (chaos_line_write_raw (self, all->data, all->len) && chaos_line_is_open (self))
    ;
}

/* --- Ends ------------------------------------------------------------------------------------------------------------- */

void
chaos_line_wait (ChaosLine *self)
{
  guint8 bytes[16384];

  while (receive (self, bytes, sizeof bytes) > 0)
    ;
}

void
chaos_line_hold (ChaosLine *self)
{
  wait_open (self, -1);
}

void
chaos_line_await_arrival (ChaosLine *self)
{
  int n;

  while (ioctl (self->fd, SIOCOUTQ, &n) == 0 && n > 0 && wait_open (self, 1))
    ;
}

void
chaos_line_finish (ChaosLine *self)
{
  shutdown (self->fd, SHUT_WR);
}

void
chaos_line_close (ChaosLine *self)
{
  /* A socket that is closed before all was read from it resets the connection */
  chaos_line_finish (self);
  chaos_line_wait (self);
}

void
chaos_line_reset (ChaosLine *self)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}
