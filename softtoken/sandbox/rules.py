"""The table of rules that plays the risk engine: who, from where, how much; in order, the first that fits decides."""

import ipaddress
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

Endpoint = Literal["login", "events/validate", "transactions/validate", "events", "transactions", "unregister"]
ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
Comparison = Literal["lt", "le", "eq", "ge", "gt"]


@dataclass(frozen=True, slots=True)
class Rule:
    """status: None leaves it to the code and to what the call carries; else it is answered as it stands."""

    code: int
    status: str | None = None


@dataclass(frozen=True, slots=True)
class AmountTest:
    """Is the transaction's amount less than, at most, equal to, at least, more than this decimal number?"""

    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks for, all of it together; None fits everything.

    user: a user id. client_ip: an address, or a network such as 10.0.0.0/8. country: as the table of countries says.
    """

    user: str | None = None
    client_ip: str | None = None
    country: str | None = None
    amount: AmountTest | None = None
    transaction_type: str | None = None
    event_type: str | None = None
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class TableRule:
    """One line of the table."""

    conditions: Conditions
    rule: Rule


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a call, as its caller says it."""

    endpoint: Endpoint
    client_ip: str | None = None
    amount: str | None = None
    transaction_type: str | None = None
    event_type: str | None = None


def list_table(db: sqlite3.Connection) -> list[TableRule]:
    """In their order."""
    return [_read(row) for row in db.execute("SELECT * FROM risk_rules ORDER BY number")]


def set_table(db: sqlite3.Connection, table: Sequence[TableRule]) -> None:
    """Replace the whole table."""
    db.execute("DELETE FROM risk_rules")
    db.executemany(
        "INSERT INTO risk_rules (user_id, client_ip, country, amount_is, amount, transaction_type, event_type,"
        " endpoint, risk_response_code, session_status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_written(line) for line in table],
    )


def list_countries(db: sqlite3.Connection) -> dict[str, str]:
    """Network to country."""
    rows = db.execute("SELECT network, country FROM countries ORDER BY network")
    return {row["network"]: row["country"] for row in rows}


def set_countries(db: sqlite3.Connection, countries: Mapping[str, str]) -> None:
    """Replace the table of countries. Of two networks that hold an address the smaller one counts."""
    db.execute("DELETE FROM countries")
    db.executemany("INSERT INTO countries (network, country) VALUES (?, ?)", countries.items())


def find_rule(db: sqlite3.Connection, user: str, said: Circumstances) -> Rule | None:
    """The first that fits this call of this user."""
    country = country_of(said.client_ip, list_countries(db))
    return next((line.rule for line in list_table(db) if _fits(line.conditions, user, said, country)), None)


def country_of(client_ip: str | None, countries: Mapping[str, str]) -> str | None:
    """None for an address that no network holds, or that is none."""
    held = [network for network in countries if is_in_network(client_ip, network)]
    if not held:
        return None
    return countries[max(held, key=lambda network: ipaddress.ip_network(network, strict=False).prefixlen)]


def is_in_network(client_ip: str | None, network: str) -> bool:
    """network: an address or a network. What cannot be read is in none."""
    try:
        return ipaddress.ip_address(client_ip or "") in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _fits(conditions: Conditions, user: str, said: Circumstances, country: str | None) -> bool:
    exact = (
        (conditions.user, user),
        (conditions.country, country),
        (conditions.transaction_type, said.transaction_type),
        (conditions.event_type, said.event_type),
        (conditions.endpoint, said.endpoint),
    )
    return (
        all(wanted is None or wanted == found for wanted, found in exact)
        and (conditions.client_ip is None or is_in_network(said.client_ip, conditions.client_ip))
        and (conditions.amount is None or _compares(conditions.amount, said.amount))
    )


def _compares(test: AmountTest, amount: str | None) -> bool:
    """An amount that is no number fits no comparison."""
    try:
        found, wanted = Decimal(amount or ""), Decimal(test.value)
    except InvalidOperation:
        return False
    if not found.is_finite():
        return False
    match test.comparison:
        case "lt":
            return found < wanted
        case "le":
            return found <= wanted
        case "eq":
            return found == wanted
        case "ge":
            return found >= wanted
        case "gt":
            return found > wanted


def _read(row: sqlite3.Row) -> TableRule:
    amount = AmountTest(row["amount_is"], row["amount"]) if row["amount_is"] is not None else None
    conditions = Conditions(
        row["user_id"],
        row["client_ip"],
        row["country"],
        amount,
        row["transaction_type"],
        row["event_type"],
        row["endpoint"],
    )
    return TableRule(conditions, Rule(row["risk_response_code"], row["session_status"]))


def _written(line: TableRule) -> tuple[str | int | None, ...]:
    asked, amount = line.conditions, line.conditions.amount
    return (
        asked.user,
        asked.client_ip,
        asked.country,
        amount.comparison if amount is not None else None,
        amount.value if amount is not None else None,
        asked.transaction_type,
        asked.event_type,
        asked.endpoint,
        line.rule.code,
        line.rule.status,
    )
