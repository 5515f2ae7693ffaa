/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-split.h"

#include <inttypes.h>
#include <string.h>

#include "http/pillion-climb.h"
#include "http/pillion-http-fields.h"

/* A smaller rest is not split */
#define MIN_LEFT (16 * 1024 * 1024)

/* How much one request asks for: what its connection brings in this many µs, within these limits */
#define BLOCK_USEC (2 * G_USEC_PER_SEC)
#define MIN_BLOCK (4 * 1024 * 1024)
#define MAX_BLOCK (64 * 1024 * 1024)

/* Breaking off a connection and making another one costs more than receiving what is there already for this
 * many µs */
#define THERE_USEC (G_USEC_PER_SEC / 2)

/* How often the connections are checked once their number is settled, in µs */
#define LOOK_USEC (G_USEC_PER_SEC / 2)

/* A further connection that receives nothing for this long, in µs, is given up, and so is one that broke this
 * often */
#define STALL_USEC (10 * G_USEC_PER_SEC)
#define MAX_BROKEN 5

/* A server that answers more than this many requests with fewer than this many bytes, although more was
 * requested, gets no further connections. A response proves that ranges work once it has brought this many. */
#define SMALL_PIECE (64 * 1024)
#define MAX_SMALL_PIECES 20

typedef struct
{
  PillionSplit *split;
  PillionClaim claim;
  PillionMeter meter;
  PillionHop *hop;
  PillionFieldList fields;
  char range[64];
  gint64 end;        /* of the response, 0 before its head */
  gint64 active;     /* when something happened last */
  gboolean started;  /* whether it has left the queue */
  gboolean paused;   /* until the part file allows holes */
  gint64 got;        /* bytes that this request brought */
  guint n_broken;    /* requests that ended early */
} Connection;

struct _PillionSplit
{
  PillionCall *call;
  PillionPartFile *part;
  const PillionSplitFuncs *funcs;
  gpointer data;

  PillionClaims claims;
  GPtrArray *connections; /* further ones */
  PillionClimb climb;
  PillionDeadline deadline; /* set as long as there is something to check */
  gboolean running;
  gboolean ready;      /* the part file allows holes */
  gboolean asked;      /* it was asked to */
  gboolean proven;     /* ranges work */
  gboolean disturbs;   /* further requests were sent, and the server may have ranges */
  gboolean alone;      /* further connections are useless, and the call's own one gets everything it can */
  guint n_small_pieces;
  guint n_crowded;     /* successive checks that found another call waiting for a place */
  guint n_inside;      /* functions that are using it now */
  gboolean stopped;    /* by pillion_split_free () */

  /* What further requests are made of */
  GUri *uri;
  GRefString *origin;
  PillionProxy *proxy;       /* or NULL */
  char *proxy_authorization; /* or NULL */
  PillionFieldList fields;

  PillionMeter main;   /* of the call's own connection */
  gint64 looked;       /* when the measurement of the disk began */
  gint64 writing;      /* how many µs were spent on writing since then */
};

static const PillionHopFuncs hop_funcs;

/* A function that is called in the middle may end the call, and so free the split: every entry point is
 * enclosed in these two */
static void
enter (PillionSplit *self)
{
  self->n_inside++;
}

/* Where further requests go */
static void
clear_place (PillionSplit *self)
{
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->origin, g_ref_string_release);
  g_clear_pointer (&self->proxy, pillion_proxy_unref);
  g_clear_pointer (&self->proxy_authorization, g_free);
  pillion_field_list_clear (&self->fields);
}

static void
leave (PillionSplit *self)
{
  if (--self->n_inside > 0 || !self->stopped)
    return;

  g_ptr_array_unref (self->connections);
  pillion_claims_clear (&self->claims);
  clear_place (self);
  g_free (self);
}

static void
tell_change (PillionSplit *self)
{
  if (!self->stopped)
    self->funcs->changed (self->data);
}

static gint64
get_now (PillionSplit *self)
{
  return pillion_http_engine_get_now (self->call->engine);
}

/* How much a connection brings in @usec */
static gint64
get_amount (PillionSplit *self,
            gint64 usec)
{
  double rate = self->climb.n_best > 0 ? self->climb.best / self->climb.n_best : MAX (self->climb.before, 0);

  return (gint64) (rate * (double) usec / G_USEC_PER_SEC);
}

static gint64
get_block (PillionSplit *self)
{
  return CLAMP (get_amount (self, BLOCK_USEC), MIN_BLOCK, MAX_BLOCK);
}

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_clear_pointer (&connection->hop, pillion_hop_drop);
  pillion_claims_release (&connection->split->claims, &connection->claim);
  pillion_field_list_clear (&connection->fields);
  g_free (connection);
}

/* Those that have a place */
static guint
count_started (PillionSplit *self)
{
  guint n = 0;

  for (guint i = 0; i < self->connections->len; i++)
    n += ((Connection *) self->connections->pdata[i])->started;

  return n;
}

/* Whether the call's own connection is receiving something */
static gboolean
is_main_open (PillionSplit *self)
{
  return self->call->hop != NULL && pillion_hop_get_state (self->call->hop).sent > 0;
}

/* Gives up a connection, and wants one less from now on. The caller reports the change. */
static void
drop (PillionSplit *self,
      Connection *connection)
{
  g_ptr_array_remove (self->connections, connection);
  pillion_climb_limit (&self->climb, 1 + count_started (self));
}

/* The server has another version, or no ranges: new responses would not fit, but those that are being
 * received do */
static void
go_alone (PillionSplit *self)
{
  self->alone = TRUE;
  pillion_climb_limit (&self->climb, 1);
  g_ptr_array_set_size (self->connections, 0);
}

static void
send (Connection *connection)
{
  PillionSplit *self = connection->split;

  connection->started = connection->paused = FALSE;
  connection->end = connection->got = 0;
  connection->hop = pillion_hop_new (self->call->engine, &hop_funcs, connection);
  pillion_hop_send (connection->hop, self->origin, PILLION_HTTP_QUEUE_LAST, FALSE, NULL);
}

/* The connection is free for another request, if there is enough left for one. It may be gone after that. */
static void
send_next (Connection *connection)
{
  PillionSplit *self = connection->split;

  g_clear_pointer (&connection->hop, pillion_hop_drop);
  pillion_claims_release (&self->claims, &connection->claim);
  if (self->connections->len + 1 <= self->climb.n)
    send (connection);
  else
    g_ptr_array_remove (self->connections, connection);

  tell_change (self);
}

static gboolean
connection_start (gpointer data,
                  PillionWireRequest *request)
{
  Connection *connection = data;
  PillionSplit *self = connection->split;

  if (!pillion_claims_take (&self->claims, &connection->claim, get_block (self)))
    {
      /* There is too little left for another one */
      g_ptr_array_remove (self->connections, connection);
      return FALSE;
    }

  connection->started = self->disturbs = TRUE;
  connection->active = get_now (self);
  g_snprintf (connection->range, sizeof connection->range, "bytes=%" PRId64 "-%" PRId64, connection->claim.next,
              connection->claim.end - 1);

  pillion_field_list_clear (&connection->fields);
  for (guint i = 0; i < self->fields.n; i += 2)
    pillion_field_list_append (&connection->fields, self->fields.strv[i], self->fields.strv[i + 1]);
  pillion_field_list_set (&connection->fields, "Range", connection->range);
  pillion_field_list_set (&connection->fields, "If-Range", pillion_part_file_get_validator (self->part));

  *request = (PillionWireRequest) {
    .method = "GET",
    .uri = self->uri,
    .origin = self->origin,
    .proxy = self->proxy,
    .proxy_authorization = self->proxy_authorization,
    .bulk = TRUE,
    .only_http1 = !self->call->engine->config.http2,
    .fields = (const char *const *) connection->fields.strv,
  };
  return TRUE;
}

static void
connection_wrote (gpointer data,
                  gint64 n_sent)
{
}

/* Whether a response has what was requested, or the beginning of it, unless that is too small too often */
static gboolean
is_claimed (Connection *connection,
            const PillionHead *head)
{
  PillionSplit *self = connection->split;
  const char *range = head->get_field (head, "Content-Range");
  const char *coding = head->get_field (head, "Content-Encoding");
  gint64 first;
  gint64 last;
  gint64 total;

  if (range == NULL || !pillion_http_parse_content_range (range, &first, &last, &total) || first != connection->claim.next ||
      last < first || (total >= 0 && total != self->part->record.length) || (head->length >= 0 && head->length != last - first + 1) ||
      (coding != NULL && g_ascii_strcasecmp (coding, "identity") != 0) ||
      !pillion_part_record_is_of (&self->part->record, head->get_field (head, "ETag"), head->get_field (head, "Last-Modified")))
    return FALSE;

  connection->end = last + 1;
  if (connection->end < connection->claim.end && connection->end - first < SMALL_PIECE && ++self->n_small_pieces > MAX_SMALL_PIECES)
    return FALSE;

  return connection->end <= self->part->record.length;
}

static void
connection_head (gpointer data,
                 const PillionHead *head)
{
  Connection *connection = data;
  PillionSplit *self = connection->split;

  enter (self);
  connection->active = get_now (self);
  if (head->status == 206 && is_claimed (connection, head))
    {
      /* Less than was requested: others fetch the rest */
      connection->claim.end = MIN (connection->claim.end, connection->end);
      if (!self->asked)
        {
          self->asked = TRUE;
          self->funcs->allow_holes (self->data);
        }
    }
  else
    {
      /* A busy server says nothing about the ranges that other connections fetch */
      if (head->status == 403 || head->status == 408 || head->status == 429 || head->status >= 500)
        {
          drop (self, connection);
        }
      else
        {
          go_alone (self);
          self->disturbs = FALSE;
        }
      tell_change (self);
    }
  leave (self);
}

static guint8 *
connection_room (gpointer data,
                 gsize *size)
{
  Connection *connection = data;

  connection->paused = !connection->split->ready;
  if (connection->paused)
    *size = 0;
  return NULL;
}

static void
take_body (Connection *connection,
           const guint8 *bytes,
           gsize length)
{
  PillionSplit *self = connection->split;

  while (length > 0)
    {
      gsize n = MIN (length, (gsize) (connection->claim.end - connection->claim.next));
      gint64 before = get_now (self);

      /* More than was announced: the call's own connection must not request a range either */
      if (connection->claim.next == connection->end)
        {
          go_alone (self);
          tell_change (self);
          return;
        }

      if (!self->funcs->write (self->data, connection->claim.next, bytes, n))
        return;

      connection->active = get_now (self);
      pillion_meter_add (&connection->meter, connection->active, (gint64) n);
      self->writing += connection->active - before;
      self->call->n_received += n;
      connection->claim.next += (gint64) n;
      connection->got += (gint64) n;
      self->proven = self->proven || connection->got >= SMALL_PIECE;
      bytes += n;
      length -= n;

      if (connection->claim.next == connection->claim.end && connection->claim.end < connection->end &&
          !pillion_split_extend (self, &connection->claim, connection->end))
        {
          send_next (connection);
          return;
        }
    }
}

static void
connection_body (gpointer data,
                 const guint8 *bytes,
                 gsize length)
{
  Connection *connection = data;
  PillionSplit *self = connection->split;

  enter (self);
  take_body (connection, bytes, length);
  leave (self);
}

static void
connection_end (gpointer data,
                GError *error)
{
  Connection *connection = data;
  PillionSplit *self = connection->split;

  g_clear_error (&error);
  enter (self);
  if (connection->claim.next < connection->claim.end)
    connection->n_broken++;
  /* A server may close a connection whenever it likes, but one that brought nothing is not tried again */
  if (connection->got > 0 && connection->n_broken <= MAX_BROKEN)
    {
      send_next (connection);
    }
  else
    {
      drop (self, connection);
      tell_change (self);
    }
  leave (self);
}

static const PillionHopFuncs hop_funcs = {
  .start = connection_start,
  .wrote = connection_wrote,
  .head = connection_head,
  .room = connection_room,
  .body = connection_body,
  .end = connection_end,
};

static void
start_measuring (PillionSplit *self,
                 gint64 now)
{
  pillion_meter_start (&self->main);
  for (guint i = 0; i < self->connections->len; i++)
    pillion_meter_start (&((Connection *) self->connections->pdata[i])->meter);
  self->looked = now;
  self->writing = 0;
}

static void
add_rate (PillionClimbView *view,
          const PillionMeter *meter)
{
  double rate = pillion_meter_get_rate (meter, view->now);

  view->n_ready++;
  view->rate = rate >= 0 && view->rate >= 0 ? view->rate + rate : -1;
}

static PillionClimbView
get_view (PillionSplit *self,
          gint64 now)
{
  PillionClimbView view = {
    .now = now,
    .left = self->part->record.length - pillion_part_file_get_received (self->part),
    .disk_bound = self->writing > (now - self->looked) / 2,
  };

  if (is_main_open (self))
    add_rate (&view, &self->main);
  for (guint i = 0; i < self->connections->len; i++)
    {
      const Connection *connection = self->connections->pdata[i];

      if (connection->meter.n > 0)
        add_rate (&view, &connection->meter);
    }

  return view;
}

/* Adjusts the number of connections to the wanted one. Returns whether there are fewer now. */
static gboolean
adjust (PillionSplit *self)
{
  gboolean dropped = FALSE;

  /* The newest ones are the ones that brought nothing */
  while (self->connections->len + 1 > self->climb.n)
    {
      g_ptr_array_remove_index (self->connections, self->connections->len - 1);
      dropped = TRUE;
    }

  while (!self->stopped && self->connections->len + 1 < self->climb.n)
    {
      Connection *connection = g_new0 (Connection, 1);
      guint n_before = self->connections->len;

      connection->split = self;
      g_ptr_array_add (self->connections, connection);
      send (connection);
      if (self->connections->len == n_before)
        break;
    }

  return dropped;
}

/* Whether another call waits for a place that is taken here, and not just because an ended exchange is not
 * gone yet */
static gboolean
is_in_the_way (PillionSplit *self)
{
  gboolean crowded = FALSE;

  for (guint i = 0; i < self->connections->len && !crowded; i++)
    {
      const Connection *connection = self->connections->pdata[i];

      crowded = connection->started && pillion_hop_is_in_the_way (connection->hop);
    }

  self->n_crowded = crowded ? self->n_crowded + 1 : 0;
  return self->n_crowded > 1;
}

/* Gives up connections that bring nothing any more, and a place that another call waits for */
static gboolean
clean_up (PillionSplit *self,
          gint64 now)
{
  gboolean dropped = FALSE;

  for (guint i = self->connections->len; i > 0; i--)
    {
      Connection *connection = self->connections->pdata[i - 1];

      if (connection->started && connection->active + STALL_USEC <= now && !connection->paused)
        {
          drop (self, connection);
          dropped = TRUE;
        }
    }

  if (is_in_the_way (self))
    {
      drop (self, self->connections->pdata[self->connections->len - 1]);
      return TRUE;
    }

  return dropped;
}

static gint64
look (gpointer data,
      gint64 now)
{
  PillionSplit *self = data;
  PillionClimbView view;
  gboolean dropped;
  gint64 due;

  enter (self);
  dropped = clean_up (self, now);
  /* The rate limit is for all connections of a call together, and a single one can reach it */
  if (!self->alone && pillion_call_is_throttled (self->call))
    {
      go_alone (self);
      dropped = TRUE;
    }
  view = get_view (self, now);
  if (pillion_climb_step (&self->climb, &view))
    start_measuring (self, now);
  dropped = adjust (self) || dropped;

  if (dropped)
    tell_change (self);

  if (self->stopped || (self->climb.settled && self->climb.n == 1 && self->climb.retry_at == 0 && self->connections->len == 0))
    due = PILLION_DEADLINE_NEVER;
  else
    due = now + (self->climb.settled ? LOOK_USEC : PILLION_CLIMB_STEP);
  self->running = due != PILLION_DEADLINE_NEVER;
  leave (self);
  return due;
}

PillionSplit *
pillion_split_new (PillionCall *call,
                   PillionPartFile *part,
                   const PillionSplitFuncs *funcs,
                   gpointer data)
{
  PillionSplit *self = g_new0 (PillionSplit, 1);

  self->call = call;
  self->part = part;
  self->funcs = funcs;
  self->data = data;
  pillion_claims_init (&self->claims, part);
  self->connections = g_ptr_array_new_with_free_func (connection_free);

  return self;
}

void
pillion_split_free (PillionSplit *self)
{
  enter (self);
  self->stopped = TRUE;
  pillion_deadlines_unset (self->call->engine->deadlines, &self->deadline);
  g_ptr_array_set_size (self->connections, 0);
  leave (self);
}

void
pillion_split_follow (PillionSplit *self,
                      gboolean is_wanted)
{
  PillionCall *call = self->call;
  gint64 now = get_now (self);

  clear_place (self);
  self->uri = g_uri_ref (call->uri);
  self->origin = g_ref_string_acquire (call->origin);
  self->proxy = call->proxy != NULL ? pillion_proxy_ref (call->proxy) : NULL;
  self->proxy_authorization = g_strdup (call->proxy_authorization);
  for (guint i = 0; i < call->fields.n; i += 2)
    pillion_field_list_append (&self->fields, call->fields.strv[i], call->fields.strv[i + 1]);

  if (self->climb.max > 0 || !is_wanted || pillion_call_is_throttled (call) || call->engine->config.max_connections_per_download < 2 ||
      self->part->record.length - pillion_part_file_get_received (self->part) < MIN_LEFT)
    return;

  pillion_climb_init (&self->climb, call->engine->config.max_connections_per_download, now);
  self->ready = self->asked = self->part->record.holey;
  self->running = TRUE;
  pillion_deadlines_set (call->engine->deadlines, &self->deadline, now + PILLION_CLIMB_STEP, look, self);
}

void
pillion_split_set_ready (PillionSplit *self)
{
  guint i = 0;

  enter (self);
  self->ready = TRUE;
  while (!self->stopped && i < self->connections->len)
    {
      Connection *connection = self->connections->pdata[i];

      i++;
      if (connection->paused)
        {
          connection->paused = FALSE;
          connection->active = get_now (self);
          pillion_hop_resume (connection->hop);
          /* They may be others now */
          i = 0;
        }
    }
  leave (self);
}

void
pillion_split_note (PillionSplit *self,
                    gsize n,
                    gint64 usec)
{
  if (!self->running)
    return;

  pillion_meter_add (&self->main, get_now (self), (gint64) n);
  self->writing += usec;
}

/* Alone, the call's own connection gets all */
static gint64
get_main_block (PillionSplit *self)
{
  return self->connections->len > 0 ? get_block (self) : G_MAXINT64;
}

gboolean
pillion_split_take (PillionSplit *self,
                    PillionClaim *claim)
{
  return pillion_claims_take (&self->claims, claim, get_main_block (self));
}

void
pillion_split_add (PillionSplit *self,
                   PillionClaim *claim,
                   gint64 start,
                   gint64 end)
{
  pillion_claims_add (&self->claims, claim, start, end);
}

gboolean
pillion_split_extend (PillionSplit *self,
                      PillionClaim *claim,
                      gint64 limit)
{
  gint64 max_there;

  /* As long as no range has arrived, the call's own connection must not be broken off: the server may have no
   * ranges, or cut them all short. A connection that took so long to answer is useless anyway. */
  if (!self->proven && !self->alone)
    go_alone (self);

  max_there = self->alone ? G_MAXINT64 : MAX (get_amount (self, THERE_USEC), PILLION_CLAIMS_MIN_BLOCK);

  return pillion_claims_extend (&self->claims, claim, limit, get_main_block (self), max_there);
}

void
pillion_split_release (PillionSplit *self,
                       PillionClaim *claim)
{
  pillion_claims_release (&self->claims, claim);
}

gboolean
pillion_split_is_active (PillionSplit *self)
{
  return self->connections->len > 0;
}

gboolean
pillion_split_disturbs (PillionSplit *self)
{
  return self->disturbs;
}

void
pillion_split_limit (PillionSplit *self)
{
  pillion_climb_limit (&self->climb, count_started (self));
}
