"""Days are told so that nobody takes the month for the day."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QDate, QDateTime, QLocale

from softtoken.ui.moments import day_in_words, moment_in_words


@pytest.fixture(params=["C", "en_US", "en_GB", "de_DE"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


@pytest.mark.usefixtures("language")
def test_the_month_is_a_word_and_the_year_has_four_digits() -> None:
    told = day_in_words(QDate(2027, 4, 3))
    assert "Apr" in told
    assert "2027" in told


@pytest.mark.usefixtures("language")
def test_a_moment_is_a_day_and_a_time_without_seconds_or_zone() -> None:
    moment = QDateTime(QDate(2027, 4, 3), QDateTime.fromSecsSinceEpoch(0).time()).addSecs(20 * 60)
    told = moment_in_words(moment.toSecsSinceEpoch())
    assert told.startswith(day_in_words(moment.date()))
    assert told.count(":") == 1
