/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-live-tasks.h"

/* More separate places than this are reported as one change that spans them */
#define MAX_RUNS 32

/* What the list shows is kept apart from what has changed since, because a GListModel may only change when it says so. */
typedef struct
{
  GObject parent_instance;

  GSequence *shown;   /* of tasks, each with a reference */
  GSequence *coming;  /* likewise; those that it doesn't show yet */
  GPtrArray *gone;    /* iterators of shown: the tasks that are no longer live */
  GHashTable *places; /* task → its iterator in shown or coming, except for those that are gone */
} PillionTaskList;

typedef GObjectClass PillionTaskListClass;

struct _PillionLiveTasksTold
{
  PillionItem item;
  GWeakRef owner; /* a queued item must not keep its loop alive */
  PillionLiveTasks *tasks; /* part of the owner */
};

static void pillion_task_list_model_init (GListModelInterface *iface);

#define PILLION_TYPE_TASK_LIST (pillion_task_list_get_type ())
static GType pillion_task_list_get_type (void);

G_DEFINE_TYPE_WITH_CODE (PillionTaskList, pillion_task_list, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, pillion_task_list_model_init))

static void
pillion_task_list_finalize (GObject *object)
{
  PillionTaskList *self = (PillionTaskList *) object;

  g_ptr_array_unref (self->gone);
  g_hash_table_unref (self->places);
  g_sequence_free (self->coming);
  g_sequence_free (self->shown);

  G_OBJECT_CLASS (pillion_task_list_parent_class)->finalize (object);
}

static void
pillion_task_list_class_init (PillionTaskListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pillion_task_list_finalize;
}

static void
pillion_task_list_init (PillionTaskList *self)
{
  self->shown = g_sequence_new (g_object_unref);
  self->coming = g_sequence_new (g_object_unref);
  self->gone = g_ptr_array_new ();
  self->places = g_hash_table_new (NULL, NULL);
}

static GType
get_item_type (GListModel *model)
{
  return PILLION_TYPE_TASK;
}

static guint
get_n_items (GListModel *model)
{
  return g_sequence_get_length (((PillionTaskList *) model)->shown);
}

static gpointer
get_item (GListModel *model,
          guint position)
{
  PillionTaskList *self = (PillionTaskList *) model;

  if (position >= (guint) g_sequence_get_length (self->shown))
    return NULL;
  return g_object_ref (g_sequence_get (g_sequence_get_iter_at_pos (self->shown, position)));
}

static void
pillion_task_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
add (PillionTaskList *self,
     GSequence *sequence,
     PillionTask *task)
{
  g_hash_table_insert (self->places, task, g_sequence_append (sequence, g_object_ref (task)));
}

static void
take_out (PillionTaskList *self,
          PillionTask *task)
{
  GSequenceIter *place = g_hash_table_lookup (self->places, task);

  if (place == NULL)
    return;

  g_hash_table_remove (self->places, task);
  if (g_sequence_iter_get_sequence (place) == self->coming)
    g_sequence_remove (place);
  else
    g_ptr_array_add (self->gone, place);
}

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  return g_sequence_iter_compare (*(GSequenceIter **) a, *(GSequenceIter **) b);
}

static guint
get_position (GPtrArray *places,
              guint index)
{
  return g_sequence_iter_get_position (places->pdata[index]);
}

/* From the end, so that the positions before it stay the same */
static void
show_gone (PillionTaskList *self)
{
  g_autoptr (GPtrArray) gone = g_steal_pointer (&self->gone);
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (guint)); /* of runs of neighbours, as indices of gone */
  guint end = gone->len;

  self->gone = g_ptr_array_new ();
  if (gone->len == 0)
    return;

  g_ptr_array_sort (gone, compare_positions);
  for (guint i = 0; i < gone->len; i++)
    if (i == 0 || get_position (gone, i) != get_position (gone, i - 1) + 1)
      g_array_append_val (starts, i);

  if (starts->len > MAX_RUNS)
    {
      guint first = get_position (gone, 0);
      guint n = get_position (gone, gone->len - 1) - first + 1;

      for (guint i = 0; i < gone->len; i++)
        g_sequence_remove (gone->pdata[i]);
      g_list_model_items_changed (G_LIST_MODEL (self), first, n, n - gone->len);
      return;
    }

  for (guint i = starts->len; i > 0; i--)
    {
      guint start = g_array_index (starts, guint, i - 1);
      guint position = get_position (gone, start);

      for (guint j = start; j < end; j++)
        g_sequence_remove (gone->pdata[j]);
      g_list_model_items_changed (G_LIST_MODEL (self), position, end - start, 0);
      end = start;
    }
}

static void
show_coming (PillionTaskList *self)
{
  guint n_shown = g_sequence_get_length (self->shown);
  guint n_coming = g_sequence_get_length (self->coming);

  if (n_coming == 0)
    return;

  g_sequence_move_range (g_sequence_get_end_iter (self->shown), g_sequence_get_begin_iter (self->coming),
                         g_sequence_get_end_iter (self->coming));
  g_list_model_items_changed (G_LIST_MODEL (self), n_shown, 0, n_coming);
}

static gboolean
told_run (PillionItem *item,
          PillionCore *core)
{
  PillionLiveTasksTold *self = (PillionLiveTasksTold *) item;
  g_autoptr (GObject) owner = g_weak_ref_get (&self->owner);

  if (owner != NULL)
    {
      self->tasks->told = NULL;
      pillion_live_tasks_tell (self->tasks);
    }
  g_weak_ref_clear (&self->owner);
  g_free (self);

  return FALSE;
}

static const char *
told_get_name (PillionItem *item)
{
  return "live tasks";
}

/* The loop is closed: the list still hears of the tasks that this ended */
static void
told_drop (PillionItem *item)
{
  told_run (item, NULL);
}

static const PillionItemClass told_class = {
  .run = told_run,
  .get_name = told_get_name,
  .drop = told_drop,
};

void
pillion_live_tasks_clear (PillionLiveTasks *self)
{
  if (self->list != NULL)
    {
      g_weak_ref_clear (self->list);
      g_clear_pointer (&self->list, g_free);
    }
}

void
pillion_live_tasks_tell (PillionLiveTasks *self)
{
  g_autoptr (GListModel) list = pillion_live_tasks_find (self);

  if (list != NULL)
    {
      show_gone ((PillionTaskList *) list);
      show_coming ((PillionTaskList *) list);
    }
}

void
pillion_live_tasks_changed (PillionLiveTasks *self,
                            gpointer owner,
                            PillionCore *core,
                            PillionTask *task,
                            gboolean lives)
{
  g_autoptr (GListModel) model = NULL;
  PillionTaskList *list;

  if (G_LIKELY (self->list == NULL))
    return;

  model = pillion_live_tasks_find (self);
  list = (PillionTaskList *) model;
  if (list == NULL)
    {
      pillion_live_tasks_clear (self);
      return;
    }

  if (lives)
    add (list, list->coming, task);
  else
    take_out (list, task);

  if (self->told == NULL && !core->closed)
    {
      self->told = g_new0 (PillionLiveTasksTold, 1);
      self->told->item.klass = &told_class;
      g_weak_ref_init (&self->told->owner, owner);
      self->told->tasks = self;
      pillion_core_push_local (core, &self->told->item);
    }
}

GListModel *
pillion_live_tasks_find (PillionLiveTasks *self)
{
  return self->list != NULL ? g_weak_ref_get (self->list) : NULL;
}

GListModel *
pillion_live_tasks_start (PillionLiveTasks *self,
                          GPtrArray *tasks)
{
  PillionTaskList *list = g_object_new (PILLION_TYPE_TASK_LIST, NULL);

  for (guint i = 0; i < tasks->len; i++)
    add (list, list->shown, tasks->pdata[i]);

  if (self->list == NULL)
    {
      self->list = g_new0 (GWeakRef, 1);
      g_weak_ref_init (self->list, NULL);
    }
  g_weak_ref_set (self->list, list);

  return G_LIST_MODEL (list);
}
