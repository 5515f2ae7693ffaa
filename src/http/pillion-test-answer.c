/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-answer.h"

#include <string.h>

PillionTestAnswer *
pillion_test_answer_new (void)
{
  return g_new0 (PillionTestAnswer, 1);
}

void
pillion_test_answer_upgrade (PillionTestAnswer *self,
                             GIOStream *stream)
{
  pillion_test_upgrade_begin (self->upgrade, stream);
  g_clear_pointer (&self->upgrade, pillion_test_upgrade_unref);
}

void
pillion_test_answer_free (PillionTestAnswer *self)
{
  /* It never was */
  if (self->upgrade != NULL)
    pillion_test_answer_upgrade (self, NULL);
  pillion_field_list_clear (&self->fields);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->content_type);
  g_free (self);
}

void
pillion_test_answer_set_body (PillionTestAnswer *self,
                              GBytes *body,
                              const char *content_type)
{
  char *type = g_strdup (content_type);

  if (body != NULL)
    g_bytes_ref (body);
  g_clear_pointer (&self->body, g_bytes_unref);
  self->body = body;
  g_free (self->content_type);
  self->content_type = type;
  self->is_set = TRUE;
}

void
pillion_test_answer_fail (PillionTestAnswer *self,
                          const char *message)
{
  g_autoptr (GBytes) body = g_bytes_new (message, strlen (message));

  pillion_field_list_clear (&self->fields);
  self->status = 500;
  self->fault = PILLION_TEST_FAULT_NONE;
  pillion_test_answer_set_body (self, body, "text/plain; charset=utf-8");
}

void
pillion_test_answer_complete (PillionTestAnswer *self)
{
  if (!self->is_set)
    pillion_test_answer_fail (self, "The handler set no response.");
  if (self->status == 0)
    self->status = 200;
}
