"""New keys for an authenticator, and the message that takes them to the device (docs/activation.md)."""

import base64
import json
import secrets
import sqlite3
from collections.abc import Sequence

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.approvals import fingerprint
from softtoken.sandbox.settings import SandboxSettings

KEY_LENGTH = 32


def new_authenticator(
    db: sqlite3.Connection,
    settings: SandboxSettings,
    user: str,
    serial: str,
    protections: Sequence[ProtectionType],
) -> bytes:
    """Store an authenticator without an owner yet: a key and a counter per protection.

    The answer, for the device, is one JSON object with the keys in the clear: seal it.
    """
    approval_key = secrets.token_bytes(KEY_LENGTH)
    db.execute(
        "INSERT INTO authenticators (serial, digits, approval_key) VALUES (?, ?, ?)",
        (serial, settings.digits, fingerprint(approval_key)),
    )
    credentials = []
    for instance, protection in enumerate(protections, 1):
        key = secrets.token_bytes(KEY_LENGTH)
        db.execute(
            "INSERT INTO credentials (serial, instance, protection, key) VALUES (?, ?, ?, ?)",
            (serial, instance, protection.value, key),
        )
        credentials.append(
            {
                "protection": protection.value,
                "instance": instance,
                "key": base64.b64encode(key).decode(),
                "counter": 0,
            }
        )
    message = {
        "version": 1,
        "tenant": settings.tenant,
        "domain": settings.domain,
        "userID": user,
        "serial": serial,
        "credentials": credentials,
        "policy": _policy(settings),
        "approvalKey": base64.b64encode(approval_key).decode(),
    }
    return json.dumps(message).encode()


def _policy(settings: SandboxSettings) -> dict[str, object]:
    retry, atc, pin = settings.retry, settings.atc, settings.pin
    policy: dict[str, object] = {
        "digits": settings.digits,
        "maxTries": retry.max_tries,
        "freeTries": retry.free_tries,
        "firstDelay": retry.first_delay,
        "maxDelay": retry.max_delay,
        "atcWarn": atc.warn,
        "atcLimit": atc.limit,
        "pinMinLength": pin.min_length,
        "pinMaxLength": pin.max_length,
    }
    if settings.allow_offline_pin_verification is not None:
        policy["allowOfflinePinVerification"] = settings.allow_offline_pin_verification
    if pin.weak_allowed:
        policy["pinWeakAllowed"] = True
    return policy
