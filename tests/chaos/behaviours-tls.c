/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server can do below HTTP, with TLS */

#include "builder.h"

#include <string.h>

#include "certificates.h"

#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* How often something that is allowed once is done */
#define MANY 500

/* --- Places and deeds ------------------------------------------------------------------------------------------------- */

/* Where something happens */
typedef enum
{
  PLACE_START,         /* nothing was sent */
  PLACE_SERVER_HELLO,
  PLACE_CERTIFICATE,   /* about there: further in the handshake */
  PLACE_HANDSHAKEN,    /* the request was not read */
  PLACE_REQUEST,
  PLACE_HEAD,
  PLACE_BODY,
  PLACE_WHOLE,         /* everything was sent */
  N_PLACES,
} Place;

static const char *const place_names[] = {
  "start", "server-hello", "certificate", "handshaken", "request", "head", "body", "whole",
};

/* How many bytes of the handshake are sent before */
static const gsize place_limits[] = { 0, 60, 400, G_MAXSIZE, G_MAXSIZE, G_MAXSIZE, G_MAXSIZE, G_MAXSIZE };

/* And what. The first ones end the connection as the protocol has it, or not. */
typedef enum
{
  DEED_CLOSE,     /* without saying so before */
  DEED_NOTIFY,    /* that, too */
  DEED_RESET,
  DEED_SILENCE,
  DEED_FATAL_ALERT,
  DEED_WARNINGS,  /* without end */
  DEED_GARBAGE,
  DEED_CLEAR,     /* an answer without TLS */
  DEED_TRUNCATED, /* a record whose end is missing */
  DEED_OVERSIZED, /* a record that is larger than any may be */
  DEED_FORGED,    /* a record that was not encrypted with the key */
  DEED_EMPTY,     /* records without content, without end */
  DEED_CHANGES,   /* "change cipher spec" without end, which TLS 1.3 ignores in the handshake */
  N_DEEDS,
} Deed;

static const char *const deed_names[] = {
  "close", "notify", "reset", "silence", "fatal-alert", "warnings", "garbage", "clear", "truncated", "oversized", "forged", "empty", "changes",
};

typedef struct
{
  const char *priorities;
  ChaosForm form;
  Place place;
  Deed deed;
} Cut;

static void
do_deed (ChaosLine *line,
         Deed deed)
{
  static const guint8 fatal[] = { 0x15, 3, 3, 0, 2, 2, 80 };
  static const guint8 warning[] = { 0x15, 3, 3, 0, 2, 1, 90 };
  static const guint8 truncated[] = { 0x17, 3, 3, 0, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
  static const guint8 oversized[] = { 0x17, 3, 3, 0xff, 0xff };
  static const guint8 empty[] = { 0x17, 3, 3, 0, 0 };
  static const guint8 change[] = { 0x14, 3, 3, 0, 1, 1 };
  static const char clear[] = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\"";
  guint8 forged[5 + 100] = { 0x17, 3, 3, 0, 100 };
  /* Once the keys are there, an alert that is not encrypted is no alert */
  gboolean secured = line->limit == G_MAXSIZE && line->session != NULL;

  switch (deed)
    {
    case DEED_CLOSE:
      break;
    case DEED_NOTIFY:
      if (secured)
        gnutls_bye (line->session, GNUTLS_SHUT_WR);
      else
        chaos_line_write_raw (line, (guint8[]) { 0x15, 3, 3, 0, 2, 1, 0 }, 7);
      break;
    case DEED_RESET:
      chaos_line_reset (line);
      return;
    case DEED_SILENCE:
      chaos_line_wait (line);
      return;
    case DEED_FATAL_ALERT:
      if (secured)
        gnutls_alert_send (line->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
      else
        chaos_line_write_raw (line, fatal, sizeof fatal);
      break;
    case DEED_WARNINGS:
      if (secured)
        for (guint i = 0; gnutls_alert_send (line->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED) == 0; i++)
          {
            if (i % 100 == 0 && !chaos_line_is_open (line))
              break;
          }
      else
        chaos_line_flood_raw (line, warning, sizeof warning);
      break;
    case DEED_GARBAGE:
      memset (forged, 0xa5, sizeof forged);
      chaos_line_write_raw (line, forged, sizeof forged);
      break;
    case DEED_CLEAR:
      chaos_line_write_raw (line, clear, strlen (clear));
      break;
    case DEED_TRUNCATED:
      chaos_line_write_raw (line, truncated, sizeof truncated);
      break;
    case DEED_OVERSIZED:
      chaos_line_write_raw (line, oversized, sizeof oversized);
      chaos_line_flood_raw (line, forged, sizeof forged);
      break;
    case DEED_FORGED:
      chaos_line_write_raw (line, forged, sizeof forged);
      break;
    case DEED_EMPTY:
      chaos_line_flood_raw (line, empty, sizeof empty);
      break;
    case DEED_CHANGES:
      chaos_line_flood_raw (line, change, sizeof change);
      break;
    default:
      g_assert_not_reached ();
    }

  chaos_line_close (line);
}

static gboolean
begin (ChaosLine *line,
       const char *priorities)
{
  return chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), priorities, NULL);
}

/* FALSE if there is no request */
static gboolean
take_request (ChaosLine *line)
{
  g_autofree char *head = chaos_line_read_head (line);

  return head != NULL && chaos_line_skip_body (line, head);
}

static void
serve_cut (ChaosLine *line,
           const ChaosBehaviour *behaviour)
{
  const Cut *self = behaviour->plan;
  gsize head_length;
  g_autoptr (GByteArray) answer = chaos_make_answer (self->form, &head_length);
  gsize length = 0;

  if (self->place == PLACE_START)
    {
      guint8 hello[5];

      if (!chaos_line_read (line, hello, sizeof hello))
        return;
    }
  else
    {
      line->limit = place_limits[self->place];
      begin (line, self->priorities);
    }
  if (self->place >= PLACE_REQUEST && !take_request (line))
    return;

  if (self->place == PLACE_HEAD)
    length = 40;
  else if (self->place == PLACE_BODY)
    length = head_length + 1000;
  else if (self->place == PLACE_WHOLE)
    length = answer->len;
  if (length > 0 && !chaos_line_write (line, answer->data, length))
    return;
  /* Only the next request would tell */
  while (behaviour->outcome == CHAOS_GOOD && self->deed == DEED_SILENCE)
    if (!take_request (line) || !chaos_line_write (line, answer->data, length))
      return;

  do_deed (line, self->deed);
}

static ChaosOutcome
get_outcome (const Cut *cut)
{
  gboolean until_close = cut->form == CHAOS_FORM_UNTIL_CLOSE;

  if (cut->place == PLACE_WHOLE && !until_close)
    return cut->deed <= DEED_SILENCE && cut->deed != DEED_RESET ? CHAOS_GOOD : CHAOS_EITHER;
  /* This is how such a body ends, and nothing else tells its end from a cut */
  if (cut->place >= PLACE_BODY && until_close && cut->deed == DEED_NOTIFY)
    return CHAOS_GOOD;
  return CHAOS_FAILS;
}

static void
add_cut (GPtrArray *list,
         const char *version,
         const char *priorities,
         ChaosForm form,
         Place place,
         Deed deed)
{
  g_autofree char *name = g_strdup_printf ("tls/%s/%s%s%s/%s", version, place_names[place], place >= PLACE_BODY ? "-" : "",
                                           place >= PLACE_BODY ? chaos_form_names[form] : "", deed_names[deed]);
  Cut *cut = g_new0 (Cut, 1);
  ChaosBehaviour *behaviour;

  *cut = (Cut) { priorities, form, place, deed };
  behaviour = chaos_add_served (list, name, CHAOS_TLS, serve_cut, cut, get_outcome (cut));
  if (behaviour->outcome == CHAOS_GOOD && place == PLACE_BODY)
    chaos_set_content (behaviour, chaos_get_body_data (), 1000);
  /* These are good TLS, and may go on for as long as the client's patience lasts */
  behaviour->hasty = behaviour->outcome == CHAOS_FAILS && (deed == DEED_SILENCE || deed == DEED_WARNINGS || deed == DEED_EMPTY || deed == DEED_CHANGES);
  behaviour->floods_tls = deed == DEED_WARNINGS || deed == DEED_OVERSIZED || deed == DEED_EMPTY || deed == DEED_CHANGES;
}

static void
add_cuts (GPtrArray *list)
{
  for (Place place = 0; place < N_PLACES; place++)
    for (Deed deed = 0; deed < N_DEEDS; deed++)
      {
        add_cut (list, "1.3", TLS_1_3, CHAOS_FORM_LENGTH, place, deed);
        if (place < PLACE_BODY)
          continue;
        add_cut (list, "1.3", TLS_1_3, CHAOS_FORM_CHUNKED, place, deed);
        add_cut (list, "1.3", TLS_1_3, CHAOS_FORM_UNTIL_CLOSE, place, deed);
      }

  for (Place place = PLACE_CERTIFICATE; place < N_PLACES; place += 2)
    for (Deed deed = 0; deed < N_DEEDS; deed++)
      add_cut (list, "1.2", TLS_1_2, CHAOS_FORM_UNTIL_CLOSE, place, deed);
}

/* --- Certificates ----------------------------------------------------------------------------------------------------- */

static void
answer (ChaosLine *line)
{
  GBytes *bytes = chaos_get_answer ();

  while (take_request (line) && chaos_line_write (line, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)))
    ;
}

static void
serve_certificate (ChaosLine *line,
                   const ChaosBehaviour *behaviour)
{
  const ChaosCertificate *which = behaviour->plan;

  if (chaos_line_secure (line, chaos_certificates_get (*which), "NORMAL", NULL))
    answer (line);
  else
    chaos_line_close (line);
}

static void
add_certificates (GPtrArray *list)
{
  for (ChaosCertificate i = 0; i < CHAOS_N_CERTIFICATES; i++)
    {
      g_autofree char *name = g_strdup_printf ("tls/certificate/%s", chaos_certificate_names[i]);

      /* GIO doesn't look at what a certificate is for */
      chaos_add_served (list, name, CHAOS_TLS, serve_certificate, g_memdup2 (&i, sizeof i),
                        i == CHAOS_CERTIFICATE_GOOD ? CHAOS_GOOD : i == CHAOS_CERTIFICATE_FOR_CLIENTS ? CHAOS_EITHER : CHAOS_FAILS);
    }
}

/* --- Handshakes that do too much, or too little ----------------------------------------------------------------------- */

typedef enum
{
  ODD_TRICKLE,
  ODD_SLOW,          /* as slow as to outlast any patience */
  ODD_SMALL_RECORDS, /* a byte each */
  ODD_OLD,           /* speaks only what nobody should speak any more: the system's policy decides */
  ODD_NO_CIPHER,     /* has no cipher that the client has */
  ODD_WANTS_CERTIFICATE,
  ODD_RENEGOTIATES,       /* after the handshake */
  ODD_RENEGOTIATES_LATER, /* in the body */
  ODD_RENEGOTIATES_OFTEN,
  ODD_RENEGOTIATES_FOREVER,
  ODD_KEYS_ONCE,
  ODD_KEYS_OFTEN,
  ODD_KEYS_FOREVER,
  ODD_TICKETS_ONCE,
  ODD_TICKETS_OFTEN,
  ODD_TICKETS_FOREVER,
  ODD_PROTOCOL, /* insists on one that the client doesn't speak */
} Odd;

static gboolean
secure_oddly (ChaosLine *line,
              Odd odd)
{
  gnutls_certificate_credentials_t credentials = chaos_certificates_get (CHAOS_CERTIFICATE_GOOD);

  switch (odd)
    {
    case ODD_TRICKLE:
      line->trickles = TRUE;
      return chaos_line_secure (line, credentials, TLS_1_3, NULL);
    case ODD_SLOW:
      line->trickles = TRUE;
      line->pace = 20;
      return chaos_line_secure (line, credentials, TLS_1_3, NULL);
    case ODD_OLD:
      return chaos_line_secure (line, credentials, "NORMAL:-VERS-ALL:+VERS-TLS1.0", NULL);
    case ODD_NO_CIPHER:
      return chaos_line_secure (line, credentials, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH", NULL);
    case ODD_PROTOCOL:
      return chaos_line_secure (line, credentials, TLS_1_3, "chaos/1");
    case ODD_RENEGOTIATES:
    case ODD_RENEGOTIATES_LATER:
    case ODD_RENEGOTIATES_OFTEN:
    case ODD_RENEGOTIATES_FOREVER:
      return chaos_line_secure (line, credentials, TLS_1_2, NULL);
    default:
      line->wants_certificate = odd == ODD_WANTS_CERTIFICATE;
      line->sends_tickets = odd >= ODD_TICKETS_ONCE && odd <= ODD_TICKETS_FOREVER;
      return chaos_line_secure (line, credentials, TLS_1_3, NULL);
    }
}

/* Does it so often. FALSE if the client has gone. */
static gboolean
repeat (ChaosLine *line,
        Odd odd,
        gsize times)
{
  for (gsize i = 0; i < times; i++)
    {
      int result = odd >= ODD_TICKETS_ONCE ? gnutls_session_ticket_send (line->session, 1, 0)
                 : odd >= ODD_KEYS_ONCE    ? gnutls_session_key_update (line->session, 0)
                                           : gnutls_rehandshake (line->session);

      if (result < 0 || (i % 100 == 99 && !chaos_line_is_open (line)))
        return FALSE;
    }

  return TRUE;
}

static gsize
get_times (Odd odd)
{
  switch (odd)
    {
    case ODD_RENEGOTIATES:
    case ODD_RENEGOTIATES_LATER:
    case ODD_KEYS_ONCE:
    case ODD_TICKETS_ONCE:
      return 1;
    case ODD_RENEGOTIATES_OFTEN:
    case ODD_KEYS_OFTEN:
    case ODD_TICKETS_OFTEN:
      return MANY;
    case ODD_RENEGOTIATES_FOREVER:
    case ODD_KEYS_FOREVER:
    case ODD_TICKETS_FOREVER:
      return G_MAXSIZE;
    default:
      return 0;
    }
}

static void
serve_oddly (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  Odd odd = *(const Odd *) behaviour->plan;
  GBytes *bytes = chaos_get_answer ();
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  gsize length = g_bytes_get_size (bytes);
  gsize half = odd == ODD_RENEGOTIATES_LATER ? length - 1000 : 0;

  if (!secure_oddly (line, odd))
    {
      /* So that the client hears why */
      chaos_line_close (line);
      return;
    }

  while (take_request (line))
    {
      if (!chaos_line_write (line, data, half) || !repeat (line, odd, get_times (odd)))
        return;

      if (odd == ODD_SMALL_RECORDS)
        for (gsize i = 0; i < length; i++)
          chaos_line_write (line, data + i, 1);
      else
        chaos_line_write (line, data + half, length - half);
    }
}

static void
add_oddities (GPtrArray *list)
{
  const struct
  {
    const char *name;
    Odd odd;
    ChaosOutcome outcome;
    gboolean hasty;
  } cases[] = {
    { "tls/trickle", ODD_TRICKLE, CHAOS_GOOD, FALSE },
    { "tls/slow", ODD_SLOW, CHAOS_FAILS, TRUE },
    { "tls/small-records", ODD_SMALL_RECORDS, CHAOS_GOOD, FALSE },
    { "tls/old", ODD_OLD, CHAOS_EITHER, FALSE },
    { "tls/no-cipher", ODD_NO_CIPHER, CHAOS_FAILS, FALSE },
    { "tls/wants-certificate", ODD_WANTS_CERTIFICATE, CHAOS_FAILS, FALSE },
    { "tls/protocol", ODD_PROTOCOL, CHAOS_FAILS, FALSE },
    { "tls/renegotiation/once", ODD_RENEGOTIATES, CHAOS_EITHER, FALSE },
    { "tls/renegotiation/in-body", ODD_RENEGOTIATES_LATER, CHAOS_EITHER, FALSE },
    { "tls/renegotiation/often", ODD_RENEGOTIATES_OFTEN, CHAOS_EITHER, FALSE },
    { "tls/renegotiation/forever", ODD_RENEGOTIATES_FOREVER, CHAOS_FAILS, TRUE },
    { "tls/key-update/once", ODD_KEYS_ONCE, CHAOS_GOOD, FALSE },
    { "tls/key-update/often", ODD_KEYS_OFTEN, CHAOS_EITHER, FALSE },
    { "tls/key-update/forever", ODD_KEYS_FOREVER, CHAOS_FAILS, TRUE },
    { "tls/tickets/once", ODD_TICKETS_ONCE, CHAOS_GOOD, FALSE },
    { "tls/tickets/often", ODD_TICKETS_OFTEN, CHAOS_EITHER, FALSE },
    { "tls/tickets/forever", ODD_TICKETS_FOREVER, CHAOS_FAILS, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      ChaosBehaviour *self =
        chaos_add_served (list, cases[i].name, CHAOS_TLS, serve_oddly, g_memdup2 (&cases[i].odd, sizeof cases[i].odd), cases[i].outcome);

      self->hasty = cases[i].hasty;
      self->floods_tls = get_times (cases[i].odd) == G_MAXSIZE;
    }
}

void
chaos_add_tls (GPtrArray *list)
{
  add_cuts (list);
  add_certificates (list);
  add_oddities (list);
}
