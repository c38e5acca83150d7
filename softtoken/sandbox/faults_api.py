"""Our own endpoints that order faults (docs/sandbox.md, "Faults")."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, TypeAdapter

from softtoken.sandbox.faults import LARGEST_SEED, LONGEST_DELAY, Fault, Faults, Kind, When, Wish
from softtoken.sandbox.fields import LikeJson, Received, UserId
from softtoken.sandbox.models import Done
from softtoken.sandbox.responses import refusals
from softtoken.sandbox.users import read_user

_LARGEST_NUMBER = 2**31


class FaultFields(Received):
    """What all faults have: for the requests to an endpoint (`[METHOD ]/path`, * for any characters), or of one user.

    next: for so many of these requests; without it until deleted. probability: of each. seed: makes the same choice
    again; one is chosen if it is missing.
    """

    endpoint: Annotated[str, Field(pattern=r"^([A-Z]{1,10} )?/[!-~]*$", max_length=200)] = "/v1/*"
    user: UserId | None = None
    next: Annotated[int, Field(strict=True, ge=1, le=1_000_000), LikeJson] | None = None
    probability: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] = 1
    seed: Annotated[int, Field(strict=True, ge=0, le=LARGEST_SEED), LikeJson] | None = None


class Delay(FaultFields):
    """Carried out late (before, which is the default), or carried out at once and answered late (after)."""

    fault: Literal[Kind.DELAY]
    when: When = When.BEFORE
    seconds: Annotated[float, Field(strict=True, gt=0, le=LONGEST_DELAY, allow_inf_nan=False)]


class Loss(FaultFields):
    """No right answer: the request has no effect (before, which is the default), or it has (after)."""

    fault: Literal[Kind.DROP, Kind.ERROR, Kind.SIGN_IN_PAGE]
    when: When = When.BEFORE


class Spoilt(FaultFields):
    """An answer that is not what it should be; there has to be one, so the request has its effect."""

    fault: Literal[Kind.TRUNCATED, Kind.WRONG_CONTENT_TYPE]
    when: Literal[When.AFTER] = When.AFTER


FaultInput = Annotated[Delay | Loss | Spoilt, Field(discriminator="fault")]
READ: TypeAdapter[Delay | Loss | Spoilt] = TypeAdapter(FaultInput)
"""For forms: validates like the API."""


def wish_of(fault: Delay | Loss | Spoilt, domain: str) -> Wish:
    """Raises Refusal (400) for what cannot be a user."""
    return Wish(
        endpoint=fault.endpoint,
        user=read_user(fault.user, domain) if fault.user is not None else None,
        kind=fault.fault,
        when=fault.when,
        seconds=fault.seconds if isinstance(fault, Delay) else 0,
        remaining=fault.next,
        probability=fault.probability,
        seed=Wish.new_seed() if fault.seed is None else fault.seed,
    )


class FaultOutput(BaseModel):
    """next: how many requests are left; 0 is over. seen: requests that it was for; injected: those that got it."""

    number: int
    endpoint: str
    user: str | None
    fault: Kind
    when: When
    seconds: float | None
    next: int | None
    probability: float
    seed: int
    seen: int
    injected: int

    @staticmethod
    def of(fault: Fault) -> "FaultOutput":
        wish = fault.wish
        return FaultOutput(
            number=fault.number,
            endpoint=wish.endpoint,
            user=wish.user,
            fault=wish.kind,
            when=wish.when,
            seconds=wish.seconds if wish.kind is Kind.DELAY else None,
            next=wish.remaining,
            probability=wish.probability,
            seed=wish.seed,
            seen=fault.seen,
            injected=fault.injected,
        )


class FaultsOutput(BaseModel):
    """In the order in which they are tried."""

    faults: list[FaultOutput]


def faults_router(faults: Faults, domain: str) -> APIRouter:
    """GET, POST and DELETE faults; DELETE faults/{number}."""
    router = APIRouter(prefix="/softtoken/v1/faults")

    @router.get("", responses=refusals())
    def get_faults() -> FaultsOutput:
        return FaultsOutput(faults=[FaultOutput.of(fault) for fault in faults.all()])

    @router.post("", responses=refusals(400, 409))
    def add_fault(body: FaultInput) -> FaultOutput:
        return FaultOutput.of(faults.add(wish_of(body, domain)))

    @router.delete("", responses=refusals())
    def delete_all_faults() -> Done:
        faults.clear()
        return Done()

    @router.delete("/{number}", responses=refusals(400, 404))
    def delete_fault(number: Annotated[int, Path(ge=1, le=_LARGEST_NUMBER)]) -> Done:
        faults.delete(number)
        return Done()

    return router
