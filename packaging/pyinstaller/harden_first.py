"""A start-up hook of the frozen program, before PyInstaller's own: what can be done about a process is done first.

Windows looks for each library that is loaded from here on in safe folders alone. The window closes itself to tracing
later (docs/hardening.md, "Portals").
"""

from softtoken import hardening

hardening.harden()
