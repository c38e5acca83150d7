"""The committed locks: complete, pinned by hash, and free of anything of the machine that made them."""

import operator
import re
import tomllib

import pytest
from devtools import locks
from devtools.environment import locked_names
from devtools.project import this_project

_PROJECT = this_project()
_PYPROJECT = tomllib.loads((_PROJECT.root / "pyproject.toml").read_text("utf-8"))["project"]


def _text(name: str) -> str:
    return (_PROJECT.requirements / f"{name}.txt").read_text("utf-8")


def _versions(name: str) -> dict[str, str]:
    lines = (line for line in _text(name).splitlines() if re.match(r"[a-z0-9]", line))
    return {line.split("==")[0]: line.split("==")[1].split()[0] for line in lines}


def _asked_for(lock: locks.Lock) -> dict[str, str]:
    """What pyproject.toml and the .in file want, by normalised name: `>=6.8,!=6.12.0`."""
    wanted = list(_PYPROJECT["dependencies"])
    for extra in lock.extras:
        wanted += _PYPROJECT["optional-dependencies"][extra]
    if lock.requirements:
        lines = (_PROJECT.requirements / lock.requirements).read_text("utf-8").splitlines()
        wanted += [line for line in lines if line and not line.startswith("#")]
    parts = (re.match(r"([\w.-]+)([^;]*)", each) for each in wanted)
    return {re.sub(r"[-_.]+", "-", part[1]).lower(): part[2].strip() for part in parts if part}


def _holds(version: str, wanted: str) -> bool:
    """Whether a release number keeps to `>=`, `<`, `==` and `!=`; another operator is an error of this test."""
    tests = {">=": operator.ge, "<": operator.lt, "==": operator.eq, "!=": operator.ne}
    parts = (re.match(r"\s*([<>=!]+)\s*([\d.]+)$", each) for each in wanted.split(",") if each.strip())
    return all(part is not None and tests[part[1]](_number(version), _number(part[2])) for part in parts)


def _number(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".")]
    return numbers + [0] * (4 - len(numbers))


@pytest.mark.parametrize("lock", locks.LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_all_that_is_asked_for_and_nothing_of_this_machine(lock: locks.Lock) -> None:
    text = _text(lock.name)
    assert locks.faults_of(text) == []
    have = _versions(lock.name)
    assert list(have) == locked_names(text)
    stale = {name for name, wanted in _asked_for(lock).items() if not _holds(have.get(name, "0"), wanted)}
    assert stale == set(), "run: python3 packaging/dev.py lock"


@pytest.mark.parametrize("lock", [each for each in locks.LOCKS if each.constraint], ids=lambda lock: lock.name)
def test_what_is_tested_is_what_is_shipped(lock: locks.Lock) -> None:
    tested, shipped = _versions(str(lock.constraint)), _versions(lock.name)
    assert {name: tested[name] for name in shipped if name in tested} == {
        name: version for name, version in shipped.items() if name in tested
    }


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index-url https://registry.example/simple",
        "alpha @ file:///somewhere/alpha.whl",
        "alpha==1 \\\n    --hash=sha256:00\n    # from /somewhere/wheels",
        "alpha>=1 \\\n    --hash=sha256:00",
        "alpha==1",
        "-e .",
    ],
)
def test_what_does_not_belong_in_a_lock_is_found(line: str) -> None:
    good = "beta==1 \\\n    --hash=sha256:00\n    # via alpha"
    assert locks.faults_of(good) == []
    assert len(locks.faults_of(f"{good}\n{line}\n")) == 1


def test_the_commands_switch_this_machines_settings_off() -> None:
    uv = _PROJECT.venv / "uv"
    command = [str(word) for word in locks.compile_command(uv, _PROJECT, locks.LOCKS[0], upgrade=True)]
    assert {"--no-config", "--universal", "--generate-hashes", "--no-emit-index-url", "--upgrade"} <= set(command)
    assert str(_PROJECT.root) not in " ".join(command[1:])
    proof = [str(word) for word in locks.prove_command(uv, _PROJECT, locks.LOCKS[0], locks.TARGETS[0])]
    assert {"--dry-run", "--require-hashes", "--only-binary"} <= set(proof)
