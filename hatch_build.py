"""Builds the extension of JupyterLab with the package: it holds Vega, 0.9 MB that need not stand in the repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LabExtension(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the extension where JupyterLab looks for it, for an editable install as well."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it, and name it as data of the wheel."""
        sys.path.insert(0, self.root)
        from r57lib.page.lab import EXTENSION, write_extension

        folder = Path(self.root, "build", EXTENSION)
        write_extension(folder)
        build_data["shared_data"][str(folder)] = f"share/jupyter/labextensions/{EXTENSION}"
