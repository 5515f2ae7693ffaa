/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How many connections are found to be worth having, against servers that are only arithmetic */

#include "http/pillion-climb.h"
#include "http/pillion-meter.h"

#define MAX_CONNECTIONS 64

/* A server that sends @burst bytes at a time, as fast as each connection and all together may go */
typedef struct
{
  double each;  /* bytes per second */
  double all;
  double burst; /* bytes */
  guint max;    /* connections that it serves */
  double start; /* seconds that a connection takes to get up to speed */
  double busy_from; /* during these seconds it sends less than half of that */
  double busy_to;
  double until;     /* how many seconds it is watched, 0 until it is settled */
} Server;

typedef struct
{
  PillionMeter meter;
  double owed; /* bytes that are to be sent, and were not yet */
  double age;  /* seconds */
} Connection;

typedef struct
{
  guint n;       /* at the end */
  guint peak;
  double passed; /* seconds until it was settled */
  double grown;  /* until there were most */
} Outcome;

static Outcome
climb (Server server,
       guint max,
       gint64 length)
{
  Connection connections[MAX_CONNECTIONS] = { 0 };
  Outcome outcome = { 0 };
  PillionClimb self;
  gint64 left = length;
  gint64 begun = G_USEC_PER_SEC;
  gint64 now = begun;

  pillion_climb_init (&self, max, now);
  while ((!self.settled || now - begun < (gint64) (server.until * 1e6)) && left > 0)
    {
      PillionClimbView view;
      guint n_served = MIN (self.n, server.max);

      g_assert_cmpuint (self.n, <=, MIN (max, MAX_CONNECTIONS));
      if (self.n > outcome.peak)
        outcome.grown = (double) (now - begun) / G_USEC_PER_SEC;
      outcome.peak = MAX (outcome.peak, self.n);

      /* In steps of a millisecond */
      for (guint i = 0; i < PILLION_CLIMB_STEP / 1000; i++)
        {
          now += 1000;
          for (guint j = 0; j < n_served; j++)
            {
              Connection *connection = &connections[j];
              double rate = MIN (server.each, server.all / n_served);

              connection->age += 0.001;
              if (now - begun >= (gint64) (server.busy_from * 1e6) && now - begun < (gint64) (server.busy_to * 1e6))
                rate *= 0.4;
              if (server.start > 0)
                rate *= MIN (connection->age / server.start, 1);
              connection->owed += rate / 1000;
              if (connection->owed >= server.burst)
                {
                  pillion_meter_add (&connection->meter, now, (gint64) connection->owed);
                  left -= (gint64) connection->owed;
                  connection->owed = 0;
                }
            }
        }

      view = (PillionClimbView) { .now = now, .left = left };
      for (guint j = 0; j < n_served; j++)
        if (connections[j].meter.n > 0)
          {
            double rate = pillion_meter_get_rate (&connections[j].meter, now);

            view.n_ready++;
            view.rate = rate >= 0 && view.rate >= 0 ? view.rate + rate : -1;
          }
      if (pillion_climb_step (&self, &view))
        for (guint j = 0; j < MAX_CONNECTIONS; j++)
          pillion_meter_start (&connections[j].meter);
    }

  outcome.n = self.n;
  outcome.passed = (double) (now - begun) / G_USEC_PER_SEC;
  return outcome;
}

#define UNLIMITED 1e12

static void
test_limited (void)
{
  const double bursts[] = { 1000, 100e3, 1e6, 2e6 };

  for (guint i = 0; i < G_N_ELEMENTS (bursts); i++)
    {
      g_test_message ("bursts of %g", bursts[i]);
      for (guint max = 1; max <= 20; max++)
        g_assert_cmpuint (climb ((Server) { 10e6, UNLIMITED, bursts[i], 100, 0 }, max, 1000000000).n, ==, max);
    }
}

static void
test_fast (void)
{
  g_assert_cmpfloat (climb ((Server) { 10e6, UNLIMITED, 2e6, 100, 0 }, 16, 1000000000).grown, <, 2);
}

/* A second one is tried, and given up */
static void
test_shared (void)
{
  const double bursts[] = { 1000, 100e3, 1e6 };

  for (guint i = 0; i < G_N_ELEMENTS (bursts); i++)
    for (double all = 5e6; all <= 60e6; all += 5e6)
      {
        Outcome outcome = climb ((Server) { UNLIMITED, all, bursts[i], 100, 0 }, 16, 1000000000);

        g_assert_cmpuint (outcome.n, ==, 1);
        g_assert_cmpuint (outcome.peak, ==, 2);
        g_assert_cmpfloat (outcome.passed, <, 3);
      }
}

static void
test_shared_by_some (void)
{
  g_assert_cmpuint (climb ((Server) { 10e6, 30e6, 1000, 100, 0 }, 16, 1000000000).n, ==, 3);
  g_assert_cmpuint (climb ((Server) { 10e6, 80e6, 1000, 100, 0 }, 16, 1000000000).n, ==, 8);
}

/* Faster than any limit of a server, or over soon: not even a second one is tried */
static void
test_not_worth_it (void)
{
  g_assert_cmpuint (climb ((Server) { 100e6, UNLIMITED, 1000, 100, 0 }, 16, 10000000000).peak, ==, 1);
  g_assert_cmpuint (climb ((Server) { 10e6, UNLIMITED, 1000, 100, 0 }, 16, 20000000).peak, ==, 1);
}

/* A connection that is still getting faster is not compared with itself */
static void
test_slow_start (void)
{
  for (double start = 0.1; start < 3; start += 0.1)
    g_assert_cmpuint (climb ((Server) { UNLIMITED, 10e6, 1000, 100, start }, 16, 1000000000).n, ==, 1);
}

/* What slows all connections down for a while is not taken for a limit for ever */
static void
test_busy (void)
{
  for (double from = 0; from < 2; from += 0.1)
    for (double length = 0.1; length < 2; length += 0.3)
      {
        Server server = { 10e6, UNLIMITED, 1000, 100, 0, .busy_from = from, .busy_to = from + length, .until = 40 };

        g_test_message ("%g to %g", from, from + length);
        g_assert_cmpuint (climb (server, 16, G_MAXINT64 / 2).n, >=, 12);
      }
}

static void
test_refused (void)
{
  for (guint max = 1; max <= 5; max++)
    g_assert_cmpuint (climb ((Server) { 10e6, UNLIMITED, 1000, max, 0 }, 16, 1000000000).n, ==, max);
}

/* A connection that has stopped is no burst */
static void
test_meter (void)
{
  PillionMeter meter = { 0 };

  pillion_meter_add (&meter, 1000000, 100);
  pillion_meter_start (&meter);
  g_assert_cmpfloat (pillion_meter_get_rate (&meter, 1500000), <, 0);
  pillion_meter_add (&meter, 2000000, 1000);
  g_assert_cmpfloat (pillion_meter_get_rate (&meter, 2000000), ==, 1000);
  g_assert_cmpfloat (pillion_meter_get_rate (&meter, 3000000), ==, 1000);
  g_assert_cmpfloat (pillion_meter_get_rate (&meter, 11000000), ==, 200);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/climb/all-connections-if-each-is-limited", test_limited);
  g_test_add_func ("/climb/sixteen-within-two-seconds", test_fast);
  g_test_add_func ("/climb/one-connection-if-none-is-limited", test_shared);
  g_test_add_func ("/climb/as-many-as-the-line-carries", test_shared_by_some);
  g_test_add_func ("/climb/none-if-it-is-not-worth-it", test_not_worth_it);
  g_test_add_func ("/climb/one-if-it-only-begins-slowly", test_slow_start);
  g_test_add_func ("/climb/as-many-after-a-busy-moment", test_busy);
  g_test_add_func ("/climb/no-more-than-are-served", test_refused);
  g_test_add_func ("/climb/what-has-stopped-is-slow", test_meter);

  return g_test_run ();
}
