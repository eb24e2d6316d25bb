# SPDX-License-Identifier: BSD-3-Clause
"""One run over the wire, taken again when the wire was not what it should be; and runs side by side, each worker with a line of its own."""

import contextlib
import multiprocessing
import pathlib
import queue
import shlex
import signal
import sys
import tempfile
import time

from . import cells, line, pair

TRIES = 3
HEAD_START = 2.0  # seconds: longer than EAL takes, so that who is asked first is connected first


class Worker:
    def __init__(self, build, seconds, until=None):
        self.build, self.seconds, self.until = build, seconds, until

    def _commands(self, ends, contest, turn):
        """The server's command and the clients', and how far apart these begin."""
        if contest == "kernel":
            return ends.kernel_server(), [ends.kernel_client("near", line.FAR)], 0
        if contest == "send":
            return ends.kernel_server(), [ends.our_client()], 0
        if contest == "receive":
            return ends.our_server(), [ends.kernel_client("far", line.NEAR_OURS)], 0
        other = ends.our_client() if contest == "ours-beside-kernel" else ends.kernel_client("near", line.FAR)
        # Who comes second has the harder part: each in turn.
        clients = [other, ends.kernel_client("near", line.FAR)]
        return ends.kernel_server(), clients if turn % 2 == 0 else clients[::-1], HEAD_START

    def once(self, on, cell, contest, turn):
        warmup = self.seconds / 2 if cell.kind == "share" else 0
        place = {"scratch": on.scratch, "seconds": self.seconds, "warmup": warmup}
        server, clients, gap = self._commands(cells.Ends(on, turn, self.seconds, warmup), contest, turn)
        wire = on.wire(cell.wire_options(turn), "far" if contest == "receive" else "near")
        run = {"cell": cell.name, "contest": contest, "turn": turn, "seconds": self.seconds, "wire": shlex.join(wire.command),
               "server": shlex.join(server), "clients": [shlex.join(client) for client in clients]}
        try:
            with wire, pair.serving(server, place):
                results = pair.ask(clients, place, gap)
            run["results"] = results if cell.kind != "share" or turn % 2 == 0 else results[::-1]
        except pair.Failed as why:
            run["failed"] = str(why)
        run["line"] = wire.said
        run["disturbed"] = line.disturbed(wire.said, cell.tolerance_us)
        return run

    def do(self, on, cell, contest, turn):
        """Again when the wire was late; what is left of it then says so."""
        for number in range(TRIES):
            run = self.once(on, cell, contest, turn)
            run["tries"] = number + 1
            if not run["disturbed"] and "failed" not in run:
                break
        return run

    def work(self, name, tasks, results):
        """In a process of its own; tasks: an iterator of what `do` takes. The last result is None."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.ExitStack() as stack:
            scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pollen-impaired.")))
            on = stack.enter_context(line.Line(self.build, scratch, name))
            stack.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)  # what tidies up is not asked to stop
            for task in tasks:
                if self.until is not None and time.monotonic() > self.until:
                    break
                results.put(self.do(on, *task))
            results.put(None)


class Rounds:
    """Rounds that several processes take one by one, from the first of their lists that has some left."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.next = multiprocessing.Value("i", 0)

    def take(self):
        with self.next.get_lock():
            number = self.next.value
            self.next.value += number < len(self.rounds)
        return self.rounds[number] if number < len(self.rounds) else None


def tasks(lists):
    """The runs of a round stay together, on one line: what is compared has the same minute."""
    for rounds in lists:
        while (runs := rounds.take()) is not None:
            yield from runs


def plan(chosen, pairs, done):
    """Rounds of (cell, contest, turn), without those that are done: the fast paths', and the others'."""
    fast, slow = [], []
    for turn in range(pairs):
        for cell in chosen:
            contests = cells.CONTESTS[cell.kind]
            order = contests[turn % len(contests):] + contests[:turn % len(contests)]
            runs = [(cell, contest, turn) for contest in order if (cell.name, contest, turn) not in done]
            if runs:
                (fast if cell.is_fast else slow).append(runs)
    return fast, slow


def side_by_side(worker, planned, jobs, prefix):
    """Yields each run when it is over. One of two processors may have a fast path; the others have slow ones."""
    fast, slow = (Rounds(rounds) for rounds in planned)
    results, at_work = multiprocessing.Queue(), jobs
    fast_jobs = max(1, min(jobs, multiprocessing.cpu_count() // 2))
    processes = [multiprocessing.Process(target=worker.work, args=(f"{prefix}-{i}", tasks((fast, slow) if i < fast_jobs else (slow,)), results))
                 for i in range(jobs)]
    try:
        for process in processes:
            process.start()
        while at_work > 0:
            try:
                run = results.get(timeout=1)
            except queue.Empty:
                if not any(process.is_alive() for process in processes):
                    sys.exit("perf/impaired/run: the workers ended before their work")
                continue
            if run is None:
                at_work -= 1
            else:
                yield run
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
