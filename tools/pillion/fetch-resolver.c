/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-resolver.h"

#include <string.h>

struct _FetchResolver
{
  GResolver parent_instance;
  GResolver *system;
  GHashTable *hosts; /* name in lower case → GPtrArray of GInetAddress; does not change once it is in use */
};

G_DEFINE_FINAL_TYPE (FetchResolver, fetch_resolver, G_TYPE_RESOLVER)

static gpointer
ref_address (gconstpointer address,
             gpointer      unused)
{
  return g_object_ref ((gpointer) address);
}

/* NULL if the system has to be asked */
static GList *
find (FetchResolver            *self,
      const char               *host,
      GResolverNameLookupFlags  flags)
{
  g_autofree char *name = g_ascii_strdown (host, -1);
  GPtrArray *addresses = g_hash_table_lookup (self->hosts, name);
  GList *list = NULL;

  if (addresses == NULL)
    addresses = g_hash_table_lookup (self->hosts, "*");
  for (guint i = 0; addresses != NULL && i < addresses->len; i++)
    {
      GSocketFamily family = g_inet_address_get_family (addresses->pdata[i]);

      if ((flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY && family != G_SOCKET_FAMILY_IPV4) ||
          (flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY && family != G_SOCKET_FAMILY_IPV6))
        continue;
      list = g_list_append (list, ref_address (addresses->pdata[i], NULL));
    }
  return list;
}

static gboolean
knows (FetchResolver *self,
       const char    *host)
{
  g_autofree char *name = g_ascii_strdown (host, -1);

  return g_hash_table_contains (self->hosts, name) || g_hash_table_contains (self->hosts, "*");
}

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
system_answered (GObject      *resolver,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GList *addresses = g_resolver_lookup_by_name_with_flags_finish (G_RESOLVER (resolver), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, addresses, free_addresses);
}

static void
lookup_with_flags_async (GResolver                *resolver,
                         const char               *host,
                         GResolverNameLookupFlags  flags,
                         GCancellable             *cancellable,
                         GAsyncReadyCallback       callback,
                         gpointer                  user_data)
{
  FetchResolver *self = FETCH_RESOLVER (resolver);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  GList *addresses;

  if (!knows (self, host))
    {
      g_resolver_lookup_by_name_with_flags_async (self->system, host, flags, cancellable, system_answered, task);
      return;
    }
  addresses = find (self, host, flags);
  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no address of this kind was given for %s", host);
  g_object_unref (task);
}

static void
lookup_async (GResolver           *resolver,
              const char          *host,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  lookup_with_flags_async (resolver, host, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, callback, user_data);
}

static GList *
lookup_finish (GResolver     *resolver,
               GAsyncResult  *result,
               GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fetch_resolver_finalize (GObject *object)
{
  FetchResolver *self = FETCH_RESOLVER (object);

  g_hash_table_unref (self->hosts);
  g_object_unref (self->system);
  G_OBJECT_CLASS (fetch_resolver_parent_class)->finalize (object);
}

static void
fetch_resolver_class_init (FetchResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = fetch_resolver_finalize;
  /* Nothing here looks a name up in another way */
  resolver_class->lookup_by_name_async = lookup_async;
  resolver_class->lookup_by_name_finish = lookup_finish;
  resolver_class->lookup_by_name_with_flags_async = lookup_with_flags_async;
  resolver_class->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
free_array (gpointer addresses)
{
  g_ptr_array_unref (addresses);
}

static void
fetch_resolver_init (FetchResolver *self)
{
  self->system = g_resolver_get_default ();
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_array);
}

FetchResolver *
fetch_resolver_new (void)
{
  return g_object_new (FETCH_TYPE_RESOLVER, NULL);
}

gboolean
fetch_resolver_add (FetchResolver *self,
                    const char    *rule)
{
  g_auto (GStrv) parts = g_strsplit (rule[0] == '+' ? rule + 1 : rule, ":", 3);
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) texts = NULL;
  guint64 port;

  if (g_strv_length (parts) != 3 || *parts[0] == '\0' || !g_ascii_string_to_unsigned (parts[1], 10, 1, 65535, &port, NULL))
    return FALSE;
  texts = g_strsplit (parts[2], ",", -1);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      gsize length = strlen (texts[i]);
      g_autofree char *bare = length > 2 && texts[i][0] == '[' && texts[i][length - 1] == ']' ? g_strndup (texts[i] + 1, length - 2)
                                                                                            : g_strdup (texts[i]);
      GInetAddress *address = g_inet_address_new_from_string (bare);

      if (address == NULL)
        return FALSE;
      g_ptr_array_add (addresses, address);
    }
  if (addresses->len == 0)
    return FALSE;
  g_hash_table_insert (self->hosts, g_ascii_strdown (parts[0], -1), g_steal_pointer (&addresses));
  return TRUE;
}
