/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-question.h"

#include <glib/gi18n-lib.h>

#include "http/pillion-http-client-private.h"
#include "http/pillion-http-credentials-private.h"

struct _PillionQuestion
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionLoopHandle *handle;        /* of the loop in which the program is asked */
  PillionHttpChallenge *challenge;  /* or NULL */
  PillionRenewal *renewal;          /* or NULL */

  /* The loop's thread's own */
  gboolean asked;
  gboolean dropped;
  PillionTask *task; /* or NULL */
  GPtrArray *joined;  /* tasks of calls that wait for the answer */
  GPtrArray *waiting; /* those of them that stop a virtual clock again once there is an answer */

  /* On its way from there */
  PillionHttpCredentials *credentials;
  GError *error;

  /* The I/O thread's own */
  PillionAnswerFunc func; /* NULL once it is over */
  PillionCircleFunc circle;
  gpointer data;
};

/* The questions whose tasks run in a loop of this thread */
static __thread GSList *running;

static PillionQuestion *
question_ref (PillionQuestion *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
question_unref (gpointer data)
{
  PillionQuestion *self = data;

  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  if (self->credentials != NULL)
    pillion_sync_unref (self->credentials);
  g_clear_error (&self->error);
  if (self->challenge != NULL)
    pillion_sync_unref (self->challenge);
  pillion_renewal_unref (self->renewal);
  g_ptr_array_unref (self->joined);
  g_ptr_array_unref (self->waiting);
  pillion_private_loop_handle_unref (self->handle);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static void
answer_on_thread (gpointer data)
{
  PillionQuestion *self = data;
  PillionAnswerFunc func = g_steal_pointer (&self->func);

  if (func != NULL)
    {
      func (self->data, self->credentials, self->error);
      question_unref (self);
    }
  question_unref (self);
}

static void
unref_task (gpointer task)
{
  pillion_sync_unref (task);
}

/* The task of a call now waits for the program, and not for the network. Takes a reference, which belongs to
 * the loop's thread. */
static void
add_waiting (PillionQuestion *self,
             PillionTask *task)
{
  if (pillion_private_task_set_external (task, FALSE))
    g_ptr_array_add (self->waiting, g_object_ref (task));
}

static void
set_task (PillionQuestion *self,
          PillionTask *task)
{
  running = task != NULL ? g_slist_prepend (running, self) : g_slist_remove (running, self);
  g_clear_object (&self->task);
  self->task = task;
}

/* Takes the answer. From here on, the calls wait for the I/O thread again. */
static void
reply (PillionQuestion *self,
       PillionHttpCredentials *credentials,
       GError *error)
{
  for (guint i = 0; i < self->waiting->len; i++)
    pillion_private_task_set_external (self->waiting->pdata[i], TRUE);
  g_ptr_array_set_size (self->waiting, 0);
  g_ptr_array_set_size (self->joined, 0);

  self->credentials = credentials;
  self->error = error;
  pillion_http_engine_post (self->engine, answer_on_thread, question_ref (self));
}

static void
on_answered (PillionTask *task,
             gpointer data)
{
  PillionQuestion *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) object = pillion_task_get_object (task, &error);

  set_task (self, NULL);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    reply (self, NULL, g_steal_pointer (&error));
  else if (object != NULL && (!PILLION_HTTP_IS_CREDENTIALS (object) || PILLION_HTTP_CREDENTIALS (object)->renewer != NULL))
    reply (self, NULL, g_error_new (PILLION_ERROR, PILLION_ERROR_FAILED, _("credentials that can be sent were expected, and not a %s"), G_OBJECT_TYPE_NAME (object)));
  else
    reply (self, (PillionHttpCredentials *) g_steal_pointer (&object), NULL);
}

/* The task's loop may have been closed, and then makes no callbacks */
static void
answered (gpointer data)
{
  PillionQuestion *self = data;

  if (self->task != NULL)
    {
      set_task (self, NULL);
      reply (self, NULL, NULL);
    }
  question_unref (self);
}

static gboolean
can_wait_for (PillionTask *answer)
{
  PillionLoop *loop = pillion_task_get_loop (answer);

  /* A binding may have made it without one, as a plain object */
  g_return_val_if_fail (loop != NULL, FALSE);
  g_return_val_if_fail (pillion_private_loop_on_thread (loop), FALSE);

  return TRUE;
}

static void
ask_in_loop (gpointer data)
{
  PillionQuestion *self = data;
  g_autoptr (PillionHttpClient) client = g_weak_ref_get (&self->engine->client);
  g_autoptr (PillionTask) task = NULL;

  self->asked = TRUE;
  if (self->dropped)
    return;

  if (self->renewal != NULL)
    task = pillion_renewal_run (self->renewal);
  else if (client != NULL)
    task = pillion_http_client_ask (client, self->challenge);

  if (task == NULL || !can_wait_for (task))
    {
      reply (self, NULL, NULL);
      return;
    }

  set_task (self, g_steal_pointer (&task));
  pillion_task_add_done_callback (self->task, on_answered, question_ref (self), answered);
}

typedef struct
{
  PillionQuestion *question;
  PillionCall *call;
  PillionTask *task; /* of the call, which may drop it in the meantime; NULL on the way back to the I/O
                      * thread, which must not drop the last reference */
} Join;

static void
join_free (gpointer data)
{
  Join *self = data;

  if (self->task != NULL)
    pillion_sync_unref (self->task);
  question_unref (self->question);
  pillion_call_unref (self->call);
  g_free (self);
}

static void
tell_of_circle (gpointer data)
{
  Join *self = data;

  if (self->question->func != NULL)
    self->question->circle (self->question->data, self->call);
  join_free (self);
}

static Join *
join_new (PillionQuestion *question,
          PillionCall *call,
          PillionTask *task)
{
  Join *self = g_new0 (Join, 1);

  self->question = question_ref (question);
  self->call = pillion_call_ref (call);
  self->task = task != NULL ? g_object_ref (task) : NULL;
  return self;
}

/* Whether the answer has to wait for a task, perhaps through the answers to other questions */
static gboolean
waits_for (PillionQuestion *self,
           PillionTask *other,
           GHashTable *seen)
{
  if (!g_hash_table_add (seen, self))
    return FALSE;
  if (pillion_private_task_waits_for (self->task, other))
    return TRUE;

  for (GSList *link = running; link != NULL; link = link->next)
    {
      PillionQuestion *question = link->data;

      for (guint i = 0; i < question->joined->len; i++)
        if (!pillion_task_is_done (question->joined->pdata[i]) && pillion_private_task_waits_for (self->task, question->joined->pdata[i]) &&
            waits_for (question, other, seen))
          return TRUE;
    }

  return FALSE;
}

static void
join_in_loop (gpointer data)
{
  Join *self = data;
  g_autoptr (GHashTable) seen = NULL;

  /* The answer is on its way */
  if (self->question->task == NULL)
    return;

  seen = g_hash_table_new (NULL, NULL);
  if (waits_for (self->question, self->task, seen))
    {
      pillion_http_engine_post (self->question->engine, tell_of_circle, join_new (self->question, self->call, NULL));
      return;
    }

  g_ptr_array_add (self->question->joined, g_object_ref (self->task));
  add_waiting (self->question, self->task);
}

void
pillion_question_join (PillionQuestion *self,
                       PillionCall *call)
{
  /* That of a stream has its outcome already */
  if (call->task == NULL || pillion_private_loop_get_handle (pillion_task_get_loop (call->task)) != self->handle)
    return;

  pillion_private_loop_handle_call (self->handle, join_in_loop, join_new (self, call, call->task), join_free);
}

/* The loop may have been closed before it could ask */
static void
asked (gpointer data)
{
  PillionQuestion *self = data;

  if (!self->asked)
    reply (self, NULL, NULL);
  question_unref (self);
}

static void
drop_in_loop (gpointer data)
{
  PillionQuestion *self = data;

  self->dropped = TRUE;
  if (self->task != NULL)
    pillion_task_cancel (self->task);
}

PillionQuestion *
pillion_question_new (PillionHttpEngine *engine,
                      PillionLoopHandle *handle,
                      PillionHttpChallenge *challenge,
                      PillionRenewal *renewal,
                      PillionCall *call,
                      PillionAnswerFunc func,
                      PillionCircleFunc circle,
                      gpointer data)
{
  PillionQuestion *self = g_new0 (PillionQuestion, 1);

  self->n_references = 2;
  self->engine = pillion_http_engine_ref (engine);
  self->handle = pillion_private_loop_handle_ref (handle);
  self->joined = g_ptr_array_new_with_free_func (unref_task);
  self->waiting = g_ptr_array_new_with_free_func (unref_task);
  self->challenge = challenge;
  self->renewal = renewal;
  self->func = func;
  self->circle = circle;
  self->data = data;
  pillion_private_loop_handle_call (handle, ask_in_loop, self, asked);
  pillion_question_join (self, call);

  return self;
}

void
pillion_question_drop (PillionQuestion *self)
{
  self->func = NULL;
  pillion_private_loop_handle_call (self->handle, drop_in_loop, self, question_unref);
}
