"""Days and times of day as this system's language writes them, with the month in words: 3/4 is two days."""

from PySide6.QtCore import QDate, QDateTime, QLocale


def day_in_words(date: QDate) -> str:
    """Friday, 15 January 2027."""
    return QLocale().toString(date, QLocale.FormatType.LongFormat)


def moment_in_words(epoch: int) -> str:
    """The day and the time of day, to the minute, by this computer's time zone. epoch: seconds."""
    moment = QDateTime.fromSecsSinceEpoch(epoch)
    time = QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat)
    return f"{day_in_words(moment.date())}, {time}"
