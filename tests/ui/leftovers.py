"""Where a secret could still be seen or found in the window: every widget's text, name and title, and the clipboard."""

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication


def leftovers(*secrets: str) -> list[str]:
    """The places that hold one of them, with or without spaces in between. Widgets on their way out go first."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    found = [f"clipboard: {text!r}" for text in [QGuiApplication.clipboard().text()] if _holds(text, secrets)]
    for widget in QApplication.allWidgets():
        texts = [
            widget.windowTitle(),
            widget.accessibleName(),
            widget.accessibleDescription(),
            widget.toolTip(),
            widget.statusTip(),
            widget.whatsThis(),
            widget.objectName(),
        ]
        texts += [str(widget.property(name)) for name in ("text", "plainText", "placeholderText", "html")]
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None:
            texts += [interface.text(kind) for kind in (QAccessible.Text.Name, QAccessible.Text.Value)]
        found += [f"{type(widget).__name__}: {text!r}" for text in texts if _holds(text, secrets)]
        for name, value in vars(widget).items() if hasattr(widget, "__dict__") else ():
            if isinstance(value, str) and _holds(value, secrets):
                found.append(f"{type(widget).__name__}.{name}")
    return found


def _holds(text: str, secrets: tuple[str, ...]) -> bool:
    bare = "".join(one for one in text if one.isalnum())
    return any(secret in text or "".join(one for one in secret if one.isalnum()) in bare for secret in secrets)
