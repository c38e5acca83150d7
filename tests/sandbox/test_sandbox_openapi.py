"""Schemathesis over the document that the sandbox serves: every check, every operation, and each reached with success.

Part of what is sent is valid by construction: a seeded user's device answers (seeded.py). SOFTTOKEN_FUZZ_EXAMPLES says
how many examples each operation gets beside the boundary cases; without it few, the same each time.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from sandbox.seeded import Seeded
from sandbox.tenant import Tenant
from schemathesis.core.result import Ok
from schemathesis.engine import events, from_schema

from softtoken.sandbox import passwords, registration, users_api, waiting

EXAMPLES = int(os.environ.get("SOFTTOKEN_FUZZ_EXAMPLES", "0"))
FEW = 8
Case = schemathesis.Case[Any]
CONFIG = {
    "seed": 1,
    "continue-on-failure": True,
    "generation": {"max-examples": EXAMPLES or FEW, "deterministic": not EXAMPLES, "no-shrink": True},
    "phases": {"stateful": {"enabled": False}},
}
FAULTS = "/softtoken/v1/faults"
"""Whoever injects faults wants other operations to fail; tests of their own send these."""
APPROVALS = "^/softtoken/v1/(approvals|device)"
EVERY = 5
"""Of the valid calls that are generated, so many are one that is right by construction."""


@pytest.fixture
def fuzzed(make_tenant: Callable[..., Tenant], monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """A tenant that holds no call for a minute and hashes one password alone; its seeded user takes part."""
    monkeypatch.setattr(waiting, "LONGEST", 0)
    hashed = passwords.hash_password("Test1234")
    for module in (registration, users_api):
        monkeypatch.setattr(module, "hash_password", lambda password: hashed)
    tenant = make_tenant()
    seeded, sent = Seeded(tenant), Counter[str]()

    def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
        if (
            case.meta is None
            or not case.meta.generation.mode.is_positive
            or case.method != case.operation.method.upper()
        ):
            return
        sent[case.operation.label] += 1
        call = seeded.call(case.operation.label) if sent[case.operation.label] % EVERY == 1 else None
        if call is not None:
            case.path_parameters.update(call.path)
            case.body = case.body if call.body is None else call.body

    class ApprovalKey:
        def get(self, case: Case, context: schemathesis.AuthContext) -> str:
            return seeded.authorization()

        def set(self, case: Case, data: str, context: schemathesis.AuthContext) -> None:
            case.headers["Authorization"] = data

    schemathesis.hook(before_call)
    schemathesis.auth(refresh_interval=None).apply_to(path_regex=APPROVALS)(ApprovalKey)
    yield tenant
    schemathesis.auths.unregister()
    schemathesis.hooks.unregister(before_call)


@pytest.mark.expects_log("uvicorn.error")
def test_the_document_is_what_the_server_does(fuzzed: Tenant) -> None:
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json", config=config).exclude(path_regex=FAULTS)
    statuses: defaultdict[str, Counter[int]] = defaultdict(Counter)
    failures: dict[tuple[str, str], str] = {}
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                for name, interaction in recorder.interactions.items():
                    if interaction.response is not None:
                        statuses[recorder.label][interaction.response.status_code] += 1
                    for check in recorder.checks.get(name, ()):
                        if check.failure_info is not None:
                            told = str(check.failure_info.failure)
                            failures.setdefault((recorder.label, check.name), f"{recorder.cases[name].value}\n{told}")
            case events.NonFatalError(value=error) | events.FatalError(exception=error):
                raise error
    assert failures == {}
    labels = {found.ok().label for found in schema.get_all_operations() if isinstance(found, Ok)}
    assert len(labels) > 40
    assert {label for label in labels if not any(200 <= status < 300 for status in statuses[label])} == set()
    assert {label for label, seen in statuses.items() if any(status >= 500 for status in seen)} == set()
