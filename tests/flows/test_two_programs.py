"""Window and command line on one vault at once: no counter is given out twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.flows import PIN, Tenant
from support.program import PASSPHRASE, Program

from softtoken.clock import SystemClock
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.client import IaaClient
from softtoken.manifest import app_digest
from softtoken.services.controller import MasterController
from softtoken.services.events import GenerateOtp, ListTokens, OpenVault, Start, Status
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore


def test_no_counter_twice(make_tenant: Callable[..., Tenant], tmp_path: Path) -> None:
    tenant = make_tenant(app_digests=(app_digest(),))
    program = Program(tmp_path / "home")
    program.activate(tenant.url, "eve", tenant.register("eve"), PIN)
    window = MasterController(Home(program.home), OsKeystore(), SystemClock(), IaaClient)
    window.post(Start())
    assert window.post(OpenVault(passphrase=PASSPHRASE)).status is Status.OK
    user = UserIdentifier("sandbox", "eve")

    def by_window(_: int) -> int | None:
        otp = window.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN)).otp
        return otp.atc if otp else None

    def by_command(_: int) -> int | None:
        answer: dict[str, int | None] = program.json("code", "eve", "--protection", "no-pin")
        return answer["atc"]

    with ThreadPoolExecutor(6) as pool:
        # both maps are under way before either is read
        at_once = pool.map(by_command, range(4)), pool.map(by_window, range(12))
        seen = [atc for counters in at_once for atc in counters]
    assert None not in seen
    assert len(set(seen)) == len(seen)

    assert program.run("add", "-", stdin="otpauth://totp/x:y?secret=GEZDGNBVGY3TQOJQ\n").returncode == 0
    assert len(window.post(ListTokens()).tokens) == 2  # seen without a restart
    assert program.run("remove", "eve", "--yes").returncode == 0
    assert window.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN)).status is Status.INVALID_USER_ID
    window.close()
