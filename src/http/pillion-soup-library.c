/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-library.h"

#include <dlfcn.h>

#include <glib/gi18n-lib.h>
#include <gmodule.h>
#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"

#define SONAME "libsoup-3.0.so.0"
#define SONAME_OF_2 "libsoup-2.4.so.1"

PillionSoupLibrary pillion_soup;

static gboolean
is_loaded (const char *soname)
{
  void *library = dlopen (soname, RTLD_LAZY | RTLD_NOLOAD);

  if (library == NULL)
    return FALSE;

  dlclose (library);
  return TRUE;
}

/* What libsoup 3 itself checks, and also a libsoup 2 that was loaded with private symbols: the types of both
 * have the same names, so they can't be used together either way */
static gboolean
is_libsoup_2_loaded (void)
{
  return is_loaded (SONAME_OF_2) || dlsym (RTLD_DEFAULT, "soup_uri_new") != NULL;
}

static gboolean
load (GError **error)
{
  static GModule *library;

  if (library != NULL)
    return TRUE;

  if (!is_loaded (SONAME) && is_libsoup_2_loaded ())
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNAVAILABLE,
                           _("HTTP needs libsoup 3, which cannot be used in a program that has loaded libsoup 2"));
      return FALSE;
    }

  /* Not with dlopen (): while it is loaded, libsoup calls GModule, whose lock may be held by a thread that
   * waits for the loader's lock. GModule takes them in the other order. The symbols are global, as if libsoup
   * were linked: from them, libsoup 2 knows that it must not be loaded any more. */
  library = g_module_open (SONAME, G_MODULE_BIND_LAZY);
  if (library == NULL)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNAVAILABLE, _("HTTP needs libsoup 3, which cannot be loaded: %s"),
                   g_module_error ());
      return FALSE;
    }
  g_module_make_resident (library);

#define LOOK_UP(name) g_module_symbol (library, "soup_" #name, (gpointer *) &pillion_soup.name);
  PILLION_SOUP_FUNCTIONS (LOOK_UP)
#undef LOOK_UP

  return TRUE;
}

gboolean
pillion_soup_library_load (GError **error)
{
  static GMutex lock;
  gboolean loaded;

  pillion_mutex_lock (&lock);
  loaded = load (error);
  pillion_mutex_unlock (&lock);

  return loaded;
}
