/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "faults.h"

/* One way in which a function, or several of them, can fail */
typedef struct
{
  const char *functions; /* separated by spaces */
  FaultsOn on;
  int error;
  const char *name;    /* of the error */
  gboolean is_hidden;  /* nobody may notice it: there is nothing wrong */
} Fault;

extern const Fault faults[];
extern const guint n_faults;

gboolean fault_can_be         (const Fault        *self,
                               FaultsWhen          when);

/* How many of the counted calls could fail like this */
guint    fault_count          (const Fault        *self,
                               const FaultsReport *report);

/* Whether another library returned an error although the call was only interrupted */
gboolean fault_explains_error (const Fault        *self,
                               const FaultsReport *report);

/* Whether another library ended the process, with that message, because it could not go on */
gboolean fault_explains_end   (const Fault        *self,
                               const char         *printed);
