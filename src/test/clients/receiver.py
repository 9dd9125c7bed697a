#!/usr/bin/env python3
"""Receives callbacks, checks their signatures (Standard Webhooks 1.0) and prints what they tell.

    receiver.py whsec_... [port]
"""
import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds that the clocks may differ, and that a replayed message is refused after
MOST = 1 << 20


def genuine(secret, fields, body):
    """Whether one of the signatures is ours, and the message is of now."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message, sent = fields["webhook-id"], fields["webhook-timestamp"]
    if not message or not sent or not sent.isdigit() or abs(time.time() - int(sent)) > TOLERANCE:
        return False
    signed = f"{message}.{sent}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(signature, "v1," + expected) for signature in (fields["webhook-signature"] or "").split()
    )


def receiver(secret):
    seen = set()  # in earnest on stable storage: a message may come twice

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(min(int(self.headers["Content-Length"] or 0), MOST))
            if not genuine(secret, self.headers, body):
                self.send_response(401)
            else:
                if self.headers["webhook-id"] not in seen:
                    seen.add(self.headers["webhook-id"])
                    told = json.loads(body)
                    print(told["type"], told["data"]["id"], flush=True)
                self.send_response(204)  # 2xx: it need not be sent again
            self.end_headers()

        def log_message(self, *_):
            pass

    return Receiver


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 9001), receiver(sys.argv[1]))
    print("listening on", server.server_address[1], flush=True)
    server.serve_forever()
