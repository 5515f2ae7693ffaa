/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE

#include "server-process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The descriptor that the server finds its counters at */
#define CHILD_COUNTERS 3

static double
seconds (const struct timeval *time)
{
  return (double) time->tv_sec + (double) time->tv_usec / 1e6;
}

/* A socket that is bound but does not listen: nobody else gets the port, connections to it are refused, and a server may still be
 * bound to it */
static void
reserve_port (ServerProcess *self)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int yes = 1;

  self->reserved = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->reserved, >=, 0);
  g_assert_no_errno (setsockopt (self->reserved, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
  g_assert_no_errno (bind (self->reserved, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (getsockname (self->reserved, (struct sockaddr *) &address, &length));
  self->port = ntohs (address.sin_port);
  self->url = g_strdup_printf ("http://127.0.0.1:%d", self->port);
}

void
server_process_init (ServerProcess *self)
{
  *self = (ServerProcess) { 0 };
  self->counters_fd = memfd_create ("soak-counters", MFD_CLOEXEC);
  g_assert_cmpint (self->counters_fd, >=, 0);
  g_assert_no_errno (ftruncate (self->counters_fd, sizeof (ServerCounters)));
  self->counters = mmap (NULL, sizeof (ServerCounters), PROT_READ | PROT_WRITE, MAP_SHARED, self->counters_fd, 0);
  g_assert_true (self->counters != MAP_FAILED);
  reserve_port (self);
}

void
server_process_clear (ServerProcess *self)
{
  server_process_kill (self);
  munmap (self->counters, sizeof (ServerCounters));
  close (self->counters_fd);
  close (self->reserved);
  g_free (self->url);
}

void
server_process_start (ServerProcess *self)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program);
  g_autofree char *server = g_build_filename (folder, "soak-server", NULL);
  char port[16];
  char *argv[] = { server, port, (char *) G_STRINGIFY (CHILD_COUNTERS), NULL };
  posix_spawn_file_actions_t actions;
  char ready[16];
  int pipe_fds[2], inherited;
  gssize n;

  g_snprintf (port, sizeof port, "%d", self->port);
  g_assert_no_errno (pipe2 (pipe_fds, O_CLOEXEC));
  /* Not CHILD_COUNTERS itself, which would stay closed on exec */
  inherited = fcntl (self->counters_fd, F_DUPFD_CLOEXEC, CHILD_COUNTERS + 1);
  g_assert_cmpint (inherited, >=, 0);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, pipe_fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, inherited, CHILD_COUNTERS);
  g_assert_cmpint (posix_spawn (&self->pid, server, &actions, NULL, argv, environ), ==, 0);
  posix_spawn_file_actions_destroy (&actions);
  close (inherited);
  close (pipe_fds[1]);

  do
    n = read (pipe_fds[0], ready, sizeof ready);
  while (n < 0 && errno == EINTR);
  close (pipe_fds[0]);
  g_assert_cmpint (n, >, 0);
}

void
server_process_kill (ServerProcess *self)
{
  struct rusage usage;
  pid_t pid;

  if (self->pid == 0)
    return;

  kill (self->pid, SIGKILL);
  do
    pid = wait4 (self->pid, NULL, 0, &usage);
  while (pid < 0 && errno == EINTR);
  g_assert_cmpint (pid, ==, self->pid);
  self->cpu_seconds += seconds (&usage.ru_utime) + seconds (&usage.ru_stime);
  self->pid = 0;
}

gint64
server_process_get_bytes (ServerProcess *self)
{
  return __atomic_load_n (&self->counters->n_bytes, __ATOMIC_RELAXED);
}

gint64
server_process_get_requests (ServerProcess *self)
{
  return __atomic_load_n (&self->counters->n_requests, __ATOMIC_RELAXED);
}

double
server_process_get_cpu_seconds (ServerProcess *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", self->pid);
  g_autofree char *stat = NULL;
  unsigned long user, system;
  const char *rest;

  if (self->pid == 0 || !g_file_get_contents (path, &stat, NULL, NULL))
    return self->cpu_seconds;

  rest = strrchr (stat, ')');
  g_assert_cmpint (sscanf (rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), ==, 2);
  return self->cpu_seconds + (double) (user + system) / (double) sysconf (_SC_CLK_TCK);
}
