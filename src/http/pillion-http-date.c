/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-date.h"

#include <string.h>

/* How much older than its response a document must be, so that it can't have changed twice within the date's resolution, in s */
#define STRONG_DATE_AGE 60

/* 1970-01-01, as GDate counts days */
#define EPOCH 719163

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", NULL };
static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL };
static const char *const long_days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", NULL };

typedef struct
{
  int year;
  int month; /* from 0 */
  int day;
  int hour;
  int minute;
  int second;
} DateFields;

static gboolean
read_text (const char **p,
           const char *text)
{
  gsize length = strlen (text);

  if (g_ascii_strncasecmp (*p, text, length) != 0)
    return FALSE;

  *p += length;
  return TRUE;
}

static gboolean
read_name (const char **p,
           const char *const *names,
           int *index)
{
  for (int i = 0; names[i] != NULL; i++)
    if (g_ascii_toupper (**p) == names[i][0] && read_text (p, names[i]))
      {
        *index = i;
        return TRUE;
      }

  return FALSE;
}

static gboolean
read_digits (const char **p,
             int n,
             int *number)
{
  *number = 0;
  for (; n > 0; n--, (*p)++)
    {
      if (!g_ascii_isdigit (**p))
        return FALSE;
      *number = *number * 10 + (**p - '0');
    }

  return TRUE;
}

static gboolean
read_time (const char **p,
           DateFields *date)
{
  return read_digits (p, 2, &date->hour) && read_text (p, ":") && read_digits (p, 2, &date->minute) && read_text (p, ":") &&
         read_digits (p, 2, &date->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static gboolean
read_fixdate (const char *p,
              DateFields *date)
{
  int day;

  return read_name (&p, days, &day) && read_text (&p, ", ") && read_digits (&p, 2, &date->day) && read_text (&p, " ") &&
         read_name (&p, months, &date->month) && read_text (&p, " ") && read_digits (&p, 4, &date->year) && read_text (&p, " ") &&
         read_time (&p, date) && read_text (&p, " GMT") && *p == '\0';
}

/* "Sunday, 06-Nov-94 08:49:37 GMT": of the years with these digits, the latest that is not more than 50 years in the future */
static gboolean
read_rfc850_date (const char *p,
                  int this_year,
                  DateFields *date)
{
  int day;

  if (!(read_name (&p, long_days, &day) && read_text (&p, ", ") && read_digits (&p, 2, &date->day) && read_text (&p, "-") &&
        read_name (&p, months, &date->month) && read_text (&p, "-") && read_digits (&p, 2, &date->year) && read_text (&p, " ") &&
        read_time (&p, date) && read_text (&p, " GMT") && *p == '\0'))
    return FALSE;

  date->year += this_year / 100 * 100;
  if (date->year > this_year + 50)
    date->year -= 100;
  else if (date->year <= this_year - 50)
    date->year += 100;
  return TRUE;
}

/* "Sun Nov  6 08:49:37 1994" */
static gboolean
read_asctime_date (const char *p,
                   DateFields *date)
{
  int day;

  return read_name (&p, days, &day) && read_text (&p, " ") && read_name (&p, months, &date->month) && read_text (&p, " ") &&
         (read_text (&p, " ") ? read_digits (&p, 1, &date->day) : read_digits (&p, 2, &date->day)) && read_text (&p, " ") &&
         read_time (&p, date) && read_text (&p, " ") && read_digits (&p, 4, &date->year) && *p == '\0';
}

/* Without a GDateTime: a cache reads several dates for each of its responses */
static gboolean
make_time (const DateFields *date,
           gint64 *seconds)
{
  GDate day;

  if (!g_date_valid_dmy ((GDateDay) date->day, (GDateMonth) (date->month + 1), (GDateYear) date->year) || date->hour > 23 || date->minute > 59 ||
      date->second > 60)
    return FALSE;

  g_date_clear (&day, 1);
  g_date_set_dmy (&day, (GDateDay) date->day, (GDateMonth) (date->month + 1), (GDateYear) date->year);
  /* A leap second counts as the second before it */
  *seconds = ((gint64) g_date_get_julian (&day) - EPOCH) * 24 * 60 * 60 + date->hour * 60 * 60 + date->minute * 60 + MIN (date->second, 59);
  return TRUE;
}

gboolean
pillion_http_parse_date (const char *value,
                         gint64 *seconds)
{
  DateFields date;

  return value != NULL && read_fixdate (value, &date) && make_time (&date, seconds);
}

gboolean
pillion_http_parse_any_date (const char *value,
                             gint64 now,
                             gint64 *seconds)
{
  g_autoptr (GDateTime) time = NULL;
  DateFields date;

  if (value == NULL)
    return FALSE;
  if (read_fixdate (value, &date) || read_asctime_date (value, &date))
    return make_time (&date, seconds);

  time = g_date_time_new_from_unix_utc (now);
  return time != NULL && read_rfc850_date (value, g_date_time_get_year (time), &date) && make_time (&date, seconds);
}

/* Not with g_date_time_format (), which uses the names of the locale */
char *
pillion_http_format_date (gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);

  if (date == NULL)
    return NULL;

  return g_strdup_printf ("%s, %02d %s %04d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week (date) - 1], g_date_time_get_day_of_month (date),
                          months[g_date_time_get_month (date) - 1], g_date_time_get_year (date), g_date_time_get_hour (date),
                          g_date_time_get_minute (date), g_date_time_get_second (date));
}

gboolean
pillion_http_is_strong_date (const char *last_modified,
                             const char *date)
{
  gint64 then, now;

  return pillion_http_parse_date (last_modified, &then) && pillion_http_parse_date (date, &now) && now - then >= STRONG_DATE_AGE;
}
