/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* G_DEFINE_QUARK () for a function that several threads may call first at the same time */
#define PILLION_DEFINE_QUARK(text, function)                     \
  GQuark function (void)                                         \
  {                                                              \
    static GQuark quark; /* atomic */                            \
    GQuark known = __atomic_load_n (&quark, __ATOMIC_RELAXED);   \
                                                                 \
    if (G_UNLIKELY (known == 0))                                 \
      {                                                          \
        known = g_quark_from_static_string (text);               \
        __atomic_store_n (&quark, known, __ATOMIC_RELAXED);      \
      }                                                          \
                                                                 \
    return known;                                                \
  }
