"""What a terminal says of a server that was not reached."""

from pathlib import Path

import pytest

from softtoken.cli.faults import describe
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable


def test_every_reason_has_words_of_its_own() -> None:
    said = {describe(Unreachable(reason)) for reason in Reason}
    assert len(said) == len(Reason)
    for text in said:
        assert "Nothing is lost." in text
        assert "arrived" not in text


def test_what_was_sent_and_what_support_asks_for() -> None:
    text = describe(Unreachable(Reason.LOST, sent=True, log_correlation_id="c-7"))
    assert "may have arrived" in text
    assert "log-correlation-id c-7" in text


@pytest.mark.parametrize("role", list(FileRole))
@pytest.mark.parametrize("fault", list(FileFault))
def test_a_file_is_named_with_what_is_wrong(role: FileRole, fault: FileFault) -> None:
    text = describe(OwnFileUnusable(role, fault, Path("/etc/bank/device.pem")))
    assert "/etc/bank/device.pem" in text
    assert text.startswith("Nothing was sent: ")
    others = {describe(OwnFileUnusable(role, other, Path("/etc/bank/device.pem"))) for other in FileFault}
    assert len(others) == len(FileFault)
