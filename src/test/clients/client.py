#!/usr/bin/env python3
"""Sends a request, follows its events to the end through broken connections, prints the result. With a number it sends so many
requests as one group, follows them all on one stream and prints their results; a callback URL is told of the group's end (see receiver.py).

    client.py http://localhost:8080 [/async-operation [50 [https://receiver.example/hook]]]
"""
import json
import sys
import time
import uuid
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

LATER = {429, 502, 503, 504}  # worth another try
TRIES = 60


def patiently(call):
    """Calls until there is an answer; a refusal for good is an error."""
    for _ in range(TRIES):
        try:
            return call()
        except HTTPError as error:
            if error.code not in LATER:
                raise SystemExit(f"{error.url} answered {error.code}: {error.read().decode()}")
        except OSError:
            pass  # nobody there just now
        time.sleep(1)
    raise SystemExit("the gateway is gone")


def post(url, body, status, **fields):
    """Where what was made is."""
    headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in fields.items()}
    request = Request(url, json.dumps(body).encode(), headers, method="POST")
    with patiently(lambda: urlopen(request, timeout=30)) as answer:
        assert answer.status == status, answer.status
        return urljoin(url, answer.headers["Location"])


def submit(url, body, **fields):
    # Under one key the request may be repeated: it stays one job.
    return post(url, body, 202, Idempotency_Key=str(uuid.uuid4()), **fields)


def events(url):
    """Id, name and data of every event; after a break it goes on behind the last one."""
    last = "0"
    while True:
        # The gateway sends a comment every 15 s, so a minute of silence is a broken connection.
        with patiently(lambda: urlopen(Request(url, headers={"Last-Event-ID": last}), timeout=60)) as answer:
            event = {}
            try:
                for line in answer:
                    name, _, value = line.decode().rstrip("\r\n").partition(":")
                    if name:
                        event[name] = value.removeprefix(" ")
                    elif "data" in event:
                        last = event["id"]
                        yield last, event["event"], json.loads(event["data"])
                        event = {}
            except (OSError, HTTPException):
                pass
        time.sleep(1)


def read(result):
    """What the backend answered, or why it never did."""
    try:
        with urlopen(result, timeout=30) as answer:
            return answer.read().decode()
    except HTTPError as error:
        return error.read().decode()


def batch(base, path, count, callback):
    group = post(base + "/groups", {"size": count}, 201, **({"Sluice_Callback": callback} if callback else {}))
    print("created", group, flush=True)
    for number in range(count):
        submit(base + path, {"report": number}, Sluice_Group=group.rsplit("/", 1)[1])
    results = {}
    for _, name, data in events(group + "/events"):
        if name in ("succeeded", "failed", "cancelled"):
            assert data["job"] not in results, data["job"]
            results[data["job"]] = urljoin(base, data["links"]["result"])
            print(len(results), name, flush=True)
        elif name == "group" and data["group"]["state"] == "finished":
            print("finished", json.dumps(data["group"]["jobs"]), flush=True)
            for result in results.values():
                print(read(result))
            return 0 if data["group"]["jobs"]["succeeded"] == len(results) == count else 1


def main(base, path="/async-operation", count=None, callback=None):
    if count is not None:
        return batch(base, path, int(count), callback)
    job = submit(base + path, {"report": "q3"})
    print("accepted as", job, flush=True)
    expected = 1
    for number, state, _ in events(job + "/events"):
        assert int(number) == expected, f"event {number} instead of {expected}"
        expected += 1
        print(number, state, flush=True)
        if state in ("succeeded", "failed", "cancelled"):
            break
    print(read(job + "/result"))
    return 0 if state == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
