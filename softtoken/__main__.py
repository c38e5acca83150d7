"""Hardens the process, then chooses between window and command line; --version is answered before any of it."""

import sys
from collections.abc import Sequence

from softtoken import hardening

_LINKS = ("softtoken:", "otpauth:", "otpauth-migration:")
_CODES = ("--code",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with its arguments (without the program's name); returns the exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args == ["--version"]:
        from softtoken import __version__

        print(f"softtoken {__version__}")  # noqa: T201 - the answer itself
        return 0
    hardening.harden()
    hardening.hide_secrets(_LINKS, _CODES)
    if args[:1] == ["--clear-clipboard"]:
        return _keep_clipboard(args[1:])
    home, rest = _home(args)
    if _wants_window(rest):
        from softtoken.app import run, run_demo

        guard = hardening.refuse_tracing
        if rest[:1] == ["demo"]:
            return run_demo(guard=guard)
        return run([word for word in rest if word != "--"], home=home, guard=guard)
    hardening.refuse_tracing()
    from softtoken.cli.main import run as run_cli

    return run_cli(args)


def _keep_clipboard(arguments: Sequence[str]) -> int:
    """The helper that softtoken.clipboard starts."""
    hardening.refuse_tracing()
    import time

    from softtoken.clipboard import keep
    from softtoken.clock import SystemClock

    return keep(arguments, sys.stdin.buffer.read(), SystemClock().uptime, time.sleep)


def _home(args: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The value of a leading --home, and what follows it."""
    if args[:1] == ["--home"] and len(args) > 1:
        return args[1], args[2:]
    if args and args[0].startswith("--home="):
        return args[0].removeprefix("--home="), args[1:]
    return None, args


def _wants_window(args: Sequence[str]) -> bool:
    """The bare command, `demo` unless it is headless or help, or a link that a browser hands over (behind `--`)."""
    if args[:1] == ["demo"]:
        return not {"--headless", "--help", "-h", "--json"} & set(args)
    words = args[1:] if args[:1] == ["--"] else args  # a menu entry without a link is `softtoken --`
    return not words or (len(words) == 1 and words[0].lower().startswith(_LINKS))


if __name__ == "__main__":
    sys.exit(main())
