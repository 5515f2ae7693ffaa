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

/* What a SOCKS proxy answers. A part that is NULL is never sent: it ends there. */
typedef struct
{
  const char *name;
  const char *greeting; /* SOCKS 5 only */
  gsize greeting_length;
  const char *reply;
  gsize reply_length;
  gsize n_repeated; /* of the end of the last part, in a flood */
  ChaosEnd end;     /* CHAOS_KEEP if it connects */
  ChaosOutcome outcome;
} Socks;

#define BYTES(text) text, sizeof text - 1
#define NO_BYTES NULL, 0
#define GREETING BYTES ("\5\0")
#define CONNECTED "\5\0\0\1\177\0\0\1\0\1"
#define CONNECTED_4 "\0\x5a\0\1\177\0\0\1"

static const Socks socks5[] = {
  { "good", GREETING, BYTES (CONNECTED), 0, CHAOS_KEEP, CHAOS_GOOD },
  { "good-name", GREETING, BYTES ("\5\0\0\3\5hello\0\1"), 0, CHAOS_KEEP, CHAOS_GOOD },
  { "good-ipv6", GREETING, BYTES ("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1"), 0, CHAOS_KEEP, CHAOS_GOOD },
  { "empty-name", GREETING, BYTES ("\5\0\0\3\0\0\1"), 0, CHAOS_KEEP, CHAOS_EITHER },
  { "reserved", GREETING, BYTES ("\5\0\xff\1\177\0\0\1\0\1"), 0, CHAOS_KEEP, CHAOS_EITHER },
  { "nothing-closed", BYTES (""), NO_BYTES, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-reset", BYTES (""), NO_BYTES, 0, CHAOS_RESET, CHAOS_FAILS },
  { "nothing-silent", BYTES (""), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-greeting-closed", BYTES ("\5"), NO_BYTES, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "half-greeting-silent", BYTES ("\5"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "greeting-closed", GREETING, BYTES (""), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "greeting-reset", GREETING, BYTES (""), 0, CHAOS_RESET, CHAOS_FAILS },
  { "greeting-silent", GREETING, BYTES (""), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "other-version", BYTES ("\4\0"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "no-method", BYTES ("\5\xff"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "wants-password", BYTES ("\5\2"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "wants-gssapi", BYTES ("\5\1"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "unknown-method", BYTES ("\5\x7e"), NO_BYTES, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "reply-version", GREETING, BYTES ("\4\0\0\1\177\0\0\1\0\1"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "failure", GREETING, BYTES ("\5\1\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "not-allowed", GREETING, BYTES ("\5\2\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "network-unreachable", GREETING, BYTES ("\5\3\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "host-unreachable", GREETING, BYTES ("\5\4\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "refused", GREETING, BYTES ("\5\5\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "expired", GREETING, BYTES ("\5\6\0\1\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "no-such-command", GREETING, BYTES ("\5\7\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "no-such-address", GREETING, BYTES ("\5\10\0\1\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "unknown-failure", GREETING, BYTES ("\5\xff\0\1\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "unknown-address", GREETING, BYTES ("\5\0\0\x7f\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-reply-closed", GREETING, BYTES ("\5\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "half-reply-reset", GREETING, BYTES ("\5\0\0"), 0, CHAOS_RESET, CHAOS_FAILS },
  { "half-reply-silent", GREETING, BYTES ("\5\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-address-closed", GREETING, BYTES ("\5\0\0\1\177\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "half-address-silent", GREETING, BYTES ("\5\0\0\1\177\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-name-silent", GREETING, BYTES ("\5\0\0\3\xffhello"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "connected-closed", GREETING, BYTES (CONNECTED), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "connected-reset", GREETING, BYTES (CONNECTED), 0, CHAOS_RESET, CHAOS_FAILS },
  { "connected-silent", GREETING, BYTES (CONNECTED), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "answer-after", GREETING, BYTES (CONNECTED WRONG), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "endless-after", GREETING, BYTES (CONNECTED "x"), 1, CHAOS_FLOOD, CHAOS_FAILS },
  { "http", BYTES ("HTTP/1.1 400 Bad Request\r\n\r\n"), NO_BYTES, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "tls", BYTES ("\x15\x03\x01\x00\x02\x02\x46"), NO_BYTES, 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "endless-rubbish", BYTES ("rubbish"), NO_BYTES, 7, CHAOS_FLOOD, CHAOS_FAILS },
  { "endless-greeting", GREETING, BYTES (""), 2, CHAOS_FLOOD, CHAOS_FAILS },
};

static const Socks socks4[] = {
  { "good", NO_BYTES, BYTES (CONNECTED_4), 0, CHAOS_KEEP, CHAOS_GOOD },
  { "other-version", NO_BYTES, BYTES ("\4\x5a\0\1\177\0\0\1"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "nothing-closed", NO_BYTES, BYTES (""), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-reset", NO_BYTES, BYTES (""), 0, CHAOS_RESET, CHAOS_FAILS },
  { "nothing-silent", NO_BYTES, BYTES (""), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "refused", NO_BYTES, BYTES ("\0\x5b\0\0\0\0\0\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "no-identd", NO_BYTES, BYTES ("\0\x5c\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "other-user", NO_BYTES, BYTES ("\0\x5d\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "unknown-failure", NO_BYTES, BYTES ("\0\0\0\0\0\0\0\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-closed", NO_BYTES, BYTES ("\0\x5a\0"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "half-reset", NO_BYTES, BYTES ("\0\x5a\0"), 0, CHAOS_RESET, CHAOS_FAILS },
  { "half-silent", NO_BYTES, BYTES ("\0\x5a\0"), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "connected-closed", NO_BYTES, BYTES (CONNECTED_4), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "connected-silent", NO_BYTES, BYTES (CONNECTED_4), 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "answer-after", NO_BYTES, BYTES (CONNECTED_4 WRONG), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "http", NO_BYTES, BYTES ("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "endless-rubbish", NO_BYTES, BYTES ("rubbish"), 7, CHAOS_FLOOD, CHAOS_FAILS },
};

/* FALSE if there is no request */
static gboolean
take_request (ChaosLine *line)
{
  g_autofree char *head = chaos_line_read_head (line);

  return head != NULL && chaos_line_skip_body (line, head);
}

/* What a client of SOCKS 5 sends first */
static gboolean
take_greeting (ChaosLine *line)
{
  guint8 head[2];
  guint8 methods[255];

  return chaos_line_read (line, head, sizeof head) && chaos_line_read (line, methods, head[1]);
}

/* To where it wants a connection: always to an address here */
static gboolean
take_target (ChaosLine *line)
{
  guint8 target[10];

  return chaos_line_read (line, target, sizeof target);
}

/* The same in SOCKS 4, with a name of the user that ends with a zero byte */
static gboolean
take_target_4 (ChaosLine *line)
{
  guint8 target[8];
  char c;

  if (!chaos_line_read (line, target, sizeof target))
    return FALSE;
  do
    if (!chaos_line_read (line, &c, 1))
      return FALSE;
  while (c != '\0');

  return TRUE;
}

static gboolean
speaks (const ChaosBehaviour *behaviour,
        const char *scheme)
{
  return g_strcmp0 (behaviour->proxy, scheme) == 0;
}

static gboolean
secure (ChaosLine *line)
{
  return chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), "NORMAL", NULL);
}

gboolean
chaos_proxy_pass (ChaosLine *line,
                  const ChaosBehaviour *behaviour)
{
  if (behaviour->ground != CHAOS_FORWARD && behaviour->ground != CHAOS_TUNNEL)
    return TRUE;
  if (speaks (behaviour, "socks4"))
    return take_target_4 (line) && chaos_line_write (line, BYTES (CONNECTED_4));
  if (speaks (behaviour, "socks5"))
    return take_greeting (line) && chaos_line_write (line, GREETING) && take_target (line) && chaos_line_write (line, BYTES (CONNECTED));
  if (speaks (behaviour, "https") && !secure (line))
    return FALSE;

  /* Through a proxy with TLS, everything goes through a tunnel */
  if (behaviour->ground == CHAOS_FORWARD && behaviour->proxy == NULL)
    return TRUE;
  return take_request (line) && chaos_line_write (line, BYTES (ESTABLISHED));
}

/* Speaks for the server behind it, too */
static void
serve_behind (ChaosLine *line,
              const ChaosBehaviour *behaviour)
{
  GBytes *good = chaos_get_answer ();

  if (behaviour->ground == CHAOS_TUNNEL && !secure (line))
    return;
  while (take_request (line) && chaos_line_write (line, g_bytes_get_data (good, NULL), g_bytes_get_size (good)))
    ;
}

static void
end (ChaosLine *line,
     const ChaosBehaviour *behaviour,
     ChaosEnd end_,
     const char *last,
     gsize length)
{
  switch (end_)
    {
    case CHAOS_KEEP:
      serve_behind (line, behaviour);
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
      chaos_line_flood (line, last, length);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
serve_proxy (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  const Answer *self = *(const Answer *const *) behaviour->plan;
  gsize length = strlen (self->answer);

  if (speaks (behaviour, "https") && !secure (line))
    return;
  if (take_request (line) && chaos_line_write (line, self->answer, length))
    end (line, behaviour, self->end, self->answer + length - self->n_repeated, self->n_repeated);
}

static void
serve_socks (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  const Socks *self = *(const Socks *const *) behaviour->plan;
  const char *last_end = self->greeting + self->greeting_length;

  if (self->greeting != NULL && (!take_greeting (line) || !chaos_line_write (line, self->greeting, self->greeting_length)))
    return;
  if (self->reply != NULL)
    {
      if (!(self->greeting != NULL ? take_target (line) : take_target_4 (line)) || !chaos_line_write (line, self->reply, self->reply_length))
        return;
      if (self->reply_length > 0)
        last_end = self->reply + self->reply_length;
    }

  end (line, behaviour, self->end, last_end - self->n_repeated, self->n_repeated);
}

/* Breaks off the handshake with the proxy, or never begins it */
static void
serve_unsafe (ChaosLine *line,
              const ChaosBehaviour *behaviour)
{
  const Answer *self = *(const Answer *const *) behaviour->plan;
  guint8 hello[5];

  if (chaos_line_read (line, hello, sizeof hello) && chaos_line_write (line, self->answer, strlen (self->answer)))
    end (line, behaviour, self->end, NULL, 0);
}

static const Answer unsafes[] = {
  { "closed", "", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "reset", "", 0, CHAOS_RESET, CHAOS_FAILS },
  { "silent", "", 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "alert", "\x15\x03\x03\x01\x02\x02\x50", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "clear", "HTTP/1.1 400 Bad Request\r\n\r\n", 0, CHAOS_CLOSE, CHAOS_FAILS },
  { "clear-established", ESTABLISHED, 0, CHAOS_SILENCE, CHAOS_FAILS },
  { "half-hello", "\x16\x03\x03\x01\x7a", 0, CHAOS_SILENCE, CHAOS_FAILS },
};

/* A proxy whose certificate is wrong sees no request */
static void
serve_with_certificate (ChaosLine *line,
                        const ChaosBehaviour *behaviour)
{
  const ChaosCertificate *which = behaviour->plan;

  if (chaos_line_secure (line, chaos_certificates_get (*which), "NORMAL", NULL))
    {
      if (take_request (line) && chaos_line_write (line, BYTES (ESTABLISHED)))
        serve_behind (line, behaviour);
    }
  else
    chaos_line_close (line);
}

static ChaosBehaviour *
add_proxy (GPtrArray *list,
           const char *prefix,
           const char *name,
           ChaosGround ground,
           const char *scheme,
           ChaosServe serve,
           gconstpointer plan,
           ChaosEnd end_,
           ChaosOutcome outcome)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);
  ChaosBehaviour *self = chaos_add_served (list, full, ground, serve, g_memdup2 (&plan, sizeof plan), outcome);

  self->proxy = scheme;
  self->hasty = end_ == CHAOS_SILENCE && outcome == CHAOS_FAILS;

  return self;
}

static void
add_proxies (GPtrArray *list,
             const char *prefix,
             ChaosGround ground,
             const char *scheme,
             ChaosServe serve,
             const Answer *answers,
             guint n)
{
  for (guint i = 0; i < n; i++)
    add_proxy (list, prefix, answers[i].name, ground, scheme, serve, &answers[i], answers[i].end, answers[i].outcome);
}

static void
add_socks (GPtrArray *list,
           const char *prefix,
           const char *scheme,
           const Socks *answers,
           guint n)
{
  for (guint i = 0; i < n; i++)
    add_proxy (list, prefix, answers[i].name, CHAOS_TUNNEL, scheme, serve_socks, &answers[i], answers[i].end, answers[i].outcome);
}

static void
add_certificates (GPtrArray *list)
{
  for (ChaosCertificate i = 0; i < CHAOS_N_CERTIFICATES; i++)
    {
      g_autofree char *name = g_strdup_printf ("proxy/secure/certificate/%s", chaos_certificate_names[i]);

      /* GIO doesn't look at what a certificate is for */
      chaos_add_served (list, name, CHAOS_FORWARD, serve_with_certificate, g_memdup2 (&i, sizeof i),
                        i == CHAOS_CERTIFICATE_GOOD ? CHAOS_GOOD : i == CHAOS_CERTIFICATE_FOR_CLIENTS ? CHAOS_EITHER : CHAOS_FAILS)->proxy = "https";
    }
}

void
chaos_add_proxies (GPtrArray *list)
{
  add_proxies (list, "proxy/tunnel/", CHAOS_TUNNEL, NULL, serve_proxy, tunnels, G_N_ELEMENTS (tunnels));
  add_proxies (list, "proxy/secure/tunnel/", CHAOS_TUNNEL, "https", serve_proxy, tunnels, G_N_ELEMENTS (tunnels));
  add_proxies (list, "proxy/secure/", CHAOS_TUNNEL, "https", serve_unsafe, unsafes, G_N_ELEMENTS (unsafes));
  add_socks (list, "proxy/socks5/", "socks5", socks5, G_N_ELEMENTS (socks5));
  add_socks (list, "proxy/socks4/", "socks4", socks4, G_N_ELEMENTS (socks4));
  add_proxies (list, "proxy/forward/", CHAOS_FORWARD, NULL, serve_proxy, forwards, G_N_ELEMENTS (forwards));
  add_certificates (list);
}
