"""The real window, the real sandbox over HTTP, the real fprintd: somebody who clicks, and puts fingers on a reader."""

import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from support.fingerprints import FINGER, FingerprintBus, fingerprint_bus
from support.flows import PIN, MemoryKeystore, Tenant
from support.hand import Hand
from support.person import Person

from softtoken.clock import SystemClock
from softtoken.services.controller import MasterController
from softtoken.ui.views.activated import ActivatedView
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.forgot_pin import ForgotPinView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.lock_card import LOCK_KEYS
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.protection import ProtectionView
from softtoken.ui.views.set_pin import SetPinView
from softtoken.ui.views.unlock import UnlockView
from softtoken.ui.widgets.protection_picker import ProtectionPicker
from softtoken.vault.biometrics.bus import BusError
from softtoken.vault.biometrics.linux import LinuxBiometrics

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fprintd is a thing of Linux")

NEW_PIN = "730195"
FINGERS = "Fingerprint or face"
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}


@pytest.fixture
def clock() -> SystemClock:
    """The window, the product and the server all read the machine's clock here."""
    return SystemClock()


@pytest.fixture
def bus() -> Iterator[FingerprintBus]:
    """alice's finger is enrolled; anybody else is mallory."""
    with fingerprint_bus() as bus:
        yield bus


@pytest.fixture
def controller(
    bus: FingerprintBus, make_controller: Callable[..., MasterController], keystore: MemoryKeystore
) -> MasterController:
    return make_controller(biometrics=lambda vault_id: LinuxBiometrics(vault_id, keystore, bus.socket))


@pytest.fixture
def person(
    bus: FingerprintBus,
    controller: MasterController,
    sit_down: Callable[[MasterController], Person],
    tenant: Tenant,
) -> Person:
    """On the page of alice's token, which was activated with all three protections."""
    person = sit_down(controller)

    def finger() -> None:
        _waited_for(person, "Swipe over the reader. The activation code is not sent before the reader says yes.")
        bus.finger("SCAN alice")

    person.activate(tenant.url, "alice", tenant.register("alice"), PIN, finger)
    assert not person.window.reader.isVisible()
    return person


def test_somebody_elses_finger_at_the_activation(
    sit_down: Callable[[MasterController], Person],
    bus: FingerprintBus,
    controller: MasterController,
    tenant: Tenant,
) -> None:
    """The code is not spent, and the same try goes on."""
    person, hand = sit_down(controller), Hand(bus, controller)
    hand.will(*("SCAN mallory",) * 3)

    def finger() -> None:
        page = person.on(ProtectionView)
        person.until(lambda: person.sees("Not recognised."))
        assert person.sees("The activation code was not sent and is as good as before.")
        assert not person.window.reader.isVisible()
        person.until(page.biometric.isChecked)
        hand.will("SCAN alice")
        person.click(page.go_on)

    person.activate(tenant.url, "alice", tenant.register("alice"), PIN, finger)
    page = person.on(ManagedView)
    hand.will("SCAN alice")
    _pick(person, page.picker, FINGERS)
    assert tenant.login("alice", person.copied_code()).json() == ACCEPTED


def test_a_lock_takes_the_question_away(person: Person, bus: FingerprintBus, tenant: Tenant) -> None:
    page = person.on(ManagedView)
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader.")
    QTest.keySequence(person.window, QKeySequence(LOCK_KEYS))
    locked = person.on(UnlockView)
    person.until(lambda: not person.window.reader.isVisible())
    person.until(lambda: _is_free(bus))  # the reader was given back
    person.click(locked.unlock)
    home = person.on(HomeView)
    person.until(lambda: any("alice" in one.accessibleName() for one in home.findChildren(QPushButton)))
    card = next(one for one in home.findChildren(QPushButton) if "alice" in one.accessibleName())
    person.click(card)
    page = person.on(ManagedView)
    assert page.code.shown_code() is None
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("SCAN alice")
    assert tenant.login("alice", person.copied_code()).json() == ACCEPTED


def test_a_code_and_a_login_by_finger(person: Person, bus: FingerprintBus, tenant: Tenant) -> None:
    page = person.on(ManagedView)
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader. Without the reader's yes nothing is made.")
    assert page.code.shown_code() is None
    bus.finger("RETRY 1")
    _waited_for(person, "Too short. Try again, more slowly.")
    bus.finger("SCAN mallory")
    _waited_for(person, "Not recognised. Try again.")
    bus.finger("SCAN alice")
    code = person.copied_code()
    assert not person.window.reader.isVisible()
    assert tenant.login("alice", code).json() == ACCEPTED

    person.click(page.log_in)
    ask = person.on(AskView)
    _pick(person, ask.picker, FINGERS)
    person.click(ask.go_on)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("SCAN alice")
    person.on(LoginResultView)
    assert person.sees("Login accepted.")


def test_somebody_elses_finger_and_a_question_that_is_stopped(
    person: Person, bus: FingerprintBus, controller: MasterController, tenant: Tenant
) -> None:
    page = person.on(ManagedView)
    hand = Hand(bus, controller)
    hand.will(*("SCAN mallory",) * 3)  # as fast as the reader asks
    _pick(person, page.picker, FINGERS)
    person.until(lambda: person.sees("Tries left: 4."))
    assert not person.window.reader.isVisible()
    assert person.sees("No code was made.")
    assert person.sees("The PIN works as before.")
    assert page.code.shown_code() is None

    # stopped after a wrong finger: that was a try; stopped before any: none
    _again(person)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("SCAN mallory")
    _waited_for(person, "Not recognised. Try again.")
    person.click(person.window.reader.cancel)
    person.until(lambda: person.sees("Tries left: 3."))
    assert not person.window.reader.isVisible()
    _again(person)
    _waited_for(person, "Swipe over the reader.")
    person.click(person.window.reader.cancel)
    person.until(lambda: person.sees("You stopped it."))
    assert not person.sees("Tries left")
    assert page.code.shown_code() is None

    # the other button of the strip
    _again(person)
    _waited_for(person, "Swipe over the reader.")
    person.click(person.window.reader.use_pin)
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    assert tenant.login("alice", person.copied_code()).json() == ACCEPTED


def test_a_reader_that_is_gone_leaves_the_pin(person: Person, bus: FingerprintBus, tenant: Tenant) -> None:
    page = person.on(ManagedView)
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("UNPLUG")
    _told(person, "The reader failed.")
    _again(person)
    _told(person, "No reader was found.")
    bus.kill_fprintd()
    _again(person)
    _told(person, "This system has no service for fingerprints or faces, or it does not run.")
    assert page.code.shown_code() is None
    _pick(person, page.picker, "PIN")
    person.type(page.pin.edit, PIN)
    person.key(Qt.Key.Key_Return)
    by_pin = person.copied_code()
    assert tenant.login("alice", by_pin).json() == ACCEPTED

    # and back again
    bus.start_fprintd()
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("SCAN alice")
    assert tenant.login("alice", person.copied_code(by_pin)).json() == ACCEPTED


def test_prints_that_were_deleted_and_enrolled_anew(person: Person, bus: FingerprintBus, tenant: Tenant) -> None:
    """What is said of it, and what it says to do, done."""
    page = person.on(ManagedView)
    bus.remove(FINGER)
    _pick(person, page.picker, FINGERS)
    _told(person, "This system knows no finger or face of yours. Enrol one in its settings.")
    bus.enrol("alice", "left-thumb")
    _again(person)
    person.until(lambda: person.sees("what is enrolled has changed"))
    assert person.sees("The PIN works as before. To set up fingerprint or face again, activate anew")
    page.menu.renew.trigger()
    form = person.on(ForgotPinView)
    person.type(form.code.edit, tenant.register("alice"))
    person.key(Qt.Key.Key_Return)
    set_pin = person.on(SetPinView)
    person.type(set_pin.first, NEW_PIN)
    person.type(set_pin.second, NEW_PIN)
    person.key(Qt.Key.Key_Return)
    _waited_for(person, "Swipe over the reader. The activation code is not sent before the reader says yes.")
    bus.finger("SCAN alice")
    person.click(person.on(ActivatedView).make)
    page = person.on(ManagedView)
    _pick(person, page.picker, FINGERS)
    _waited_for(person, "Swipe over the reader.")
    bus.finger("SCAN alice")
    assert tenant.login("alice", person.copied_code()).json() == ACCEPTED


def _is_free(bus: FingerprintBus) -> bool:
    try:
        with bus.claimed():
            return True
    except BusError:
        return False


def _waited_for(person: Person, said: str) -> None:
    """The strip is shown, and says this."""
    strip = person.window.reader
    person.until(lambda: strip.isVisible() and said in strip.text)


def _told(person: Person, what: str) -> None:
    """Why there is no code, that nothing was lost, and the way on."""
    person.until(lambda: person.sees(what))
    assert not person.window.reader.isVisible()
    assert person.sees("No code was made.")
    assert person.sees("The PIN works as before.")


def _again(person: Person) -> None:
    person.click(person.button("Try again"))


def _pick(person: Person, picker: ProtectionPicker, name: str) -> None:
    person.until(picker.isEnabled)
    button = next(b for b in picker.findChildren(QPushButton) if b.isVisible() and b.text() == name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(6, button.height() // 2))
