/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The server of the soak test, a process of its own so that it can be killed at any moment:
 *
 *     soak-server PORT [COUNTERS]
 *
 * serves 127.0.0.1:PORT (0 for any), and prints the port once it does. COUNTERS is the descriptor of a file in memory with a ServerCounters
 * to add to. It ends with its parent.
 *
 *     /plain/KEY/LENGTH   LENGTH bytes of KEY (content.h), with an entity tag and ranges
 *     /fresh/KEY/LENGTH   the same, fresh for a day
 *     /stale/KEY/LENGTH   the same, to be validated each time
 *     /events             50 server-sent events after Last-Event-ID, then the end of the response
 *     /socket             a WebSocket that sends back what it gets
 *
 * The answer to a POST is the length of what was sent. */

#define _GNU_SOURCE

#include "content.h"
#include "server-counters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_HEAD (64 * 1024)
#define MAX_EVENTS 64
#define EVENTS_PER_RESPONSE 50

typedef struct
{
  int fd;
  gboolean sending;   /* what epoll waits for */
  gboolean upgraded;  /* to a WebSocket */
  gboolean ends;      /* once everything is sent */
  GByteArray *in;
  gint64 swallow;     /* bytes of a request's body that are still to come */
  gint64 swallowed;
  GString *out;
  gsize sent;         /* of out */
  guint64 key;        /* of what follows out: */
  guint64 offset;
  guint64 left;
} Connection;

static guint8 *content;
static int epoll_fd;
static ServerCounters *counters;

static void
connection_free (Connection *self)
{
  close (self->fd);
  g_byte_array_unref (self->in);
  g_string_free (self->out, TRUE);
  g_free (self);
}

static gboolean
has_output (Connection *self)
{
  return self->sent < self->out->len || self->left > 0;
}

/* --- Requests --------------------------------------------------------------------------------------------------------- */

/* The value of a field, or NULL */
static char *
get_field (const char *head,
           const char *name)
{
  gsize length = strlen (name);

  for (const char *line = strstr (head, "\r\n"); line != NULL; line = strstr (line + 2, "\r\n"))
    {
      const char *field = line + 2;

      if (g_ascii_strncasecmp (field, name, length) == 0 && field[length] == ':')
        {
          const char *end = strstr (field, "\r\n");
          char *value = g_strndup (field + length + 1, (gsize) (end - field) - length - 1);

          return g_strstrip (value);
        }
    }

  return NULL;
}

static void
answer_content (Connection *self,
                const char *head,
                const char *kind,
                guint64 key,
                guint64 length)
{
  g_autofree char *tag = g_strdup_printf ("\"%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "\"", key, length);
  g_autofree char *range = get_field (head, "Range");
  g_autofree char *if_range = get_field (head, "If-Range");
  g_autofree char *if_none_match = get_field (head, "If-None-Match");
  const char *control = strcmp (kind, "fresh") == 0 ? "max-age=86400" : strcmp (kind, "stale") == 0 ? "max-age=0" : "no-store";
  guint64 first = 0, last = length - 1;

  if (if_none_match != NULL && strstr (if_none_match, tag) != NULL)
    {
      g_string_append_printf (self->out, "HTTP/1.1 304 Not Modified\r\nETag: %s\r\nCache-Control: %s\r\n\r\n", tag, control);
      return;
    }

  if (range != NULL && g_str_has_prefix (range, "bytes=") && (if_range == NULL || strcmp (if_range, tag) == 0))
    {
      char *rest;

      first = g_ascii_strtoull (range + strlen ("bytes="), &rest, 10);
      if (first >= length)
        {
          g_string_append_printf (self->out, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */%" G_GUINT64_FORMAT
                                  "\r\nContent-Length: 0\r\n\r\n", length);
          return;
        }
      if (rest[0] == '-' && g_ascii_isdigit (rest[1]))
        last = MIN (last, g_ascii_strtoull (rest + 1, NULL, 10));
      g_string_append_printf (self->out, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                              "/%" G_GUINT64_FORMAT "\r\n", first, last, length);
    }
  else
    g_string_append (self->out, "HTTP/1.1 200 OK\r\n");

  g_string_append_printf (self->out, "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\nETag: %s\r\nCache-Control: %s\r\n"
                          "Content-Length: %" G_GUINT64_FORMAT "\r\n\r\n", tag, control, last + 1 - first);
  self->key = key;
  self->offset = first;
  self->left = last + 1 - first;
}

static void
answer_events (Connection *self,
               const char *head)
{
  g_autofree char *last = get_field (head, "Last-Event-ID");
  guint64 id = last != NULL ? g_ascii_strtoull (last, NULL, 10) : 0;

  g_string_append (self->out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 10\n\n");
  for (guint i = 0; i < EVENTS_PER_RESPONSE; i++)
    {
      id++;
      g_string_append_printf (self->out, "id: %" G_GUINT64_FORMAT "\ndata: event %" G_GUINT64_FORMAT "\n\n", id, id);
    }
  self->ends = TRUE;
}

static void
answer_handshake (Connection *self,
                  const char *head)
{
  g_autofree char *key = get_field (head, "Sec-WebSocket-Key");
  g_autofree char *text = g_strconcat (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *accept = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, digest, &length);
  accept = g_base64_encode (digest, length);
  g_string_append_printf (self->out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
  self->upgraded = TRUE;
}

static void
answer (Connection *self,
        const char *head)
{
  g_auto (GStrv) words = g_strsplit (head, " ", 3);
  g_auto (GStrv) path = g_strsplit (words[0] != NULL && words[1] != NULL ? words[1] : "", "/", -1);
  guint n = g_strv_length (path);

  if (n == 4)
    answer_content (self, head, path[1], g_ascii_strtoull (path[2], NULL, 10), g_ascii_strtoull (path[3], NULL, 10));
  else if (n == 2 && strcmp (path[1], "events") == 0)
    answer_events (self, head);
  else if (n == 2 && strcmp (path[1], "socket") == 0)
    answer_handshake (self, head);
  else
    g_string_append (self->out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* Returns whether more may be done with what has arrived */
static gboolean
handle_request (Connection *self)
{
  const guint8 *end;
  g_autofree char *head = NULL;
  g_autofree char *length = NULL;
  gsize size;

  if (self->swallow > 0)
    {
      gsize taken = MIN ((gsize) self->swallow, self->in->len);

      g_byte_array_remove_range (self->in, 0, (guint) taken);
      self->swallow -= (gint64) taken;
      if (self->swallow > 0)
        return FALSE;
      g_string_append_printf (self->out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n%08" G_GINT64_FORMAT,
                              self->swallowed);
      return TRUE;
    }

  end = memmem (self->in->data, self->in->len, "\r\n\r\n", 4);
  if (end == NULL)
    return FALSE;

  size = (gsize) (end - self->in->data) + 4;
  head = g_strndup ((const char *) self->in->data, size);
  g_byte_array_remove_range (self->in, 0, (guint) size);
  __atomic_add_fetch (&counters->n_requests, 1, __ATOMIC_RELAXED);

  length = get_field (head, "Content-Length");
  if (length != NULL && g_ascii_strtoll (length, NULL, 10) > 0)
    self->swallow = self->swallowed = g_ascii_strtoll (length, NULL, 10);
  else
    answer (self, head);
  return TRUE;
}

/* The same for a frame of a WebSocket */
static gboolean
handle_frame (Connection *self)
{
  guint8 *data = self->in->data;
  gsize available = self->in->len, start = 6, length;
  guint8 opcode;

  if (available < 2)
    return FALSE;
  length = data[1] & 0x7f;
  if (length == 126)
    {
      if (available < 4)
        return FALSE;
      length = (gsize) data[2] << 8 | data[3];
      start = 8;
    }
  if (available < start + length)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    data[start + i] ^= data[start - 4 + i % 4];

  opcode = data[0] & 0xf;
  g_string_append_c (self->out, (char) (opcode == 9 ? 0x8a : data[0]));
  if (start == 8)
    {
      g_string_append_c (self->out, 126);
      g_string_append_len (self->out, (const char *) data + 2, 2);
    }
  else
    g_string_append_c (self->out, (char) length);
  g_string_append_len (self->out, (const char *) data + start, (gssize) length);
  self->ends = self->ends || opcode == 8;
  g_byte_array_remove_range (self->in, 0, (guint) (start + length));
  return TRUE;
}

/* --- Input and output ------------------------------------------------------------------------------------------------- */

/* Both return whether the connection goes on */

static gboolean
receive (Connection *self)
{
  guint8 buffer[16 * 1024];
  gssize n = recv (self->fd, buffer, sizeof buffer, 0);

  if (n <= 0)
    return n < 0 && (errno == EAGAIN || errno == EINTR);

  g_byte_array_append (self->in, buffer, (guint) n);
  while (!has_output (self) && !self->ends && (self->upgraded ? handle_frame (self) : handle_request (self)))
    ;
  return has_output (self) || self->upgraded || self->swallow > 0 || self->in->len < MAX_HEAD;
}

static gboolean
flush (Connection *self)
{
  while (has_output (self))
    {
      gboolean is_head = self->sent < self->out->len;
      const void *bytes = is_head ? (const void *) (self->out->str + self->sent)
                                  : (const void *) (content + content_locate (self->key, self->offset));
      gsize size = is_head ? self->out->len - self->sent : (gsize) MIN (self->left, CONTENT_PIECE);
      gssize n = send (self->fd, bytes, size, MSG_NOSIGNAL | (is_head && self->left > 0 ? MSG_MORE : 0));

      if (n < 0)
        return errno == EAGAIN || errno == EINTR;

      __atomic_add_fetch (&counters->n_bytes, n, __ATOMIC_RELAXED);
      if (is_head)
        {
          self->sent += (gsize) n;
          if (self->sent == self->out->len)
            {
              g_string_truncate (self->out, 0);
              self->sent = 0;
            }
        }
      else
        {
          self->offset += (guint64) n;
          self->left -= (guint64) n;
          /* Others have a turn, too */
          return TRUE;
        }
    }

  return !self->ends;
}

static void
serve (Connection *self,
       guint32 events)
{
  gboolean goes_on = !(events & EPOLLERR);

  if (goes_on && (events & (EPOLLIN | EPOLLHUP)) && !self->sending)
    goes_on = receive (self);
  /* Requests that came while an answer was being sent have been read already */
  while (goes_on && (has_output (self) || self->ends))
    {
      goes_on = flush (self);
      if (!goes_on || has_output (self))
        break;
      while (!has_output (self) && !self->ends && (self->upgraded ? handle_frame (self) : handle_request (self)))
        ;
    }

  if (!goes_on)
    {
      connection_free (self);
      return;
    }
  if (self->sending != has_output (self))
    {
      struct epoll_event event = { .events = has_output (self) ? EPOLLOUT : EPOLLIN, .data.ptr = self };

      self->sending = has_output (self);
      epoll_ctl (epoll_fd, EPOLL_CTL_MOD, self->fd, &event);
    }
}

static void
accept_one (int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
  struct epoll_event event = { .events = EPOLLIN };
  Connection *connection;

  if (fd < 0)
    return;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection = g_new0 (Connection, 1);
  connection->fd = fd;
  connection->in = g_byte_array_new ();
  connection->out = g_string_new (NULL);
  event.data.ptr = connection;
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int
main (int argc,
      char **argv)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (argc < 2)
    return 2;

  content = content_new ();
  counters = mmap (NULL, sizeof *counters, PROT_READ | PROT_WRITE, argc > 2 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS,
                   argc > 2 ? atoi (argv[2]) : -1, 0);
  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  address.sin_port = htons ((guint16) atoi (argv[1]));
  if (counters == MAP_FAILED || bind (listener, (struct sockaddr *) &address, sizeof address) != 0 || listen (listener, 1024) != 0
      || getsockname (listener, (struct sockaddr *) &address, &length) != 0)
    {
      perror ("soak-server");
      return 1;
    }
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, listener, &event);
  printf ("%d\n", ntohs (address.sin_port));
  fflush (stdout);

  while (TRUE)
    {
      struct epoll_event events[MAX_EVENTS];
      int n = epoll_wait (epoll_fd, events, MAX_EVENTS, -1);

      for (int i = 0; i < n; i++)
        if (events[i].data.ptr == NULL)
          accept_one (listener);
        else
          serve (events[i].data.ptr, events[i].events);
    }
}
