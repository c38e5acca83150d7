"""Other people's texts, made fit to be shown: what could hide or reorder a part of them is made visible instead."""

import unicodedata

_VISIBLE = "\N{REPLACEMENT CHARACTER}"
_NEITHER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Some scripts are not spelt without them, and they move nothing."""


def shown_text(text: str, *, lines: bool = False) -> str:
    """The text for a label or a terminal. lines: line ends stay; else they become spaces.

    Control characters, those that turn the direction of writing, and others that have no look become a visible sign.
    """
    text = text.replace("\r\n", "\n").replace("\t", " ").strip()
    return "".join(_shown(char, lines=lines) for char in text)


def shows_all(text: str) -> bool:
    """Is it one line that can be shown as it is, with nothing hidden or moved?"""
    return all(_shown(char, lines=False) == char for char in text)


def _shown(char: str, *, lines: bool) -> str:
    if char == "\n":
        return "\n" if lines else " "
    if char in _JOINERS or unicodedata.category(char) not in _NEITHER:
        return char
    return _VISIBLE
