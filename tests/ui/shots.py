"""Takes a screenshot of every page. For people: `python tests/ui/shots.py OUT [--dark] [--rtl] [--text 2]`.

Needs a display or QT_QPA_PLATFORM=offscreen; QT_SCALE_FACTOR works as usual.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from ui.fake_controller import FakeClock, FakeController
from ui.scenes import scenes

from softtoken.ui.flow import Flow
from softtoken.ui.theme import Theme
from softtoken.ui.window import Window


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--rtl", action="store_true")
    parser.add_argument("--text", type=float, default=1.0)
    parser.add_argument("--width", type=int, default=460)
    parser.add_argument("--height", type=int, default=700)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    font = app.font()
    font.setPointSizeF(font.pointSizeF() * options.text)
    app.setFont(font)
    if options.rtl:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    theme = Theme(app, Qt.ColorScheme.Dark if options.dark else Qt.ColorScheme.Light)
    clock = FakeClock()
    flow = Flow(FakeController(clock), clock)
    window = Window(flow, clock)
    window.resize(options.width, options.height)
    window.show()
    for name, state in scenes(clock.now(), clock.uptime()).items():
        if options.only and options.only not in name:
            continue
        flow.stage.go(state)
        for _ in range(6):
            app.processEvents()
        window.grab().save(str(options.out / f"{name}.png"))
    window.close()
    flow.stop()
    del theme
    return 0


if __name__ == "__main__":
    sys.exit(main())
