# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# For where PyGObject's own stubs are not installed: then it has any name, of any type
from typing import Any

def __getattr__(name: str) -> Any: ...
