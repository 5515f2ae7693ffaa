# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The package's version. It is the library's of the same release, and the override's."""

# Here and not made by the build, so that a source tree needs none; a test compares it with meson.build
__version__ = '1.0.0'
