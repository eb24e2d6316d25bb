# SPDX-License-Identifier: BSD-3-Clause
"""Two programs run against each other, and nothing of them is left."""

import contextlib
import json
import os
import signal
import subprocess
import time

PATIENCE = 20  # seconds for a program to say that it serves, and beyond what a client was told to measure


class Failed(Exception):
    pass


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_serving(process, log):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if "* serving" in log.read_text(errors="replace"):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed(f"the server did not start: {log.read_text(errors='replace')[-600:].strip()}")


@contextlib.contextmanager
def serving(server, place):
    """The server runs, and has said that it serves. What it says is kept in the scratch folder until the next."""
    scratch = place["scratch"]
    for leftover in scratch.glob("*.sock"):
        leftover.unlink()
    log = scratch / "server.log"
    with log.open("w") as said:
        served = subprocess.Popen(server, stdout=said, stderr=said, env=_environment(place))
        try:
            wait_for_serving(served, log)
            yield
        finally:
            stop(served)


def _environment(place):
    return {**os.environ, "RUNTIME_DIRECTORY": str(place["scratch"])}


def _json(client, text, log):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        words = log.read_text(errors="replace")[-600:].strip()
        raise Failed(f"the client measured nothing (exit code {client.returncode}): {words}") from None


def ask(clients, place, gap=0.0):
    """The clients' JSON, all at once; each but the first begins `gap` seconds behind the one before it."""
    until = time.monotonic() + PATIENCE + place["seconds"] + place["warmup"] + gap * len(clients)
    logs = [place["scratch"] / f"client{i}.log" for i in range(len(clients))]
    asked = []
    try:
        for client, log in zip(clients, logs):
            time.sleep(gap if asked else 0)
            with log.open("w") as said:
                asked.append(subprocess.Popen(client, stdout=subprocess.PIPE, stderr=said, env=_environment(place)))
        texts = [client.communicate(timeout=max(0.1, until - time.monotonic()))[0] for client in asked]
    except subprocess.TimeoutExpired:
        raise Failed("the client did not end") from None
    finally:
        for client in asked:
            stop(client)
    return [_json(*each) for each in zip(asked, texts, logs)]


def run_pair(server, client, place):
    """The client's JSON."""
    with serving(server, place):
        return ask([client], place)[0]
