/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* A host of bench-host-wake-NAME. Each side has a process of its own. */
typedef struct
{
  void (*start) (PillionLoop *loop); /* NULL: the host carries none */
  void (*turn)  (void);              /* sleeps until something happens, and handles it */
  void (*post)  (void);              /* from another thread: makes the host call host_wake_arrived (), in its own way */
} HostWake;

int  host_wake_main    (int             argc,
                        char          **argv,
                        const HostWake *host);
void host_wake_arrived (void);
