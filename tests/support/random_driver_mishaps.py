"""What happens to a computer in the random driver: time, restarts, copies of the file, a keyring that fails."""

import copy

from support.random_driver_desk import Copy, Device
from support.random_driver_judge import LOCK
from support.random_driver_recovery import Recovery

from softtoken.engine.tokens import ProtectionType
from softtoken.vault.evidence import Evidence


class Mishaps(Recovery):
    """Operations that nobody at the computer asked for."""

    def _time_passes(self) -> None:
        seconds = self.rng.choice([1, 5, 20, 31, 70, 400, 4000])
        self._say(f"{seconds} s pass")
        self.clock.move(seconds)
        self.server_clock.move(seconds)

    def _clock_jumps(self) -> None:
        jump = self.rng.choice([-86400, -3600, -40, -20, 20, 40, 3600, 86400])
        self.clock.wall = max(0, self.server_clock.wall + jump) if self.rng.random() < 0.5 else self.server_clock.wall
        self._say(f"clock {self.clock.wall - self.server_clock.wall:+}")

    def _program_restarts(self) -> None:
        self._end_program()
        if self.rng.random() < 0.4:
            self.machine.reboot(self.rng)
            self._say(f"reboot, up {self.clock.up}")
        self._begin()

    def _file_copied(self) -> None:
        self.copies.append(self._copy())
        if len(self.copies) > 6:
            self.copies.pop(self.rng.randrange(6))

    def _file_restored(self) -> None:
        """An older file, or the same one once more; now and then one that was copied in this very run."""
        if not self.copies:
            return
        again = self.put_back_last in self.copies and self.rng.random() < 0.3
        back = self.put_back_last if again and self.put_back_last else self.rng.choice(self.copies)
        self.put_back_last = back
        self._end_program()
        before = self.machine.content()
        self.machine.put(back.disk)
        if self.machine.content() == before:
            self.counts["restored the same"] += 1
        else:
            self._say(f"restored the copy of {back.number}")
            self.counts["restored"] += 1
            self.must_see = self.machine.keystore.told > back.told and not back.ahead
            excused = self.must_see or back.ahead or self.excuses != back.excuses
            if not excused and _counters(self.device) != _counters(back.device):
                self._fail(f"counters were taken since the copy of {back.number}, and the keyring was not told")
            known = self.must_see and not self.machine.keystore.behind and self.excuses == back.excuses
            self.newest = self.device if known else None
            (evidence,) = self.machine.keystore.evidences.values() or (Evidence(0),)
            self.sightings = tuple(evidence.seen.values())
            self.device = copy.deepcopy(back.device)
            self.put_back, self.begun_before = back, False
        self._begin()

    def _keyring_fails(self) -> None:
        self.machine.keystore.full = self.rng.random() < 0.3
        self.excuses += self.machine.keystore.full
        self._say(f"keyring full: {self.machine.keystore.full}")

    def _administrator(self) -> None:
        user = self._someone()
        if self.server.wrong_codes(user) >= LOCK or self.rng.random() < 0.1:
            self._unlock(user)

    def _copy(self) -> Copy:
        self._say("copy")
        keystore = self.machine.keystore
        device = copy.deepcopy(self.device)
        return Copy(self.machine.copy(), device, keystore.told, self.excuses, keystore.behind, self.number)

    def _end_program(self) -> None:
        self._say("the program ends")
        self.machine.faults.clear()
        self.machine.stop()


def _counters(device: Device) -> dict[tuple[str, ProtectionType], set[int]]:
    """Where each credential is."""
    cells = [(token.serial, *cell) for token in device.tokens.values() for cell in token.cells.items()]
    return {(serial, protection): {start.counter for start in cell} for serial, protection, cell in cells}
