/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pillion-sync.h"
#include "builder.h"
#include "certificates.h"

struct _ChaosServer
{
  const ChaosBehaviour *behaviour;
  gboolean half_first;
  int fd;
  guint16 port;
  GThread *thread;

  GMutex lock; /* for the rest */
  GPtrArray *threads;
  GHashTable *lines; /* those that are open */
  gboolean ending;
  gboolean was_half; /* the first half was sent */
};

typedef struct
{
  ChaosServer *server;
  ChaosLine line;
} Connection;

/* FALSE if there is no request */
static gboolean
take_request (ChaosLine *line)
{
  g_autofree char *head = chaos_line_read_head (line);

  return head != NULL && chaos_line_skip_body (line, head);
}

static void
serve_half (ChaosLine *line,
            const ChaosBehaviour *behaviour)
{
  GBytes *answer = chaos_get_answer ();

  if (!chaos_proxy_pass (line, behaviour))
    return;
  if ((behaviour->ground == CHAOS_TLS || behaviour->ground == CHAOS_TUNNEL) &&
      !chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), "NORMAL", NULL))
    return;
  if (!take_request (line) || !chaos_line_write (line, g_bytes_get_data (answer, NULL), g_bytes_get_size (answer) - 1000))
    return;

  chaos_line_close (line);
}

static gpointer
serve (gpointer data)
{
  Connection *self = data;
  ChaosServer *server = self->server;
  gboolean half;

  pillion_mutex_lock (&server->lock);
  half = server->half_first && !server->was_half;
  server->was_half = TRUE;
  pillion_mutex_unlock (&server->lock);

  if (half)
    serve_half (&self->line, server->behaviour);
  else
    server->behaviour->serve (&self->line, server->behaviour);

  pillion_mutex_lock (&server->lock);
  g_hash_table_remove (server->lines, &self->line);
  pillion_mutex_unlock (&server->lock);
  close (self->line.fd);
  chaos_line_clear (&self->line);
  g_free (self);

  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  ChaosServer *self = data;
  gboolean ending = FALSE;

  while (!ending)
    {
      int fd = accept (self->fd, NULL, NULL);
      int on = 1;
      Connection *connection;

      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
        continue;
      if (fd < 0)
        break;

      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connection = g_new0 (Connection, 1);
      connection->server = self;
      chaos_line_init (&connection->line, fd);
      pillion_mutex_lock (&self->lock);
      ending = self->ending;
      if (ending)
        shutdown (fd, SHUT_RDWR);
      g_hash_table_add (self->lines, &connection->line);
      g_ptr_array_add (self->threads, g_thread_new ("chaos", serve, connection));
      pillion_mutex_unlock (&self->lock);
    }

  return NULL;
}

ChaosServer *
chaos_server_new (const ChaosBehaviour *behaviour,
                  gboolean half_first)
{
  ChaosServer *self = g_new0 (ChaosServer, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int small = 4096;

  self->behaviour = behaviour;
  self->half_first = half_first;
  self->threads = g_ptr_array_new ();
  self->lines = g_hash_table_new (NULL, NULL);
  g_mutex_init (&self->lock);

  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  /* So that a client can't send much that nobody reads */
  if (behaviour->upload > 0)
    setsockopt (self->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->fd, 64), ==, 0);
  g_assert_cmpint (getsockname (self->fd, (struct sockaddr *) &address, &length), ==, 0);
  self->port = ntohs (address.sin_port);
  self->thread = g_thread_new ("chaos accepts", accept_all, self);

  return self;
}

void
chaos_server_free (ChaosServer *self)
{
  GHashTableIter iter;
  ChaosLine *line;

  pillion_mutex_lock (&self->lock);
  self->ending = TRUE;
  pillion_mutex_unlock (&self->lock);
  shutdown (self->fd, SHUT_RDWR);
  g_thread_join (self->thread);
  close (self->fd);

  pillion_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, (gpointer *) &line, NULL))
    shutdown (line->fd, SHUT_RDWR);
  pillion_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (self->threads->pdata[i]);

  g_ptr_array_unref (self->threads);
  g_hash_table_unref (self->lines);
  g_mutex_clear (&self->lock);
  g_free (self);
}

guint16
chaos_server_get_port (ChaosServer *self)
{
  return self->port;
}
