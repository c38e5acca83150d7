"""Windows: who may open this process, crash reports, and where libraries are looked for.

Not verified on hardware. Sources: Win32 "Process Security and Access Rights", "Security Descriptor String Format",
"Dynamic-Link Library Search Order", SetErrorMode, WerSetFlags.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from ctypes import byref, c_int, c_uint32, c_void_p, c_wchar_p
from typing import Any

from softtoken.hardening.measures import Act, Measure

# Owner rights alone (S-1-3-4), so that the owner, who is whoever runs this, loses the right to rewrite the list:
# SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE
_RIGHTS = "D:P(A;;0x00101001;;;OW)"
_SDDL_REVISION_1 = 1
_DACL_SECURITY_INFORMATION = 4
_SEM_FAILCRITICALERRORS, _SEM_NOGPFAULTERRORBOX = 0x1, 0x2
_WER_FAULT_REPORTING_FLAG_NOHEAP = 1
_LOAD_LIBRARY_SEARCH_DEFAULT_DIRS = 0x1000

Libraries = Callable[[str], Any]
"""A system library by its name, as ctypes.WinDLL gives it."""


def acts_of_windows(libraries: Libraries | None = None) -> dict[Measure, Act]:
    """libraries: the system's own, if none are given."""
    load = libraries or _system_library
    return {
        Measure.SAFE_LIBRARY_SEARCH: lambda: _search_safely(load("kernel32")),
        Measure.NO_CRASH_REPORTS: lambda: _report_no_crash(load),
        Measure.NO_TRACING: lambda: _close_to_others(load),
    }


def _search_safely(kernel: Any) -> None:
    """The program's folder, System32 and folders that were added: never the current folder or PATH."""
    kernel.SetDefaultDllDirectories.argtypes = [c_uint32]
    kernel.SetDllDirectoryW.argtypes = [c_wchar_p]
    _require(kernel.SetDefaultDllDirectories(_LOAD_LIBRARY_SEARCH_DEFAULT_DIRS), "SetDefaultDllDirectories")
    _require(kernel.SetDllDirectoryW(""), "SetDllDirectoryW")
    os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"  # programs are not looked for there either
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:  # the bootloader named it by SetDllDirectoryW, too
        add = getattr(os, "add_dll_directory", None)
        if add is not None:
            add(bundle)


def _report_no_crash(load: Libraries) -> None:
    """Neither a dialog nor a report; should one be made all the same, it has no heap."""
    kernel = load("kernel32")
    kernel.SetErrorMode.argtypes = [c_uint32]
    kernel.SetErrorMode(_SEM_FAILCRITICALERRORS | _SEM_NOGPFAULTERRORBOX)
    wer = load("wer")
    wer.WerSetFlags.argtypes = [c_uint32]
    wer.WerSetFlags.restype = c_int
    if wer.WerSetFlags(_WER_FAULT_REPORTING_FLAG_NOHEAP) < 0:
        raise OSError("WerSetFlags")


def _close_to_others(load: Libraries) -> None:
    kernel, security = load("kernel32"), load("advapi32")
    convert = security.ConvertStringSecurityDescriptorToSecurityDescriptorW
    convert.argtypes = [c_wchar_p, c_uint32, c_void_p, c_void_p]
    security.SetKernelObjectSecurity.argtypes = [c_void_p, c_uint32, c_void_p]
    kernel.GetCurrentProcess.restype = c_void_p
    kernel.LocalFree.argtypes = [c_void_p]
    descriptor = c_void_p()
    _require(convert(_RIGHTS, _SDDL_REVISION_1, byref(descriptor), None), "the access rights")
    try:
        process = kernel.GetCurrentProcess()
        _require(
            security.SetKernelObjectSecurity(process, _DACL_SECURITY_INFORMATION, descriptor),
            "SetKernelObjectSecurity",
        )
    finally:
        kernel.LocalFree(descriptor)


def _require(done: int, what: str) -> None:
    if not done:
        raise OSError(what)


def _system_library(name: str) -> Any:
    # AttributeError elsewhere: there is no such loader
    return getattr(ctypes, "WinDLL")(name)  # noqa: B009 - no other system's ctypes has it
