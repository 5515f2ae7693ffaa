/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scene.h"

#include <string.h>

char *
scene_get_path (Scene *scene,
                const char *name)
{
  return g_build_filename (scene->folder, name, NULL);
}

GFile *
scene_get_file (Scene *scene,
                const char *name)
{
  return g_file_new_build_filename (scene->folder, name, NULL);
}

char *
scene_get_url (Scene *scene,
               const char *path)
{
  return g_strconcat (scene->url, path, NULL);
}

void
scene_write_file (Scene *scene,
                  const char *name,
                  const char *bytes,
                  gssize length)
{
  g_autofree char *path = scene_get_path (scene, name);

  g_assert_true (g_file_set_contents_full (path, bytes, length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

gboolean
scene_await (Scene *scene,
             PillionTask *task,
             GError **error)
{
  gboolean result = pillion_loop_run_until_complete (scene->loop, task, error);

  g_object_unref (task);
  return result;
}

gpointer
scene_await_object (Scene *scene,
                    PillionTask *task,
                    GError **error)
{
  gpointer result = NULL;

  if (pillion_loop_run_until_complete (scene->loop, task, error))
    result = pillion_task_get_object (task, error);
  g_object_unref (task);

  return result;
}

GBytes *
scene_await_bytes (Scene *scene,
                   PillionTask *task,
                   GError **error)
{
  GBytes *result = NULL;

  if (pillion_loop_run_until_complete (scene->loop, task, error))
    result = pillion_task_get_bytes (task, error);
  g_object_unref (task);

  return result;
}

void
scene_assert_content (Scene *scene,
                      GBytes *bytes)
{
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), scene->content, SCENARIO_CONTENT_SIZE);
}

gboolean
scene_get_content (Scene *scene,
                   const char *url,
                   GError **error)
{
  g_autoptr (GBytes) bytes = scene_await_bytes (scene, pillion_http_client_get_bytes (scene->client, url, NULL), error);

  if (bytes == NULL)
    return FALSE;

  scene_assert_content (scene, bytes);
  return TRUE;
}

gboolean
scene_get (Scene *scene,
           const char *path,
           GError **error)
{
  g_autofree char *url = scene_get_url (scene, path);

  return scene_get_content (scene, url, error);
}

gboolean
scene_get_both (Scene *scene,
                const char *path,
                const char *other_path,
                GError **error)
{
  g_autofree char *url = scene_get_url (scene, path);
  g_autofree char *other_url = scene_get_url (scene, other_path);
  PillionTask *tasks[] = {
    pillion_http_client_get_bytes (scene->client, url, NULL),
    pillion_http_client_get_bytes (scene->client, other_url, NULL),
  };
  gboolean result = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GBytes) bytes = scene_await_bytes (scene, tasks[i], result ? error : NULL);

      if (bytes != NULL)
        scene_assert_content (scene, bytes);
      else
        result = FALSE;
    }

  return result;
}
