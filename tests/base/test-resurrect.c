/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-resurrect.h"
#include "../test-support.h"

/* An object whose last reference goes to another thread */
typedef struct
{
  GObject parent_instance;
  gboolean rises; /* when it is disposed of */
  int value;
} Phoenix;

typedef GObjectClass PhoenixClass;

static GType phoenix_get_type (void);

G_DEFINE_TYPE (Phoenix, phoenix, G_TYPE_OBJECT)

static int n_finalized;
static gboolean is_disposing;

static gpointer
unref (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

/* As bad as it may come: the other thread is done before g_object_unref () returns */
static void
give_away (gpointer object)
{
  g_assert_false (is_disposing);
  g_thread_join (g_thread_new ("other", unref, object));
}

static void
phoenix_dispose (GObject *object)
{
  Phoenix *self = (Phoenix *) object;

  is_disposing = TRUE;
  G_OBJECT_CLASS (phoenix_parent_class)->dispose (object);
  if (self->rises)
    {
      self->rises = FALSE;
      pillion_resurrect (self, "value", give_away);
    }
  is_disposing = FALSE;
}

static void
phoenix_finalize (GObject *object)
{
  n_finalized++;
  G_OBJECT_CLASS (phoenix_parent_class)->finalize (object);
}

static void
phoenix_get_property (GObject *object,
                      guint id,
                      GValue *value,
                      GParamSpec *property)
{
  g_value_set_int (value, ((Phoenix *) object)->value);
}

static void
phoenix_class_init (PhoenixClass *klass)
{
  klass->dispose = phoenix_dispose;
  klass->finalize = phoenix_finalize;
  klass->get_property = phoenix_get_property;
  g_object_class_install_property (klass, 1, g_param_spec_int ("value", NULL, NULL, 0, 1, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
phoenix_init (Phoenix *self)
{
  self->rises = TRUE;
}

static void
test_given_away_after_dispose (void)
{
  n_finalized = 0;
  g_object_unref (g_object_new (phoenix_get_type (), NULL));
  g_assert_cmpint (n_finalized, ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resurrect/given-away-after-dispose", test_given_away_after_dispose);
  return g_test_run ();
}
