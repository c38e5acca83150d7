"""How a login that waits for approval can look."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.events import ApprovalResult, BiometricProblem, PendingApproval, SessionOutdated, Status
from softtoken.ui import states as st

_PIN, _FINGER = ProtectionType.PIN, ProtectionType.BIOMETRIC


def waiting_login(token: Token, uptime: int, number: int = 1, protection: ProtectionType = _PIN) -> PendingApproval:
    """A login at the bank, 42 seconds before its end."""
    assert token.account is not None
    return PendingApproval(
        token.account.identifier,
        f"{number:032x}",
        "login",
        22 if protection is _PIN else 21,
        (protection,),
        "Login to Northwind online banking",
        "Firefox on Windows",
        "Are you trying to log in? If this is you, the page shows the number 73.",
        "192.0.2.7",
        uptime + 42,
    )


def approval_scenes(token: Token, uptime: int, unreachable: Exception) -> dict[str, st.State]:
    """Names in the order of the journey."""
    approval = waiting_login(token, uptime)
    page = st.ApprovalPage(token, approval, _PIN)
    odd = replace(
        approval,
        title="<b>Pay</b> \u202e005 EUR",
        subject="one\u2028two\x1b[2J",
        challenge="A first line\n" + "A long text that goes on and on. " * 12,
        client_ip="2001:db8:85a3:8d3:1319:8a2e:370:7348",
    )
    bare = replace(approval, title="", subject="", challenge="", client_ip="")
    approve, decline = st.Decision.APPROVE, st.Decision.DECLINE
    refused = st.Refusal(st.Task.APPROVE, Status.WRONG_CREDENTIALS, "Authentication failed", "9d2c-4711")
    finger = replace(page, approval=replace(approval, protections=(_FINGER, _PIN)), protection=_FINGER)
    timed_out = st.Refusal(
        st.Task.APPROVE, Status.USER_CONFIRMATION_TIMEOUT, sensor=True, biometric=BiometricProblem.TIMED_OUT
    )
    return {
        "approval": page,
        "approval-finger": finger,
        "approval-finger-asked": replace(finger, deciding=approve),
        "approval-finger-failed": replace(finger, problem=timed_out),
        "approval-pin": replace(page, ask_pin=True),
        "approval-wrong-pin": replace(
            page, ask_pin=True, tries_left=2, problem=st.Refusal(st.Task.APPROVE, Status.INVALID_PIN, tries_left=2)
        ),
        "approval-refused": replace(page, ask_pin=True, problem=refused),
        "approval-deciding": replace(page, ask_pin=True, deciding=approve),
        "approval-offline": replace(page, problem=st.Failure(st.Task.APPROVE, unreachable)),
        "approval-no-pin": st.ApprovalPage(
            token, waiting_login(token, uptime, 2, ProtectionType.NO_PIN), ProtectionType.NO_PIN
        ),
        "approval-impossible": st.ApprovalPage(token, replace(approval, protections=()), None),
        "approval-odd": st.ApprovalPage(token, odd, _PIN),
        "approval-transaction": st.ApprovalPage(
            token,
            replace(
                approval,
                kind="transaction",
                title="",
                subject="",
                challenge="to: DE89 3704 0044 0532 0130 00\namount: 66.66 EUR",
            ),
            _PIN,
        ),
        "approval-bare": st.ApprovalPage(token, bare, _PIN),
        "approval-expired": replace(page, gone=st.Gone.EXPIRED),
        "approval-elsewhere": replace(page, gone=st.Gone.ELSEWHERE),
        "approval-approved": st.ApprovalDone(token, approval, approve, ApprovalResult(Status.OK, 5, 0)),
        "approval-declined": st.ApprovalDone(token, approval, decline, ApprovalResult(Status.OK)),
        "approval-late": st.ApprovalDone(
            token,
            approval,
            approve,
            ApprovalResult(
                Status.INVALID_STATE,
                outdated=SessionOutdated.ACCEPTED,
                detail="Invalid Request ID",
                log_correlation_id="9d2c-4711",
            ),
        ),
        "approval-locked": st.ApprovalDone(
            token, approval, approve, ApprovalResult(Status.LOCKED_USER, detail="User is locked")
        ),
    }
