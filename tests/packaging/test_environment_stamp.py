"""When dev.py makes its environment anew, and when it leaves it alone."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from devtools import environment
from devtools.project import DevError, Project, venv_program


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout with just what a stamp is made of."""
    made = Project(tmp_path)
    made.requirements.mkdir(parents=True)
    (made.requirements / "dev.txt").write_text("alpha==1 \\\n    --hash=sha256:00\n    # via beta\nbeta==2 ; x\n")
    (made.root / "pyproject.toml").write_text("[project]\n")
    (made.packaging / "hatch_build.py").write_text("")
    return made


def _lock(project: Project) -> Path:
    return project.requirements / "dev.txt"


def test_a_stamp_comes_back_as_written(project: Project) -> None:
    stamp = environment.stamp_of(project, _lock(project))
    project.venv.mkdir()
    stamp.write(project.venv)
    assert environment.read_stamp(project.venv) == stamp


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"python": "3"}', "\x00"])
def test_a_damaged_stamp_counts_as_none(project: Project, content: str) -> None:
    project.venv.mkdir()
    environment.stamp_of(project, _lock(project)).write(project.venv)
    (stamp,) = project.venv.iterdir()
    stamp.write_text(content)
    assert environment.read_stamp(project.venv) is None


def test_a_stamp_changes_with_each_thing_it_stands_for(project: Project) -> None:
    before = environment.stamp_of(project, _lock(project))
    _lock(project).write_text("alpha==2\n")
    after = environment.stamp_of(project, _lock(project))
    assert replace(after, lock=before.lock) == before != after
    (project.root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    last = environment.stamp_of(project, _lock(project))
    assert replace(last, project=after.project) == after != last


def test_an_environment_that_is_up_to_date_is_left_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    python = venv_program(project.venv, "python")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    environment.stamp_of(project, _lock(project)).write(project.venv)
    assert environment.prepare(project) == python
    assert capsys.readouterr().out == ""


def test_a_missing_lock_is_a_sentence(project: Project) -> None:
    _lock(project).unlink()
    with pytest.raises(DevError, match=r"dev\.txt cannot be read"):
        environment.prepare(project)


def test_making_way_for_an_environment_takes_a_link_and_not_what_it_points_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "old" / "bin").mkdir(parents=True)
    for name in ("link", "old", "absent"):
        environment.make_way(tmp_path / name)
    assert (precious / "file").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_names_of_a_lock(project: Project) -> None:
    assert environment.locked_names(_lock(project).read_text()) == ["alpha", "beta"]
