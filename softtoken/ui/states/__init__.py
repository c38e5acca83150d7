"""Everything the window can be showing, one frozen value per page."""

from softtoken.ui.states.activating import (
    Activated,
    ActivationFailed,
    ActivationForm,
    ChooseProtection,
    ForgotPin,
    SetPin,
)
from softtoken.ui.states.approvals import (
    ApprovalDone,
    ApprovalNews,
    ApprovalPage,
    Decision,
    Gone,
    Looked,
)
from softtoken.ui.states.asking import (
    Ask,
    Purpose,
    SignPage,
    SupportCode,
)
from softtoken.ui.states.backups import BackupForm, BackupMade, BackupRestored, RestoreForm
from softtoken.ui.states.history import HistoryPage
from softtoken.ui.states.logins import (
    LoginDone,
    LoginWait,
    OpenLogin,
    ResyncDone,
    StepPage,
    TypedLogin,
)
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
from softtoken.ui.states.servers import LoginDataPage, ServerCheck
from softtoken.ui.states.tokens import (
    AddLink,
    ChangePinPage,
    ConfirmRemove,
    ConfirmRemoveUnreadable,
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
    way_of,
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
    | StepPage
    | LoginWait
    | LoginDone
    | ApprovalPage
    | ApprovalDone
    | ResyncDone
    | TypedLogin
    | SignPage
    | SupportCode
    | ChangePinPage
    | Rename
    | ConfirmRemove
    | ConfirmRemoveUnreadable
    | ConfirmReset
    | ConfirmNewRecovery
    | Settings
    | BackupForm
    | BackupMade
    | RestoreForm
    | BackupRestored
    | ServerCheck
    | LoginDataPage
    | HistoryPage
    | About
)

__all__ = [
    "About",
    "Activated",
    "ActivationFailed",
    "ActivationForm",
    "ActivationNews",
    "AddLink",
    "ApprovalDone",
    "ApprovalNews",
    "ApprovalPage",
    "Ask",
    "BackupForm",
    "BackupMade",
    "BackupRestored",
    "ChangePinPage",
    "ChoosePassphrase",
    "ChooseProtection",
    "ConfirmNewRecovery",
    "ConfirmRemove",
    "ConfirmRemoveUnreadable",
    "ConfirmReset",
    "Crash",
    "Decision",
    "Done",
    "Failure",
    "ForgotPin",
    "Gone",
    "HistoryPage",
    "Home",
    "Locked",
    "LoginDataPage",
    "LoginDone",
    "LoginNews",
    "LoginWait",
    "Looked",
    "ManagedPage",
    "News",
    "OathPage",
    "OpenLogin",
    "PassphraseFor",
    "PinNews",
    "Problem",
    "Purpose",
    "Refusal",
    "Rename",
    "RestoreForm",
    "ResyncDone",
    "ResyncNews",
    "ServerCheck",
    "SetPin",
    "Settings",
    "ShowRecoveryCode",
    "SignPage",
    "Starting",
    "State",
    "StepPage",
    "SupportCode",
    "Task",
    "TypedLogin",
    "Unusable",
    "Waiting",
    "Way",
    "Welcome",
    "Working",
    "way_of",
]
