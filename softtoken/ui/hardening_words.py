"""What is said of the measures that protect the running program."""

from collections.abc import Sequence
from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.hardening import Measure, Protection, Standing


class HardeningWords(QObject):
    """One line for each measure that this system knows."""

    def tell(self, report: Sequence[Protection]) -> str:
        return "\n".join(f"{self._measure(one.measure)}: {self._standing(one.standing)}" for one in report)

    def _measure(self, measure: Measure) -> str:
        match measure:
            case Measure.NO_CORE_DUMPS:
                return self.tr("No core dumps")
            case Measure.NO_TRACING:
                return self.tr("No tracing by other programs")
            case Measure.NO_CRASH_REPORTS:
                return self.tr("No crash reports")
            case Measure.SAFE_LIBRARY_SEARCH:
                return self.tr("Libraries from safe folders only")
            case Measure.PRIVATE_FILES:
                return self.tr("New files for you only")
            case _ as never:
                assert_never(never)

    def _standing(self, standing: Standing) -> str:
        match standing:
            case Standing.ON:
                return self.tr("on")
            case Standing.REFUSED:
                return self.tr("off, because the system refused it")
            case Standing.LEFT_OUT:
                return self.tr("off, because a developer's setting says so")
            case Standing.IN_SNAP:
                return self.tr("off, because a snap would lose the desktop's services")
            case Standing.NOT_YET:
                return self.tr("off")
            case _ as never:
                assert_never(never)
