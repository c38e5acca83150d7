"""Who is trusted to say which server is which: the operating system's roots, and a private authority besides."""

import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable, read_public


def os_trust(
    verify_paths: Callable[[], ssl.DefaultVerifyPaths] = ssl.get_default_verify_paths,
    bundles: tuple[str, ...] = (
        "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",  # openSUSE
        "/etc/ssl/cert.pem",  # macOS, BSD
    ),
    *,
    frozen: bool = getattr(sys, "frozen", False),
) -> ssl.SSLContext:
    """A client context that verifies chain and host name, TLS 1.2 or later.

    Built by hand, since ssl.create_default_context asks the environment: SSL_CERT_FILE and SSL_CERT_DIR would
    replace the roots, SSLKEYLOGFILE would write down the keys of every connection. OpenSSL looks for the roots
    where it was built to; if nothing is there, the system's bundle is read from its usual places. A frozen build
    reads the bundle first: its OpenSSL knows the folders of its build machine, which here may be anybody's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    # a certificate names its hosts as such; the common name has not counted for twenty years (RFC 9525 6.3)
    context.hostname_checks_common_name = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for certificate in _windows_roots():
        with suppress(OSError):  # a broken root is one that nobody can be traced to
            context.load_verify_locations(cadata=certificate)
    if sys.platform != "win32":
        bundle = next((path for path in bundles if Path(path).is_file()), None)
        if (bundle is None or not frozen) and _loads_compiled_in(context, verify_paths()):
            return context
        if bundle is not None:
            with suppress(OSError):
                context.load_verify_locations(bundle)
    return context


def trust_besides(context: ssl.SSLContext, ca_file: Path) -> None:
    """Trust the authorities of a PEM file as well. Raises OwnFileUnusable."""
    content = read_public(FileRole.AUTHORITIES, ca_file)
    try:
        context.load_verify_locations(cadata=content.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        pass
    else:
        return
    raise OwnFileUnusable(FileRole.AUTHORITIES, FileFault.FORMAT, ca_file)


def _loads_compiled_in(context: ssl.SSLContext, paths: ssl.DefaultVerifyPaths) -> bool:
    file, folder = Path(paths.openssl_cafile), Path(paths.openssl_capath)
    found = False
    with suppress(OSError):
        if file.is_file():
            context.load_verify_locations(cafile=file)
            found = True
    with suppress(OSError):
        if folder.is_dir() and any(folder.iterdir()):
            context.load_verify_locations(capath=folder)
            found = True
    return found


def _windows_roots() -> list[bytes]:
    roots: list[bytes] = []
    if sys.platform == "win32":
        for store in ("ROOT", "CA"):
            for certificate, encoding, purposes in ssl.enum_certificates(store):
                meant = purposes is True or (purposes and ssl.Purpose.SERVER_AUTH.oid in purposes)
                if encoding == "x509_asn" and meant:
                    roots.append(certificate)
    return roots
