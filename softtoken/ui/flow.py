"""The window's conductor: turns what people do into events, and results into the next state. Knows no widget."""

from typing import assert_never

from PySide6.QtCore import QObject, Signal

from softtoken.clock import Clock
from softtoken.ui.flows.activation import Activation
from softtoken.ui.flows.codes import Codes
from softtoken.ui.flows.logins import Logins
from softtoken.ui.flows.managing import Managing
from softtoken.ui.flows.opening import Opening
from softtoken.ui.poster import Poster
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    About,
    Activated,
    ActivationFailed,
    ActivationForm,
    AddLink,
    ChoosePassphrase,
    ChooseProtection,
    ConfirmNewRecovery,
    ConfirmRemove,
    ConfirmReset,
    Done,
    Home,
    Locked,
    LoginAsk,
    LoginDone,
    LoginWaiting,
    ManagedPage,
    News,
    OathPage,
    SetPin,
    ShowRecoveryCode,
    Starting,
    State,
    TypedLogin,
    Unusable,
    Welcome,
    Working,
)


class Flow(QObject):
    """Signals: changed(State), noticed(News).

    The intents are methods of its parts: opening, keeping, activation, codes, logins, managing.
    """

    changed = Signal(object)
    noticed = Signal(object)

    def __init__(self, poster: Poster, clock: Clock, link: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stage = Stage(poster, clock, self)
        self.stage.changed.connect(self.changed)
        self.stage.noticed.connect(self.noticed)
        self.opening = Opening(self.stage)
        self.keeping = self.opening.keeping
        self.activation = Activation(self.stage, self.keeping)
        self.codes = Codes(self.stage)
        self.logins = Logins(self.stage, self.codes)
        self.managing = Managing(self.stage, self.keeping, self.codes, self.start)
        self._link = link
        self.opening.when_opened(self._opened)

    @property
    def state(self) -> State:
        return self.stage.state

    def start(self) -> None:
        """The first event of a run; post it once the first frame is painted."""
        self.opening.start()

    def open_link(self, link: str) -> None:
        """Go where a softtoken:// or otpauth:// link leads. Nothing happens without the person's confirmation."""
        scheme = link.strip().partition(":")[0].lower()
        if scheme == "softtoken":
            self.activation.begin_with_link(link)
        elif scheme == "otpauth":
            self.managing.begin_add(link.strip())
        else:
            self.stage.home()
            self.stage.tell(Done.BAD_LINK)

    def tell(self, news: News) -> None:
        self.stage.tell(news)

    def back(self) -> None:
        """Back or Esc on the page that is shown."""
        match self.state:
            case ActivationForm() | ChooseProtection() | SetPin() | ActivationFailed():
                self.activation.back()
            case ChoosePassphrase(busy=True) | ShowRecoveryCode(busy=True) | ConfirmRemove(busy=True):
                pass
            case ChoosePassphrase():
                self.keeping.give_up()
            case ShowRecoveryCode():
                self.keeping.delay_recovery()
            case AddLink():
                self.managing.cancel_add()
            case LoginAsk() | LoginDone() | LoginWaiting():
                self.logins.finish()
            case ConfirmRemove():
                self.managing.keep()
            case Locked() | Unusable() | ConfirmReset(busy=True) | ConfirmNewRecovery(busy=True):
                pass
            case About() | ConfirmReset() if not self.stage.session.vault_open:
                self.opening.start()  # the vault may be locked or damaged; start knows
            case Working(leavable=leavable) if not leavable:
                pass
            case (
                Activated()
                | ManagedPage()
                | OathPage()
                | TypedLogin()
                | ConfirmReset()
                | ConfirmNewRecovery()
                | About()
                | Working()
            ):
                self.stage.home()
            case Starting() | Welcome() | Home():
                pass
            case _ as never:
                assert_never(never)

    def stop(self, patience: float = 20.0) -> bool:
        """The window is closed: waits so many seconds for the lanes. False: one still waits for something."""
        return self.stage.stop(patience)

    def _opened(self) -> None:
        link, self._link = self._link, None
        if link is None:
            self.stage.home()
        else:
            self.open_link(link)
