"""What a restored file's credential may still do, and that it always finds its server again."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softtoken.engine.atc import ATC_END, AtcPolicy, AtcState, AtcVerdict, judge
from softtoken.engine.distrust import MARGIN, UNTOLD, Seen, distrusted, skipped
from softtoken.engine.managed import resynchronisation_code
from softtoken.engine.pin import RetryPolicy, RetryState, TryAllowed, begin_try, tries_left
from softtoken.engine.resync import RESYNCHRONISATION_WINDOW, HeldCredential, resynchronise
from softtoken.engine.tokens import CredentialState

KEY = b"12345678901234567890123456789012"
DIGEST = hashlib.sha512(b"1").digest()
RETRY = RetryPolicy()
ATC = AtcPolicy()

RUN_AGAIN = [HealthCheck.differing_executors]
"""Mutation testing runs a method of a class again and again in one process."""


def _distrusted(counter: int, used: int = 0) -> CredentialState:
    return distrusted(CredentialState(counter, AtcState(used)), RETRY, ATC)


def _accepts(server: int, device: CredentialState) -> bool:
    """Does a server that expects `server` take the device's next two codes?"""
    first, second = (resynchronisation_code(KEY, device.counter + step, DIGEST) for step in (0, 1))
    accepted = resynchronise(HeldCredential(KEY, server, (DIGEST,)), first, second)
    assert accepted in {None, device.counter + 1}
    return accepted is not None


def test_how_far_ahead_it_goes() -> None:
    """Known values: the window of 1000, less a margin of 100, less what the server may be behind already."""
    assert (RESYNCHRONISATION_WINDOW, MARGIN) == (1000, 100)
    assert _distrusted(50).counter == 950
    assert _distrusted(50, 20).counter == 930
    assert _distrusted(5000, 899).counter == 5001
    assert _distrusted(5000, 900).counter == 5000
    assert _distrusted(5000, 4000).counter == 5000, "never back"


@pytest.mark.parametrize("used", [0, 7, 20, 500, 900])
def test_the_range_of_servers_that_a_distrusted_credential_finds(used: int) -> None:
    """From `used + MARGIN` below the counter in the file to the counter that it goes to; not one beyond either end."""
    counter = 3000
    device = _distrusted(counter, used)
    lowest, highest = counter - used - MARGIN, device.counter
    assert highest == counter + 900 - used
    assert _accepts(lowest, device)
    assert not _accepts(lowest - 1, device)
    assert _accepts(highest, device)
    assert not _accepts(highest + 1, device)


@settings(max_examples=25)
@given(st.data())
def test_every_server_in_between_is_found(data: st.DataObject) -> None:
    """The server expects at least counter - used, when the copy was made; since then up to 900 - used more."""
    used = data.draw(st.integers(0, 900))
    counter = data.draw(st.integers(used, 60_000))
    server = data.draw(st.integers(counter - used, counter + 900 - used))
    assert _accepts(server, _distrusted(counter, used))


@settings(max_examples=25)
@given(st.data())
def test_lost_answers_do_not_lead_out_of_the_window(data: st.DataObject) -> None:
    """A login takes three counters, and the margin holds 33 of them whose answers never came."""
    used = data.draw(st.integers(0, 900))
    counter = data.draw(st.integers(used, 60_000))
    device = _distrusted(counter, used)
    taken = 3 * data.draw(st.integers(0, MARGIN // 3))
    later = CredentialState(device.counter + taken, AtcState(device.atc.used + taken))
    server = data.draw(st.integers(counter - used, later.counter))
    assert _accepts(server, later)


@settings(max_examples=25)
@given(counter=st.integers(0, 60_000), used=st.integers(0, 900), beyond=st.integers(1, 900), tried=st.integers(2, 3))
def test_after_a_refusal_skipping_again_finds_a_server_that_is_further(
    counter: int, used: int, beyond: int, tried: int
) -> None:
    device = _distrusted(counter, used)
    server = device.counter + beyond
    assert not _accepts(server, device)
    refused = CredentialState(device.counter + tried, AtcState(device.atc.used + tried))
    assert _accepts(server, skipped(refused))


@pytest.mark.parametrize(("beyond", "found"), [(1, True), (902, True), (903, False)])
def test_the_ends_of_what_one_more_skip_finds(beyond: int, found: bool) -> None:
    """Two counters were taken for the codes that were refused."""
    device = _distrusted(1000)
    again = skipped(CredentialState(device.counter + 2))
    assert again.counter == device.counter + 902
    assert _accepts(device.counter + beyond, again) is found


@settings(max_examples=15)
@given(counter=st.integers(0, 5000), used=st.integers(0, 900), server=st.integers(0, 12_000))
def test_skipping_until_it_is_accepted_always_ends(counter: int, used: int, server: int) -> None:
    server = max(server, counter - used)
    device, attempts = _distrusted(counter, used), 0
    while not _accepts(server, device):
        assert device.counter < server
        device = skipped(CredentialState(device.counter + 2))
        attempts += 1
    assert attempts <= (server - counter) // 900 + 1


@settings(max_examples=25)
@given(st.data())
def test_a_copy_of_a_distrusted_file_still_finds_the_server(data: st.DataObject) -> None:
    """Restored again and again without a word to the server, it must not run out of the window."""
    used = data.draw(st.integers(0, 900))
    counter = data.draw(st.integers(used, 60_000))
    device = _distrusted(counter, used)
    for _ in range(data.draw(st.integers(1, 3))):
        again = distrusted(device, RETRY, ATC)
        assert again.counter >= device.counter
        device = again
    assert _accepts(data.draw(st.integers(counter - used, device.counter)), device)


def test_a_copy_made_after_a_refusal_goes_no_further_either() -> None:
    device = skipped(CredentialState(_distrusted(1000).counter + 2))
    assert distrusted(device, RETRY, ATC).counter == device.counter


def test_skipped_counters_count_as_used() -> None:
    """The server expects at least counter - used, before and after."""
    device = _distrusted(1000, 20)
    assert (device.counter, device.atc) == (1880, AtcState(900))
    again = skipped(CredentialState(1882, AtcState(902)))
    assert (again.counter, again.atc) == (2782, AtcState(1802))


@given(st.integers(0, ATC_END), st.integers(0, 2000))
def test_the_counter_never_goes_back_nor_past_its_end(counter: int, used: int) -> None:
    for state in (_distrusted(counter, used), skipped(CredentialState(counter, AtcState(used)))):
        assert counter <= state.counter <= ATC_END


@pytest.mark.parametrize(("counter", "after"), [(64_634, 65_534), (64_635, 65_535), (65_535, 65_535)])
def test_near_the_end_nothing_is_left(counter: int, after: int) -> None:
    assert _distrusted(counter).counter == after
    assert skipped(CredentialState(counter)).counter == after


@given(st.integers(0, 60_000), st.integers(0, 3000), st.integers(1, 50))
def test_only_what_is_exempt_makes_a_code(counter: int, used: int, limit: int) -> None:
    policy = AtcPolicy(limit - 1, limit)
    device = distrusted(CredentialState(counter, AtcState(used)), RETRY, policy)
    assert judge(device.counter, device.atc, policy) is AtcVerdict.LIMIT_REACHED
    assert judge(device.counter, device.atc, policy, exempt=True, codes=3) is AtcVerdict.EXPIRES_SOON
    assert device.atc.used >= used
    assert device.resynchronise


def test_where_nothing_is_skipped_the_limit_is_reached_all_the_same() -> None:
    policy = AtcPolicy(1000, 1200)
    assert distrusted(CredentialState(5000, AtcState(950)), RETRY, policy).atc == AtcState(1200)
    assert distrusted(CredentialState(5000, AtcState(1300)), RETRY, policy).atc == AtcState(1300)


@pytest.mark.parametrize(
    ("failed", "most", "after"), [(0, 5, 4), (3, 5, 4), (4, 5, 4), (5, 5, 5), (0, 1, 0), (1, 1, 1), (9, 5, 9)]
)
def test_one_try_is_left_unless_there_was_none(failed: int, most: int, after: int) -> None:
    retry = RetryPolicy(max_tries=most)
    tries = RetryState(failed, 60, 12345)
    device = distrusted(CredentialState(10, tries=tries), retry, ATC)
    assert device.tries == RetryState(after, 60, 12345), "a delay stays"
    assert tries_left(device.tries, retry) == (1 if failed < most else 0)


def test_the_try_that_is_left_is_the_last() -> None:
    device = _distrusted(10)
    verdict = begin_try(device.tries, RETRY, 100)
    assert isinstance(verdict, TryAllowed)
    assert tries_left(verdict.charged, RETRY) == 0


def test_skipping_changes_nothing_else() -> None:
    before = CredentialState(100, AtcState(5), RetryState(2, 60, 1), resynchronise=True)
    assert skipped(before) == CredentialState(1000, AtcState(905), RetryState(2, 60, 1), resynchronise=True)


class TestWithAWitness:
    """What the keyring last saw of the credential is known, whatever the file says."""

    def test_known_values(self) -> None:
        assert UNTOLD == 200
        state = CredentialState(50, AtcState(3), RetryState(1, 60, 9))
        device = distrusted(state, RETRY, ATC, Seen(4000, 7, 0))
        assert device == CredentialState(4200, AtcState(207), RetryState(4, 60, 9), resynchronise=True)

    def test_a_file_that_is_further_than_the_witness_keeps_its_counter(self) -> None:
        """An edited row: the keyring was told less."""
        device = distrusted(CredentialState(5000, AtcState(3)), RETRY, ATC, Seen(4000, 7, 0))
        assert (device.counter, device.atc) == (5200, AtcState(203))

    @pytest.mark.parametrize(
        ("state", "seen", "used"), [((100, 90), (150, 20), 20), ((100, 3), (150, 60), 53), ((200, 10), (150, 5), 10)]
    )
    def test_both_say_what_the_server_expects_at_least(
        self, state: tuple[int, int], seen: tuple[int, int], used: int
    ) -> None:
        device = distrusted(CredentialState(state[0], AtcState(state[1])), RETRY, ATC, Seen(*seen, 0))
        assert (device.counter, device.atc.used) == (max(state[0], seen[0]) + 200, used + 200)

    @settings(max_examples=30, suppress_health_check=RUN_AGAIN)
    @given(st.data())
    def test_however_old_and_however_often_it_is_put_back_the_server_is_found(self, data: st.DataObject) -> None:
        """Without skipping on: a masked key cannot, since a refusal may be a wrong PIN."""
        copy = CredentialState(data.draw(st.integers(0, 30_000)))
        seen = Seen(data.draw(st.integers(copy.counter, 40_000)), data.draw(st.integers(0, 20)), 0)
        server = data.draw(st.integers(max(copy.counter, seen.counter - seen.used), seen.counter))
        untold = data.draw(st.integers(0, UNTOLD))
        for _ in range(3):
            device = distrusted(copy, RETRY, ATC, seen)
            assert _accepts(server + untold, device)
            # the login that follows; then the same copy once more
            server, untold, seen = device.counter + 3, 0, Seen(device.counter + 3, 0, 0)

    @settings(max_examples=30, suppress_health_check=RUN_AGAIN)
    @given(st.data())
    def test_put_back_without_a_word_to_the_server_it_stays_within_the_window(self, data: st.DataObject) -> None:
        copy = CredentialState(data.draw(st.integers(0, 30_000)))
        seen = Seen(data.draw(st.integers(copy.counter, 40_000)), data.draw(st.integers(0, 900)), 0)
        server = data.draw(st.integers(max(copy.counter, seen.counter - seen.used), seen.counter))
        for _ in range(data.draw(st.integers(1, 8))):
            device = distrusted(copy, RETRY, ATC, seen)
            seen = Seen(device.counter, device.atc.used, device.tries.failed)
        assert _accepts(server, device)

    @pytest.mark.parametrize(("failed", "known", "left"), [(0, 0, 1), (0, 4, 1), (0, 5, 0), (5, 0, 0), (2, 3, 1)])
    def test_it_brings_no_try_back(self, failed: int, known: int, left: int) -> None:
        device = distrusted(CredentialState(10, tries=RetryState(failed)), RETRY, ATC, Seen(20, 0, known))
        assert tries_left(device.tries, RETRY) == left

    def test_skipping_no_further_than_the_window_lets(self) -> None:
        assert distrusted(CredentialState(0), RETRY, ATC, Seen(5000, 800, 0)).counter == 5100
        assert distrusted(CredentialState(0), RETRY, ATC, Seen(5000, 950, 0)).counter == 5000
        assert distrusted(CredentialState(0), RETRY, ATC, Seen(ATC_END - 10, 0, 0)).counter == ATC_END
