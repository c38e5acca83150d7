"""The Debian package of a frozen program, by debhelper: layout, icons, dependencies, lintian."""

import os
import shutil
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from devtools.console import run_quietly, say
from devtools.project import Project

APP_ID = "io.github.softtoken.SoftToken"
ICON_SIZES = (16, 22, 24, 32, 48, 64, 128, 256)


def package(project: Project, program: Path, papers: Path, epoch: int) -> Path:
    """Make the .deb of `program` in dist/ and have lintian look at it. Raises DevError."""
    tree = project.work / "deb" / "softtoken"
    tree.mkdir(parents=True)
    shutil.copytree(project.packaging / "debian", tree / "debian")
    shutil.copytree(project.packaging / "linux", tree / "linux")
    shutil.copytree(program, tree / "dist", symlinks=True)
    for name in ("THIRD-PARTY-NOTICES", "sbom.cdx.json"):
        shutil.copy(papers / name, tree)
    version = project.version()
    (tree / "debian" / "changelog").write_text(changelog(version, epoch), "utf-8")
    fill_in(tree / "linux", version, epoch)
    draw_icons(project.root / "resources" / "icons" / "softtoken.svg", tree / "linux" / "icons" / "hicolor")
    _set_times(tree, epoch)
    env = {"SOURCE_DATE_EPOCH": str(epoch), "DEB_BUILD_OPTIONS": "nocheck"}
    run_quietly(
        ["dpkg-buildpackage", "-us", "-uc", "--build=binary", "--no-check-builddeps"],
        cwd=tree, env=env, what="dpkg-buildpackage", log=project.work / "dpkg-buildpackage.log",
    )  # fmt: skip
    (deb,) = (project.work / "deb").glob("*.deb")
    entry = tree / "linux" / f"{APP_ID}.desktop"
    run_quietly(["desktop-file-validate", entry], what="The check of the desktop file")
    metainfo = tree / "linux" / f"{APP_ID}.metainfo.xml"
    run_quietly(["appstreamcli", "validate", "--no-net", metainfo], what="The check of the metainfo file")
    run_quietly(
        ["lintian", "--allow-root", "--fail-on", "error,warning", deb],
        what="lintian", log=project.work / "lintian.log",
    )  # fmt: skip
    say(f"   {deb.name}: {deb.stat().st_size / 1e6:.1f} MB")
    return Path(shutil.copy2(deb, project.dist))


def changelog(version: str, epoch: int) -> str:
    """The changelog that Debian's tools take version and date from; people read CHANGELOG.md."""
    date = format_datetime(datetime.fromtimestamp(epoch, UTC))
    return (
        f"softtoken ({version}) stable; urgency=medium\n\n"
        f"  * Version {version}; CHANGELOG.md says what is new.\n\n"
        f" -- The Soft Token team <packaging@softtoken.example>  {date}\n"
    )


def fill_in(folder: Path, version: str, epoch: int) -> None:
    """Write each `*.in` of `folder` with version and date in their places."""
    date = datetime.fromtimestamp(epoch, UTC).date().isoformat()
    for template in folder.glob("*.in"):
        text = template.read_text("utf-8").replace("@VERSION@", version).replace("@DATE@", date)
        template.with_suffix("").write_text(text, "utf-8")
        template.unlink()


def draw_icons(drawing: Path, theme: Path) -> None:
    """The icon in a hicolor theme's folders, drawn in each size from the SVG."""
    scalable = theme / "scalable" / "apps"
    scalable.mkdir(parents=True)
    shutil.copy(drawing, scalable / f"{APP_ID}.svg")
    for size in ICON_SIZES:
        folder = theme / f"{size}x{size}" / "apps"
        folder.mkdir(parents=True)
        run_quietly(
            ["rsvg-convert", "-w", str(size), "-h", str(size), drawing, "-o", folder / f"{APP_ID}.png"],
            what=f"Drawing the icon in {size} pixels",
        )


def _set_times(tree: Path, epoch: int) -> None:
    # dpkg-deb clamps later times to SOURCE_DATE_EPOCH but keeps earlier ones, which differ between builds
    for path in (tree, *tree.rglob("*")):
        os.utime(path, (epoch, epoch), follow_symlinks=False)
