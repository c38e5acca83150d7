"""strace: the counter is on the disk before the code is written out."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.flows import PIN, Tenant
from support.program import Program

from softtoken.manifest import app_digest

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.mark.parametrize("protection", ["no-pin", "pin"])
def test_fdatasync_returns_before_the_code_is_written(
    make_tenant: Callable[..., Tenant], tmp_path: Path, protection: str
) -> None:
    tenant = make_tenant(app_digests=(app_digest(),))
    program = Program(tmp_path / "home")
    program.activate(tenant.url, "alice", tenant.register("alice"), PIN)
    trace = tmp_path / "trace"
    strace = [
        "strace",
        "-f",
        "-s",
        "256",
        "-o",
        str(trace),
        "-e",
        "trace=write,writev,pwrite64,fdatasync,fsync,openat",
    ]
    pin = PIN if protection == "pin" else None
    done = program.run("code", "alice", "--protection", protection, "--json", pin=pin, wrapper=strace)
    assert done.returncode == 0, done.stderr
    code = json.loads(done.stdout)["code"]

    lines = trace.read_text("utf-8", "replace").splitlines()
    shown = next(i for i, line in enumerate(lines) if re.search(r"\bwrite\(1, ", line) and code in line)
    writes = [i for i, line in enumerate(lines[:shown]) if "pwrite64(" in line]
    syncs = [
        i
        for i, line in enumerate(lines[:shown])
        if re.search(r"\b(fdatasync|fsync)\(\d+\) += 0|<\.\.\. f(data)?sync resumed>.*= 0", line)
    ]
    assert writes, "nothing was written to the vault before the code was shown"
    assert syncs, "nothing was synced before the code was shown"
    assert max(syncs) > max(writes), "the last write to the vault was not synced before the code was shown"
