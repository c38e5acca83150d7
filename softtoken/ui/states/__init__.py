"""Everything the window can be showing, one frozen value per page."""

from softtoken.ui.states.activating import (
    Activated,
    ActivationFailed,
    ActivationForm,
    ChooseProtection,
    ForgotPin,
    SetPin,
)
from softtoken.ui.states.asking import (
    Ask,
    Purpose,
    SignPage,
    SupportCode,
)
from softtoken.ui.states.logins import LoginDone, ResyncDone, TypedLogin
from softtoken.ui.states.news import (
    ActivationNews,
    Crash,
    Done,
    LoginNews,
    News,
    PinNews,
    ResyncNews,
)
from softtoken.ui.states.problems import (
    Failure,
    Problem,
    Refusal,
    Task,
)
from softtoken.ui.states.tokens import (
    AddLink,
    ChangePinPage,
    ConfirmRemove,
    Home,
    ManagedPage,
    OathPage,
    Rename,
)
from softtoken.ui.states.vault import (
    About,
    ChoosePassphrase,
    ConfirmNewRecovery,
    ConfirmReset,
    Locked,
    PassphraseFor,
    Settings,
    ShowRecoveryCode,
    Starting,
    Unusable,
    Waiting,
    Way,
    Welcome,
    Working,
)

State = (
    Starting
    | Working
    | Waiting
    | Locked
    | Unusable
    | Welcome
    | ChoosePassphrase
    | ActivationForm
    | ChooseProtection
    | ForgotPin
    | SetPin
    | ActivationFailed
    | ShowRecoveryCode
    | Activated
    | AddLink
    | Home
    | ManagedPage
    | OathPage
    | Ask
    | LoginDone
    | ResyncDone
    | TypedLogin
    | SignPage
    | SupportCode
    | ChangePinPage
    | Rename
    | ConfirmRemove
    | ConfirmReset
    | ConfirmNewRecovery
    | Settings
    | About
)

__all__ = [
    "About",
    "Activated",
    "ActivationFailed",
    "ActivationForm",
    "ActivationNews",
    "AddLink",
    "Ask",
    "ChangePinPage",
    "ChoosePassphrase",
    "ChooseProtection",
    "ConfirmNewRecovery",
    "ConfirmRemove",
    "ConfirmReset",
    "Crash",
    "Done",
    "Failure",
    "ForgotPin",
    "Home",
    "Locked",
    "LoginDone",
    "LoginNews",
    "ManagedPage",
    "News",
    "OathPage",
    "PassphraseFor",
    "PinNews",
    "Problem",
    "Purpose",
    "Refusal",
    "Rename",
    "ResyncDone",
    "ResyncNews",
    "SetPin",
    "Settings",
    "ShowRecoveryCode",
    "SignPage",
    "Starting",
    "State",
    "SupportCode",
    "Task",
    "TypedLogin",
    "Unusable",
    "Waiting",
    "Way",
    "Welcome",
    "Working",
]
