"""How the window looks: palette and stylesheet in light and dark, following the system while it runs."""

import sys
from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette, QStyleHints
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from softtoken.resources import resource_path


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour that the stylesheet and the painted widgets use."""

    window: str
    surface: str
    sunken: str
    text: str
    muted: str
    disabled: str
    line: str
    field_line: str
    focus: str
    accent: str
    accent_strong: str
    accent_soft: str
    accent_line: str
    on_accent: str
    danger: str
    danger_soft: str
    on_danger: str
    warning: str
    warning_soft: str
    good: str
    good_soft: str


LIGHT = Colours(
    window="#f5f7f7", surface="#ffffff", sunken="#edf1f1", text="#16201f", muted="#52605f", disabled="#84908f",
    line="#d8dfde", field_line="#8b9896", focus="#16201f", accent="#0b6a66", accent_strong="#08524f",
    accent_soft="#e2f1ef", accent_line="#a9d3ce", on_accent="#ffffff", danger="#ab241c", danger_soft="#fcecea",
    on_danger="#ffffff", warning="#8a5700", warning_soft="#fdf3df", good="#1a6b36", good_soft="#e6f4ea",
)  # fmt: skip
DARK = Colours(
    window="#121717", surface="#1b2221", sunken="#242d2c", text="#e9efee", muted="#a3b1af", disabled="#71807e",
    line="#35403f", field_line="#74827f", focus="#f2f7f6", accent="#5fc9bf", accent_strong="#83dbd2",
    accent_soft="#16322f", accent_line="#2c615b", on_accent="#052220", danger="#f39a90", danger_soft="#3a1d1a",
    on_danger="#2c0906", warning="#e8bd6a", warning_soft="#332710", good="#83d29a", good_soft="#15301d",
)  # fmt: skip


class Theme(QObject):
    """Dresses the application, and again whenever the system's colour scheme, contrast or font changes.

    scheme: force light or dark; Unknown follows the system. The caller keeps the object alive.
    """

    def __init__(self, app: QApplication, scheme: Qt.ColorScheme = Qt.ColorScheme.Unknown) -> None:
        super().__init__(app)
        self._app = app
        self._forced = scheme
        self._worn: tuple[Colours, float] | None = None
        app.setStyle(QStyleFactory.create("Fusion"))
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self.apply)
        if hasattr(hints, "accessibility"):  # Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self.apply)
        app.installEventFilter(self)
        self.apply()

    @property
    def colours(self) -> Colours:
        """What is worn now."""
        hints = self._app.styleHints()
        if self._forced == Qt.ColorScheme.Unknown and wants_contrast(hints):
            return colours_of(system_palette(self._app))
        scheme = hints.colorScheme() if self._forced == Qt.ColorScheme.Unknown else self._forced
        if scheme == Qt.ColorScheme.Unknown:
            dark = system_palette(self._app).color(QPalette.ColorRole.Window).lightness() < 128
            return DARK if dark else LIGHT
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT

    def apply(self) -> None:
        """Wear the colours and sizes that the system asks for now."""
        colours, points = self.colours, point_size(self._app.font())
        if (colours, points) == self._worn:
            return
        self._worn = (colours, points)
        self._app.setPalette(palette_of(colours))
        self._app.setStyleSheet(stylesheet(colours, points))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # an application-wide filter sees every event, so it must decide on the type first
        if event.type() == QEvent.Type.ApplicationFontChange and watched is self._app:
            self.apply()
        return False


def wants_contrast(hints: QStyleHints) -> bool:
    """Does the system ask for high contrast? Then our own colours stay away."""
    if hasattr(hints, "accessibility"):
        preference = hints.accessibility().contrastPreference()
        if preference == Qt.ContrastPreference.HighContrast:
            return True
    # Windows reports no scheme at all while a contrast theme is on
    return sys.platform == "win32" and hints.colorScheme() == Qt.ColorScheme.Unknown


def system_palette(app: QApplication) -> QPalette:
    """The palette of the system, whatever the application wears."""
    return app.style().standardPalette()


def colours_of(system: QPalette) -> Colours:
    """The system's few colours in our roles, for high contrast: no tints, lines as strong as text."""

    def name(role: QPalette.ColorRole, group: QPalette.ColorGroup = QPalette.ColorGroup.Active) -> str:
        return system.color(group, role).name()

    role = QPalette.ColorRole
    window, text = name(role.Window), name(role.WindowText)
    accent, on_accent = name(role.Highlight), name(role.HighlightedText)
    return Colours(
        window=window, surface=name(role.Base), sunken=window, text=text, muted=text,
        disabled=name(role.WindowText, QPalette.ColorGroup.Disabled), line=text, field_line=text, focus=accent,
        accent=accent, accent_strong=accent, accent_soft=window, accent_line=text, on_accent=on_accent,
        danger=text, danger_soft=window, on_danger=window, warning=text, warning_soft=window, good=text,
        good_soft=window,
    )  # fmt: skip


def palette_of(colours: Colours) -> QPalette:
    """The same colours for what Qt and our widgets paint. BrightText is the colour of urgency."""
    role = QPalette.ColorRole
    palette = QPalette(QColor(colours.window))
    for where, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.sunken,
        role.Text: colours.text,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Mid: colours.line,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
    }.items():
        palette.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(colours.disabled))
    return palette


def stylesheet(colours: Colours, points: float) -> str:
    """The stylesheet for these colours, its sizes relative to the system's font of `points`."""
    sizes = {"display_pt": 1.75, "title_pt": 1.45, "heading_pt": 1.15, "small_pt": 0.9}
    return Template(resource_path("themes", "softtoken.qss").read_text("utf-8")).substitute(
        asdict(colours), **{name: f"{points * factor:.1f}" for name, factor in sizes.items()}
    )


def point_size(font: QFont) -> float:
    """The size in points, also of a font that was set in pixels."""
    return font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()


def restyle(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the stylesheet looks at, on a widget that may be shown already."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
