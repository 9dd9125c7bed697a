#!/usr/bin/env python3
"""Receives callbacks, checks their signatures (Standard Webhooks 1.0) and prints what they tell. Several secrets, separated by commas,
are accepted side by side while they are rotated.

    receiver.py whsec_...[,whsec_...] [port]
"""
import base64
import hashlib
import hmac
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds that the clocks may differ, and that a replayed message is refused after
MOST = 1 << 20


def key(secret):
    decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if len(decoded) < 24:
        raise ValueError("a secret has at least 24 bytes")
    return decoded


def genuine(keys, fields, body):
    """Whether one of the signatures is ours, and the message is of now."""
    message, sent = fields["webhook-id"], fields["webhook-timestamp"]
    if not message or not re.fullmatch("[0-9]{1,11}", sent or "") or abs(time.time() - int(sent)) > TOLERANCE:
        return False
    signed = f"{message}.{sent}.".encode() + body
    signatures = (fields["webhook-signature"] or "").encode().split()
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures)


def receiver(keys):
    seen = set()  # in earnest on stable storage: a message may come twice
    lock = threading.Lock()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections, which saves both sides a connection for each message
        timeout = 30

        def do_POST(self):
            status = self.status()
            self.send_response(status)
            if status in (411, 413):  # the body was not read to its end
                self.send_header("Connection", "close")
            if status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def status(self):
            length = self.headers["Content-Length"] or ""
            if not re.fullmatch("[0-9]{1,9}", length):
                return 411
            body = self.rfile.read(min(int(length), MOST + 1))
            if len(body) > MOST:
                return 413
            if not genuine(keys, self.headers, body):
                return 401
            with lock:
                if self.headers["webhook-id"] not in seen:
                    told = json.loads(body)
                    print(told["type"], told["data"]["id"], flush=True)
                    seen.add(self.headers["webhook-id"])
            return 204  # 2xx: it need not be sent again

        def log_message(self, *_):
            pass

    return Receiver


if __name__ == "__main__":
    server = ThreadingHTTPServer(
        ("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 9001),
        receiver([key(secret) for secret in sys.argv[1].split(",")]),
    )
    print("listening on", server.server_address[1], flush=True)
    server.serve_forever()
