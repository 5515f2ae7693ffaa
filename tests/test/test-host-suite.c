/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <poll.h>
#include <sys/resource.h>

#include "test/pillion-test-private.h"

/* The suite for hosts: a host that keeps the contract passes, and one that breaks it fails where it does */

typedef enum
{
  GOOD,
  SPINS,           /* never sleeps */
  POLLS,           /* sleeps for 10 ms at most, instead of being woken */
  DEAF,            /* doesn't watch the descriptor while the hook is away */
  FORGETS_TIMERS,  /* sleeps until the descriptor is readable, whatever is due */
  ASKS_TOO_EARLY,  /* after the kick, not before the sleep */
  WATCHES_ON,      /* after the end, too */
  KICKS_ELSEWHERE, /* on another thread */
  REFUSES,
  STAYS_AWAY,      /* after its hook was lost */
} Kind;

static Kind kind;
static PillionLoop *rider; /* weak */
static int hooked; /* -1: it doesn't work */
static int fd;
static GTimeSpan due;
static PillionSleep next;
static gint64 asked_usec;

static void
install (PillionLoop *loop,
         gpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "No room");

  if (kind == REFUSES)
    pillion_callback_host_refuse_install (data, error);
  hooked = kind == STAYS_AWAY && hooked != 0 ? -1 : 1;
}

static void
removed (PillionLoop *loop,
         gpointer data)
{
  hooked = 0;
}

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  PillionCallbackHost *host = pillion_callback_host_new ("contract");

  kind = GPOINTER_TO_INT (data);
  pillion_callback_host_set_install (host, install, host, NULL);
  pillion_callback_host_set_remove (host, removed, NULL, NULL);
  g_set_weak_pointer (&rider, loop);
  fd = pillion_loop_get_fd (loop);
  due = asked_usec = 0;
  hooked = 0;

  return PILLION_HOST (host);
}

static void
ask (void)
{
  int now_fd;

  next = PILLION_SLEEP_NOT_YOURS;
  due = -1;
  asked_usec = g_get_monotonic_time ();
  if (rider != NULL)
    next = pillion_loop_prepare_sleep (rider, &now_fd, &due);
}

static gpointer
kick (gpointer data)
{
  if (rider != NULL && hooked != -1)
    pillion_loop_kick (rider);
  return NULL;
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  struct pollfd fds = { .fd = fd, .events = POLLIN };
  gboolean watches;

  if (kind != ASKS_TOO_EARLY || asked_usec == 0)
    ask ();
  watches = kind == WATCHES_ON || (rider != NULL && !pillion_loop_is_closed (rider) && (kind != DEAF || hooked != 0));
  if (due >= 0 && kind != FORGETS_TIMERS)
    timeout = MIN (timeout, kind == ASKS_TOO_EARLY ? MAX (0, asked_usec + due - g_get_monotonic_time ()) : due);
  if (kind == POLLS)
    timeout = MIN (timeout, 10000);
  if (kind == SPINS)
    timeout = 0;
  poll (&fds, watches, (int) ((timeout + 999) / 1000));

  if (kind == KICKS_ELSEWHERE)
    g_thread_join (g_thread_new ("kicker", kick, NULL));
  else
    kick (NULL);
  if (kind == ASKS_TOO_EARLY)
    ask ();
}

static void
tear_down (gpointer data)
{
  g_clear_weak_pointer (&rider);
}

static const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down };

typedef struct
{
  const char *name;
  Kind kind;
  const char *test; /* that fails */
  const char *said;
} Broken;

static const Broken broken[] = {
  { "spins", SPINS, "sleep/while-there-is-nothing-to-do", "*sleep*" },
  { "polls", POLLS, "sleep/while-there-is-nothing-to-do", "*sleep*" },
  { "deaf", DEAF, "sleep/ends-for-a-thread-while-out-of-work", "*has not come to*" },
  { "forgets-timers", FORGETS_TIMERS, "sleep/ends-when-a-timer-is-due", "*has not come to*" },
  { "asks-too-early", ASKS_TOO_EARLY, "sleep/ends-for-a-source-of-the-program", "*has not come to*" },
  { "watches-on", WATCHES_ON, "end/the-number-of-the-descriptor-is-free", "*sleep*" },
  { "kicks-elsewhere", KICKS_ELSEWHERE, "hook/kicks-on-the-thread-that-installed-it", "*kicked from another thread*" },
  { "refuses", REFUSES, "hook/kicks-on-the-thread-that-installed-it", "*No room*" },
  { "stays-away", STAYS_AWAY, "hook/comes-back-after-it-was-lost", "*has not come to*" },
};

static void
test_broken (gconstpointer data)
{
  const Broken *self = data;
  g_autofree char *path = g_strdup_printf ("/host-suite/%s/subprocess/%s", self->name, self->test);
  g_autofree char *said = NULL;
  gboolean ended_well;

  said = run_alone (path, &ended_well);
  g_assert_false (ended_well);
  assert_says (said, self->said);
}

int
main (int argc,
      char **argv)
{
  struct rlimit none = { 0, 0 };

  g_test_init (&argc, &argv, NULL);

  pillion_host_suite_add (&suite, "/host-suite/good", GINT_TO_POINTER (GOOD));
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autofree char *path = g_strdup_printf ("/host-suite/fails/%s", broken[i].name);
      g_autofree char *inner = g_strdup_printf ("/host-suite/%s/subprocess", broken[i].name);

      g_test_add_data_func (path, &broken[i], test_broken);
      pillion_host_suite_add (&suite, inner, GINT_TO_POINTER (broken[i].kind));
    }

  if (is_run_alone ())
    {
      setrlimit (RLIMIT_CORE, &none);
      pillion_test_patience_msec = 1000;
    }

  return g_test_run ();
}
