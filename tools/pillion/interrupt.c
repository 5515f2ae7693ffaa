/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Plain handlers rather than sources of a main context: the second Ctrl-C must work even if the thread that
 * would dispatch a source is stuck. Only async-signal-safe calls are made here. */

static volatile sig_atomic_t asked;
static int wake[2] = { -1, -1 };
static volatile sig_atomic_t terminal_fd = -1;
static const char *terminal_leave = "";
static const char *terminal_enter = "";

static void
write_terminal (const char *sequence)
{
  if (terminal_fd >= 0 && write (terminal_fd, sequence, strlen (sequence)) < 0)
    return;
}

static void
on_interrupt (int signum)
{
  int saved_errno = errno;

  if (asked != 0)
    {
      write_terminal (terminal_leave);
      _exit (128 + signum);
    }
  asked = signum;
  if (write (wake[1], "", 1) < 0)
    errno = 0; /* whoever looks at each frame notices it all the same */
  errno = saved_errno;
}

/* Ctrl-Z: the shell gets its cursor back while the command is stopped */
static void
on_suspend (int signum)
{
  int saved_errno = errno;

  write_terminal (terminal_leave);
  kill (getpid (), SIGSTOP);
  write_terminal (terminal_enter);
  errno = saved_errno;
}

void
interrupt_init (void)
{
  struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };

  if (wake[0] >= 0)
    return;
  if (!g_unix_open_pipe (wake, FD_CLOEXEC, NULL))
    wake[0] = wake[1] = -1;
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

/* The signal that asked the command to end, or 0 */
int
interrupt_get_signal (void)
{
  return asked;
}

/* Readable once there was such a signal; -1 if the system has no descriptor left */
int
interrupt_get_fd (void)
{
  return wake[0];
}

/* Sets what to write to the terminal when a signal stops or ends the command, and when it continues. The
 * texts must be static. An @fd of -1 unsets them. */
void
interrupt_set_terminal (int         fd,
                        const char *leave,
                        const char *enter)
{
  struct sigaction action = { .sa_handler = fd >= 0 ? on_suspend : SIG_DFL, .sa_flags = SA_RESTART };

  terminal_fd = -1;
  terminal_leave = leave;
  terminal_enter = enter;
  terminal_fd = fd;
  sigemptyset (&action.sa_mask);
  sigaction (SIGTSTP, &action, NULL);
}
