"""The trust roots of the operating system."""

import ssl
from collections.abc import Callable
from pathlib import Path


def os_trust(
    system: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    verify_paths: Callable[[], ssl.DefaultVerifyPaths] = ssl.get_default_verify_paths,
    bundles: tuple[str, ...] = (
        "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",  # openSUSE
        "/etc/ssl/cert.pem",  # macOS, BSD
    ),
) -> ssl.SSLContext:
    """A client context that verifies chain and host name, TLS 1.2 or later.

    A frozen build carries an OpenSSL that looks for the roots where its build machine had them; where nothing
    is there, the system's bundle is read from its usual places. Windows needs none of this.
    """
    context = system()
    paths = verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        bundle = next((path for path in bundles if Path(path).is_file()), None)
        if bundle is not None:
            context.load_verify_locations(bundle)
    return context
