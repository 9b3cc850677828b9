# SPDX-License-Identifier: MIT
"""juratd endorsements as a test's own process: of a software platform, or with a stock before another service."""
import http.client
import json
import re
import ssl
import subprocess
import urllib.parse

SPLS = "blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219"
FMSPC = "544553540000"


class Juratd:
    """A daemon on a port that the system chooses."""

    def __init__(self, program, *options, seed="jurat", port=0):
        """seed None: no software platform."""
        words = [program, "endorsements", "--listen", f"tcp:127.0.0.1:{port}", "--seccomp", "kill", *options]
        if seed:
            words += ["--software-platform", seed]
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE)
        self.lines, self.tls = [], None
        while "event=ready" not in self.line():
            pass
        self.host, port = re.search(r"address=tcp:([0-9.]+):(\d+)", "".join(self.lines)).groups()
        self.port = int(port)

    def line(self):
        line = self.process.stderr.readline().decode()
        assert line, "".join(self.lines)
        self.lines.append(line)
        return line

    def url(self):
        return f"http://{self.host}:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.returncode is not None:
            return
        self.process.send_signal(18)  # SIGCONT
        self.process.terminate()
        self.lines += [line.decode() for line in self.process.stderr.readlines()]
        assert self.process.wait(60) == 0, "".join(self.lines)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def connection(self):
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=60)

    def ask(self, target, method="GET", body=None):
        c = self.connection()
        c.request(method, target, body=body)
        answer = c.getresponse()
        answer.body = answer.read()
        c.close()
        return answer

    def get(self, target):
        answer = self.ask(target)
        assert answer.status == 200, (target, answer.status, answer.body)
        return answer

    def chips(self):
        return json.loads(self.get("/software-platform/chips").body)["chips"]

    def vcek(self, i=0):
        chips = [c for c in self.chips() if c["product"] == "Milan"]
        return f"/vcek/v1/Milan/{chips[i]['hwid']}?{SPLS}"


def chain_of(answer, header):
    """The certificates of an issuer chain in a header."""
    pem = urllib.parse.unquote(answer.headers[header], errors="strict")
    assert re.fullmatch(r"[A-Za-z0-9%_.~-]+", answer.headers[header])
    return [ssl.PEM_cert_to_DER_cert(p + "-----END CERTIFICATE-----\n") for p in pem.split("-----END CERTIFICATE-----\n")[:-1]]


def roots_of(juratd, folder):
    """The test roots of a software platform's service, as files in a new folder. Returns it."""
    folder.mkdir()
    for product in "Milan", "Genoa", "Turin":
        ark = juratd.get(f"/vcek/v1/{product}/cert_chain").body.split(b"-----BEGIN")[2]
        (folder / f"{product}.pem").write_bytes(b"-----BEGIN" + ark)
    answer = juratd.get("/tdx/certification/v4/qe/identity")
    (folder / "intel.der").write_bytes(chain_of(answer, "SGX-Enclave-Identity-Issuer-Chain")[1])
    return folder


def make_certificate(tmp, name):
    """Files crt and key of a new certificate of 127.0.0.1, and the context of clients that trust it."""
    r = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", tmp / f"{name}.key", "-out", tmp / f"{name}.crt", "-subj", f"/CN={name}", "-days", "2",
                        "-addext", "subjectAltName=IP:127.0.0.1"], capture_output=True, check=False)
    assert r.returncode == 0, r.stderr
    (tmp / "crt").write_bytes((tmp / f"{name}.crt").read_bytes())
    (tmp / "key").write_bytes((tmp / f"{name}.key").read_bytes())
    return ssl.create_default_context(cafile=tmp / f"{name}.crt")
