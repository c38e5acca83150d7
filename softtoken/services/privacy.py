"""Whether windows may be captured, and whether codes are hidden: a person's choice within the configuration."""

from dataclasses import replace

from softtoken.services.config import McConfig
from softtoken.services.events import ScreenPrivacy, SetScreenPrivacy, Status, StatusResult
from softtoken.vault.store import Vault


def screen_privacy(vault: Vault, config: McConfig) -> ScreenPrivacy:
    """What holds now."""
    options, forced = vault.options(), config.softtoken.screenCapture == "blocked"
    return ScreenPrivacy(Status.OK, forced or options.block_capture, forced, options.hide_codes)


def set_screen_privacy(vault: Vault, config: McConfig, event: SetScreenPrivacy) -> StatusResult:
    """Both or none."""
    if event.block_capture is not None and config.softtoken.screenCapture == "blocked":
        return StatusResult(Status.ACCESS_DENIED)
    block, hide = event.block_capture, event.hide_codes
    vault.update_options(
        lambda options: replace(
            options,
            block_capture=options.block_capture if block is None else block,
            hide_codes=options.hide_codes if hide is None else hide,
        )
    )
    return StatusResult(Status.OK)
