/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "units.h"

#include <glib/gi18n.h>
#include <math.h>
#include <pillion/pillion.h>
#include <string.h>

/* A duration with its unit: "2ms", "500us" or "0.5 s". A bare number is refused, because its unit would be a
 * guess. */
gboolean
units_parse_duration (const char  *text,
                      gint64      *usec,
                      GError     **error)
{
  static const struct
  {
    const char *name;
    double usec;
  } units[] = { { "us", 1 }, { "µs", 1 }, { "ms", 1000 }, { "s", 1000000 } };
  char *end = NULL;
  double number = g_ascii_strtod (text, &end);

  if (end != text && isfinite (number) && number >= 0)
    {
      while (*end == ' ')
        end++;
      for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
        if (strcmp (end, units[i].name) == 0 && number * units[i].usec < 1e15)
          {
            *usec = (gint64) (number * units[i].usec + 0.5);
            return TRUE;
          }
    }
  g_set_error (error, PILLION_ERROR, PILLION_ERROR_FAILED,
               _("'%s' is not a valid duration: expected a number and a unit, such as 2ms or 500us"), text);
  return FALSE;
}

/* A number of bytes, with k, M or G for powers of 1,000, in capitals or not */
gboolean
units_parse_size (const char *text,
                  gint64     *bytes)
{
  char *end = NULL;
  guint64 number = g_ascii_strtoull (text, &end, 10);
  guint64 factor = 1;

  if (end == text || text[0] == '-')
    return FALSE;
  switch (g_ascii_tolower (*end))
    {
    case 'k':
      factor = 1000;
      break;
    case 'm':
      factor = 1000000;
      break;
    case 'g':
      factor = 1000000000;
      break;
    default:
      break;
    }
  if (factor > 1)
    end++;
  if (*end != '\0' || number > G_MAXINT64 / factor)
    return FALSE;
  *bytes = (gint64) (number * factor);
  return TRUE;
}

gboolean
units_is_sha256 (const char *text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdefABCDEF") == 64;
}

/* Three significant digits, with the decimal mark of the locale */
static char *
format_number (double value)
{
  return g_strdup_printf ("%.*f", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
}

static char *
format_scaled (double             value,
               const char *const *formats,
               guint              n_formats)
{
  g_autofree char *number = NULL;
  guint i = 0;

  for (; value >= 999.5 && i + 1 < n_formats; i++)
    value /= 1000;
  number = i == 0 ? g_strdup_printf ("%.0f", value) : format_number (value);
  return g_strdup_printf (_(formats[i]), number);
}

/* Powers of 1,000, as usual for networks and disks */
char *
units_format_size (gint64 bytes)
{
  static const char *const formats[] = { N_("%s B"), N_("%s kB"), N_("%s MB"), N_("%s GB"), N_("%s TB") };

  return format_scaled ((double) bytes, formats, G_N_ELEMENTS (formats));
}

char *
units_format_rate (double bytes_per_second)
{
  static const char *const formats[] = { N_("%s B/s"), N_("%s kB/s"), N_("%s MB/s"), N_("%s GB/s") };

  return format_scaled (bytes_per_second, formats, G_N_ELEMENTS (formats));
}

/* A short time in a suitable unit: "312 µs", "16.7 ms", "2.01 s" */
char *
units_format_usec (gint64 usec)
{
  static const char *const formats[] = { N_("%s µs"), N_("%s ms"), N_("%s s") };

  return format_scaled ((double) usec, formats, G_N_ELEMENTS (formats));
}

char *
units_format_seconds (double seconds)
{
  return units_format_usec ((gint64) (seconds * 1000000));
}

/* Like a countdown: "0:03", "12:40", "1:02:03" */
char *
units_format_time_left (double seconds)
{
  guint64 left;

  if (!(seconds >= 0) || seconds > 359999)
    return g_strdup ("-:--");
  left = (guint64) ceil (seconds);
  if (left >= 3600)
    return g_strdup_printf ("%u:%02u:%02u", (guint) (left / 3600), (guint) (left / 60 % 60), (guint) (left % 60));
  return g_strdup_printf ("%u:%02u", (guint) (left / 60), (guint) (left % 60));
}
