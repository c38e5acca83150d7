"""The conformance examples of the reference, section 13, as they were observed or rebuilt; nothing here is ours."""

from typing import Any

SEED_RAW = (
    '{browser:{"userAgent":Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko)'
    ' Chrome/65.0.3325.181 Safari/537.36},support:{"ajax":true,"boxModel":undefined,"changeBubbles":undefined,'
    '"checkClone":true,"checkOn":true,"cors":true,"cssFloat":undefined,"hrefNormalized":undefined,'
    '"htmlSerialize":undefined,"leadingWhitespace":undefined,"noCloneChecked":true,"noCloneEvent":undefined,'
    '"opacity":undefined,"optDisabled":undefined,"style":undefined,"submitBubbles":undefined,"tbody":undefined},'
    'computer:{"screenWidth":2560,"screenHeight":1440,"OS":"Microsoft Windows","platform":"Win32"},additional:{}}'
)
SEED_HASH = "e96dadc9651f5fe8f071110eb174fe8e7a17a9d7a96b3b1980c13e5b4af3a4d7"
OTHER_RAW = SEED_RAW.replace("; WOW64", ", WOW64")
CDDC: dict[str, Any] = {"browserCDDC": {"fingerprintHash": SEED_HASH, "fingerprintRaw": SEED_RAW}}
OTHER_CDDC: dict[str, Any] = {"browserCDDC": {"fingerprintHash": SEED_HASH, "fingerprintRaw": OTHER_RAW}}
REF = "ForgeRock Identity Cloud"
FR_SESSION = "38663233383530352d623966382d343631342d393762392d373833303463323962303836"

LOGIN: dict[str, Any] = {
    "objectType": "AdaptiveLoginInput",
    "cddc": CDDC,
    "relationshipRef": "iaa_user",
    "sessionID": "4ED23EA44F23",
    "clientIP": "192.168.0.1",
    "credentials": {"authenticator": {"OTP": "714346"}},
}
REGISTER_EX: dict[str, Any] = {
    "objectType": "RegisterUserInputEx",
    "cddc": OTHER_CDDC,
    "clientIP": "192.168.0.1",
    "staticPassword": "Test1234",
    "userID": "arthur115",
}
REGISTER: dict[str, Any] = {
    "applicationRef": REF,
    "sessionID": FR_SESSION,
    "relationshipRef": "tyler4",
    "activationType": "onlineMDL",
    "staticPassword": "Test1234",
    "objectType": "AdaptiveRegisterUserInput",
    "userID": "tyler4",
    "clientIP": "192.168.1.1",
    "cddc": CDDC,
}
CHECK_STATUS: dict[str, Any] = {"login": "unknown_username", "timeoutSeconds": "0"}
RISK_ONLY: dict[str, Any] = {
    "orchestrationDelivery": ["pushNotification", "requestMessage"],
    "timeout": 0,
    "clientIP": "192.168.1.1",
    "cddc": CDDC,
    "relationshipRef": "tyler4",
    "sessionID": FR_SESSION,
    "applicationRef": REF,
    "objectType": "AdaptiveLoginInput",
}
PUSH: dict[str, Any] = {
    "objectType": "LoginInput",
    "credentials": {"passKey": "Fingerprint"},
    "loginMessage": {
        "title": {"text": "Login request"},
        "subject": "Tap here to confirm login",
        "challenge": "Are you trying to log in?",
    },
    "orchestrationDelivery": ["pushNotification", "requestMessage"],
}
EVENT: dict[str, Any] = {
    "timeout": 0,
    "cddc": CDDC,
    "clientIP": "192.168.1.1",
    "relationshipRef": "tyler4",
    "sessionID": FR_SESSION,
    "applicationRef": REF,
    "eventType": "LoginAttempt",
}
TRANSACTION: dict[str, Any] = {
    "data": {
        "transactionMessage": {
            "dataFields": [
                {"key": {"text": "amount"}, "value": {"text": "66.66"}},
                {"key": {"text": "currency"}, "value": {"text": "CAD"}},
            ]
        }
    },
    "timeout": 0,
    "accountRef": "Ref123123",
    "amount": "66.66",
    "currency": "CAD",
    "transactionType": "ExternalTransfer",
    "creditorBank": "ABC Bank",
    "creditorIBAN": "IBAN123123",
    "creditorName": "John Smith",
    "debtorIBAN": "IBAN234234",
    "cddc": CDDC,
    "clientIP": "192.168.1.1",
    "relationshipRef": "tyler4",
    "sessionID": FR_SESSION,
    "applicationRef": REF,
    "objectType": "AdaptiveTransactionValidationInput",
}
OFFLINE_SIGNING: dict[str, Any] = {
    "data": {"standard": {"dataFields": ["DE893704", "GB29NWBK", "66.66"], "signature": "12345678"}},
    "timeout": 0,
    "objectType": "TransactionValidationInput",
}
