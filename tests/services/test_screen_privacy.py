"""The settings about screen capture and hidden codes, and the configuration that decides about one of them."""

import json
from pathlib import Path

import pytest

from softtoken.services.config import ConfigBroken, McConfig, Softtoken, load_config
from softtoken.services.events import ScreenPrivacy, SetScreenPrivacy, Status
from softtoken.services.privacy import screen_privacy, set_screen_privacy
from softtoken.vault.slots import PassphraseSecret
from softtoken.vault.store import create_vault, new_id

FORCED = McConfig(softtoken=Softtoken(screenCapture="blocked"))


def test_blocked_and_shown_unless_chosen_otherwise(tmp_path: Path) -> None:
    vault = create_vault(tmp_path / "home" / "vault.sqlite", new_id(), [PassphraseSecret("correct horse")])
    assert screen_privacy(vault, McConfig()) == ScreenPrivacy(Status.OK, True, False, False)
    assert set_screen_privacy(vault, McConfig(), SetScreenPrivacy(block_capture=False)).status is Status.OK
    assert set_screen_privacy(vault, McConfig(), SetScreenPrivacy(hide_codes=True)).status is Status.OK
    assert screen_privacy(vault, McConfig()) == ScreenPrivacy(Status.OK, False, False, True)
    # the configuration outdoes what was chosen before it, and keeps it from being chosen
    assert screen_privacy(vault, FORCED) == ScreenPrivacy(Status.OK, True, True, True)
    assert set_screen_privacy(vault, FORCED, SetScreenPrivacy(block_capture=False)).status is Status.ACCESS_DENIED
    assert set_screen_privacy(vault, FORCED, SetScreenPrivacy(hide_codes=False)).status is Status.OK
    assert screen_privacy(vault, McConfig()) == ScreenPrivacy(Status.OK, False, False, False)
    vault.close()


@pytest.mark.parametrize(("value", "good"), [("blocked", True), (None, True), ("allowed", False), (True, False)])
def test_what_the_configuration_may_say(tmp_path: Path, value: object, good: bool) -> None:
    path = tmp_path / "mc_config.json"
    path.write_text(json.dumps({"softtoken": {"screenCapture": value}}))
    if good:
        assert load_config(path, path).softtoken.screenCapture == value
    else:
        with pytest.raises(ConfigBroken) as caught:
            load_config(path, path)
        assert caught.value.place == "$.softtoken.screenCapture"
