"""The JSON of the requests around one user, exactly as documented (iaa-api 5, 6, 7, 14)."""

from typing import Any

from softtoken.iaa.fingerprint import BrowserCddc, Cddc
from softtoken.iaa.messages import (
    EventRequest,
    LoginRequest,
    Proving,
    RegisterRequest,
    RiskFacts,
    UnregisterRequest,
)
from softtoken.iaa.transactions import (
    FidoData,
    SecureChannelData,
    StandardData,
    TransactionData,
    TransactionMessage,
    TransactionRequest,
)


def register_body(request: RegisterRequest) -> dict[str, Any]:
    """AdaptiveRegisterUserInput or RegisterUserInputEx."""
    return present(
        objectType=request.object_type.value,
        **_risk_facts(request),
        userID=request.user_id,
        domain=request.domain,
        staticPassword=request.static_password,
        activationType=request.activation_type and request.activation_type.value,
        emailAddress=request.email_address,
        mobilePhoneNumber=request.mobile_phone_number,
        serialNumber=request.serial_number,
        deviceCode=request.device_code,
    )


def unregister_body(user: str, request: UnregisterRequest) -> dict[str, Any]:
    """AdaptiveUnregisterUserInput or UnregisterUserInputEx: a client of the vendor repeats the path's user id in it."""
    return present(
        objectType=request.object_type.value,
        **_risk_facts(request),
        userID=user.rpartition("@")[0],
        staticPassword=request.static_password,
    )


def login_body(request: LoginRequest) -> dict[str, Any]:
    """AdaptiveLoginInput or LoginInput, in the order of the seed's sample."""
    message = request.login_message
    return present(
        objectType=request.object_type.value,
        **_proving(request),
        staticPassword=request.static_password,
        loginMessage=message
        and {"title": {"text": message.title}, "subject": message.subject, "challenge": message.challenge},
    )


def event_body(request: EventRequest) -> dict[str, Any]:
    """As a login without an objectType: the vendor's own client sends none."""
    return present(**_proving(request), eventType=request.event_type)


def transaction_body(request: TransactionRequest) -> dict[str, Any]:
    """AdaptiveTransactionValidationInput or TransactionValidationInput."""
    return present(
        objectType=request.object_type.value,
        **_risk_facts(request),
        data=_transaction_data(request.data),
        orchestrationDelivery=[way.value for way in request.orchestration_delivery] or None,
        timeout=request.timeout,
        accountRef=request.account_ref,
        amount=request.amount,
        currency=request.currency,
        transactionType=request.transaction_type,
        creditorBank=request.creditor_bank,
        creditorIBAN=request.creditor_iban,
        creditorName=request.creditor_name,
        debtorIBAN=request.debtor_iban,
    )


def check_status_body(login: str) -> dict[str, Any]:
    """timeoutSeconds is a text in the vendor's own client: 0, answer now."""
    return {"login": login, "timeoutSeconds": "0"}


def challenge_body(length: int, *, check_digit: bool) -> dict[str, Any]:
    """Both are texts in the vendor's own client."""
    return {"length": str(length), "checkDigit": "true" if check_digit else "false"}


def sync_body(first: str, second: str, serial_number: str | None) -> dict[str, Any]:
    """SyncAuthenticatorInput, as far as it is known."""
    return present(serialNumber=serial_number, response1=first, response2=second)


def proving_secrets(request: LoginRequest | EventRequest) -> tuple[str, ...]:
    """The texts of a login or an event that may never be repeated."""
    password = request.static_password if isinstance(request, LoginRequest) else None
    return _given(request.otp, request.pass_key, request.fido_response, password)


def register_secrets(request: RegisterRequest | UnregisterRequest) -> tuple[str, ...]:
    """The texts of a registration, or of its end, that may never be repeated."""
    return _given(request.static_password, request.device_code if isinstance(request, RegisterRequest) else None)


def transaction_secrets(request: TransactionRequest) -> tuple[str, ...]:
    """The signature, or the FIDO answer in its place."""
    match request.data:
        case StandardData(signature=secret) | SecureChannelData(signature=secret):
            return (secret,)
        case FidoData(authentication_response=secret):
            return (secret,)
        case TransactionMessage():
            return ()


def present(**fields: Any) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def _proving(request: Proving) -> dict[str, Any]:
    # credentials stand before applicationRef in the seed's sample
    facts = _risk_facts(request)
    application = facts.pop("applicationRef")
    return {
        **facts,
        "credentials": _credentials(request),
        "applicationRef": application,
        "requestID": request.request_id,
        "orchestrationDelivery": [way.value for way in request.orchestration_delivery] or None,
        "timeout": request.timeout,
        "fidoAuthentication": request.fido_protocol and {"fidoProtocol": request.fido_protocol.value},
    }


def _risk_facts(request: RiskFacts) -> dict[str, Any]:
    return {
        "cddc": cddc_body(request.cddc),
        "relationshipRef": request.relationship_ref,
        "sessionID": request.session_id,
        "clientIP": request.client_ip,
        "applicationRef": request.application_ref,
    }


def cddc_body(cddc: Cddc | None) -> dict[str, Any] | None:
    if cddc is None:
        return None
    form = "browserCDDC" if isinstance(cddc, BrowserCddc) else "mobileCDDC"
    return {form: {"fingerprintRaw": cddc.fingerprint_raw, "fingerprintHash": cddc.fingerprint_hash}}


def _credentials(request: Proving) -> dict[str, Any] | None:
    if request.otp is not None:
        return {"authenticator": present(OTP=request.otp, challenge=request.challenge)}
    if request.pass_key is not None:
        return {"passKey": request.pass_key}
    if request.fido_response is not None:
        return {"fidoAuthenticator": {"authenticationResponse": request.fido_response}}
    return None


def _transaction_data(data: TransactionData) -> dict[str, Any]:
    match data:
        case StandardData(fields, signature):
            return {"standard": {"dataFields": list(fields), "signature": signature}}
        case SecureChannelData(request_id, signature):
            return {"secureChannel": {"requestID": request_id, "signature": signature}}
        case TransactionMessage(pairs):
            shown = [{"key": {"text": key}, "value": {"text": value}} for key, value in pairs]
            return {"transactionMessage": {"dataFields": shown}}
        case FidoData(protocol, response, request_id):
            fido = present(fidoProtocol=protocol.value, authenticationResponse=response, requestID=request_id)
            return {"fido": fido}


def _given(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
