/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

/* For a dispose () on a thread from which another one takes the object over: takes a reference, and calls the function once g_object_unref ()
 * has dropped its own. Only then may the reference be given to the other thread: GLib 2.74 still uses the object after dispose (). To be called
 * after GObject's own dispose (), which takes away all handlers. `property` is the name of a readable one, and the only one
 * that this dispose () may notify of: GLib would go on with the others when the reference has been given away. */
void pillion_resurrect (gpointer    object,
                        const char *property,
                        void      (*func) (gpointer object));
