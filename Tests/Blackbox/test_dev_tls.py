"""`strongroom server -dev-tls`: an authority and a certificate are made at start."""

import os
import re
import signal
import ssl
import subprocess
import time
import urllib.request

import hvac
import pytest


class DevTLS:
    def __init__(self, binary, folder, *arguments):
        self.log = folder / "dev-tls.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "server", "-dev-tls", "-dev-root-token-id=root", "-dev-listen-address=127.0.0.1:0",
                 *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(folder)},
            )
        deadline = time.monotonic() + 30
        while "VAULT_CACERT" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        self.address = re.search(r"export VAULT_ADDR='(https://\S+)'", self.log.read_text())[1]
        self.ca = re.search(r"export VAULT_CACERT='(\S+)'", self.log.read_text())[1]

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def dev_tls(binary, tmp_path):
    running = []

    def start(*arguments):
        running.append(DevTLS(binary, tmp_path, *arguments))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def strict(ca):
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def test_clients_that_trust_the_printed_authority_reach_it_and_others_do_not(dev_tls):
    server = dev_tls()
    client = hvac.Client(server.address, token="root", verify=server.ca)
    assert client.sys.is_initialized() and not client.sys.is_sealed()
    client.sys.enable_secrets_engine("transit")
    client.secrets.transit.create_key("k")
    for name in ("127.0.0.1", "localhost"):
        with urllib.request.urlopen(f"https://{name}:{server.port}/v1/sys/health", context=strict(server.ca)) as reply:
            assert reply.status == 200
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"https://127.0.0.1:{server.port}/v1/sys/health", context=ssl.create_default_context())


def test_files_that_were_made_for_the_run_are_private_and_gone_at_the_end(dev_tls):
    server = dev_tls()
    folder = os.path.dirname(server.ca)
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert sorted(os.listdir(folder)) == ["vault-ca.pem", "vault-cert.pem", "vault-key.pem"]
    assert os.stat(f"{folder}/vault-key.pem").st_mode & 0o777 == 0o600
    # The authority's key is nowhere: nobody makes further certificates with it.
    assert open(f"{folder}/vault-key.pem", encoding="ascii").read().count("PRIVATE KEY") == 2
    assert server.stop() == 0
    assert not os.path.exists(folder)


def test_a_folder_for_the_certificates_is_kept_and_further_names_are_in_them(dev_tls, tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    server = dev_tls(f"-dev-tls-cert-dir={folder}", "-dev-tls-san=vault.example", "--dev-tls-san=192.0.2.7")
    assert server.ca == f"{folder}/vault-ca.pem"
    text = subprocess.run(
        ["openssl", "x509", "-in", f"{folder}/vault-cert.pem", "-noout", "-ext", "subjectAltName,extendedKeyUsage"],
        capture_output=True, text=True, check=True,
    ).stdout
    names = ("DNS:localhost", "IP Address:127.0.0.1", "DNS:vault.example", "IP Address:192.0.2.7")
    for part in (*names, "TLS Web Server"):
        assert part in text
    reply = subprocess.run(
        ["curl", "-sS", "--cacert", server.ca, "--resolve", f"vault.example:{server.port}:127.0.0.1",
         f"https://vault.example:{server.port}/v1/sys/health"], capture_output=True, text=True, check=False,
    )
    assert '"sealed":false' in reply.stdout, reply.stderr
    first = open(server.ca, "rb").read()
    assert server.stop() == 0
    again = dev_tls(f"-dev-tls-cert-dir={folder}")
    assert open(again.ca, "rb").read() != first


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["-dev", "-dev-tls-cert-dir=/tmp"], "need -dev-tls"),
        (["-dev", "-dev-tls-san=a"], "need -dev-tls"),
        (["-dev-tls", "-config=/nowhere"], "exclude each other"),
        (["-dev-tls", "-dev-tls-cert-dir=/nowhere/at/all"], "cannot make the certificates of -dev-tls: cannot write"),
        (["-dev-tls", "-dev-tls-san=a b"], "a name of -dev-tls-san is none"),
    ],
)
def test_wrong_flags_are_told_in_a_line(binary, arguments, said):
    done = subprocess.run(
        [binary, "server", "-dev-listen-address=127.0.0.1:0", *arguments], capture_output=True, text=True, timeout=30,
        check=False,
    )
    assert done.returncode == 1 and said in done.stderr, done
