/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-transport.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-cache-answer.h"
#include "http/pillion-cache-completion.h"
#include "http/pillion-cache-fill.h"
#include "http/pillion-cache-refresh.h"
#include "http/pillion-cache-vary.h"
#include "http/pillion-http-url.h"
#include "http/pillion-wire-copy.h"

/* How much of a stored body is read at once, if the reader doesn't say where to, and how much before others get their turn */
#define PIECE_SIZE (128 * 1024)
#define TURN (1024 * 1024)

/* A response that its program is not interested in is stored all the same if this is all that is left of it, and if it comes soon: a redirect
 * that is followed, or an error */
#define MAX_ORPHAN (64 * 1024)
#define ORPHAN_TIMEOUT (10 * G_USEC_PER_SEC)

typedef struct
{
  PillionTransport parent;
  PillionHttpEngine *engine; /* which owns it */
  GQueue exchanges;
} CacheTransport;

struct _PillionExchange
{
  CacheTransport *transport;
  GList link;
  PillionHttpEngine *engine;
  const PillionExchangeFuncs *funcs;
  gpointer data;
  PillionCacheStore *store; /* NULL if nothing is stored, and the network forbidden */
  char *key;
  char *identity; /* of the engine when the request was sent */

  PillionWireCopy wire; /* without a body */
  PillionCacheRequest request;
  PillionExchange *network; /* NULL if nothing is requested from there */
  gint64 requested;         /* when that was, in s since the epoch */
  PillionCacheChoice choice;
  const char *reason; /* why the server is asked, if it is */
  PillionCacheFill fill;

  gboolean completing;  /* only the rest of a stored part is requested */
  gboolean prefixing;   /* the stored part is passed on; what the network has waits */
  gint64 total;         /* the length of the whole, as the server announced it */
  gint64 left;          /* how many bytes of it are still to come */
  gboolean undelimited; /* only the end of the connection tells where they end */
  gboolean validating;  /* the request has validators of what is stored */
  gboolean again;       /* once the network is free: without them */
  gboolean has_head;    /* an answer from the store has begun */
  gboolean refreshing;  /* what it is has to be validated in the background */
  gboolean orphan;      /* nobody wants to hear from it, but its response is stored */
  PillionDeadline deadline; /* of an orphan */
  gint64 due;               /* likewise */
  gint64 next;          /* the stored bytes that are left */
  gint64 end;
  gboolean posted;      /* for the next turn */
  gboolean paused;      /* no credit for stored bytes */
  gboolean ended;       /* only gone () is left */
  gboolean network_ended; /* likewise of the network's exchange */
  gboolean outdated;    /* something has changed at the server since the request was sent */
};

static const PillionExchangeFuncs network_funcs;

static gint64
get_real_now (PillionExchange *self)
{
  return pillion_http_engine_get_real_now (self->engine) / G_USEC_PER_SEC;
}

static void
borrow_field (const char *name,
              const char *value,
              gpointer data)
{
  pillion_field_list_borrow (data, name, value);
}

/* The client's settings may change before the next request */
static void
take_identity (PillionExchange *self)
{
  g_free (self->identity);
  self->request.identity = self->identity = g_strdup (self->engine->identity);
}

static void
exchange_free (PillionExchange *self)
{
  g_queue_unlink (&self->transport->exchanges, &self->link);
  pillion_cache_fill_clear (&self->fill);
  pillion_cache_choice_clear (&self->choice);
  pillion_cache_request_clear (&self->request);
  pillion_wire_copy_clear (&self->wire);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_free (self->key);
  g_free (self->identity);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static void
leave (PillionExchange *self)
{
  if (!self->ended || self->network != NULL || self->posted)
    return;

  pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  self->funcs->gone (self->data);
  exchange_free (self);
}

static void
finish (PillionExchange *self)
{
  self->ended = TRUE;
  if (self->prefixing)
    {
      pillion_cache_fill_clear (&self->fill);
      if (!self->network_ended)
        pillion_transport_abort (self->engine->transport, self->network);
    }
  leave (self);
}

/* Tells the head of what is stored. Returns FALSE if the rest is not wanted. */
static gboolean
give_head (PillionExchange *self,
           const PillionHead *validation)
{
  PillionCacheAnswer answer;
  gboolean wanted;

  if (self->choice.entry != NULL)
    pillion_cache_answer_init (&answer, &self->choice, &self->request, validation, self->reason, get_real_now (self));
  else
    pillion_cache_answer_init_missing (&answer, &self->request);
  self->next = answer.begin;
  self->end = answer.end;
  self->has_head = TRUE;
  wanted = self->funcs->head (self->data, &answer.head.parent);
  pillion_cache_answer_clear (&answer);

  return wanted;
}

/* The entry whose body is passed on */
static PillionCacheEntry *
get_entry (PillionExchange *self)
{
  return self->prefixing ? self->choice.part : self->choice.entry;
}

/* Passes the next piece of a stored body on. Returns FALSE if that ended it. */
static gboolean
give_piece (PillionExchange *self,
            gsize size,
            guint8 *room)
{
  g_autofree guint8 *buffer = room == NULL ? g_malloc (PIECE_SIZE) : NULL;
  GError *error = NULL;
  gssize n;

  size = MIN (size, (gsize) (self->end - self->next));
  if (room == NULL)
    {
      room = buffer;
      size = MIN (size, PIECE_SIZE);
    }

  n = pillion_cache_entry_read (get_entry (self), (guint64) self->next, room, MIN (size, TURN), &error);
  if (n <= 0)
    {
      if (error == NULL)
        error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the entry of the cache is shorter than it was");
      /* So that nobody takes it for an error of the network's */
      if (self->prefixing)
        error->code = G_IO_ERROR_INVALID_DATA;
      self->funcs->end (self->data, error);
      return FALSE;
    }

  self->next += n;
  if (self->prefixing)
    pillion_cache_fill_write (&self->fill, room, (gsize) n);
  return self->funcs->body (self->data, room, (gsize) n);
}

static void serve_later (PillionExchange *self);
static void end_whole (PillionExchange *self);

static void
serve (gpointer data)
{
  PillionExchange *self = data;
  gint64 turn = self->next + TURN;

  self->posted = FALSE;
  if (self->ended)
    {
      leave (self);
      return;
    }

  if (!self->has_head && !self->prefixing)
    {
      if (self->choice.entry != NULL)
        pillion_cache_store_touch (self->store, self->choice.entry);
      if (self->refreshing)
        {
          PillionWireRequest request = self->wire.request;

          request.fields = (const char *const *) self->wire.fields.strv;
          pillion_cache_refresh (self->engine, &request);
        }
      if (!give_head (self, NULL))
        {
          finish (self);
          return;
        }
      turn = self->next + TURN;
    }

  while (self->next < self->end)
    {
      gsize size = G_MAXSIZE;
      guint8 *room;

      if (self->next >= turn)
        {
          self->posted = TRUE;
          pillion_http_engine_yield (self->engine, serve, self);
          return;
        }

      room = self->funcs->room (self->data, &size);
      if (size == 0)
        {
          self->paused = TRUE;
          return;
        }
      if (!give_piece (self, size, room))
        {
          finish (self);
          return;
        }
    }

  if (!self->prefixing)
    {
      self->funcs->end (self->data, NULL);
      finish (self);
      return;
    }

  self->prefixing = FALSE;
  if (self->network_ended)
    end_whole (self);
  else
    pillion_transport_resume (self->engine->transport, self->network);
}

static void
serve_later (PillionExchange *self)
{
  self->posted = TRUE;
  pillion_http_engine_post (self->engine, serve, self);
}

static void
use_network (PillionExchange *self)
{
  PillionWireRequest request = self->wire.request;
  PillionFieldList fields = { NULL };

  pillion_field_list_borrow_all (&fields, &self->wire.fields);
  self->completing = self->choice.part != NULL;
  if (self->completing)
    {
      pillion_cache_completion_ask (self->choice.part_stored, (gint64) pillion_cache_entry_get_length (self->choice.part), &fields);
      request.is_rest = TRUE;
    }
  self->validating = !self->completing && !pillion_cache_request_is_conditional (&self->request) && pillion_field_list_get (&fields, "If-Range") == NULL &&
                     pillion_cache_choice_add_validators (&self->choice, &fields);
  pillion_cache_request_tell (&self->request, &fields);

  request.fields = (const char *const *) fields.strv;
  self->requested = get_real_now (self);
  self->network_ended = FALSE;
  self->network = pillion_transport_exchange (self->engine->transport, &request, &network_funcs, self);
  pillion_field_list_clear (&fields);
}

/* What is stored for a URL must not be used any more, nor what is being received for it */
static void
invalidate (PillionExchange *self,
            const char *key)
{
  pillion_cache_store_remove_key (self->store, key);
  for (GList *l = self->transport->exchanges.head; l != NULL; l = l->next)
    {
      PillionExchange *other = l->data;

      if (other != self && strcmp (other->key, key) == 0)
        {
          other->outdated = TRUE;
          pillion_cache_fill_clear (&other->fill);
        }
    }
}

/* The key of the URL in a field of the response, if it is on the same server, else NULL */
static char *
get_key_in_field (PillionExchange *self,
                  const PillionHead *head,
                  const char *name)
{
  const char *value = head->get_field (head, name);
  g_autoptr (GUri) uri = value != NULL ? pillion_http_resolve (self->wire.request.uri, value, NULL) : NULL;
  g_autoptr (GRefString) origin = uri != NULL && pillion_http_check_uri (uri, NULL) ? pillion_http_uri_get_origin (uri) : NULL;

  return origin != NULL && strcmp (origin, self->wire.request.origin) == 0 ? pillion_cache_make_key (origin, uri) : NULL;
}

/* RFC 9111, section 4.4 */
static void
invalidate_all (PillionExchange *self,
                const PillionHead *head)
{
  g_autofree char *location = get_key_in_field (self, head, "Location");
  g_autofree char *content_location = get_key_in_field (self, head, "Content-Location");

  invalidate (self, self->key);
  if (location != NULL)
    invalidate (self, location);
  if (content_location != NULL)
    invalidate (self, content_location);
}

static void
update (PillionExchange *self,
        const PillionFieldList *fields)
{
  PillionStoredResponse *stored = self->choice.stored;
  g_autofree char *old_vary = pillion_field_list_join (&stored->fields, "Vary");
  g_autofree char *vary = NULL;
  g_autoptr (GBytes) metadata = NULL;

  if (!pillion_cache_update (stored, fields, self->requested, get_real_now (self)))
    return;
  if (!pillion_cache_may_keep (stored))
    {
      pillion_cache_store_remove (self->store, self->choice.entry);
      return;
    }

  /* The server has just said that this is its response to this request */
  vary = pillion_field_list_join (&stored->fields, "Vary");
  if (g_strcmp0 (vary, old_vary) != 0)
    {
      pillion_field_list_clear (&stored->selecting);
      pillion_cache_vary_select (vary, self->request.fields, self->identity, &stored->selecting);
    }

  metadata = pillion_stored_response_serialize (stored);
  pillion_cache_store_update_metadata (self->store, self->choice.entry, metadata, pillion_cache_get_good_until (stored), NULL);
}

/* The response to a HEAD says something about what is stored (RFC 9111, section 4.3.5) */
static void
take_description (PillionExchange *self,
                  const PillionHead *head)
{
  PillionFieldList fields = { NULL };

  head->foreach_field (head, borrow_field, &fields);
  if (!pillion_cache_has_too_many_fields (&fields) && pillion_cache_is_described (self->choice.stored, (gint64) pillion_cache_entry_get_length (self->choice.entry), &fields))
    update (self, &fields);
  else
    pillion_cache_store_remove (self->store, self->choice.entry);
  pillion_field_list_clear (&fields);
}

static gint64
on_orphan_due (gpointer data,
               gint64 now)
{
  PillionExchange *self = data;

  /* All deadlines are checked when the client's settings change */
  if (now < self->due)
    return self->due;

  pillion_transport_abort (self->engine->transport, self->network);
  return PILLION_DEADLINE_NEVER;
}

/* Nobody is interested any more. Returns whether the rest is received all the same. */
static gboolean
be_orphan (PillionExchange *self,
           const PillionHead *head)
{
  if (self->fill.writer == NULL || head->length > MAX_ORPHAN || head->length < 0)
    {
      pillion_cache_fill_clear (&self->fill);
      self->ended = TRUE;
      return FALSE;
    }

  self->orphan = TRUE;
  self->due = pillion_http_engine_get_now (self->engine) + ORPHAN_TIMEOUT;
  pillion_deadlines_set (self->engine->deadlines, &self->deadline, self->due, on_orphan_due, self);
  return TRUE;
}

/* Which of those that the request named a 304 is about: sets the choice to it. FALSE: none, or the server does not say. */
static gboolean
take_confirmed (PillionExchange *self,
                const PillionFieldList *fields)
{
  const char *etag = pillion_field_list_get (fields, "ETag");

  /* Several were named, so that one that it doesn't name could be any of them */
  if (etag == NULL && self->choice.variants != NULL)
    return FALSE;

  return (self->choice.stored != NULL && pillion_cache_is_confirmed (self->choice.stored, fields)) ||
         (etag != NULL && pillion_cache_choice_select (&self->choice, etag));
}

/* What is stored is still good, or the server speaks of something else */
static gboolean
take_confirmation (PillionExchange *self,
                   const PillionHead *head)
{
  PillionFieldList fields = { NULL };
  gboolean named, confirmed;

  head->foreach_field (head, borrow_field, &fields);
  named = pillion_field_list_get (&fields, "ETag") != NULL;
  confirmed = !pillion_cache_has_too_many_fields (&fields) && take_confirmed (self, &fields);
  if (confirmed)
    update (self, &fields);
  pillion_field_list_clear (&fields);

  if (!confirmed)
    {
      /* Next, only what fits is asked about, or nothing is if that can't have been meant */
      if (named || self->choice.variants == NULL)
        {
          if (self->choice.entry != NULL)
            pillion_cache_store_remove (self->store, self->choice.entry);
          pillion_cache_choice_clear (&self->choice);
        }
      g_clear_pointer (&self->choice.variants, g_ptr_array_unref);
      self->again = TRUE;
      return TRUE;
    }

  pillion_cache_store_touch (self->store, self->choice.entry);
  if (!give_head (self, head))
    self->orphan = TRUE;
  return TRUE;
}

/* A program that has validators of its own got a 304 to them: that is news about what is stored, too */
static void
take_foreign_confirmation (PillionExchange *self,
                           const PillionHead *head)
{
  PillionFieldList fields = { NULL };

  head->foreach_field (head, borrow_field, &fields);
  if (!pillion_cache_has_too_many_fields (&fields) && pillion_field_list_get (&fields, "ETag") != NULL &&
      pillion_cache_is_confirmed (self->choice.stored, &fields))
    update (self, &fields);
  pillion_field_list_clear (&fields);
}

/* Tells the head of what comes over the network, with how the cache took part */
static gboolean
pass_head (PillionExchange *self,
           const PillionHead *head,
           gboolean stored)
{
  PillionListHead copy;
  g_autofree char *status = NULL;
  gboolean wanted;

  pillion_list_head_init (&copy, head->status, head->reason, head->length);
  copy.parent.tunnel = head->tunnel;
  copy.parent.delimited = head->delimited;
  copy.parent.piles_up = head->piles_up;
  copy.parent.stream = head->stream;
  head->get_details (head, &copy.details);
  head->foreach_field (head, pillion_list_head_take, &copy);
  status = g_strconcat ("Pillion; fwd=", self->reason, stored ? "; stored" : "", NULL);
  pillion_field_list_append (&copy.fields, "Cache-Status", status);
  wanted = self->funcs->head (self->data, &copy.parent);
  pillion_list_head_clear (&copy);

  return wanted;
}

/* The beginning is stored, and the server sends the rest */
static gboolean
give_whole_head (PillionExchange *self,
                 const PillionHead *head,
                 const PillionStoredResponse *whole,
                 gint64 total,
                 gboolean stored)
{
  PillionListHead copy;
  gboolean wanted;

  pillion_list_head_init (&copy, whole->status, whole->reason, total);
  copy.parent.continued = TRUE;
  copy.parent.validation = head;
  copy.parent.delimited = TRUE;
  copy.parent.piles_up = head->piles_up;
  head->get_details (head, &copy.details);
  pillion_field_list_borrow_all (&copy.fields, &whole->fields);
  pillion_field_list_append (&copy.fields, "Cache-Status", stored ? "Pillion; fwd=partial; fwd-status=206; stored" : "Pillion; fwd=partial; fwd-status=206");
  wanted = self->funcs->head (self->data, &copy.parent);
  pillion_list_head_clear (&copy);

  return wanted;
}

/* The answer to a request for the rest of a part, unless the server sends everything */
static gboolean
take_rest (PillionExchange *self,
           const PillionHead *head)
{
  const gint64 length = (gint64) pillion_cache_entry_get_length (self->choice.part);
  g_autoptr (PillionStoredResponse) whole = NULL;
  gboolean stored;

  whole = pillion_cache_completion_take (self->choice.part_stored, length, head, self->requested, get_real_now (self), &self->total);
  if (whole == NULL)
    {
      /* The part is of no use: all is requested */
      pillion_cache_store_remove (self->store, self->choice.part);
      pillion_cache_choice_drop_part (&self->choice);
      self->network_ended = TRUE;
      self->again = TRUE;
      return FALSE;
    }

  self->prefixing = TRUE;
  self->next = 0;
  self->end = length;
  self->left = self->total - length;
  self->undelimited = !head->delimited;
  stored = !self->outdated && pillion_cache_fill_begin_whole (&self->fill, self->store, self->key, &self->request, whole, self->total);
  if (!give_whole_head (self, head, whole, self->total, stored))
    {
      self->prefixing = FALSE;
      pillion_cache_fill_clear (&self->fill);
      self->ended = TRUE;
      return FALSE;
    }

  serve_later (self);
  return TRUE;
}

static void
network_wrote (gpointer data,
               gint64 n_sent)
{
  PillionExchange *self = data;

  if (!self->ended)
    self->funcs->wrote (self->data, n_sent);
}

static gboolean
network_head (gpointer data,
              const PillionHead *head)
{
  PillionExchange *self = data;
  gboolean at_home = FALSE;
  gboolean stored;

  if (head->tunnel)
    {
      if (self->funcs->head (self->data, head))
        return TRUE;
      self->ended = TRUE;
      return FALSE;
    }

  if (self->validating && head->status == 304)
    return take_confirmation (self, head);
  if (self->completing && (head->status == 206 || head->status == 416))
    return take_rest (self, head);
  self->completing = FALSE;

  if (pillion_cache_is_unsafe (self->wire.request.method))
    {
      g_autofree char *home = get_key_in_field (self, head, "Content-Location");

      at_home = home != NULL && strcmp (home, self->key) == 0;
      if (pillion_cache_invalidates (head->status))
        invalidate_all (self, head);
    }
  else if (self->choice.stored != NULL && head->status == 304)
    {
      take_foreign_confirmation (self, head);
    }
  else if (self->choice.stored != NULL && head->status == 200 && strcmp (self->wire.request.method, "HEAD") == 0)
    {
      take_description (self, head);
    }

  stored = !self->outdated && pillion_cache_fill_begin (&self->fill, self->store, self->key, &self->request, head, at_home, self->requested,
                                                        get_real_now (self));
  return pass_head (self, head, stored) || be_orphan (self, head);
}

static guint8 *
network_room (gpointer data,
              gsize *size)
{
  PillionExchange *self = data;

  if (self->prefixing)
    {
      *size = 0;
      return NULL;
    }

  /* Of a 304, nothing is passed on */
  return self->orphan || self->has_head || self->again ? NULL : self->funcs->room (self->data, size);
}

static gboolean
network_body (gpointer data,
              const guint8 *bytes,
              gsize length)
{
  PillionExchange *self = data;

  if (self->has_head || self->again)
    return TRUE;

  self->left -= (gint64) length;
  if (self->completing && self->left < 0)
    {
      end_whole (self);
      return FALSE;
    }

  pillion_cache_fill_write (&self->fill, bytes, length);
  if (self->orphan || self->funcs->body (self->data, bytes, length))
    return TRUE;

  pillion_cache_fill_clear (&self->fill);
  self->ended = TRUE;
  return FALSE;
}

/* Whether only the network, or the server, is to blame: then what arrived until then is good */
static gboolean
is_cut (const GError *error)
{
  return error->domain == G_IO_ERROR || g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED) ||
         g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF);
}

/* The rest of a part is not as long as it was announced */
static GError *
end_wrong_rest (PillionExchange *self)
{
  if (self->left > 0 && self->undelimited)
    {
      pillion_cache_fill_keep (&self->fill);
      return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                          g_dngettext (GETTEXT_PACKAGE, "the connection was closed after %" PRId64 " of %" PRId64 " byte",
                                       "the connection was closed after %" PRId64 " of %" PRId64 " bytes", (gulong) self->total),
                          self->total - self->left, self->total);
    }

  pillion_cache_store_remove (self->store, self->choice.part);
  pillion_cache_fill_clear (&self->fill);
  return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH, _("the rest of the body does not have the announced length"));
}

/* All of a body that was not, or not only, taken from the store is here, or more than that */
static void
end_whole (PillionExchange *self)
{
  GError *error = self->completing && self->left != 0 ? end_wrong_rest (self) : NULL;

  /* Before the program is told, so that its next request finds it */
  if (error == NULL)
    pillion_cache_fill_end (&self->fill);
  self->ended = TRUE;
  self->funcs->end (self->data, error);
  leave (self);
}

static void
network_end (gpointer data,
             GError *error)
{
  PillionExchange *self = data;

  self->network_ended = TRUE;
  pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  if (self->again || self->orphan)
    {
      if (error == NULL && !self->again)
        pillion_cache_fill_end (&self->fill);
      self->ended = !self->again;
      g_clear_error (&error);
    }
  else if (self->has_head)
    {
      /* The 304 was good in any case */
      g_clear_error (&error);
      serve (self);
    }
  else if (error == NULL)
    {
      /* The stored bytes come first */
      if (!self->prefixing)
        end_whole (self);
    }
  else
    {
      /* Likewise before the program is told: if it tries again, only the rest is requested */
      if (is_cut (error) && !self->prefixing)
        pillion_cache_fill_keep (&self->fill);
      else
        pillion_cache_fill_clear (&self->fill);
      self->prefixing = FALSE;
      self->ended = TRUE;
      self->funcs->end (self->data, error);
    }
}

static void
network_gone (gpointer data)
{
  PillionExchange *self = data;

  self->network = NULL;
  if (self->again && !self->ended)
    {
      self->again = FALSE;
      take_identity (self);
      use_network (self);
    }
  else if (self->orphan)
    {
      finish (self);
    }
  else
    {
      leave (self);
    }
}

static const PillionExchangeFuncs network_funcs = {
  .wrote = network_wrote,
  .head = network_head,
  .room = network_room,
  .body = network_body,
  .end = network_end,
  .gone = network_gone,
};

/* A request with a body, or a method that is never answered from the store, goes on as it is */
static gboolean
is_plain (const PillionWireRequest *request)
{
  return request->body == NULL && (strcmp (request->method, "GET") == 0 || strcmp (request->method, "HEAD") == 0);
}

/* Returns a reference, or NULL if nothing is stored */
static GPtrArray *
find_entries (PillionExchange *self,
              const PillionWireCache *cache)
{
  /* What was found a moment ago may have been used, and so validated, while the request waited for its place in the queue */
  if (cache->found != NULL && (cache->local || pillion_cache_store_is_current (self->store, self->key, cache->found)))
    return g_ptr_array_ref (cache->found);

  return self->store != NULL ? pillion_cache_store_lookup (self->store, self->key) : NULL;
}

static PillionExchange *
cache_exchange (PillionTransport *transport,
                const PillionWireRequest *request,
                const PillionExchangeFuncs *funcs,
                gpointer data)
{
  CacheTransport *owner = (CacheTransport *) transport;
  PillionExchange *self = g_new0 (PillionExchange, 1);
  PillionWireRequest bare = *request;

  self->transport = owner;
  self->engine = pillion_http_engine_ref (owner->engine);
  self->funcs = funcs;
  self->data = data;
  if (request->cache.store != NULL)
    self->store = pillion_cache_store_ref (request->cache.store);
  self->key = pillion_cache_make_key (request->origin, request->uri);
  self->link.data = self;
  g_queue_push_tail_link (&owner->exchanges, &self->link);
  bare.body = NULL;
  pillion_wire_copy_init (&self->wire, &bare);
  pillion_cache_request_init (&self->request, request->method, &self->wire.fields, request->cache.mode);
  take_identity (self);
  self->request.offline = request->cache.offline;
  self->request.unreachable = request->cache.unreachable;
  self->request.after_error = request->cache.after_error;
  self->request.error_status = request->cache.error_status;
  self->request.has_body = request->body != NULL;

  if (is_plain (request) && !request->cache.unreadable)
    {
      g_autoptr (GPtrArray) entries = find_entries (self, &request->cache);

      pillion_cache_choice_init (&self->choice, entries, &self->request, get_real_now (self));
    }

  self->reason = pillion_cache_choice_get_reason (&self->choice, &self->request, get_real_now (self));

  if (self->choice.entry != NULL && self->choice.use != PILLION_CACHE_USE_VALIDATED)
    {
      self->refreshing = self->choice.use == PILLION_CACHE_USE_AND_REFRESH;
      serve_later (self);
    }
  else if (pillion_cache_request_forbids_network (&self->request))
    {
      pillion_cache_choice_clear (&self->choice);
      serve_later (self);
    }
  else if (request->cache.local)
    {
      /* Without gone (): the exchange has never been one */
      pillion_cache_choice_give_back (&self->choice);
      exchange_free (self);
      return NULL;
    }
  else if (!is_plain (request))
    {
      self->requested = get_real_now (self);
      self->network = pillion_transport_exchange (self->engine->transport, request, &network_funcs, self);
    }
  else
    {
      use_network (self);
    }

  return self;
}

static void
cache_discard (PillionTransport *transport,
               PillionExchange *self)
{
  pillion_cache_fill_clear (&self->fill);
}

static void
cache_abort (PillionTransport *transport,
             PillionExchange *self)
{
  if (self->ended)
    return;

  /* The program need not want it any more, but may want it again */
  self->ended = TRUE;
  if (self->prefixing)
    pillion_cache_fill_clear (&self->fill);
  else
    pillion_cache_fill_keep (&self->fill);
  if (self->network != NULL && !self->network_ended)
    pillion_transport_abort (self->engine->transport, self->network);
  else if (self->network == NULL && !self->posted)
    serve_later (self);
}

static void
cache_resume (PillionTransport *transport,
              PillionExchange *self)
{
  if (self->ended)
    return;

  if (self->paused)
    {
      self->paused = FALSE;
      serve_later (self);
    }
  else if (self->network != NULL && !self->network_ended && !self->has_head && !self->prefixing)
    {
      pillion_transport_resume (self->engine->transport, self->network);
    }
}

static void
cache_set_lasting (PillionTransport *transport,
                   PillionExchange *self)
{
  if (self->network != NULL)
    pillion_transport_set_lasting (self->engine->transport, self->network);
}

static PillionExchangeState
cache_get_state (PillionTransport *transport,
                 PillionExchange *self)
{
  return self->network != NULL ? pillion_transport_get_state (self->engine->transport, self->network) : (PillionExchangeState) { 0 };
}

static void
cache_set_options (PillionTransport *transport,
                   const PillionConnectionOptions *options)
{
}

static void
cache_set_max_connections (PillionTransport *transport,
                           guint max)
{
}

static void
cache_free (PillionTransport *transport)
{
  g_free (transport);
}

static const PillionTransportClass transport_class = {
  .exchange = cache_exchange,
  .abort = cache_abort,
  .discard = cache_discard,
  .resume = cache_resume,
  .set_lasting = cache_set_lasting,
  .get_state = cache_get_state,
  .set_options = cache_set_options,
  .set_max_connections = cache_set_max_connections,
  .free = cache_free,
};

PillionTransport *
pillion_cache_transport_get (PillionHttpEngine *engine)
{
  if (engine->caching == NULL)
    {
      CacheTransport *self = g_new0 (CacheTransport, 1);

      self->parent.klass = &transport_class;
      self->engine = engine;
      engine->caching = &self->parent;
    }

  return engine->caching;
}
