/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "server-counters.h"

#include <sys/types.h>

/* The server, in a process of its own that can be killed and started again, at the same address */
typedef struct
{
  char *url;
  int port;
  int reserved;    /* a socket that keeps the port while there is no server */
  int counters_fd;
  ServerCounters *counters;
  pid_t pid;
  double cpu_seconds; /* of those that were killed */
} ServerProcess;

void    server_process_init            (ServerProcess *self);
void    server_process_clear           (ServerProcess *self);

/* Returns once the server can be connected to */
void    server_process_start           (ServerProcess *self);
/* With SIGKILL */
void    server_process_kill            (ServerProcess *self);

gint64  server_process_get_bytes       (ServerProcess *self);
gint64  server_process_get_requests    (ServerProcess *self);
double  server_process_get_cpu_seconds (ServerProcess *self);
