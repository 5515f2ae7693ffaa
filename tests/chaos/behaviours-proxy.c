/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a proxy can do */

#include "builder.h"

#include <string.h>

#include "certificates.h"

typedef struct
{
  const char *name;
  const char *answer;
  gsize n_repeated; /* of its end, in a flood */
  ChaosEnd end;     /* CHAOS_KEEP if the tunnel is made */
  ChaosOutcome outcome;
} Answer;

#define ESTABLISHED "HTTP/1.1 200 Established\r\n\r\n"
#define WRONG "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\""

static const Answer tunnels[] = {
  { "good", ESTABLISHED, 0, CHAOS_KEEP, CHAOS_GOOD },
  { "http-1.0", "HTTP/1.0 200 OK\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "no-reason", "HTTP/1.1 200\r\n\r\n", 0, CHAOS_KEEP, CHAOS_EITHER },
  { "status-204", "HTTP/1.1 204 No Content\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "length-ignored", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "coding-ignored", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "says-closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "fields", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nLocation: http://127.0.0.1:1/\r\nWWW-Authenticate: Basic\r\n\r\n", 0, CHAOS_KEEP, CHAOS_GOOD },
  { "continue-first", "HTTP/1.1 100 Continue\r\n\r\n" ESTABLISHED, 0, CHAOS_KEEP, CHAOS_EITHER },
  { "line-feeds", "HTTP/1.1 200 OK\n\n", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "answer-instead", WRONG, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "answer-after", ESTABLISHED WRONG, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-closed", "", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-reset", "", 0, CHAOS_RESET, CHAOS_FAILS },
  { "nothing-silent", "", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "version-closed", "HTTP/", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "version-silent", "HTTP/", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "status-closed", "HTTP/1.1 20", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "status-reset", "HTTP/1.1 20", 0, CHAOS_RESET, CHAOS_FAILS },
  { "status-silent", "HTTP/1.1 20", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "field-closed", "HTTP/1.1 200 OK\r\nVia: x\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "field-reset", "HTTP/1.1 200 OK\r\nVia: x\r\n", 0, CHAOS_RESET, CHAOS_FAILS },
  { "field-silent", "HTTP/1.1 200 OK\r\nVia: x\r\n", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "established-closed", ESTABLISHED, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "established-reset", ESTABLISHED, 0, CHAOS_RESET, CHAOS_FAILS },
  { "established-silent", ESTABLISHED, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "rubbish", "SSH-2.0-OpenSSH_9.2\r\n", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "tls", "\x15\x03\x01\x02\x02\x46", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "http-2", "HTTP/2 200 OK\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "status-words", "HTTP/1.1 abc OK\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "status-negative", "HTTP/1.1 -200 OK\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "status-overflow", "HTTP/1.1 4294967496 OK\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "switching", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "redirect", "HTTP/1.1 302 Found\r\nLocation: https://evil.invalid/\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "redirect-itself", "HTTP/1.1 307 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "bad-request", "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nno no", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "forbidden", "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "bad-gateway", "HTTP/1.1 502 Bad\r\n\r\n", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "unavailable", "HTTP/1.1 503 Bad\r\nRetry-After: 99999999999999\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407-no-challenge", "HTTP/1.1 407 No\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407-nonsense", "HTTP/1.1 407 No\r\nProxy-Authenticate: ,,=\"\\\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407-negotiate", "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "endless-reason", "HTTP/1.1 200 and so on", 10, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-fields", "HTTP/1.1 200 OK\r\nX: y\r\n", 6, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-rubbish", "rubbish", 7, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-lines", "\r\n", 2, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-interim", "HTTP/1.1 103 Hints\r\n\r\n", 22, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-body", "HTTP/1.1 403 No\r\n\r\nno", 2, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-after", ESTABLISHED "x", 1, CHAOS_FLOOD, CHAOS_FAILS },
};

static const Answer forwards[] = {
  { "rubbish", "SSH-2.0-OpenSSH_9.2\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-closed", "", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-reset", "", 0, CHAOS_RESET, CHAOS_FAILS },
  { "nothing-silent", "", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "field-closed", "HTTP/1.1 200 OK\r\nContent-Le", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "field-silent", "HTTP/1.1 200 OK\r\nContent-Le", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "body-closed", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n[", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "body-silent", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n[", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "bad-gateway", "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407-no-challenge", "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "407-endless", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\nno", 2, CHAOS_FLOOD, CHAOS_FAILS },
  { "redirect-itself", "HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "endless-interim", "HTTP/1.1 103 Hints\r\n\r\n", 22, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-fields", "HTTP/1.1 200 OK\r\nX: y\r\n", 6, CHAOS_FLOOD, CHAOS_FAILS },
};

/* FALSE if there is no request */
static gboolean
take_request (ChaosLine *line)
{
  g_autofree char *head = chaos_line_read_head (line);

  return head != NULL && chaos_line_skip_body (line, head);
}

static void
serve_proxy (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  const Answer *self = *(const Answer *const *) behaviour->plan;
  GBytes *good = chaos_get_answer ();

  if (!take_request (line) || !chaos_line_write (line, self->answer, strlen (self->answer)))
    return;

  switch (self->end)
    {
    case CHAOS_KEEP:
      /* The server behind it is here, too */
      if (!chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), "NORMAL", NULL))
        return;
      while (take_request (line) && chaos_line_write (line, g_bytes_get_data (good, NULL), g_bytes_get_size (good)))
        ;
      break;
    case CHAOS_CLOSE:
      chaos_line_close (line);
      break;
    case CHAOS_RESET:
      chaos_line_reset (line);
      break;
    case CHAOS_SILENCE:
      chaos_line_wait (line);
      break;
    case CHAOS_FLOOD:
      chaos_line_flood (line, self->answer + strlen (self->answer) - self->n_repeated, self->n_repeated);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
add_proxies (GPtrArray *list,
             const char *prefix,
             ChaosGround ground,
             const Answer *answers,
             guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strconcat (prefix, answers[i].name, NULL);
      const Answer *answer = &answers[i];

      chaos_add_served (list, name, ground, serve_proxy, g_memdup2 (&answer, sizeof answer), answer->outcome)->hasty =
        answer->end == CHAOS_SILENCE && answer->outcome == CHAOS_FAILS;
    }
}

void
chaos_add_proxies (GPtrArray *list)
{
  add_proxies (list, "proxy/tunnel/", CHAOS_TUNNEL, tunnels, G_N_ELEMENTS (tunnels));
  add_proxies (list, "proxy/forward/", CHAOS_FORWARD, forwards, G_N_ELEMENTS (forwards));
}
