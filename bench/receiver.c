/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* receiver: an HTTP server for uploads, on loopback. Reads the body of each request as fast as it comes, drops it, and answers 200. Prints
 * its port, and ends with its standard input. */

#define _GNU_SOURCE

#include <glib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (1024 * 1024)

static void
say (int fd,
     const char *text)
{
  if (write (fd, text, strlen (text)) < 0)
    g_printerr ("receiver: a client is gone\n");
}

/* Returns how much of the body has come with the head, or -1 at the end of the connection */
static gssize
read_head (int fd,
           char *buffer,
           gint64 *length)
{
  gsize fill = 0;

  while (TRUE)
    {
      gssize n = read (fd, buffer + fill, BUFFER_SIZE - 1 - fill);
      const char *end;
      const char *field;

      if (n <= 0)
        return -1;
      fill += (gsize) n;
      buffer[fill] = '\0';
      end = strstr (buffer, "\r\n\r\n");
      if (end == NULL)
        continue;

      field = strcasestr (buffer, "\r\nContent-Length:");
      *length = field != NULL && field < end ? g_ascii_strtoll (field + strlen ("\r\nContent-Length:"), NULL, 10) : 0;
      field = strcasestr (buffer, "\r\nExpect:");
      if (field != NULL && field < end)
        say (fd, "HTTP/1.1 100 Continue\r\n\r\n");
      return (gssize) (fill - (gsize) (end + 4 - buffer));
    }
}

static gpointer
serve (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  char *buffer = g_malloc (BUFFER_SIZE);
  gint64 length;
  gint64 received;

  while ((received = read_head (fd, buffer, &length)) >= 0)
    {
      while (received < length)
        {
          gssize n = read (fd, buffer, (gsize) MIN (length - received, BUFFER_SIZE));

          if (n <= 0)
            break;
          received += n;
        }
      if (received < length)
        break;
      say (fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }

  g_free (buffer);
  close (fd);
  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  int listener = GPOINTER_TO_INT (data);

  while (TRUE)
    {
      int fd = accept (listener, NULL, NULL);

      if (fd < 0)
        g_error ("accept");
      g_thread_unref (g_thread_new ("connection", serve, GINT_TO_POINTER (fd)));
    }

  return NULL;
}

int
main (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  char rest[64];

  if (listener < 0 || bind (listener, (struct sockaddr *) &address, size) < 0 || listen (listener, 128) < 0 ||
      getsockname (listener, (struct sockaddr *) &address, &size) < 0)
    g_error ("no port");

  printf ("%d\n", ntohs (address.sin_port));
  fflush (stdout);
  g_thread_unref (g_thread_new ("accept", accept_all, GINT_TO_POINTER (listener)));
  while (read (STDIN_FILENO, rest, sizeof rest) > 0)
    ;
  return 0;
}
