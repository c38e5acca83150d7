"""The wheel: built, installed without a network into an environment of its own, and asked for its app digest."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from devtools.build import build_wheel
from devtools.project import this_project, venv_program

from softtoken.manifest import digest_of, file_digests

_PROJECT = this_project()
_ENV = {"SOURCE_DATE_EPOCH": "1790000000", "PYTHONPATH": ""}

if find_spec("hatchling") is None:
    pytest.skip("hatchling is not installed here (dev.py installs it)", allow_module_level=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a wheel is made of, so that nobody's work in the real checkout changes under the test."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("softtoken", "resources", "packaging"):
        shutil.copytree(_PROJECT.root / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (_PROJECT.root / name).exists():
            shutil.copy(_PROJECT.root / name, root / name)
    return root


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def site(wheel: Path, tmp_path: Path) -> Path:
    """The wheel as pip installs it, in an empty environment; returns that environment's Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = venv_program(tmp_path / "venv", "python")
    place = _ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile",
            "--disable-pip-version-check", "--target", place, str(wheel),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return python


def _build(root: Path, out: Path) -> Path:
    return build_wheel(type(_PROJECT)(root), Path(sys.executable), out, _ENV)


def _ask(python: Path, code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [str(python), "-c", code], cwd=python.parent, env=environment, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.strip()


def _app_digest(python: Path) -> str:
    return _ask(python, "from softtoken.manifest import app_digest; print(app_digest().hex())")


def test_an_installed_wheel_has_the_digest_of_its_checkout(site: Path, checkout: Path) -> None:
    expected = digest_of(file_digests(checkout / "softtoken", checkout / "resources"))
    assert _app_digest(site) == expected.hex()


@pytest.mark.parametrize("name", ["softtoken/manifest.py", "softtoken/resources/mc_config.json"])
def test_one_changed_byte_changes_the_digest(site: Path, name: str) -> None:
    before = _app_digest(site)
    path = Path(_ask(site, "import softtoken; print(softtoken.__path__[0])")).parent / name
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    assert _app_digest(site) != before
    path.write_bytes(content)
    assert _app_digest(site) == before


def test_the_manifest_names_every_shipped_file_and_the_checkout_gets_none(wheel: Path, checkout: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        manifest = json.loads(archive.read("softtoken/resources/manifest.json"))
    assert len(names) == len(set(names))
    shipped = {name for name in names if name.endswith(".py") or name.startswith("softtoken/resources/")}
    assert set(manifest) == shipped - {"softtoken/resources/manifest.json"}
    assert not list(checkout.rglob("manifest.json"))


def test_two_builds_give_the_same_bytes(wheel: Path, checkout: Path, tmp_path: Path) -> None:
    assert _build(checkout, tmp_path).read_bytes() == wheel.read_bytes()


def test_an_editable_wheel_carries_no_copy_of_the_resources(checkout: Path, tmp_path: Path) -> None:
    code = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=checkout, check=True, capture_output=True)
    (editable,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(editable) as archive:
        assert not [name for name in archive.namelist() if "resources" in name]
