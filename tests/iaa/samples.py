"""The documented texts and requests of the IAA API that several tests share (iaa-api 11, 13)."""

import json

SEED_RAW = (
    '{browser:{"userAgent":Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/65.0.3325.181 Safari/537.36},support:{"ajax":true,"boxModel":undefined,"changeBubbles":undefined,'
    '"checkClone":true,"checkOn":true,"cors":true,"cssFloat":undefined,"hrefNormalized":undefined,'
    '"htmlSerialize":undefined,"leadingWhitespace":undefined,"noCloneChecked":true,"noCloneEvent":undefined,'
    '"opacity":undefined,"optDisabled":undefined,"style":undefined,"submitBubbles":undefined,"tbody":undefined},'
    'computer:{"screenWidth":2560,"screenHeight":1440,"OS":"Microsoft Windows","platform":"Win32"},additional:{}}'
)
SEED_HASH = "e96dadc9651f5fe8f071110eb174fe8e7a17a9d7a96b3b1980c13e5b4af3a4d7"

VO_RAW = SEED_RAW.replace("6.1; WOW64", "6.1, WOW64")
VO_HASH = "8390a928309575d03ff0337887a7e5fd5a5b90a9fdf927a1283d84a98244dc8f"

_FEATURES = (
    "ajax", "boxModel", "changeBubbles", "checkClone", "checkOn", "cors", "cssFloat", "hrefNormalized",
    "htmlSerialize", "leadingWhitespace", "noCloneChecked", "noCloneEvent", "opacity", "optDisabled", "style",
    "submitBubbles", "tbody",
)  # fmt: skip
_CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.130 "
FR_RAW = json.dumps(
    {
        "browser": {"userAgent": _CHROME + "Safari/537.36"},
        "viewport": {"width": 1903, "height": 969},
        "support": dict.fromkeys(_FEATURES, True) | {"boxModel": None},
        "computer": {"screenWidth": 1920, "screenHeight": 1080, "OS": "Microsoft Windows", "platform": "Win32"},
        "additional": {},
    },
    separators=(",", ":"),
)
FR_HASH = "c2ce4679155fc6a3569f1f24a2be2abbe150a27cbc15bb6b1d8d0274ecae8252"
