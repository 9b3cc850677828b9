# SPDX-License-Identifier: MIT
"""Prints what URLs have, with Python's own HTTP and TLS, as a program of a run: https.py URL..."""
import sys
import urllib.error
import urllib.request

for url in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            sys.stdout.buffer.write(answer.read())
    except urllib.error.HTTPError as status:
        print(f"status {status.code}", flush=True)
    except OSError as why:
        print(f"error: {getattr(why, 'reason', why)}", flush=True)
