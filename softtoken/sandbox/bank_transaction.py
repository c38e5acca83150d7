"""The bank's payment page: payee, IBAN and amount, shown once more as they are signed, then signed with the token."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from softtoken.sandbox.access import caller_address
from softtoken.sandbox.bank_proofs import Mistyped, Proofs, Wish, read_proof, read_session, signed_fields
from softtoken.sandbox.forms import Form, fault_of, notice
from softtoken.sandbox.pages import Pages
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.rules import Circumstances
from softtoken.sandbox.sessions import Kind, Shown
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import read_user, require_user
from softtoken.sandbox.verdicts import Tone

CURRENCY = "EUR"
TRANSACTION_TYPE = "ExternalTransfer"
LONGEST_PAYEE = 70
"""Characters, as in a credit transfer of SEPA."""


def transaction_pages(settings: SandboxSettings, store: Store, proofs: Proofs, pages: Pages) -> APIRouter:
    """`/transaction` and `/bank/transaction`."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/transaction")
    def transaction_form(user: str = "") -> HTMLResponse:
        return HTMLResponse(_form(pages, {"user": user}))

    @router.post("/bank/transaction")
    def transact(form: Form, request: Request) -> Response:
        try:
            user, proof = read_user(form.get("user", ""), settings.domain), read_proof(form)
            typed = _read(form)
            with store.transaction() as db:
                require_user(db, user)
        except Refusal as refusal:
            return HTMLResponse(_form(pages, form, fault_of(refusal)), refusal.status)
        except Mistyped as fault:
            return HTMLResponse(_form(pages, form, str(fault)), HTTPStatus.BAD_REQUEST)
        fields = {"Payee": typed["payee"], "IBAN": typed["iban"], "Amount": f"{typed['amount']} {CURRENCY}"}
        address = caller_address(request.scope)
        wish = Wish(
            Kind.TRANSACTION,
            user,
            read_session(form),
            Shown(
                "Payment at Sandbox Bank",
                challenge="\n".join(f"{label}: {value}" for label, value in fields.items()),
                client_ip=address,
            ),
            Circumstances("transactions/validate", address, typed["amount"], TRANSACTION_TYPE),
            fields,
            typed,
        )
        if proof is None:
            return HTMLResponse(_to_sign(pages, proofs, wish))
        return proofs.answer(wish, proof)

    # a form's target in the address bar is a person who pressed Enter there
    @router.get("/bank/transaction")
    def back() -> RedirectResponse:
        return RedirectResponse("/transaction", HTTPStatus.SEE_OTHER)

    return router


def _form(pages: Pages, typed: Mapping[str, str], fault: str = "") -> str:
    return pages.page(
        "transaction",
        "Pay",
        notice=notice(pages, fault, Tone.BAD),
        user=typed.get("user", ""),
        payee=typed.get("payee", ""),
        iban=typed.get("iban", ""),
        amount=typed.get("amount", ""),
    )


def _to_sign(pages: Pages, proofs: Proofs, wish: Wish) -> str:
    return pages.page(
        "sign",
        "Sign the payment",
        user=wish.user,
        fields=signed_fields(pages, wish.fields),
        lines="\n".join(wish.values),
        form=proofs.form(wish, "step_signature"),
    )


def _read(form: Mapping[str, str]) -> dict[str, str]:
    """Payee, IBAN and amount as they are signed: read again, they stay what they are. Raises Mistyped."""
    payee = " ".join(form.get("payee", "").split())
    if not 1 <= len(payee) <= LONGEST_PAYEE or not payee.isprintable():
        raise Mistyped(f"The payee is a name of 1 to {LONGEST_PAYEE} characters.")
    iban = re.sub(r"\s", "", form.get("iban", "")).upper()
    if not _is_iban(iban):
        raise Mistyped("This is no IBAN: its check digits do not fit. An example is DE89 3704 0044 0532 0130 00.")
    amount = _AMOUNT.fullmatch(form.get("amount", "").strip())
    if amount is None or not int(amount["whole"] + (amount["cents"] or "")):
        raise Mistyped("The amount is a number of euros, such as 66.66.")
    whole, cents = amount["whole"].lstrip("0") or "0", (amount["cents"] or "").ljust(2, "0")
    return {"payee": payee, "iban": iban, "amount": f"{whole}.{cents}"}


def _is_iban(text: str) -> bool:
    """ISO 13616: country, check digits, account; modulo 97 over all of it with the first four at the end."""
    if re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text) is None:
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,9})(?:[.,](?P<cents>[0-9]{1,2}))?", re.ASCII)
