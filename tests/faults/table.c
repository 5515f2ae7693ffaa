/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for EAI_NODATA and dladdr () */
#endif

#include "table.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

/* The errors that the manual pages of these functions name, except those that only a mistake of the caller brings about */

#define ANY(functions, error) { functions, FAULTS_ON_ANYTHING, error, #error, FALSE }
#define ANY_HIDDEN(functions, error) { functions, FAULTS_ON_ANYTHING, error, #error, TRUE }
#define FILES(functions, error) { functions, FAULTS_ON_FILES, error, #error, FALSE }
#define FILES_HIDDEN(functions, error) { functions, FAULTS_ON_FILES, error, #error, TRUE }
#define STREAMS(functions, error) { functions, FAULTS_ON_STREAMS, error, #error, FALSE }
#define STREAMS_HIDDEN(functions, error) { functions, FAULTS_ON_STREAMS, error, #error, TRUE }
#define OTHERS_HIDDEN(functions, error) { functions, FAULTS_ON_OTHERS, error, #error, TRUE }

const Fault faults[] = {
  ANY ("open", EACCES),
  ANY ("open", EDQUOT),
  ANY ("open", EEXIST),
  ANY_HIDDEN ("open", EINTR),
  ANY ("open", EIO),
  ANY ("open", ELOOP),
  ANY ("open", EMFILE),
  ANY ("open", ENAMETOOLONG),
  ANY ("open", ENFILE),
  ANY ("open", ENOENT),
  ANY ("open", ENOMEM),
  ANY ("open", ENOSPC),
  ANY ("open", EPERM),
  ANY ("open", EROFS),

  ANY ("openat", EACCES),
  ANY ("openat", EDQUOT),
  ANY ("openat", EEXIST),
  ANY_HIDDEN ("openat", EINTR),
  ANY ("openat", EIO),
  ANY ("openat", ELOOP),
  ANY ("openat", EMFILE),
  ANY ("openat", ENAMETOOLONG),
  ANY ("openat", ENFILE),
  ANY ("openat", ENOENT),
  ANY ("openat", ENOMEM),
  ANY ("openat", ENOSPC),
  ANY ("openat", EPERM),
  ANY ("openat", EROFS),

  ANY ("close", EDQUOT),
  ANY_HIDDEN ("close", EINTR),
  ANY ("close", EIO),
  ANY ("close", ENOSPC),

  FILES_HIDDEN ("read", EINTR),
  FILES ("read", EIO),
  FILES_HIDDEN ("read", FAULTS_SHORT),
  OTHERS_HIDDEN ("read", EAGAIN),
  OTHERS_HIDDEN ("read", EINTR),

  FILES_HIDDEN ("pread", EINTR),
  FILES ("pread", EIO),
  FILES_HIDDEN ("pread", FAULTS_SHORT),

  FILES_HIDDEN ("preadv", EINTR),
  FILES ("preadv", EIO),
  FILES_HIDDEN ("preadv", FAULTS_SHORT),

  FILES ("write", EDQUOT),
  FILES ("write", EFBIG),
  FILES_HIDDEN ("write", EINTR),
  FILES ("write", EIO),
  FILES ("write", ENOSPC),
  FILES ("write", EPERM),
  FILES_HIDDEN ("write", FAULTS_SHORT),
  OTHERS_HIDDEN ("write", EINTR),

  FILES_HIDDEN ("writev", EINTR),
  FILES ("writev", EIO),
  FILES ("writev", ENOSPC),
  FILES_HIDDEN ("writev", FAULTS_SHORT),

  FILES ("pwrite", EDQUOT),
  FILES ("pwrite", EFBIG),
  FILES_HIDDEN ("pwrite", EINTR),
  FILES ("pwrite", EIO),
  FILES ("pwrite", ENOSPC),
  FILES ("pwrite", EPERM),
  FILES_HIDDEN ("pwrite", FAULTS_SHORT),

  ANY_HIDDEN ("splice", EAGAIN),
  ANY ("splice", EINVAL),
  ANY ("splice", ENOMEM),
  ANY_HIDDEN ("splice", FAULTS_SHORT),

  ANY ("fsync", EDQUOT),
  ANY_HIDDEN ("fsync", EINTR),
  ANY ("fsync", EINVAL),
  ANY ("fsync", EIO),
  ANY ("fsync", ENOSPC),
  ANY ("fsync", EROFS),

  ANY ("fdatasync", EDQUOT),
  ANY_HIDDEN ("fdatasync", EINTR),
  ANY ("fdatasync", EINVAL),
  ANY ("fdatasync", EIO),
  ANY ("fdatasync", ENOSPC),
  ANY ("fdatasync", EROFS),

  ANY ("sync_file_range", EIO),
  ANY ("sync_file_range", ENOMEM),
  ANY ("sync_file_range", ENOSPC),

  ANY ("ftruncate", EFBIG),
  ANY_HIDDEN ("ftruncate", EINTR),
  ANY ("ftruncate", EIO),
  ANY ("ftruncate", EPERM),
  ANY ("ftruncate", EROFS),

  ANY ("rename", EACCES),
  ANY ("rename", EDQUOT),
  ANY ("rename", EIO),
  ANY ("rename", ENOENT),
  ANY ("rename", ENOMEM),
  ANY ("rename", ENOSPC),
  ANY ("rename", EROFS),
  ANY ("rename", EXDEV),

  ANY ("renameat", EACCES),
  ANY ("renameat", EDQUOT),
  ANY ("renameat", EIO),
  ANY ("renameat", ENOENT),
  ANY ("renameat", ENOMEM),
  ANY ("renameat", ENOSPC),
  ANY ("renameat", EROFS),
  ANY ("renameat", EXDEV),

  ANY ("renameat2", EACCES),
  ANY ("renameat2", EDQUOT),
  ANY ("renameat2", EEXIST),
  ANY ("renameat2", EINVAL),
  ANY ("renameat2", EIO),
  ANY ("renameat2", ENOENT),
  ANY ("renameat2", ENOMEM),
  ANY ("renameat2", ENOSPC),
  ANY ("renameat2", EROFS),
  ANY ("renameat2", EXDEV),

  ANY ("link", EACCES),
  ANY ("link", EEXIST),
  ANY ("link", EIO),
  ANY ("link", EMLINK),
  ANY ("link", ENOSPC),
  ANY ("link", EPERM),
  ANY ("link", EROFS),

  ANY ("linkat", EACCES),
  ANY ("linkat", EEXIST),
  ANY ("linkat", EIO),
  ANY ("linkat", EMLINK),
  ANY ("linkat", ENOENT),
  ANY ("linkat", ENOSPC),
  ANY ("linkat", EPERM),
  ANY ("linkat", EROFS),

  ANY ("unlink", EACCES),
  ANY ("unlink", EBUSY),
  ANY ("unlink", EIO),
  ANY ("unlink", ENOENT),
  ANY ("unlink", ENOMEM),
  ANY ("unlink", EPERM),
  ANY ("unlink", EROFS),

  ANY ("unlinkat", EACCES),
  ANY ("unlinkat", EBUSY),
  ANY ("unlinkat", EIO),
  ANY ("unlinkat", ENOENT),
  ANY ("unlinkat", ENOMEM),
  ANY ("unlinkat", EPERM),
  ANY ("unlinkat", EROFS),

  ANY ("mkdir", EACCES),
  ANY ("mkdir", EDQUOT),
  ANY ("mkdir", ENOSPC),
  ANY ("mkdir", EROFS),

  ANY ("mkdirat", EACCES),
  ANY ("mkdirat", EDQUOT),
  ANY ("mkdirat", ENOSPC),
  ANY ("mkdirat", EROFS),

  ANY ("stat", EACCES),
  ANY ("stat", EIO),
  ANY ("stat", ENOENT),
  ANY ("stat", ENOMEM),

  ANY ("lstat", EACCES),
  ANY ("lstat", EIO),
  ANY ("lstat", ENOENT),
  ANY ("lstat", ENOMEM),

  ANY ("fstat", EIO),
  ANY ("fstat", ENOMEM),
  ANY ("fstat", EOVERFLOW),

  ANY ("fstatat", EACCES),
  ANY ("fstatat", EIO),
  ANY ("fstatat", ENOENT),
  ANY ("fstatat", ENOMEM),

  ANY ("statx", EACCES),
  ANY ("statx", EIO),
  ANY ("statx", ENOENT),
  ANY ("statx", ENOMEM),

  ANY ("faccessat", EACCES),
  ANY ("faccessat", EIO),
  ANY ("faccessat", ENOMEM),
  ANY ("faccessat", EROFS),

  ANY ("fchmod", EIO),
  ANY ("fchmod", EPERM),
  ANY ("fchmod", EROFS),

  ANY ("futimens", EACCES),
  ANY ("futimens", EPERM),
  ANY ("futimens", EROFS),

  ANY ("fgetxattr", ENODATA),
  ANY ("fgetxattr", ENOTSUP),
  ANY ("fgetxattr", ERANGE),

  ANY ("fsetxattr", EDQUOT),
  ANY ("fsetxattr", ENOSPC),
  ANY ("fsetxattr", ENOTSUP),
  ANY ("fsetxattr", EPERM),

  ANY_HIDDEN ("flock", EINTR),
  ANY ("flock", ENOLCK),
  ANY ("flock", EWOULDBLOCK),

  ANY ("dup", EMFILE),
  ANY ("dup", ENOMEM),

  ANY ("opendir", EACCES),
  ANY ("opendir", EMFILE),
  ANY ("opendir", ENFILE),
  ANY ("opendir", ENOENT),
  ANY ("opendir", ENOMEM),

  ANY ("fdopendir", ENOMEM),

  ANY ("readdir", EIO),

  ANY ("socket", EACCES),
  ANY ("socket", EAFNOSUPPORT),
  ANY ("socket", EMFILE),
  ANY ("socket", ENFILE),
  ANY ("socket", ENOBUFS),
  ANY ("socket", ENOMEM),

  ANY ("connect", EACCES),
  ANY ("connect", EADDRNOTAVAIL),
  ANY ("connect", EAGAIN),
  ANY ("connect", ECONNREFUSED),
  ANY_HIDDEN ("connect", EINTR),
  ANY ("connect", ENETUNREACH),
  ANY ("connect", EPERM),
  ANY ("connect", ETIMEDOUT),

  STREAMS_HIDDEN ("send", EAGAIN),
  STREAMS ("send", ECONNRESET),
  STREAMS_HIDDEN ("send", EINTR),
  STREAMS ("send", ENOBUFS),
  STREAMS ("send", ENOMEM),
  STREAMS ("send", EPIPE),
  STREAMS_HIDDEN ("send", FAULTS_SHORT),

  STREAMS_HIDDEN ("sendmsg", EAGAIN),
  STREAMS ("sendmsg", ECONNRESET),
  STREAMS_HIDDEN ("sendmsg", EINTR),
  STREAMS ("sendmsg", ENOBUFS),
  STREAMS ("sendmsg", ENOMEM),
  STREAMS ("sendmsg", EPIPE),
  STREAMS_HIDDEN ("sendmsg", FAULTS_SHORT),

  STREAMS_HIDDEN ("recv", EAGAIN),
  STREAMS ("recv", ECONNREFUSED),
  STREAMS ("recv", ECONNRESET),
  STREAMS_HIDDEN ("recv", EINTR),
  STREAMS ("recv", ENOMEM),
  STREAMS ("recv", ETIMEDOUT),
  STREAMS_HIDDEN ("recv", FAULTS_SHORT),

  STREAMS_HIDDEN ("recvmsg", EAGAIN),
  STREAMS ("recvmsg", ECONNRESET),
  STREAMS_HIDDEN ("recvmsg", EINTR),
  STREAMS ("recvmsg", ENOMEM),
  STREAMS_HIDDEN ("recvmsg", FAULTS_SHORT),

  ANY ("setsockopt", ENOMEM),
  ANY ("setsockopt", ENOPROTOOPT),

  ANY ("getaddrinfo", EAI_AGAIN),
  ANY ("getaddrinfo", EAI_FAIL),
  ANY ("getaddrinfo", EAI_MEMORY),
  ANY ("getaddrinfo", EAI_NODATA),
  ANY ("getaddrinfo", EAI_NONAME),
  ANY ("getaddrinfo", EMFILE),

  ANY ("mmap", EAGAIN),
  ANY ("mmap", ENOMEM),
  ANY ("mmap", EPERM),
  ANY ("mprotect", ENOMEM),
  ANY_HIDDEN ("madvise", EAGAIN),
  ANY_HIDDEN ("madvise", EINVAL),
  ANY_HIDDEN ("madvise", ENOMEM),

  ANY ("eventfd", EMFILE),
  ANY ("eventfd", ENFILE),
  ANY ("eventfd", ENODEV),
  ANY ("eventfd", ENOMEM),

  ANY ("epoll_create1", EMFILE),
  ANY ("epoll_create1", ENFILE),
  ANY ("epoll_create1", ENOMEM),

  ANY ("epoll_ctl", ENOMEM),
  ANY ("epoll_ctl", ENOSPC),
  ANY ("epoll_ctl", EPERM),

  ANY_HIDDEN ("epoll_wait", EINTR),

  ANY_HIDDEN ("poll", EINTR),
  ANY ("poll", ENOMEM),

  ANY_HIDDEN ("getrandom", EINTR),
  ANY ("getrandom", ENOSYS),
  ANY_HIDDEN ("getrandom", FAULTS_SHORT),

  ANY ("pthread_create", EAGAIN),

  /* What happens to a machine happens to many functions */
  FILES ("write pwrite writev splice fsync fdatasync ftruncate mkdir mkdirat", ENOSPC),
  FILES ("read pread preadv write pwrite writev splice fsync fdatasync ftruncate rename renameat2 unlink unlinkat", EIO),
  ANY ("open openat opendir dup socket pipe pipe2 eventfd epoll_create1", EMFILE),
  ANY ("connect send sendmsg recv recvmsg getaddrinfo", ENETUNREACH),
  ANY ("mmap mprotect", ENOMEM),
};

const guint n_faults = G_N_ELEMENTS (faults);

/* What other libraries do about a fault, so that nobody above them can help it */
static const struct
{
  const char *function;
  int error;
  const char *library; /* what the name of the file that calls the function begins with */
  const char *printed; /* it ends the process with this message; or NULL: it returns the error */
} exceptions[] = {
  /* Before GLib 2.76, g_open () is not called again when a signal interrupts it */
  { "open", EINTR, "libglib-2.0", NULL },
  { "open", EINTR, "libgio-2.0", NULL },
  /* The first use of GTask in a process starts GLib's own thread, and ends the process if there is none */
  { "pthread_create", EAGAIN, "libglib-2.0", "creating thread 'gmain'" },
  /* A GMainContext needs an eventfd or a pipe */
  { "pipe2", EMFILE, "libglib-2.0", "Creating pipes for GWakeup" },
};

gboolean
fault_can_be (const Fault *self,
              FaultsWhen when)
{
  switch (when)
    {
    case FAULTS_ONE:
      return strchr (self->functions, ' ') == NULL;
    case FAULTS_FROM:
      /* Nothing is interrupted each time, and without poll () no main loop gets any events */
      return (!self->is_hidden || self->error == FAULTS_SHORT) && strcmp (self->functions, "poll") != 0;
    case FAULTS_UNTIL:
      return TRUE;
    }
  g_return_val_if_reached (FALSE);
}

guint
fault_count (const Fault *self,
             const FaultsReport *report)
{
  guint n = 0;

  for (guint i = 0; i < report->n_counts; i++)
    if (faults_is_among (report->counts[i].function, self->functions) &&
        (self->on == FAULTS_ON_ANYTHING || self->on == report->counts[i].kind))
      n += report->counts[i].n;

  return n;
}

static gboolean
is_in_library (void *address,
               const char *library)
{
  Dl_info info;
  g_autofree char *name = NULL;

  if (address == NULL || dladdr (address, &info) == 0)
    return FALSE;

  name = g_path_get_basename (info.dli_fname);
  return g_str_has_prefix (name, library);
}

gboolean
fault_explains_error (const Fault *self,
                      const FaultsReport *report)
{
  for (guint i = 0; i < G_N_ELEMENTS (exceptions); i++)
    if (exceptions[i].printed == NULL && exceptions[i].error == self->error && faults_is_among (exceptions[i].function, self->functions))
      for (guint j = 0; j < MIN (report->n_struck, FAULTS_MAX_CALLERS); j++)
        if (is_in_library (report->callers[j], exceptions[i].library))
          return TRUE;

  return FALSE;
}

gboolean
fault_explains_end (const Fault *self,
                    const char *printed)
{
  for (guint i = 0; i < G_N_ELEMENTS (exceptions); i++)
    if (exceptions[i].printed != NULL && exceptions[i].error == self->error &&
        faults_is_among (exceptions[i].function, self->functions) && strstr (printed, exceptions[i].printed) != NULL)
      return TRUE;

  return FALSE;
}
