"""What a device says its finger or face sensor is worth (docs/activation.md, "What a biometric is worth")."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.approvals import require_device
from softtoken.sandbox.approvals_api import DeviceKey
from softtoken.sandbox.fields import Received
from softtoken.sandbox.models import Done
from softtoken.sandbox.refusal import conflict
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.store import Store


class SensorBinding(StrEnum):
    """HARDWARE: the key cannot be used without the sensor's yes. PROMPT: the sensor is only asked."""

    HARDWARE = "HARDWARE"
    PROMPT = "PROMPT"


class DeviceInput(Received):
    """The device's own word, which nothing proves. biometricSystem: its name, for people."""

    biometricBinding: SensorBinding
    biometricSystem: Annotated[str, Field(max_length=64, pattern=r"^[ -~]*$")] = ""


def sensors_router(store: Store) -> APIRouter:
    """POST device."""
    router = APIRouter(prefix="/softtoken/v1")

    @router.post("/device", responses=refusals(400, 401, 409))
    def tell(body: DeviceInput, approval_key: DeviceKey) -> Done:
        with store.transaction() as db:
            serial = require_device(db, approval_key).serial
            changed = db.execute(
                "UPDATE authenticators SET biometric_binding = ?1, biometric_system = ?2 WHERE serial = ?3"
                " AND EXISTS (SELECT 1 FROM credentials WHERE serial = ?3 AND protection = ?4)",
                (body.biometricBinding.value, body.biometricSystem, serial, ProtectionType.BIOMETRIC.value),
            )
            if not changed.rowcount:
                raise conflict("This device has no biometric credential")
        return Done()

    return router
