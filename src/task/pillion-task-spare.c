/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <string.h>

#include "base/pillion-sync.h"

#ifdef HAVE_VALGRIND
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_NOACCESS(memory, size) ((void) (memory))
#define VALGRIND_MAKE_MEM_DEFINED(memory, size) ((void) (memory))
#endif

/* Tasks that are over are kept, and used again. Making a GObject and finalizing it is more than half of what a task costs: GLib 2.74 takes
 * ten bit locks, five mutexes and three allocations for it. None of that is needed if the last reference is the loop's own. But to know
 * that, this looks at fields of GObject that GLib promises nothing about: hence the build option, which is off by default. */

/* These take 180 KB; a larger batch makes the rest anew */
#define MAX_SPARE 1024

#ifdef PILLION_ASAN
extern void __asan_poison_memory_region (const volatile void *address, size_t size);
extern void __asan_unpoison_memory_region (const volatile void *address, size_t size);
#endif

static inline PillionTask *
task_from_item (PillionItem *item)
{
  return (PillionTask *) ((char *) item - G_STRUCT_OFFSET (PillionTask, item));
}

/* Who still uses a task that is kept here has none: as if it had been freed, memcheck and AddressSanitizer are to say so. The item is the
 * queue's. */
static inline void
hide (PillionTask *self)
{
  gsize end = G_STRUCT_OFFSET (PillionTask, item) + sizeof (PillionItem);

#ifdef PILLION_ASAN
  __asan_poison_memory_region (self, G_STRUCT_OFFSET (PillionTask, item));
  __asan_poison_memory_region ((char *) self + end, sizeof *self - end);
#endif
  VALGRIND_MAKE_MEM_NOACCESS (self, G_STRUCT_OFFSET (PillionTask, item));
  VALGRIND_MAKE_MEM_NOACCESS ((char *) self + end, sizeof *self - end);
}

static inline void
show (PillionTask *self)
{
#ifdef PILLION_ASAN
  __asan_unpoison_memory_region (self, sizeof *self);
#endif
  VALGRIND_MAKE_MEM_DEFINED (self, sizeof *self);
}

static void
on_gone (gpointer data,
         GObject *object)
{
}

static void
on_toggled (gpointer data,
            GObject *object,
            gboolean is_last)
{
}

/* Whether whoever notes something on an object can be seen by the one pointer that a GObject has for that. It is so in all of GLib 2, but
 * nothing says so; this asks the GLib that runs. Each on an object of its own, because not all of them leave it as it was. */
static gboolean
ask_glib (void)
{
  gboolean seen = TRUE;

  for (int what = 0; what < 7; what++)
    {
      GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
      gpointer pointer = object;
      GWeakRef weak;
      GClosure *closure;

      seen = seen && object->qdata == NULL;
      switch (what)
        {
        case 0:
          g_object_weak_ref (object, on_gone, NULL);
          seen = seen && object->qdata != NULL;
          g_object_weak_unref (object, on_gone, NULL);
          break;
        case 1:
          g_object_add_weak_pointer (object, &pointer);
          seen = seen && object->qdata != NULL;
          g_object_remove_weak_pointer (object, &pointer);
          break;
        case 2:
          g_weak_ref_init (&weak, object);
          seen = seen && object->qdata != NULL;
          g_weak_ref_clear (&weak);
          break;
        case 3:
          g_object_add_toggle_ref (object, on_toggled, NULL);
          seen = seen && object->qdata != NULL;
          g_object_remove_toggle_ref (object, on_toggled, NULL);
          break;
        case 4:
          g_object_set_data (object, "pillion", object);
          seen = seen && object->qdata != NULL;
          break;
        case 5:
          closure = g_closure_ref (g_cclosure_new_object (G_CALLBACK (on_gone), object));
          g_closure_sink (closure);
          seen = seen && object->qdata != NULL;
          g_closure_unref (closure);
          break;
        default:
          g_object_force_floating (object);
          seen = seen && object->qdata != NULL;
          g_object_ref_sink (object);
        }
      g_object_unref (object);
    }

  return seen;
}

static gboolean
is_seen (void)
{
  static gsize answer;

  if (g_once_init_enter (&answer))
    g_once_init_leave (&answer, ask_glib () ? 2 : 1);

  return answer == 2;
}

/* The loop is closed or gone */
static void
spare_item_drop (PillionItem *item)
{
  PillionTask *self = task_from_item (item);

  show (self);
  g_object_unref (self);
}

/* It is in no queue that anybody runs */
static const PillionItemClass spare_item_class = {
  .drop = spare_item_drop,
};

/* In parts of 64 bytes at most: of more at once GCC makes a string instruction, which takes longer to begin than all the rest takes */
static inline void
wipe (gpointer from,
      gpointer to)
{
  memset (from, 0, (char *) to - (char *) from);
}

/* Whether nobody else has it, or could get at it again: nobody has a reference, nor anything noted on the object that a reference could
 * come from. If somebody makes one from a GWeakRef and drops both in between, one of the looks sees it: the first count is from before
 * the note was looked for, the second from after. A thread that has dropped its reference may still be about to unlock the object (GLib
 * 2.80 to 2.84; later ones have that lock in the same pointer): nobody can make the first new reference before it has. */
static inline gboolean
is_ours_alone (GObject *object)
{
  return g_atomic_int_get (&object->ref_count) == 1 && g_atomic_pointer_get (&object->qdata) == NULL &&
         g_atomic_int_get (&object->ref_count) == 1;
}

/* The note that carries progress has a weak reference of its own, which would count as somebody else's. Nobody makes the note or queues
 * it again once the task is done and the loop's is the only reference. While it is still queued it stays, and the task is not kept. */
static inline void
drop_progress_note (PillionTask *self)
{
  PillionTaskExtra *extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  PillionNote *note = NULL;

  if (extra == NULL || g_atomic_int_get (&self->parent_instance.ref_count) > 1)
    return;

  pillion_mutex_lock (&extra->lock);
  if (!extra->progress_queued)
    note = g_steal_pointer (&extra->progress_note);
  pillion_mutex_unlock (&extra->lock);
  g_clear_pointer (&note, pillion_note_unref);
}

gboolean
pillion_task_keep (PillionTask *self,
                   PillionCore *core)
{
  GObject *object = &self->parent_instance;
  PillionLoop *loop;

  if (core->closing || core->closed || core->spare.length >= MAX_SPARE || !is_seen ())
    return FALSE;

  drop_progress_note (self);
  if (!is_ours_alone (object))
    return FALSE;
  pillion_sync_acquire (self);

  /* What this frees is the user's, and the user may do anything then */
  g_signal_handlers_destroy (self);
  if (!is_ours_alone (object))
    return FALSE;

  loop = g_steal_pointer (&self->loop);
  pillion_task_empty (self);
  wipe (object + 1, &self->result);
  wipe (&self->result, &self->others);
  wipe (&self->others, self + 1);

  if (G_LIKELY (!core->closed))
    {
      self->item.klass = &spare_item_class;
      hide (self);
      pillion_ready_queue_push_front (&core->spare, &self->item);
    }
  else
    {
      g_object_unref (self);
    }
  g_object_unref (loop);

  return TRUE;
}

PillionTask *
pillion_task_take_spare (PillionCore *core)
{
  PillionItem *item = pillion_ready_queue_pop (&core->spare);
  PillionTask *self;

  if (item == NULL)
    return NULL;

  self = task_from_item (item);
  show (self);
  return self;
}
