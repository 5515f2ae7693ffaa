# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# For where PyGObject's own stubs are not installed: then there is any namespace, with any name in it
from typing import Any

def __getattr__(name: str) -> Any: ...
