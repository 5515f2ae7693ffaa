/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "interrupt.h"
#include "prompt.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Questions go to the terminal itself: the standard streams may be redirected. */

#define CTRL_C 0x03
#define CTRL_D 0x04
#define BACKSPACE 0x08
#define CTRL_U 0x15
#define DELETE 0x7f

static void
say (int         fd,
     const char *text)
{
  g_autofree char *converted = text_to_locale (text);

  if (write (fd, converted, strlen (converted)) < 0)
    return;
}

/* The terminal sends no signals meanwhile, and those of others only stop the question, so that none ends the command while the
 * terminal shows no letters. */
static PromptOutcome
read_line (int      fd,
           GString *line)
{
  for (;;)
    {
      struct pollfd events[] = { { fd, POLLIN, 0 }, { interrupt_get_fd (), POLLIN, 0 } };
      char c;
      ssize_t n;

      if (poll (events, G_N_ELEMENTS (events), -1) < 0 && errno != EINTR)
        return PROMPT_INTERRUPTED;
      if (interrupt_get_signal () != 0)
        return PROMPT_INTERRUPTED;
      if (events[0].revents == 0)
        continue;
      n = read (fd, &c, 1);
      if (n <= 0 || c == CTRL_C || (c == CTRL_D && line->len == 0))
        return PROMPT_INTERRUPTED;
      if (c == '\n' || c == '\r' || c == CTRL_D)
        return PROMPT_ANSWERED;
      if (c == CTRL_U)
        g_string_truncate (line, 0);
      else if (c != DELETE && c != BACKSPACE)
        g_string_append_c (line, c);
      else
        /* The rest of a letter of several bytes goes with it */
        while (line->len > 0)
          {
            guchar last = (guchar) line->str[line->len - 1];

            g_string_truncate (line, line->len - 1);
            if ((last & 0xc0) != 0x80)
              break;
          }
    }
}

/* Asks for a text that is not shown, which is zeroed by whoever frees it */
PromptOutcome
prompt_password (const char *question,
                 char      **password)
{
  int fd = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  GString *line = g_string_sized_new (256);
  struct termios before;
  struct termios hidden;
  PromptOutcome outcome = PROMPT_NO_TERMINAL;

  interrupt_init ();
  if (fd >= 0 && tcgetattr (fd, &before) == 0)
    {
      hidden = before;
      hidden.c_lflag &= ~(tcflag_t) (ECHO | ECHONL | ICANON | ISIG);
      hidden.c_cc[VMIN] = 1;
      hidden.c_cc[VTIME] = 0;
      if (tcsetattr (fd, TCSAFLUSH, &hidden) == 0)
        {
          say (fd, question);
          outcome = read_line (fd, line);
          tcsetattr (fd, TCSAFLUSH, &before);
          say (fd, "\n");
        }
    }
  if (fd >= 0)
    close (fd);
  *password = g_string_free (line, FALSE);
  return outcome;
}

/* Asks whether to do something: PROMPT_ANSWERED means yes */
PromptOutcome
prompt_yes (const char *question)
{
  int fd = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  char answer[64];
  ssize_t n;

  if (fd < 0)
    return PROMPT_NO_TERMINAL;
  say (fd, question);
  do
    n = read (fd, answer, sizeof answer);
  while (n < 0 && errno == EINTR);
  close (fd);
  return n > 0 && (answer[0] == 'y' || answer[0] == 'Y') ? PROMPT_ANSWERED : PROMPT_DECLINED;
}
