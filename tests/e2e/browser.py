# SPDX-License-Identifier: MIT
"""Chromium without a screen, driven by the DevTools protocol over two pipes: Python's standard library is enough."""
import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from tap import Skip

# What keeps Chromium from asking for anything by itself, and from touching the home of who runs the tests.
ARGUMENTS = ["--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps", "--disable-dev-shm-usage",
             "--metrics-recording-only", "--mute-audio", "--hide-scrollbars", "--remote-debugging-pipe"]
TIMEOUT = 60


class Browser:
    """One Chromium with one page. `events` is what it told since the page was opened."""

    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            raise Skip("no chromium here (Debian: chromium)")
        self.home = tempfile.mkdtemp(prefix="jurat-chromium-")
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        # The protocol's descriptors are 3 and 4.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "sh", "nice", "-n", "10", program, *ARGUMENTS, *root,
             f"--user-data-dir={self.home}", "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.home}, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.numbers, self.buffer, self.events, self.session = itertools.count(1), b"", [], None
        target = next(t for t in self.wait_for_targets() if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Audits"):
            self.call(domain + ".enable")

    def wait_for_targets(self):
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            targets = self.call("Target.getTargets")["targetInfos"]
            if any(t["type"] == "page" for t in targets):
                return targets
        raise AssertionError("Chromium has no page")

    def receive(self, until):
        while b"\0" not in self.buffer:
            ready = select.select([self.read_end], [], [], max(0, until - time.monotonic()))[0]
            data = os.read(self.read_end, 1 << 20) if ready else b""
            assert data, "Chromium does not answer"
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        number, until = next(self.numbers), time.monotonic() + TIMEOUT
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        while True:
            got = self.receive(until)
            if got.get("id") == number:
                assert "error" not in got, f"{method}: {got['error']['message']}"
                return got["result"]
            self.events.append(got)

    def wait_for(self, event):
        until = time.monotonic() + TIMEOUT
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.receive(until))

    def open(self, url, width=1400, height=900, dark=False, scale=1):
        """Loads a page; returns the seconds that took until two frames after its load event."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url="about:blank")
        self.wait_for("Page.loadEventFired")
        self.events.clear()
        begin = time.monotonic()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - begin

    def evaluate(self, expression):
        """The value of an expression in the page, awaited."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, \
            f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description', result['exceptionDetails'])}"
        return result["result"].get("value")

    def key(self, key, modifiers=0):
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = {"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Enter": 13, "Escape": 27, "Home": 36, "End": 35,
                "PageUp": 33, "PageDown": 34, "Tab": 9}.get(key, 0)
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=modifiers, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers, windowsVirtualKeyCode=code)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def click_on(self, selector):
        x, y = self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});"
                             " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        self.click(x, y)

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self):
        """Console messages, exceptions, violations of the page's policy, and requests but that of the page."""
        bad = []
        requests = [e for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.consoleAPICalled":
                bad.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
            elif method == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                bad.append("exception: " + details.get("exception", {}).get("description", details["text"]))
            elif method == "Log.entryAdded":
                bad.append("log: " + params["entry"]["text"])
            elif method == "Audits.issueAdded":
                bad.append("issue: " + params["issue"]["code"])
        bad += [f"request: {r['params']['request']['url']}" for r in requests[1:]]
        return bad

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (AssertionError, OSError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for end in (self.write_end, self.read_end):
            os.close(end)
        shutil.rmtree(self.home, ignore_errors=True)
