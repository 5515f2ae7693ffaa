/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "faults.h"

/* One way in which a function can fail */
typedef struct
{
  const char *function;
  FaultsOn on;
  int error;
  const char *name;    /* of the error */
  gboolean is_hidden;  /* nobody may notice it: there is nothing wrong */
} Fault;

extern const Fault faults[];
extern const guint n_faults;

/* What other libraries do about a fault, so that nobody above them can help it */
typedef struct
{
  const char *function;
  int error;
  const char *library; /* what the name of the file that calls the function begins with */
  const char *printed; /* it ends the process with this message; or NULL: it returns the error */
} Exception;

/* Returns NULL if there is none */
const Exception *exception_find (const Fault        *fault,
                                 const FaultsReport *report);
