/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../test-support.h"

/* Notes the tasks of a loop that are done, in their order: "name:state " each */
typedef struct
{
  PillionLoop *loop;
  GString *text;
} Log;

static inline void
log_init (Log *self,
          PillionLoop *loop)
{
  *self = (Log) { loop, g_string_new (NULL) };
}

static inline void
log_clear (Log *self)
{
  g_string_free (self->text, TRUE);
}

/* A done callback */
static inline void
log_done (PillionTask *task,
          gpointer data)
{
  Log *self = data;

  g_string_append_printf (self->text, "%s:%d ", pillion_task_get_name (task), pillion_task_get_state (task));
}

/* The same, but "name=result " if the task has succeeded */
static inline void
log_done_int (PillionTask *task,
              gpointer data)
{
  Log *self = data;

  if (pillion_task_get_state (task) == PILLION_TASK_SUCCEEDED)
    g_string_append_printf (self->text, "%s=%d ", pillion_task_get_name (task), (int) pillion_task_get_int (task, NULL));
  else
    log_done (task, data);
}

/* Names the task, and notes when it is done. Returns it. */
static inline PillionTask *
log_task (Log *self,
          PillionTask *task,
          const char *name,
          PillionTaskDoneFunc func)
{
  pillion_task_set_name (task, name);
  pillion_task_add_done_callback (task, func, self, NULL);
  return task;
}

/* Kicks until nothing is ready, and checks what was noted since the last time */
static inline void
assert_log (Log *self,
            const char *expected)
{
  kick_until_quiet (self->loop);
  g_assert_cmpstr (self->text->str, ==, expected);
  g_string_truncate (self->text, 0);
}
