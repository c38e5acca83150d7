"""The build hook that writes the release's manifest into the wheel, and nothing into the checkout.

Source: docs/packaging.md, "The manifest"; hatchling's custom build hooks.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManifestBuildHook(BuildHookInterface[BuilderConfig]):
    """Adds softtoken/resources/manifest.json to a wheel; an editable install gets no copy of any resource."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a build. `version` is hatchling's word for the kind of wheel: standard or editable."""
        if self.target_name != "wheel":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="softtoken-manifest-")
        folder = Path(self._folder.name)
        if version == "editable":
            # without a map of its own an editable wheel takes the wheel's, and with it a copy of resources/
            # that goes stale; an empty map counts as none, so this one names an empty folder
            build_data["force_include_editable"][str(folder)] = "softtoken/resources"
            return
        manifest = folder / "manifest.json"
        manifest.write_text(_manifest(Path(self.root)), "utf-8", newline="\n")
        build_data["force_include"][str(manifest)] = "softtoken/resources/manifest.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if self._folder is not None:
            self._folder.cleanup()


def _manifest(root: Path) -> str:
    """The manifest's text. The program's own function lists the files, so both sides agree what counts."""
    sys.path.insert(0, str(root))
    try:
        from softtoken.manifest import file_digests
    finally:
        sys.path.remove(str(root))
    return json.dumps(file_digests(root / "softtoken", root / "resources"), indent=1, sort_keys=True) + "\n"
