"""From the checkout to what is handed out: wheel, frozen program, Debian package, notices, checksums."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from devtools import debian, environment, system
from devtools.console import run_quietly, say, step
from devtools.project import DevError, Project, venv_program

_LICENCES = Path("/usr/share/common-licenses")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen program: its folder, and the folder with its notices and bill of materials."""

    program: Path
    papers: Path


def build(project: Project, python: Path) -> None:
    """Make everything that this system can make into dist/. Raises DevError.

    Two builds with the same SOURCE_DATE_EPOCH give the same bytes; without it the last commit's time counts.
    """
    number = f"{sys.version_info[0]}.{sys.version_info[1]}"
    on_debian = shutil.which("dpkg-deb") is not None
    if on_debian:
        wanted = (*system.QT, *system.BUILD, f"libpython{number}")
        if not system.provide(wanted, "the build"):
            raise DevError("The build needs the packages named above.", 3)
    epoch = source_date(project)
    env = {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0", "PYTHONPATH": ""}
    for folder in (project.work, project.dist):
        require_nothing_mounted(folder, system.ask(["cat", "/proc/self/mounts"]) or "")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    with step("wheel"):
        wheel = build_wheel(project, python, project.dist, env)
    with step("frozen program"):
        frozen = freeze(project, wheel, env)
    with step("first start"):
        smoke(frozen.program / "softtoken", project.version())
    if on_debian:
        with step("Debian package"):
            debian.package(project, frozen.program, frozen.papers, epoch)
    else:
        say("No Debian system: the frozen program is in build/, and no installer was made of it.")
    shutil.copy(frozen.papers / "sbom.cdx.json", project.dist)
    shutil.copy(frozen.papers / "THIRD-PARTY-NOTICES", project.dist)
    for line in write_checksums(project.dist):
        say(line)


def require_nothing_mounted(folder: Path, mounts: str) -> None:
    """DevError if something is mounted below `folder`: deleting would go on in there, in the machine's /dev for one.

    mounts: as /proc/self/mounts has them.
    """
    # the file writes a blank in a path as \\040
    written = [line.split(" ")[1] for line in mounts.splitlines()]
    points = [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point) for point in written]
    found = [point for point in points if Path(point).is_relative_to(folder.resolve())]
    if found:
        raise DevError(f"{folder} cannot be deleted, since something is mounted in it: {', '.join(found)}", 3)


def build_wheel(project: Project, python: Path, out: Path, env: dict[str, str]) -> Path:
    """The wheel, by the locked back end of `python`'s environment."""
    command: list[str | Path] = [python, "-m", "hatchling", "build", "-t", "wheel", "-d", out]
    run_quietly(command, cwd=project.root, env=env, what="The build of the wheel")
    (wheel,) = out.glob("*.whl")
    return wheel


def freeze(project: Project, wheel: Path, env: dict[str, str]) -> Frozen:
    """PyInstaller's folder in build/, from an environment with the locked packages and nothing else."""
    venv = project.work / "venv"
    environment.create(venv, base_python())
    python = venv_program(venv, "python")
    lock = project.requirements / "build.txt"
    environment.install_locked(python, lock)
    own_bootloader(project, python, lock)
    environment.pip(python, ["--no-deps", wheel], what="The installation of the wheel")
    run_quietly(
        [
            python, "-m", "PyInstaller", "--noconfirm", "--clean",
            "--distpath", project.work / "frozen", "--workpath", project.work / "pyinstaller",
            project.packaging / "pyinstaller" / "softtoken.spec",
        ],
        cwd=project.work, env=env, what="PyInstaller", log=project.work / "pyinstaller.log",
    )  # fmt: skip
    papers = project.work / "papers"
    papers.mkdir()
    texts = [_LICENCES / "LGPL-3", _LICENCES / "GPL-3"]
    run_quietly(
        [
            python, project.packaging / "devtools" / "notices.py",
            project.requirements / "runtime.txt", papers, *(text for text in texts if text.is_file()),
        ],
        what="Collecting the licences",
    )  # fmt: skip
    return Frozen(project.work / "frozen" / "softtoken", papers)


def base_python() -> Path:
    """The Python to freeze: Debian's if new enough, because its library is stripped and well looked after."""
    debians = Path("/usr/bin/python3")
    if shutil.which("dpkg-deb") and debians.exists():
        told = system.ask([str(debians), "-c", "import sys; print(sys.version_info >= (3, 11))"])
        if told == "True\n":
            version = system.ask([str(debians), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) or ""
            number = version.strip()
            if system.provide([f"libpython{number}", f"python{number}-venv"], "the frozen program"):
                return debians
    return Path(sys.executable)


def own_bootloader(project: Project, python: Path, lock: Path) -> None:
    """Replace PyInstaller's ready-made bootloader by one compiled here: position-independent, symbols bound.

    The ready-made one is neither, and antivirus programs know it from other people's programs.
    """
    if sys.platform != "linux":
        return
    stanza = re.search(r"^pyinstaller==.*?(?=^\S)", lock.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if stanza is None:
        raise DevError(f"{lock.name} names no pyinstaller.")
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "pyinstaller.txt"
        one.write_text(stanza[0], "utf-8")
        environment.pip(
            python,
            ["--require-hashes", "--no-deps", "--no-build-isolation", "--force-reinstall", "--no-cache-dir",
             "--no-binary", "pyinstaller", "--requirement", one],
            what="The build of PyInstaller's bootloader",
            env={
                "PYINSTALLER_COMPILE_BOOTLOADER": "1",
                "CFLAGS": f"-fPIE -ffile-prefix-map={project.root}=.",
                "LDFLAGS": "-pie -Wl,-z,relro,-z,now",
            },
        )  # fmt: skip


def smoke(program: Path, version: str) -> None:
    """Use the frozen program in an empty home, or DevError: its version, and nothing else; then the whole story.

    The story (`demo --headless`) starts a sandbox, activates and logs in, so a module that was not bundled shows.
    """
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "PATH": os.defpath, "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}
        for arguments, expected in ((["--version"], f"softtoken {version}\n"), (["demo", "--headless"], None)):
            command = [str(program), *arguments]
            done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=False)
            if done.returncode or done.stderr or expected not in {None, done.stdout}:
                said = f"{done.stdout}{done.stderr}"[-2000:]
                raise DevError(f"The frozen program fails at {' '.join(arguments)} ({done.returncode}): {said}")


def source_date(project: Project) -> int:
    """Epoch seconds that the build calls now: SOURCE_DATE_EPOCH, else the last commit's, else the clock's."""
    if (given := os.environ.get("SOURCE_DATE_EPOCH", "")).isdigit():
        return int(given)
    told = system.ask(["git", "-C", str(project.root), "log", "-1", "--format=%ct"])
    if told and told.strip().isdigit():
        return int(told)
    say("Neither SOURCE_DATE_EPOCH nor a commit says when this is; the build is not repeatable.")
    return int(time.time())


def write_checksums(folder: Path) -> list[str]:
    """Write SHA256SUMS over the files of `folder`, in the format of sha256sum. Returns its lines."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", "utf-8")
    return lines
