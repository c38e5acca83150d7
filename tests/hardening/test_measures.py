"""Which measures are taken on which system, and what is said of those that are not."""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from softtoken.hardening import DEBUGGABLE, Measure, Protection, Standing, exemptions
from softtoken.hardening.measures import Hardening
from softtoken.hardening.posix import acts_of_posix, deny_attach, not_dumpable
from softtoken.hardening.windows import acts_of_windows


class FakeLibrary:
    """A system library whose functions answer what they are told to, and remember what they were called with."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.called: list[tuple[str, tuple[Any, ...]]] = []
        for name, answer in answers.items():
            setattr(self, name, self._function(name, answer))

    def _function(self, name: str, answer: Any) -> Any:
        def called(*arguments: Any) -> Any:
            self.called.append((name, arguments))
            return answer

        return called

    def arguments(self, name: str) -> tuple[Any, ...]:
        return next(arguments for called, arguments in self.called if called == name)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' measures leave a variable for programs that are started."""
    monkeypatch.setenv("NODEFAULTCURRENTDIRECTORYINEXEPATH", "")


KERNEL = {
    "SetDefaultDllDirectories": 1, "SetDllDirectoryW": 1, "SetErrorMode": 0, "GetCurrentProcess": -1, "LocalFree": 0
}  # fmt: skip
SECURITY = {"ConvertStringSecurityDescriptorToSecurityDescriptorW": 1, "SetKernelObjectSecurity": 1}


def windows(**changed: Any) -> tuple[dict[str, FakeLibrary], Hardening]:
    libraries = {
        "kernel32": FakeLibrary({**KERNEL, **{n: v for n, v in changed.items() if n in KERNEL}}),
        "advapi32": FakeLibrary({**SECURITY, **{n: v for n, v in changed.items() if n in SECURITY}}),
        "wer": FakeLibrary({"WerSetFlags": changed.get("WerSetFlags", 0)}),
    }
    return libraries, Hardening(acts_of_windows(libraries.__getitem__), {})


def standings(hardening: Hardening) -> dict[Measure, Standing]:
    return {one.measure: one.standing for one in hardening.report()}


def test_windows_takes_all_its_measures() -> None:
    libraries, hardening = windows()
    hardening.harden()
    assert standings(hardening)[Measure.NO_TRACING] is Standing.NOT_YET
    hardening.refuse_tracing()
    assert set(standings(hardening).values()) == {Standing.ON}
    assert libraries["kernel32"].arguments("SetDefaultDllDirectories") == (0x1000,)
    assert libraries["kernel32"].arguments("SetDllDirectoryW") == ("",)
    assert libraries["kernel32"].arguments("SetErrorMode") == (3,)
    assert libraries["wer"].arguments("WerSetFlags") == (1,)
    rights = libraries["advapi32"].arguments("ConvertStringSecurityDescriptorToSecurityDescriptorW")[0]
    # protected, one entry: SYNCHRONIZE, PROCESS_QUERY_LIMITED_INFORMATION and PROCESS_TERMINATE for the owner
    assert rights == f"D:P(A;;0x{0x00100000 | 0x1000 | 0x0001:08x};;;OW)"
    process, kind, _ = libraries["advapi32"].arguments("SetKernelObjectSecurity")
    assert (process, kind) == (-1, 4)
    assert libraries["kernel32"].called[-1][0] == "LocalFree"


@pytest.mark.parametrize(
    ("function", "answer", "measure"),
    [
        ("SetDefaultDllDirectories", 0, Measure.SAFE_LIBRARY_SEARCH),
        ("SetDllDirectoryW", 0, Measure.SAFE_LIBRARY_SEARCH),
        ("WerSetFlags", -1, Measure.NO_CRASH_REPORTS),
        ("ConvertStringSecurityDescriptorToSecurityDescriptorW", 0, Measure.NO_TRACING),
        ("SetKernelObjectSecurity", 0, Measure.NO_TRACING),
    ],
)
def test_what_windows_refuses_is_told_and_the_rest_is_done(function: str, answer: int, measure: Measure) -> None:
    _, hardening = windows(**{function: answer})
    hardening.harden()
    hardening.refuse_tracing()
    assert {name: standing for name, standing in standings(hardening).items() if standing is not Standing.ON} == {
        measure: Standing.REFUSED
    }


def test_a_system_without_the_libraries_is_no_reason_not_to_start() -> None:
    hardening = Hardening(acts_of_windows(), {})
    if sys.platform != "win32":
        hardening.harden()
        hardening.refuse_tracing()
        assert set(standings(hardening).values()) == {Standing.REFUSED}


def test_macos_denies_debuggers() -> None:
    libc = FakeLibrary({"ptrace": 0})
    deny_attach(libc)
    assert libc.arguments("ptrace") == (31, 0, None, 0)
    assert list(acts_of_posix("darwin")) == [Measure.PRIVATE_FILES, Measure.NO_CORE_DUMPS, Measure.NO_TRACING]


def test_a_refusing_system_is_noticed() -> None:
    with pytest.raises(OSError, match="ptrace"):
        deny_attach(FakeLibrary({"ptrace": -1}))
    with pytest.raises(OSError, match="prctl"):
        not_dumpable(FakeLibrary({"prctl": -1}))


@pytest.mark.parametrize(
    ("environment", "frozen", "exempt"),
    [
        ({}, False, {}),
        ({DEBUGGABLE: "1"}, False, {Measure.NO_CORE_DUMPS, Measure.NO_TRACING, Measure.NO_CRASH_REPORTS}),
        ({DEBUGGABLE: "1"}, True, {}),  # a shipped program has no such switch
        ({DEBUGGABLE: "0"}, False, {}),
        ({DEBUGGABLE: ""}, False, {}),
        ({"SNAP": "/snap/softtoken/1", "SNAP_NAME": "softtoken"}, True, {Measure.NO_TRACING}),
        ({"SNAP": "/snap/x/1"}, True, {}),
        ({"FLATPAK_ID": "io.github.softtoken.SoftToken"}, True, {}),  # the portals see the sandbox's own proxy
    ],
)
def test_what_is_left_out(environment: dict[str, str], frozen: bool, exempt: Any) -> None:
    assert set(exemptions(environment, frozen=frozen)) == set(exempt)


def test_an_exempt_measure_is_not_taken() -> None:
    def never() -> None:
        raise AssertionError

    hardening = Hardening({Measure.NO_TRACING: never}, {Measure.NO_TRACING: Standing.IN_SNAP})
    hardening.harden()
    hardening.refuse_tracing()
    assert hardening.report() == (Protection(Measure.NO_TRACING, Standing.IN_SNAP),)


PROGRAM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
if sys.argv[1] == "hardened":
    from softtoken import hardening
    hardening.harden()
    hardening.refuse_tracing()
elif sys.argv[1] == "limit":
    from softtoken import hardening
    hardening.harden()
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no core dumps")
@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGABRT])
def test_no_core_is_dumped(tmp_path: Path, how: signal.Signals) -> None:
    assert dumped("plain", how, tmp_path / "plain"), "the control dumps no core, so this test shows nothing"
    for program in ("hardened", "limit"):
        assert not dumped(program, how, tmp_path / program)
        assert list((tmp_path / program).iterdir()) == []


def dumped(program: str, how: signal.Signals, folder: Path) -> bool:
    """Did the kernel make a core of a program that is killed so?"""
    folder.mkdir()
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM, program, str(int(how))])  # noqa: S606
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == how
    return os.WCOREDUMP(status)


def test_the_limit_of_this_process_is_as_it_was() -> None:
    """Nothing here hardened the tests' own process."""
    assert resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 1
