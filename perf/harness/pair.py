# SPDX-License-Identifier: BSD-3-Clause
"""Two programs run against each other, and nothing of them is left."""

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


def run_pair(server, client, place):
    """The client's JSON. What the server said, and the client's errors, are kept in the scratch folder until the next pair."""
    scratch, env = place["scratch"], {**os.environ, "RUNTIME_DIRECTORY": str(place["scratch"])}
    for leftover in scratch.glob("*.sock"):
        leftover.unlink()
    log = scratch / "server.log"
    with log.open("w") as errors, (scratch / "client.log").open("w") as said:
        served = subprocess.Popen(server, stdout=errors, stderr=errors, env=env)
        try:
            wait_for_serving(served, log)
            done = subprocess.run(client, stdout=subprocess.PIPE, stderr=said, env=env, check=False,
                                  timeout=PATIENCE + place["seconds"] + place["warmup"])
        except subprocess.TimeoutExpired:
            raise Failed("the client did not end") from None
        finally:
            stop(served)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        words = (scratch / "client.log").read_text(errors="replace")[-600:].strip()
        raise Failed(f"the client measured nothing (exit code {done.returncode}): {words}") from None
