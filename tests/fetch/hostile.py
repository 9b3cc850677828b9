# SPDX-License-Identifier: MIT
"""A web server that a test scripts down to the byte, on the loopback interface: Server(respond), where respond(request) returns the
bytes to send, or writes to request.socket itself and returns None."""
import socket
import ssl
import subprocess
import threading


class Request:
    def __init__(self, sock, head, number):
        self.socket = sock
        self.number = number  # from 1
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target = lines[0].split(" ")[:2]
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    def wait_for_close(self):
        """Until the client has had enough."""
        try:
            while self.socket.recv(4096):
                pass
        except OSError:
            pass

    def send_forever(self, data):
        """Until the client has had enough, or after 64 MiB, which is a failure of the client. Returns the bytes sent."""
        sent = 0
        try:
            while sent < 64 << 20:
                self.socket.sendall(data)
                sent += len(data)
        except OSError:
            pass
        return sent


def answer(status=200, body=b"", headers=(), length=None):
    lines = [f"HTTP/1.1 {status} Because", *headers, f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Server:
    """With `tls`, a (certificate, key) pair of files. Used with `with`."""

    def __init__(self, respond, tls=None):
        self.respond = respond
        self.requests = []
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *why):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                more = sock.recv(4096)
                if not more:
                    return
                head += more
            request = Request(sock, head.partition(b"\r\n\r\n")[0], len(self.requests) + 1)
            self.requests.append(request)
            data = self.respond(request)
            if data is not None:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                request.wait_for_close()
        except OSError:
            pass
        finally:
            sock.close()


def in_turn(*answers):
    """A respond function: the first answer to the first request, and so on; the last one to all others."""
    return lambda request: answers[min(request.number, len(answers)) - 1]


def make_tls(directory, name="localhost"):
    """A certificate authority's file, and (certificate, key) of a server that it certifies for `name`."""
    ca, key = directory / "ca.pem", directory / "ca.key"

    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *ec, "-keyout", key, "-out", ca, "-subj", "/CN=Test CA", "-days", "30")
    server, server_key, request, extensions = (directory / f"server.{e}" for e in ("pem", "key", "csr", "ext"))
    extensions.write_text(f"subjectAltName=DNS:{name}\n")
    openssl("req", *ec, "-keyout", server_key, "-out", request, "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", key, "-CAcreateserial", "-out", server, "-days", "30", "-extfile", extensions)
    return ca, (server, server_key)
