/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-write-out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In seconds, as curl has times: 0 if it never came to that */
static void
append_phase (GString          *text,
              FetchFile        *file,
              PillionHttpPhase  phase)
{
  GTimeSpan time = file->response != NULL ? pillion_http_response_get_elapsed (file->response, phase) : -1;

  g_string_append_printf (text, "%.6f", (double) MAX (time, 0) / G_USEC_PER_SEC);
}

static double
get_seconds (FetchFile *file)
{
  return (double) (file->ended - file->started) / G_USEC_PER_SEC;
}

static void
append_peer (GString   *text,
             FetchFile *file,
             gboolean   port)
{
  GSocketAddress *peer = file->response != NULL ? pillion_http_response_get_peer (file->response) : NULL;
  g_autofree char *address = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (peer))
    {
      if (port)
        g_string_append_c (text, '0');
      return;
    }
  address = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
  if (port)
    g_string_append_printf (text, "%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (peer)));
  else
    g_string_append (text, address);
}

static const char *
get_url (FetchFile *file)
{
  return file->response != NULL ? pillion_http_response_get_url (file->response) : file->shown_url;
}

static void
append_header (GString    *text,
               FetchFile  *file,
               const char *name)
{
  const char *value = file->response != NULL ? pillion_http_response_get_header (file->response, name) : NULL;

  g_string_append (text, value != NULL ? value : "");
}

/* Unknown variables are left out, as with curl */
static void
append_variable (GString    *text,
                 FetchFile  *file,
                 const char *name)
{
  static const struct
  {
    const char *name;
    PillionHttpPhase phase;
  } times[] = {
    { "time_queue", PILLION_HTTP_PHASE_QUEUE },
    { "time_namelookup", PILLION_HTTP_PHASE_NAME_LOOKUP },
    { "time_connect", PILLION_HTTP_PHASE_CONNECT },
    { "time_appconnect", PILLION_HTTP_PHASE_TLS_HANDSHAKE },
    { "time_pretransfer", PILLION_HTTP_PHASE_REQUEST },
    { "time_starttransfer", PILLION_HTTP_PHASE_FIRST_BYTE },
  };
  gint64 size = fetch_file_get_received (file);

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    if (strcmp (name, times[i].name) == 0)
      {
        append_phase (text, file, times[i].phase);
        return;
      }

  if (strcmp (name, "http_code") == 0 || strcmp (name, "response_code") == 0)
    g_string_append_printf (text, "%03u", file->response != NULL ? pillion_http_response_get_status (file->response) : 0);
  else if (strcmp (name, "url") == 0)
    g_string_append (text, file->shown_url);
  else if (strcmp (name, "url_effective") == 0)
    g_string_append (text, get_url (file));
  else if (strcmp (name, "scheme") == 0)
    g_string_append_len (text, get_url (file), (gssize) strcspn (get_url (file), ":"));
  else if (strcmp (name, "method") == 0)
    g_string_append (text, pillion_http_request_get_method (file->request));
  else if (strcmp (name, "http_version") == 0)
    g_string_append (text, file->response != NULL ? pillion_http_response_get_http_version (file->response) : "0");
  else if (strcmp (name, "content_type") == 0)
    append_header (text, file, "Content-Type");
  else if (strcmp (name, "redirect_url") == 0)
    append_header (text, file, "Location");
  else if (strcmp (name, "num_redirects") == 0)
    g_string_append_printf (text, "%u", file->response != NULL ? pillion_http_response_get_history (file->response)->len : 0);
  else if (strcmp (name, "remote_ip") == 0)
    append_peer (text, file, FALSE);
  else if (strcmp (name, "remote_port") == 0)
    append_peer (text, file, TRUE);
  else if (strcmp (name, "filename_effective") == 0)
    g_string_append (text, file->path != NULL ? file->path
                           : file->download != NULL ? g_file_peek_path (pillion_http_download_get_file (file->download)) : "");
  else if (strcmp (name, "size_download") == 0)
    g_string_append_printf (text, "%" PRId64, size);
  else if (strcmp (name, "speed_download") == 0)
    g_string_append_printf (text, "%.0f", get_seconds (file) > 0 ? (double) size / get_seconds (file) : 0);
  else if (strcmp (name, "time_total") == 0)
    g_string_append_printf (text, "%.6f", get_seconds (file));
  else if (strcmp (name, "exitcode") == 0)
    g_string_append_printf (text, "%d", (int) file->status);
  else if (strcmp (name, "errormsg") == 0)
    g_string_append (text, file->error != NULL ? file->error->message : "");
}

static gboolean
print (GString  *text,
       gboolean  to_stderr)
{
  FILE *stream = to_stderr ? stderr : stdout;
  gboolean well = fwrite (text->str, 1, text->len, stream) == text->len && fflush (stream) == 0;

  g_string_truncate (text, 0);
  return well;
}

gboolean
fetch_write_out (const char *format,
                 FetchFile  *file)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean to_stderr = FALSE;
  gboolean well = TRUE;

  for (const char *p = format; *p != '\0'; p++)
    {
      const char *open = g_str_has_prefix (p, "%{") ? p + 2 : g_str_has_prefix (p, "%header{") ? p + strlen ("%header{") : NULL;
      const char *end = open != NULL ? strchr (open, '}') : NULL;

      if (end != NULL)
        {
          g_autofree char *name = g_strndup (open, (gsize) (end - open));

          if (p[1] == 'h')
            append_header (text, file, name);
          else if (strcmp (name, "stderr") == 0 || strcmp (name, "stdout") == 0)
            {
              well = print (text, to_stderr) && well;
              to_stderr = strcmp (name, "stderr") == 0;
            }
          else
            append_variable (text, file, name);
          p = end;
        }
      else if (p[0] == '%' && p[1] == '%')
        g_string_append_c (text, *p++);
      else if (p[0] == '\\' && (p[1] == 'n' || p[1] == 'r' || p[1] == 't'))
        {
          p++;
          g_string_append_c (text, *p == 'n' ? '\n' : *p == 'r' ? '\r' : '\t');
        }
      else
        g_string_append_c (text, *p);
    }
  return print (text, to_stderr) && well;
}
