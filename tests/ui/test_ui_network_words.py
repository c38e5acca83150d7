"""Every reason why a server was not reached, and every fault of a file, in words of its own: what, kept, what to do."""

from pathlib import Path

import pytest

from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.ui import states as st
from softtoken.ui.sentences import Sentences

PATH = Path("/etc/bank/{device} key.pem")


@pytest.fixture
def sentences(qapp: object) -> Sentences:
    return Sentences()


def test_every_reason_has_words_of_its_own(sentences: Sentences) -> None:
    said = {reason: sentences.tell(st.Failure(st.Task.LOGIN, Unreachable(reason))) for reason in Reason}
    assert len({told.what for told in said.values() if told}) == len(Reason)
    for told in said.values():
        assert told is not None
        assert told.what.endswith(".")
        assert told.kept == "The code was not sent."
        assert told.advice.endswith(".")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.SERVER_NOT_YET_VALID, "date and time"),
        (Reason.SERVER_EXPIRED, "date and time"),
        (Reason.INTERCEPTED, "caFile"),
        (Reason.UNKNOWN_AUTHORITY, "caFile"),
        (Reason.CERTIFICATE_REQUIRED, "issues it"),
        (Reason.PROXY_AUTHENTICATION, "user and password"),
        (Reason.LOST, "without a network"),
    ],
)
def test_what_helps(sentences: Sentences, reason: Reason, words: str) -> None:
    told = sentences.tell(st.Failure(st.Task.LOGIN, Unreachable(reason)))
    assert told is not None
    assert words in told.advice


def test_nobody_is_told_to_go_on_without_verification(sentences: Sentences) -> None:
    for reason in (Reason.TLS, Reason.SELF_SIGNED, Reason.UNKNOWN_AUTHORITY, Reason.INTERCEPTED, Reason.PROXY_TLS):
        told = sentences.tell(st.Failure(st.Task.ACTIVATE, Unreachable(reason)))
        assert told is not None
        assert told.advice.startswith("Do not go on by other means;")


@pytest.mark.parametrize("role", list(FileRole))
@pytest.mark.parametrize("fault", list(FileFault))
def test_a_file_is_named_with_what_is_wrong(sentences: Sentences, role: FileRole, fault: FileFault) -> None:
    told = sentences.tell(st.Failure(st.Task.ACTIVATE, OwnFileUnusable(role, fault, PATH)))
    assert told is not None
    assert str(PATH) in told.what.replace("\u200b", "")
    assert told.kept == "Your activation code was not sent and is still good."
    assert told.advice


def test_every_fault_and_every_role_is_another_sentence(sentences: Sentences) -> None:
    said = {
        told.what
        for role in FileRole
        for fault in FileFault
        if (told := sentences.tell(st.Failure(st.Task.LOGIN, OwnFileUnusable(role, fault, PATH))))
    }
    assert len(said) == len(FileRole) * len(FileFault)


def test_what_support_asks_for_is_shown(sentences: Sentences) -> None:
    told = sentences.tell(st.Failure(st.Task.LOGIN, Unreachable(Reason.LOST, sent=True, log_correlation_id="c-7")))
    assert told is not None
    assert told.correlation_id == "c-7"
