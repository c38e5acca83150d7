"""The window over a keyring that waits for a person: prints what it shows, then is closed while the keyring waits."""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from softtoken import app
from softtoken.ui.window import Window


def main() -> int:
    asked = Path(sys.argv[1])
    application = QApplication([])

    def look() -> None:
        """Once the system was asked to prompt: the window is painted, answers, and may be closed."""
        if "asked" not in asked.read_text("utf-8"):
            return
        window = next(one for one in application.topLevelWidgets() if isinstance(one, Window))
        print(type(window.page).__name__, flush=True)
        timer.stop()
        print(f"closed {time.monotonic()}", flush=True)
        window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    return app.run([], patience=0.5)


if __name__ == "__main__":
    sys.exit(main())
