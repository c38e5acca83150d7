"""The window's conductor: turns what people do into events, and results into the next state. Knows no widget."""

from typing import assert_never

from PySide6.QtCore import QObject, Signal

from softtoken.clock import Clock
from softtoken.services.events import LockReason
from softtoken.ui.flows.activation import Activation
from softtoken.ui.flows.approvals import Approvals
from softtoken.ui.flows.backups import Backups
from softtoken.ui.flows.codes import Codes
from softtoken.ui.flows.history import History
from softtoken.ui.flows.locking import Locking
from softtoken.ui.flows.login_data import LoginDataFlow
from softtoken.ui.flows.logins import Logins
from softtoken.ui.flows.managing import Managing
from softtoken.ui.flows.opening import Opening
from softtoken.ui.flows.pins import Pins
from softtoken.ui.flows.privacy import Privacy
from softtoken.ui.flows.reactivation import Reactivation
from softtoken.ui.flows.resyncs import Resyncs
from softtoken.ui.flows.servers import Servers
from softtoken.ui.flows.settings import Preferences
from softtoken.ui.flows.signing import Signing
from softtoken.ui.notices import Notices
from softtoken.ui.poster import Poster
from softtoken.ui.reader import Reader
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    About,
    Activated,
    ActivationFailed,
    ActivationForm,
    AddLink,
    ApprovalDone,
    ApprovalPage,
    Ask,
    BackupForm,
    BackupMade,
    BackupRestored,
    ChangePinPage,
    ChoosePassphrase,
    ChooseProtection,
    ConfirmNewRecovery,
    ConfirmRemove,
    ConfirmRemoveUnreadable,
    ConfirmReset,
    Done,
    ForgotPin,
    HistoryPage,
    Home,
    Locked,
    LoginDataPage,
    LoginDone,
    LoginWait,
    ManagedPage,
    News,
    OathPage,
    Purpose,
    Rename,
    RestoreForm,
    ResyncDone,
    ServerCheck,
    SetPin,
    Settings,
    ShowRecoveryCode,
    SignPage,
    Starting,
    State,
    StepPage,
    SupportCode,
    TypedLogin,
    Unusable,
    Waiting,
    Welcome,
    Working,
)


class Flow(QObject):
    """Signals: changed(State), noticed(News), emptied (everything that was shown has to go), locked (the keys did).

    The intents are methods of its parts, one per journey; here are those that depend on the page that is shown.
    """

    changed = Signal(object)
    noticed = Signal(object)
    emptied = Signal()
    locked = Signal()

    def __init__(self, poster: Poster, clock: Clock, link: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stage = Stage(poster, clock, self)
        self.stage.changed.connect(self.changed)
        self._link = link
        self._furnish()

    def _furnish(self) -> None:
        """The parts, which remember what a journey needs; a lock puts new ones in their place."""
        self.stage.noticed.connect(self.noticed)
        self.opening = Opening(self.stage)
        self.keeping = self.opening.keeping
        self.activation = Activation(self.stage, self.keeping)
        self.codes = Codes(self.stage)
        self.asking = self.codes.asking
        self.logins = Logins(self.stage, self.asking)
        self.approvals = Approvals(self.stage, self.asking, self.logins.steps.show_wait)
        lookout = self.approvals.lookout
        self.logins.steps.when_approving(self.approvals.can, self.approvals.approve_request, lookout.look_at)
        lookout.changed.connect(self.logins.steps.look_again)
        self.resyncs = Resyncs(self.stage, self.asking)
        self.signing = Signing(self.stage, self.asking)
        self.pins = Pins(self.stage, self.codes, self.asking)
        self.reactivation = Reactivation(self.stage, self.asking)
        self.settings = Preferences(self.stage, self.codes, self.approvals.lookout)
        self.login_data = LoginDataFlow(self.stage)
        self.history = History(self.stage)
        self.privacy = Privacy(self.stage, self)
        self.servers = Servers(self.stage, self.codes)
        self.managing = Managing(self.stage, self.keeping, self.codes, self.start)
        self.backups = Backups(self.stage, self.keeping, self.settings.begin, self.start)
        self.opening.when_unusable(self.backups.look_for_copies)
        self.stage.when_broken(self.opening.show_unusable)
        self.locking = Locking(self.stage, self.opening.show_unusable)
        self.opening.when_opened(self._opened)

    @property
    def state(self) -> State:
        return self.stage.state

    @property
    def reader(self) -> Reader:
        return self.stage.reader

    @property
    def notices(self) -> Notices:
        return self.stage.notices

    def start(self) -> None:
        """The first event of a run; post it once the first frame is painted."""
        self.opening.start()

    def open_link(self, link: str) -> None:
        """Go where a softtoken:// or otpauth:// link leads. Nothing happens without the person's confirmation.

        While locked it waits: a link unlocks nothing.
        """
        if self.stage.locked is not None:
            self._link = link
            self.stage.tell(Done.LINK_WAITS)
            return
        scheme = link.strip().partition(":")[0].lower()
        if scheme == "softtoken":
            self.activation.begin_with_link(link)
        elif scheme == "otpauth":
            self.managing.begin_add(link.strip())
        else:
            self.stage.home()
            self.stage.tell(Done.BAD_LINK)

    def lock(self, reason: LockReason = LockReason.ASKED) -> None:
        """Now, whatever is under way or shown: pages and journeys are forgotten, then the keys go."""
        self._forget()
        self.approvals.lookout.deleteLater()
        self.privacy.deleteLater()
        self.stage.forsake()
        self._furnish()
        self.emptied.emit()
        self.locking.lock(reason, self.locked.emit)

    def tell(self, news: News) -> None:
        self.stage.tell(news)

    def submit_ask(self, pin: str | None) -> None:
        """The page that asks for a protection type and its PIN was answered."""
        state = self.state
        if not isinstance(state, Ask):
            return
        match state.purpose:
            case Purpose.LOGIN | Purpose.STEP_UP:
                self.logins.submit(pin)
            case Purpose.RESYNCHRONISE:
                self.resyncs.submit(pin)
            case Purpose.SUPPORT:
                self.signing.make_support(pin)
            case _ as never:
                assert_never(never)

    def set_pin(self, pin: str) -> None:
        """A new PIN, for an activation or for an activation anew."""
        if isinstance(self.state, SetPin) and self.state.token is not None:
            self.reactivation.set_pin(pin)
        else:
            self.activation.set_pin(pin)

    def repeat_activation(self) -> None:
        if isinstance(self.state, ActivationFailed) and self.state.token is not None:
            self.reactivation.run()
        else:
            self.activation.run()

    def back(self) -> None:
        """Back or Esc on the page that is shown."""
        match self.state:
            case SetPin(token=token) | ActivationFailed(token=token) if token is not None:
                self.reactivation.back()
            case ActivationForm() | ChooseProtection() | SetPin() | ActivationFailed():
                self.activation.back()
            case ChoosePassphrase(busy=True) | ShowRecoveryCode(busy=True):
                pass
            case ConfirmRemove(busy=True) | ConfirmRemoveUnreadable(busy=True):
                pass
            case ChoosePassphrase():
                self.keeping.give_up()
            case ShowRecoveryCode():
                self.keeping.delay_recovery()
            case AddLink():
                self.managing.cancel_add()
            case ForgotPin(token=token):
                self.reactivation.forget()
                self.codes.open(token.id)
            case (
                Ask(token=token)
                | ResyncDone(token=token)
                | SignPage(token=token)
                | SupportCode(token=token)
                | ChangePinPage(token=token)
                | Rename(token=token)
            ):
                self.codes.open(token.id)
            case LoginDone(token=token) if token is not None:
                self.codes.open(token.id)
            case StepPage(login=login) if login.token is not None:
                self.codes.open(login.token.id)
            case ApprovalPage() | ApprovalDone():
                self.approvals.back()
            case ConfirmRemove() | ConfirmRemoveUnreadable():
                self.managing.keep()
            case Locked() | Unusable() | ConfirmReset(busy=True) | ConfirmNewRecovery(busy=True):
                pass
            case About() | ConfirmReset() if not self.stage.session.vault_open:
                self.opening.start()  # the vault may be locked or damaged; start knows
            case BackupForm(busy=True) | RestoreForm(busy=True):
                pass
            case BackupForm() | BackupMade() | RestoreForm() | BackupRestored():
                self.backups.leave()
            case ServerCheck():
                self.servers.leave()
            case ConfirmReset() | ConfirmNewRecovery() | LoginDataPage():
                self.settings.begin()
            case (
                Activated()
                | ManagedPage()
                | OathPage()
                | TypedLogin()
                | StepPage()
                | LoginWait()
                | LoginDone()
                | Waiting()
                | Settings()
                | HistoryPage()
                | About()
            ):
                self.stage.home()
            case Starting() | Welcome() | Home() | Working():
                pass
            case _ as never:
                assert_never(never)

    def stop(self, patience: float = 20.0) -> bool:
        """The window is closed: waits so many seconds for the lanes. False: one still waits for something."""
        self._forget()
        return self.stage.stop(patience)

    def _forget(self) -> None:
        """End what goes on by itself."""
        self.approvals.stop()
        self.logins.steps.forget()
        self.servers.stop()

    def _opened(self) -> None:
        if self.stage.session.vault_open:
            self.locking.read_time()
        link, self._link = self._link, None
        if link is None:
            self.stage.home()
        else:
            self.open_link(link)
