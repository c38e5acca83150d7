"""What came between: an expected refusal, or a failure of the environment."""

from dataclasses import dataclass, field
from enum import StrEnum

from softtoken.services.events import BiometricProblem, Status


class Task(StrEnum):
    """What was being done; with a status or an error it decides the sentence."""

    START = "START"
    CREATE_VAULT = "CREATE_VAULT"
    OPEN_VAULT = "OPEN_VAULT"
    PROTECT_VAULT = "PROTECT_VAULT"
    RECOVERY_CODE = "RECOVERY_CODE"
    ACTIVATE = "ACTIVATE"
    MAKE_CODE = "MAKE_CODE"
    SIGN = "SIGN"
    SUPPORT_CODE = "SUPPORT_CODE"
    LOGIN = "LOGIN"
    TYPED_LOGIN = "TYPED_LOGIN"
    STEP_UP = "STEP_UP"
    AWAIT_LOGIN = "AWAIT_LOGIN"
    LOOK = "LOOK"
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    RESYNCHRONISE = "RESYNCHRONISE"
    CHANGE_PIN = "CHANGE_PIN"
    REACTIVATE = "REACTIVATE"
    SWITCH = "SWITCH"
    ADD = "ADD"
    RENAME = "RENAME"
    REMOVE = "REMOVE"
    LOG_OUT = "LOG_OUT"
    RESET = "RESET"
    ABOUT = "ABOUT"
    DEVICE_NAME = "DEVICE_NAME"
    SETTING = "SETTING"
    LOCK = "LOCK"
    CHECK_SERVER = "CHECK_SERVER"
    BACKUP = "BACKUP"
    RESTORE_BACKUP = "RESTORE_BACKUP"
    PUT_BACK = "PUT_BACK"
    SAVE_FILE = "SAVE_FILE"
    HISTORY = "HISTORY"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected outcome that is not the wished one. detail: the server's own sentence.

    sensor: a finger or a face was to open the key; biometric: why it did not. wait: seconds until the next try.
    """

    task: Task
    status: Status
    detail: str = ""
    correlation_id: str | None = None
    fault: str | None = None
    tries_left: int | None = None
    sensor: bool = False
    biometric: BiometricProblem | None = None
    wait: int | None = None

    @property
    def may_ask_again(self) -> bool:
        """May the sensor say yes at the next try?"""
        return self.sensor and self.status not in {Status.BIOMETRIC_BLOCKED, Status.BIOMETRIC_CHANGED}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the environment did. where: file and line of a fault of the program itself, empty for a known error."""

    task: Task
    error: Exception = field(repr=False)
    where: str = ""


Problem = Refusal | Failure
