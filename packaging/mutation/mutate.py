#!/usr/bin/env python3
"""Mutation testing, outside CI: changes the code in small ways and tells which changes no test notices.

Two tools share the work (docs/testing.md). mutmut changes what is inside functions, quickly, because it imports
everything once. For the same reason it cannot change what runs at import: constants, tables, defaults, decorators, and
functions that are decorated or called there. Those are cosmic-ray's part, which runs the tests anew for each change.
Run it with the Python of an environment of its own that has requirements.txt.
"""

import argparse
import ast
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("softtoken", "tests", "resources")


@dataclass(frozen=True, slots=True)
class Target:
    """sources: what is changed. tests: pytest's arguments."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change and whether a test noticed it. line: 0 if unknown."""

    killed: bool
    outcome: str
    path: str
    line: int
    change: str


TARGETS = {
    # the comparison with the oath package takes longer than all other tests, and they have to do without it
    "engine": Target(("softtoken/engine/*.py",), ("tests/engine", "--ignore=tests/engine/test_outside_oracle.py")),
    # likewise the random sequences: the decision table and the tests by name have to do
    "rules": Target(
        ("softtoken/services/unlocking.py", "softtoken/services/otp.py", "softtoken/services/resynchronisation.py"),
        ("tests/services", "--ignore=tests/services/test_random_sequences.py"),
    ),
}

SETTINGS = """\
[tool.pytest.ini_options]
pythonpath = ["tests"]
addopts = ["--strict-markers", "--import-mode=importlib", "-p", "no:cacheprovider"]
filterwarnings = ["error"]

[tool.mutmut]
source_paths = ["softtoken/"]
only_mutate = {sources}
also_copy = ["resources"]
pytest_add_cli_args_test_selection = {tests}
timeout_constant = 30.0
track_dependencies = false
use_git_change_detection = false
"""

COSMIC_RAY = """\
[cosmic-ray]
module-path = {sources}
timeout = 300.0
excluded-modules = []
test-command = {command}

[cosmic-ray.distributor]
name = "local"
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutation", help="scratch; emptied first")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", choices=["functions", "import"], action="append", help="one part only")
    options = parser.parse_args()
    target, folder = TARGETS[options.target], options.folder / options.target
    mutants: list[Mutant] = []
    for part in options.part or ["functions", "import"]:
        if part == "functions":
            found = list(_in_functions(target, folder / part, options.processes))
        else:
            found = list(_at_import(target, folder / part))
        _tell(part, found)
        mutants += found
    _tell("all", mutants)
    for mutant in mutants:
        if not mutant.killed:
            print(f"\n{mutant.path}:{mutant.line}: {mutant.outcome}\n{mutant.change}")
    return 0


def _tell(name: str, mutants: list[Mutant]) -> None:
    killed = sum(mutant.killed for mutant in mutants)
    share = 100 * killed / max(1, len(mutants))
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in Counter(m.outcome for m in mutants).items())
    print(f"{name}: {len(mutants)} mutants, {killed} killed, {share:.1f} % ({outcomes})", flush=True)


def _copy(target: Target, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = SETTINGS.format(sources=list(target.sources), tests=list(target.tests))
    (folder / "pyproject.toml").write_text(settings, "utf-8")


def _run(folder: Path, *arguments: str) -> str:
    """Hypothesis takes the same examples each time where CI is set: a run can be repeated."""
    environment = os.environ | {"CI": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling the tests anew for each mutant doubles the time
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{shlex.join(arguments)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def _in_functions(target: Target, folder: Path, processes: int) -> Iterator[Mutant]:
    _copy(target, folder)
    elsewhere = {path: set(_called_at_import(folder / path)) for path in _sources(target, folder)}
    _run(folder, "mutmut", "run", "--max-children", str(processes))
    for line in _run(folder, "mutmut", "results", "--all", "true").splitlines():
        name, _, outcome = line.strip().rpartition(": ")
        if not name or _function(name) in elsewhere[_path(name)]:
            continue
        # a mutant that never ends is noticed: the run stops
        killed = outcome in {"killed", "timeout"}
        yield _described(folder, name, outcome) if not killed else Mutant(killed, outcome, "", 0, "")


def _described(folder: Path, name: str, outcome: str) -> Mutant:
    """Where the change is: the tool's diff counts lines from the function's first."""
    diff = _run(folder, "mutmut", "show", name).splitlines()
    path = _path(name)
    starts = [
        node.lineno
        for node in ast.walk(ast.parse((folder / path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == _function(name)
    ]
    at = changed = 0
    for line in diff:
        if hunk := re.match(r"@@ -(\d+)", line):
            at = int(hunk[1]) - 1
        elif not line.startswith(("+", "---", "#")):
            at += 1
            if line.startswith("-") and not changed:
                changed = at
    change = [line for line in diff if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))]
    return Mutant(False, outcome, path, starts[0] + changed - 1 if starts else 0, "\n".join(change))


def _path(name: str) -> str:
    """mutmut names a mutant `package.module.x_function__mutmut_1`, or `package.module.xǁClassǁmethod__mutmut_1`."""
    return name.rpartition(".")[0].replace(".", "/") + ".py"


def _function(name: str) -> str:
    plain = re.sub(r"__mutmut_\d+$", "", name.rpartition(".")[2])
    return plain.rpartition("ǁ")[2] if "ǁ" in plain else plain.removeprefix("x_")


def _sources(target: Target, folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for pattern in target.sources for path in sorted(folder.glob(pattern))]


def _called_at_import(path: Path) -> Iterator[str]:
    """Functions of the module that its own top level calls."""
    for statement in ast.parse(path.read_text("utf-8")).body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield node.func.id


def _at_import(target: Target, folder: Path) -> Iterator[Mutant]:
    _copy(target, folder)
    sources = _sources(target, folder)
    command = shlex.join([sys.executable, "-m", "pytest", "-x", "-q", *target.tests])
    settings = COSMIC_RAY.format(sources=sources, command=repr(command))
    (folder / "cosmic-ray.toml").write_text(settings, "utf-8")
    _run(folder, "pytest", "-x", "-q", *target.tests)  # unchanged they pass, and leave compiled files
    _run(folder, "cosmic_ray.cli", "init", "cosmic-ray.toml", "session.sqlite")
    spots = {path: list(_left_to_the_other_tool(folder / path)) for path in sources}
    with sqlite3.connect(folder / "session.sqlite") as session:
        specs = session.execute("SELECT job_id, module_path, start_pos_row, start_pos_col FROM mutation_specs")
        for job, path, line, column in specs.fetchall():
            if any(first <= (line, column) < last for first, last in spots[path]):
                session.execute("DELETE FROM mutation_specs WHERE job_id = ?", (job,))
                session.execute("DELETE FROM work_items WHERE job_id = ?", (job,))
    session.close()
    _run(folder, "cosmic_ray.cli", "exec", "cosmic-ray.toml", "session.sqlite")
    with sqlite3.connect(folder / "session.sqlite") as session:
        results = session.execute(
            "SELECT test_outcome, worker_outcome, module_path, start_pos_row, diff FROM mutation_specs"
            " LEFT JOIN work_results USING (job_id) ORDER BY module_path, start_pos_row"
        ).fetchall()
    session.close()
    for tested, worked, path, line, diff in results:
        killed = tested in {"KILLED", "INCOMPETENT"}
        lines = [each for each in (diff or "").splitlines() if re.match(r"[-+](?![-+])", each)]
        yield Mutant(killed, f"{tested} {worked}", path, line, "\n".join(lines))


def _left_to_the_other_tool(path: Path) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where: functions without decorators, not called at import; and annotations, which do nothing."""
    called = set(_called_at_import(path))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        part: ast.AST | None = None
        match node:
            case ast.FunctionDef(name=name, decorator_list=[]) if name not in called:
                part = node
            case ast.AnnAssign(annotation=part) | ast.arg(annotation=part) | ast.FunctionDef(returns=part):
                pass
        if isinstance(part, ast.stmt | ast.expr) and part.end_lineno is not None and part.end_col_offset is not None:
            yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


if __name__ == "__main__":
    sys.exit(main())
