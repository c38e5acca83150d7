"""What a window shows of codes to those who look at the screen, or at pictures of it."""

from dataclasses import dataclass

from softtoken.services.events.vocabulary import Event, Status, StatusResult


@dataclass(frozen=True, slots=True)
class GetScreenPrivacy(Event["ScreenPrivacy"]):
    """The settings as they are."""


@dataclass(frozen=True, slots=True)
class SetScreenPrivacy(Event[StatusResult]):
    """None leaves one as it is. ACCESS_DENIED: the configuration decides about capture. INVALID_STATE: not open."""

    block_capture: bool | None = None
    hide_codes: bool | None = None


@dataclass(frozen=True, slots=True)
class ScreenPrivacy:
    """block_capture: keep windows out of pictures of the screen, where the system can. forced: the configuration says
    so, and nothing lifts it. hide_codes: show each code only when asked.
    """

    status: Status
    block_capture: bool = True
    forced: bool = False
    hide_codes: bool = False
