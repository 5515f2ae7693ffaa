/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fiber/pillion-overflow.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLER_STACK_SIZE (64 * 1024)

static struct sigaction before;
static PillionOverflowFunc find_overflow;

/* The thread's stack for signal handlers, if it is from here */
static __thread gpointer handler_stack __attribute__ ((tls_model ("initial-exec")));

/* From here to the next mark, only what a signal handler may do */

static void
say (const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize n = write (STDERR_FILENO, text, length);

      if (n < 0 && errno != EINTR)
        return;
      if (n > 0)
        {
          text += n;
          length -= n;
        }
    }
}

static void
say_number (gsize number)
{
  char digits[24];
  char *next = digits + sizeof digits - 1;

  *next = '\0';
  do
    *--next = '0' + number % 10;
  while ((number /= 10) > 0);
  say (next);
}

static void
on_fault (int number,
          siginfo_t *info,
          gpointer context)
{
  PillionOverflow overflow = { 0 };
  int saved_errno = errno;

  if (info->si_code > 0 && find_overflow (info->si_addr, &overflow))
    {
      say ("Pillion: the stack of fiber '");
      say (overflow.name);
      say ("'");
      if (overflow.site != NULL)
        {
          say (", spawned at ");
          say (overflow.site);
          say (",");
        }
      say (" has overflowed: it has ");
      say_number (overflow.size / 1024);
      say (" KiB, and pillion_loop_spawn_full () gives more\n");

      /* Returning repeats the fault: then the previous handler runs, or the core dump shows the place of the fault. */
      sigaction (number, &before, NULL);
    }
  else if (before.sa_flags & SA_SIGINFO)
    {
      before.sa_sigaction (number, info, context);
    }
  else if (before.sa_handler == SIG_DFL || (before.sa_handler == SIG_IGN && info->si_code > 0))
    {
      struct sigaction nobody = { .sa_handler = SIG_DFL };

      /* A fault repeats itself, but a signal that was sent has to be raised again */
      sigaction (number, &nobody, NULL);
      if (info->si_code <= 0)
        raise (number);
    }
  else if (before.sa_handler != SIG_IGN)
    {
      before.sa_handler (number);
    }

  errno = saved_errno;
}

/* The end of what runs in a signal handler */

/* The handler is that of the whole process, so the program has to ask for it */
static gboolean
is_wanted (void)
{
  const char *guard = g_getenv ("PILLION_FIBER_GUARD");

  return guard != NULL && strcmp (guard, "1") == 0;
}

static gboolean
install (PillionOverflowFunc find)
{
  static gsize asked;
  static gboolean installed;

  if (g_once_init_enter (&asked))
    {
      struct sigaction ours = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

      sigemptyset (&ours.sa_mask);
      installed = is_wanted ();
      if (installed)
        {
          find_overflow = find;
          /* Recorded first, then used */
          sigaction (SIGSEGV, NULL, &before);
          sigaction (SIGSEGV, &ours, NULL);
        }
      g_once_init_leave (&asked, 1);
    }

  return installed;
}

static void
end_thread (gpointer data)
{
  stack_t now;

  if (handler_stack == NULL)
    return;

  if (sigaltstack (NULL, &now) == 0 && now.ss_sp == handler_stack)
    {
      stack_t none = { .ss_flags = SS_DISABLE };

      sigaltstack (&none, NULL);
    }
  munmap (handler_stack, HANDLER_STACK_SIZE);
  handler_stack = NULL;
}

static void
watch_thread (PillionOverflowFunc find)
{
  static GPrivate of_thread = G_PRIVATE_INIT (end_thread);
  stack_t now;

  if (!install (find))
    return;

  if (sigaltstack (NULL, &now) == 0 && now.ss_flags & SS_DISABLE)
    {
      stack_t ours = { .ss_size = HANDLER_STACK_SIZE };

      ours.ss_sp = mmap (NULL, HANDLER_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (ours.ss_sp == MAP_FAILED)
        return;
      if (sigaltstack (&ours, NULL) == 0)
        {
          handler_stack = ours.ss_sp;
          g_private_set (&of_thread, handler_stack);
        }
      else
        {
          munmap (ours.ss_sp, HANDLER_STACK_SIZE);
        }
    }
}

void
pillion_overflow_watch_thread (PillionOverflowFunc find)
{
  static __thread gboolean watched __attribute__ ((tls_model ("initial-exec")));

  if (G_UNLIKELY (!watched))
    {
      watched = TRUE;
      watch_thread (find);
    }
}
