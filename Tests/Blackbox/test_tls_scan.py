"""Which protocols and suites the listeners speak: TLS 1.3, and AEAD suites of TLS 1.2 where a setting says so.

Three scans that know nothing of each other: hellos written by hand over all suite numbers, `openssl s_client` with
every suite that it has, and sslscan where it is installed (`.ci/install --tests` brings it).
"""

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import warnings

import pytest

import tls_scan
from durable_server import DurableServer, make_certificate

SUITES13 = {0x1301, 0x1302, 0x1303}
NAMES13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
ECDSA12 = {0xC02B, 0xC02C, 0xCCA9}
RSA12 = {0xC02F, 0xC030, 0xCCA8}
NAMES12 = {
    "ec": {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    "rsa": {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"},
}
CONFIGURATION = """
storage "inmem" {}
log_level = "info"
listener "tcp" {
  address = "127.0.0.1:0"
  tls_cert_file = "FOLDER/ec.pem"
  tls_key_file = "FOLDER/ec-key.pem"
}
listener "tcp" {
  address = "127.0.0.1:0"
  tls_cert_file = "FOLDER/ec.pem"
  tls_key_file = "FOLDER/ec-key.pem"
  tls_min_version = "tls12"
}
listener "tcp" {
  address = "127.0.0.1:0"
  tls_cert_file = "FOLDER/rsa.pem"
  tls_key_file = "FOLDER/rsa-key.pem"
  tls_min_version = "tls12"
}
listener "tcp" {
  address = "127.0.0.1:0"
  tls_cert_file = "FOLDER/rsa.pem"
  tls_key_file = "FOLDER/rsa-key.pem"
  tls_min_version = "tls12"
  tls_max_version = "tls12"
  tls_cipher_suites = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_128_CBC_SHA"
}
"""
# The listeners of the configuration: what each takes under TLS 1.2 and under TLS 1.3.
USUAL, OLDER_EC, OLDER_RSA, ONE_SUITE = range(4)
EXPECTED = {
    USUAL: (set(), SUITES13),
    OLDER_EC: (ECDSA12, SUITES13),
    OLDER_RSA: (RSA12, SUITES13),
    ONE_SUITE: ({0xC030}, set()),
}


@pytest.fixture(scope="module")
def ports(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    for kind in ("ec", "rsa"):
        make_certificate(folder, kind, kind)
    with DurableServer(binary, folder, CONFIGURATION).start() as server:
        assert [tls for _, tls in server.addresses] == ["true"] * 4
        yield [int(address.rpartition(":")[2]) for address, _ in server.addresses]
        assert server.stop() == 0


@pytest.mark.parametrize("listener", EXPECTED)
def test_of_all_suite_numbers_in_all_versions_only_the_intended_ones_are_taken(ports, listener):
    port = ports[listener]
    older, newer = EXPECTED[listener]
    for version in (tls_scan.SSL3, tls_scan.TLS10, tls_scan.TLS11):
        assert tls_scan.accepted_suites(port, version) == set(), hex(version)
    assert tls_scan.accepted_suites(port, tls_scan.TLS12) == older
    assert tls_scan.accepted_suites(port, tls_scan.TLS13) == newer


def test_the_scan_by_hand_finds_what_a_lax_server_speaks(tmp_path):
    """The control: OpenSSL with everything that it still has."""
    certificate, key = make_certificate(tmp_path, "lax", "rsa")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as lax:

        def serve():
            while True:
                try:
                    connection, _ = lax.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), connection, context.wrap_socket(connection, server_side=True):
                    pass

        threading.Thread(target=serve, daemon=True).start()
        port = lax.getsockname()[1]
        found = tls_scan.accepted_suites(port, tls_scan.TLS12)
        assert RSA12 < found and 0x002F in found and 0x003C in found
        assert tls_scan.accepted_suites(port, tls_scan.TLS11) != set()
        assert tls_scan.accepted_suites(port, tls_scan.TLS13) == SUITES13
        lax.shutdown(socket.SHUT_RDWR)


def test_the_oldest_greeting_compression_and_weak_groups_are_refused(ports):
    for port in ports:
        # SSL 2.0: three suites of three bytes, a challenge of 16.
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(bytes.fromhex("802e010002001500000010010080020080030080040080050080060040") + bytes(19))
            assert connection.recv(16)[:1] not in (b"\x80", b"\x16")
    for port in ports[:3]:
        assert tls_scan.accepted_groups(port, sorted(SUITES13)) == {"x25519", "secp256r1", "secp384r1"}
    # Compression is offered beside none: it is not chosen, which `answer` looks after.
    hello = tls_scan.hello(tls_scan.TLS12, sorted(ECDSA12), compression=b"\1\0")
    assert tls_scan.answer(ports[OLDER_EC], hello) is not None
    assert tls_scan.answer(ports[OLDER_EC], tls_scan.hello(tls_scan.TLS12, sorted(ECDSA12), compression=b"\1")) is None


def s_client(port, *arguments):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments], input="Q\n", capture_output=True,
        text=True, timeout=20, check=False,
    )
    chosen = re.search(r"^New, (\S+), Cipher is (\S+)$", done.stdout, flags=re.M)
    return None if chosen is None or chosen[2] == "(NONE)" else (chosen[1], chosen[2])


def taken_by(port, version, flag, suites):
    """Every one of the suites that gets in: all are offered, and each that is chosen is taken away."""
    left, taken = list(suites), set()
    level = "" if flag == "-ciphersuites" else ":@SECLEVEL=0"
    while left and (chosen := s_client(port, version, flag, ":".join(left) + level)):
        left.remove(chosen[1])
        taken.add(chosen[1])
    return taken


def suites_of_openssl(*arguments):
    done = subprocess.run(["openssl", "ciphers", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip().split(":")


def test_openssl_s_client_with_its_lowest_security_level_gets_in_by_the_intended_ways_only(ports):
    every = [name for name in suites_of_openssl("ALL:COMPLEMENTOFALL:@SECLEVEL=0") if not name.startswith("TLS_")]
    assert len(every) > 60 and "AES128-SHA" in every
    lax = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
    for port in ports:
        for version in ("-tls1", "-tls1_1"):
            assert s_client(port, version, "-cipher", lax) is None
    assert s_client(ports[USUAL], "-tls1_2", "-cipher", lax) is None
    for kind, port in (("ec", ports[OLDER_EC]), ("rsa", ports[OLDER_RSA])):
        assert taken_by(port, "-tls1_2", "-cipher", every) == NAMES12[kind]
    assert s_client(ports[ONE_SUITE], "-tls1_2", "-cipher", lax) == ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
    assert s_client(ports[ONE_SUITE], "-tls1_3") is None
    for port in ports[:3]:
        every13 = ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256", *sorted(NAMES13)]
        assert taken_by(port, "-tls1_3", "-ciphersuites", every13) == NAMES13


@pytest.mark.skipif(shutil.which("sslscan") is None, reason="sslscan is not installed")
@pytest.mark.parametrize("listener", EXPECTED)
def test_sslscan_finds_only_what_is_intended_and_no_known_weakness(ports, listener):
    done = subprocess.run(
        ["sslscan", "--no-colour", "--show-sigs", f"127.0.0.1:{ports[listener]}"], capture_output=True, text=True,
        timeout=120, check=True,
    )
    text = done.stdout
    enabled = set(re.findall(r"^(SSLv\d|TLSv1\.\d)\s+enabled", text, flags=re.M))
    accepted = set(re.findall(r"^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)", text, flags=re.M))
    one = {"ECDHE-RSA-AES256-GCM-SHA384"}
    older = {USUAL: set(), OLDER_EC: NAMES12["ec"], OLDER_RSA: NAMES12["rsa"], ONE_SUITE: one}
    newer = NAMES13 if listener != ONE_SUITE else set()
    assert accepted == older[listener] | newer, text
    assert enabled == ({"TLSv1.2"} if older[listener] else set()) | ({"TLSv1.3"} if newer else set())
    assert "Session renegotiation not supported" in text or "Secure session renegotiation supported" in text
    assert "Insecure session renegotiation supported" not in text
    assert not re.search(r"TLSv1\.\d vulnerable to heartbleed", text)
    assert "Compression enabled" not in text
    ciphers = text.split("Supported Server Cipher(s):")[1].split("Server Signature")[0]
    assert not re.search(r"MD5|SHA1|sha1|md5|RC4|3DES|CBC|NULL|anon|EXP", ciphers)
