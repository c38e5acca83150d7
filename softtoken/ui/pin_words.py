"""What is wrong with a new PIN, in words."""

from PySide6.QtCore import QObject

from softtoken.engine.pin import PinFault, PinRules


class PinWords(QObject):
    """Without rules, the limits are not named."""

    def rules(self, rules: PinRules) -> str:
        """What a new PIN has to be."""
        if rules.weak_allowed:
            return self.tr("{0} to {1} digits.").format(rules.min_length, rules.max_length)
        return self.tr("{0} to {1} digits, not a plain sequence such as 123456 or 111111.").format(
            rules.min_length, rules.max_length
        )

    def named(self, fault: str | None) -> str:
        """The fault that a result names, in words; empty without one."""
        known = next((one for one in PinFault if one.value == fault), None)
        return "" if known is None else self.fault(known)

    def fault(self, fault: PinFault, rules: PinRules | None = None) -> str:
        match fault:
            case PinFault.NOT_DIGITS:
                return self.tr("Use digits only.")
            case PinFault.TOO_SHORT if rules is not None:
                return self.tr("Too short: at least {0} digits.").format(rules.min_length)
            case PinFault.TOO_SHORT:
                return self.tr("It is too short.")
            case PinFault.TOO_LONG if rules is not None:
                return self.tr("Too long: at most {0} digits.").format(rules.max_length)
            case PinFault.TOO_LONG:
                return self.tr("It is too long.")
            case PinFault.TOO_SIMPLE:
                return self.tr("Too simple: a row such as 123456, 111111 or 246810 is guessed first.")
            case PinFault.REPEATS:
                return self.tr("Too simple: it says the same digits over and over.")
            case PinFault.UNCHANGED:
                return self.tr("That is the old PIN. Choose another one.")
            case PinFault.CONTAINS_USER_ID:
                return self.tr("It may not contain digits of your user name.")
