"""Windows Hello's keys by ctypes: NCrypt with the Microsoft Passport Key Storage Provider.

The provider is in ncrypt.h; its key names and the properties NgcCacheType and PinCacheIsGestureRequired are not in
Microsoft's documentation. They are what KeePassWinHello and others have used for years, and are read back here,
so that a Windows without them refuses instead of leaving a key that nobody is asked for. Not verified on hardware.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from softtoken.vault.biometrics.windows import StatusError

_PROVIDER = "Microsoft Passport Key Storage Provider"
_SYSTEM32 = 0x800  # LOAD_LIBRARY_SEARCH_SYSTEM32: no library from the program's or the current folder
_SILENT = 0x40
_OVERWRITE = 0x80
_PAD_PKCS1 = 0x2  # what the provider is known to do; the secret's authenticity is checked by what is sealed under it
_ALLOW_DECRYPT = 0x1
_ALLOW_KEY_IMPORT = 0x8
_BITS = 2048
_CACHE_TYPE, _OLD_CACHE_TYPE = "NgcCacheType", "NgcCacheTypeProperty"  # the name changed during Windows 10
_ALWAYS_ASK = 1  # NCRYPT_NGC_CACHE_TYPE_PROPERTY_AUTH_MANDATORY_FLAG
_NO_KEY = 0x8009000D
_NO_SUCH_KEY = {_NO_KEY, 0x80090011, 0x80090016}
_TOKEN_QUERY = 0x8
_TOKEN_USER = 1


class Passport:
    """HelloKeys of the user who runs the program."""

    def available(self) -> bool:
        name = ctypes.c_void_p()
        ask = _library("cryptngc").NgcGetDefaultDecryptionKeyName
        _check(ask(ctypes.c_wchar_p(_user()), 0, 0, ctypes.byref(name)))
        if not name.value:
            return False
        found = bool(ctypes.wstring_at(name.value))
        _library("ole32").CoTaskMemFree(name)
        return found

    def create(self, name: str, reason: str) -> None:
        ncrypt = _library("ncrypt")
        key = ctypes.c_void_p()
        with _provider(ncrypt) as provider:
            full = ctypes.c_wchar_p(_full_name(name))
            algorithm = ctypes.c_wchar_p("RSA")
            _check(ncrypt.NCryptCreatePersistedKey(provider, ctypes.byref(key), algorithm, full, 0, _OVERWRITE))
            with _freed(ncrypt, key):
                _set_number(ncrypt, key, "Length", _BITS)
                _set_number(ncrypt, key, "Key Usage", _ALLOW_DECRYPT)
                _always_ask(ncrypt, key)
                _explain(ncrypt, key, reason)
                _check(ncrypt.NCryptFinalizeKey(key, 0))

    def encrypt(self, name: str, secret: bytes) -> bytes:
        ncrypt = _library("ncrypt")
        with _key(ncrypt, name, _SILENT) as key:
            _require_ours(ncrypt, key)
            return _transformed(ncrypt.NCryptEncrypt, key, secret)

    def decrypt(self, name: str, ciphertext: bytes, reason: str) -> bytes:
        ncrypt = _library("ncrypt")
        with _key(ncrypt, name) as key:
            _require_ours(ncrypt, key)
            _explain(ncrypt, key, reason)
            _set_number(ncrypt, key, "PinCacheIsGestureRequired", 1)
            return _transformed(ncrypt.NCryptDecrypt, key, ciphertext)

    def delete(self, name: str) -> None:
        ncrypt = _library("ncrypt")
        key = ctypes.c_void_p()
        with _provider(ncrypt) as provider:
            full = ctypes.c_wchar_p(_full_name(name))
            status = _unsigned(ncrypt.NCryptOpenKey(provider, ctypes.byref(key), full, 0, _SILENT))
            if status in _NO_SUCH_KEY:
                return
            _check(status)
            # frees the handle, too
            _check(ncrypt.NCryptDeleteKey(key, _SILENT))


def _library(name: str) -> Any:
    loader: Any = getattr(ctypes, "WinDLL", None)
    if loader is None:
        raise OSError("this is no Windows")
    return loader(f"{name}.dll", winmode=_SYSTEM32)


def _unsigned(status: int) -> int:
    return status & 0xFFFFFFFF


def _check(status: int) -> None:
    if _unsigned(status) & 0x80000000:
        raise StatusError(_unsigned(status))


@contextmanager
def _freed(ncrypt: Any, handle: ctypes.c_void_p) -> Iterator[None]:
    try:
        yield
    finally:
        ncrypt.NCryptFreeObject(handle)


@contextmanager
def _provider(ncrypt: Any) -> Iterator[ctypes.c_void_p]:
    handle = ctypes.c_void_p()
    _check(ncrypt.NCryptOpenStorageProvider(ctypes.byref(handle), ctypes.c_wchar_p(_PROVIDER), 0))
    with _freed(ncrypt, handle):
        yield handle


@contextmanager
def _key(ncrypt: Any, name: str, flags: int = 0) -> Iterator[ctypes.c_void_p]:
    key = ctypes.c_void_p()
    with _provider(ncrypt) as provider:
        full = ctypes.c_wchar_p(_full_name(name))
        _check(ncrypt.NCryptOpenKey(provider, ctypes.byref(key), full, 0, flags))
        with _freed(ncrypt, key):
            yield key


def _require_ours(ncrypt: Any, key: ctypes.c_void_p) -> None:
    """A key that somebody else could have brought, or that does not always ask, is as good as none."""
    if _number(ncrypt, key, "Key Usage") & _ALLOW_KEY_IMPORT:
        raise StatusError(_NO_KEY)
    try:
        asks = _number(ncrypt, key, _CACHE_TYPE)
    except StatusError:
        asks = _number(ncrypt, key, _OLD_CACHE_TYPE)
    if asks != _ALWAYS_ASK:
        raise StatusError(_NO_KEY)


def _always_ask(ncrypt: Any, key: ctypes.c_void_p) -> None:
    try:
        _set_number(ncrypt, key, _CACHE_TYPE, _ALWAYS_ASK)
    except StatusError:
        _set_number(ncrypt, key, _OLD_CACHE_TYPE, _ALWAYS_ASK)


def _number(ncrypt: Any, key: ctypes.c_void_p, name: str) -> int:
    value, size = ctypes.c_uint32(), ctypes.c_uint32()
    _check(ncrypt.NCryptGetProperty(key, ctypes.c_wchar_p(name), ctypes.byref(value), 4, ctypes.byref(size), 0))
    return value.value


def _set_number(ncrypt: Any, key: ctypes.c_void_p, name: str, number: int) -> None:
    value = ctypes.c_uint32(number)
    _check(ncrypt.NCryptSetProperty(key, ctypes.c_wchar_p(name), ctypes.byref(value), 4, 0))


def _explain(ncrypt: Any, key: ctypes.c_void_p, reason: str) -> None:
    """The sentence in Hello's window, and the window of ours that it stands above."""
    text = ctypes.create_unicode_buffer(reason)
    _check(ncrypt.NCryptSetProperty(key, ctypes.c_wchar_p("Use Context"), text, ctypes.sizeof(text), 0))
    if (window := _own_window()).value:
        # without it Hello still asks, perhaps behind our window
        ncrypt.NCryptSetProperty(key, ctypes.c_wchar_p("HWND Handle"), ctypes.byref(window), ctypes.sizeof(window), 0)


def _own_window() -> ctypes.c_void_p:
    user32, kernel32 = _library("user32"), _library("kernel32")
    user32.GetForegroundWindow.restype = ctypes.c_void_p
    window = ctypes.c_void_p(user32.GetForegroundWindow())
    owner = ctypes.c_uint32()
    user32.GetWindowThreadProcessId(window, ctypes.byref(owner))
    return window if owner.value == _unsigned(kernel32.GetCurrentProcessId()) else ctypes.c_void_p()


def _transformed(function: Any, key: ctypes.c_void_p, data: bytes) -> bytes:
    """One RSA block: what comes out is never longer than the modulus."""
    out, size = ctypes.create_string_buffer(_BITS // 8), ctypes.c_uint32()
    _check(function(key, data, len(data), None, out, len(out), ctypes.byref(size), _PAD_PKCS1))
    return out.raw[: size.value]


def _full_name(name: str) -> str:
    return f"{_user()}//SoftToken//{name}"


def _user() -> str:
    """The SID of the user as text."""
    advapi32, kernel32 = _library("advapi32"), _library("kernel32")
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    token, needed, text = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.c_void_p()
    process = ctypes.c_void_p(kernel32.GetCurrentProcess())
    if not advapi32.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
        raise OSError("OpenProcessToken")
    try:
        advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(needed))
        found = ctypes.create_string_buffer(needed.value)
        if not advapi32.GetTokenInformation(token, _TOKEN_USER, found, needed, ctypes.byref(needed)):
            raise OSError("GetTokenInformation")
    finally:
        kernel32.CloseHandle(token)
    # TOKEN_USER begins with the pointer to the SID
    sid = ctypes.c_void_p.from_buffer(found)
    if not advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)) or not text.value:
        raise OSError("ConvertSidToStringSidW")
    try:
        return ctypes.wstring_at(text.value)
    finally:
        kernel32.LocalFree(text)
