/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-callback.h"
#include "base/pillion-inbox.h"
#include "base/pillion-live-list.h"
#include "base/pillion-ready-queue.h"
#include "../test-support.h"

static void
test_ready_queue_order (void)
{
  PillionReadyQueue queue = { 0 };
  PillionItem items[5] = { 0 };

  g_assert_true (pillion_ready_queue_is_empty (&queue));
  g_assert_null (pillion_ready_queue_pop (&queue));

  for (guint i = 0; i < 4; i++)
    pillion_ready_queue_push (&queue, &items[i]);
  pillion_ready_queue_push_front (&queue, &items[4]);
  g_assert_cmpuint (queue.length, ==, 5);
  g_assert_false (pillion_ready_queue_is_empty (&queue));

  g_assert_true (pillion_ready_queue_pop (&queue) == &items[4]);
  for (guint i = 0; i < 4; i++)
    g_assert_true (pillion_ready_queue_pop (&queue) == &items[i]);
  g_assert_null (pillion_ready_queue_pop (&queue));
  g_assert_cmpuint (queue.length, ==, 0);
}

static void
test_ready_queue_front_of_empty (void)
{
  PillionReadyQueue queue = { 0 };
  PillionItem first = { 0 }, second = { 0 };

  pillion_ready_queue_push_front (&queue, &first);
  pillion_ready_queue_push (&queue, &second);
  g_assert_true (pillion_ready_queue_pop (&queue) == &first);
  g_assert_true (pillion_ready_queue_pop (&queue) == &second);
  g_assert_true (pillion_ready_queue_is_empty (&queue));
}

static void
test_inbox_order (void)
{
  PillionInbox inbox = { 0 };
  PillionItem items[3] = { 0 };
  PillionItem *item;

  g_assert_true (pillion_inbox_is_empty (&inbox));
  g_assert_null (pillion_inbox_take (&inbox));

  g_assert_true (pillion_inbox_push (&inbox, &items[0]));
  g_assert_false (pillion_inbox_push (&inbox, &items[1]));
  g_assert_false (pillion_inbox_push (&inbox, &items[2]));
  g_assert_false (pillion_inbox_is_empty (&inbox));

  item = pillion_inbox_take (&inbox);
  for (guint i = 0; i < 3; i++, item = item->next)
    g_assert_true (item == &items[i]);
  g_assert_null (item);
  g_assert_true (pillion_inbox_is_empty (&inbox));
  g_assert_true (pillion_inbox_push (&inbox, &items[0]));
}

enum { N_THREADS = 4, N_ITEMS = 20000 };

typedef struct
{
  PillionItem item;
  guint thread;
  guint number;
} Numbered;

typedef struct
{
  PillionInbox *inbox;
  Numbered *items;
  guint thread;
  int *n_first;
} Pusher;

static gpointer
push_all (gpointer data)
{
  Pusher *self = data;

  for (guint i = 0; i < N_ITEMS; i++)
    {
      self->items[i].thread = self->thread;
      self->items[i].number = i;
      if (pillion_inbox_push (self->inbox, &self->items[i].item))
        add_atomic (self->n_first, 1);
    }

  return NULL;
}

static void
test_inbox_threads (void)
{
  PillionInbox inbox = { 0 };
  Pusher pushers[N_THREADS];
  GThread *threads[N_THREADS];
  guint next[N_THREADS] = { 0 };
  int n_first = 0, n_taken = 0;
  guint n = 0;

  for (guint i = 0; i < N_THREADS; i++)
    {
      pushers[i] = (Pusher) { &inbox, g_new0 (Numbered, N_ITEMS), i, &n_first };
      threads[i] = g_thread_new ("pusher", push_all, &pushers[i]);
    }

  while (n < N_THREADS * N_ITEMS)
    {
      PillionItem *item = pillion_inbox_take (&inbox);

      n_taken += item != NULL;
      for (; item != NULL; item = item->next, n++)
        {
          Numbered *numbered = (Numbered *) item;

          g_assert_cmpuint (numbered->number, ==, next[numbered->thread]++);
        }
    }

  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_free (pushers[i].items);
    }
  /* Each time there was something to take, exactly one of those that put it was told to wake the owner */
  g_assert_cmpint (n_first, ==, n_taken);
  g_assert_true (pillion_inbox_is_empty (&inbox));
}

static void
check_list (PillionLiveList *list,
            PillionLive *links,
            const char *order)
{
  PillionLive *link = list->head, *previous = NULL;

  for (; *order != '\0'; order++, previous = link, link = link->next)
    {
      g_assert_true (link == &links[*order - '0']);
      g_assert_true (link->previous == previous);
    }
  g_assert_null (link);
  g_assert_true (list->tail == previous);
}

static void
test_live_list (void)
{
  PillionLiveList list = { 0 };
  PillionLive links[4] = { 0 };

  check_list (&list, links, "");
  for (guint i = 0; i < 4; i++)
    pillion_live_list_add (&list, &links[i]);
  check_list (&list, links, "0123");
  g_assert_cmpuint (list.length, ==, 4);

  pillion_live_list_remove (&list, &links[1]);
  check_list (&list, links, "023");
  pillion_live_list_remove (&list, &links[0]);
  check_list (&list, links, "23");
  pillion_live_list_remove (&list, &links[3]);
  check_list (&list, links, "2");
  pillion_live_list_add (&list, &links[0]);
  check_list (&list, links, "20");
  pillion_live_list_remove (&list, &links[2]);
  pillion_live_list_remove (&list, &links[0]);
  check_list (&list, links, "");
  g_assert_cmpuint (list.length, ==, 0);
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static void
test_callback (void)
{
  int n_destroyed = 0;
  PillionCallback *callback = pillion_callback_new (G_CALLBACK (count), &n_destroyed, count);

  g_assert_true (pillion_callback_ref (callback) == callback);
  pillion_callback_unref (callback);
  g_assert_cmpint (n_destroyed, ==, 0);
  pillion_callback_unref (callback);
  g_assert_cmpint (n_destroyed, ==, 1);

  pillion_callback_unref (pillion_callback_new (G_CALLBACK (count), NULL, NULL));
  g_assert_null (pillion_callback_ref (NULL));
  pillion_callback_unref (NULL);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/ready-queue/first-in-first-out", test_ready_queue_order);
  g_test_add_func ("/core/ready-queue/front-of-an-empty-one-is-also-its-end", test_ready_queue_front_of_empty);
  g_test_add_func ("/core/inbox/oldest-first-and-the-first-one-rings", test_inbox_order);
  g_test_add_func ("/core/inbox/threads-keep-their-own-order", test_inbox_threads);
  g_test_add_func ("/core/live-list/links-and-length-hold", test_live_list);
  g_test_add_func ("/core/callback/data-is-freed-with-the-last-reference", test_callback);

  return g_test_run ();
}
