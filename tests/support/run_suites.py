# SPDX-License-Identifier: BSD-3-Clause
"""The runner behind tests/run: builds, runs each suite within its time, and counts what really ran.

A count is read from what the suite itself reported: googletest's XML, or TAP lines of a script. A suite that crashed,
ran out of time, reported nothing, or ended in an error that none of its tests explains has failed, whatever it printed.
"""

import argparse
import concurrent.futures
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
BUILD_SANITIZE = ROOT / "build-sanitize"
LOGS = BUILD / "test-logs"
DEFAULT_SECONDS = 300
TAIL_LINES = 40

# Name, folder, environment, meson options. The second is clang's build and the sanitizers' in one.
BUILDS = {
    "gcc": (BUILD, {"CC": "gcc", "CXX": "g++"}, []),
    "sanitize": (BUILD_SANITIZE, {"CC": "clang", "CXX": "clang++"},
                 ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbuildtype=debug", "-Doptimization=1"]),
}

SANITIZER_ENV = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "POLLEN_SOAK": "500",  # of the 2000 worlds that the other build runs
}

SERIAL_GROUPS = ("interop", "nic")  # scripts that poll, in networks of their own
SANITIZE_GROUPS = ("sanitize", "fuzz")  # suites that need the second build

running = set()
running_lock = threading.Lock()
stopping = threading.Event()


@dataclasses.dataclass
class Suite:
    name: str
    command: list
    protocol: str  # gtest, tap, exitcode
    seconds: int = DEFAULT_SECONDS
    env: dict = dataclasses.field(default_factory=dict)
    serial: bool = False  # alone on the machine: network namespaces, polling threads
    light: bool = False  # of those, one that mostly waits: two of them at once

    @property
    def log(self):
        return LOGS / (self.name.replace("/", "-") + ".log")


@dataclasses.dataclass
class Result:
    name: str
    passed: int = 0
    failed: int = 0
    skips: list = dataclasses.field(default_factory=list)  # (test, reason)
    notes: list = dataclasses.field(default_factory=list)  # why a failure was added that no test reported
    seconds: float = 0.0
    log: pathlib.Path = None

    def add_failure(self, why):
        self.failed += 1
        self.notes.append(why)


# ---------------------------------------------------------------------------------------------------- running a command


def kill_group(process, how):
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass


def run_logged(command, log, seconds, env=None):
    """Run a command in a process group of its own. Returns its exit code, or None when its time was over."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   cwd=ROOT, env={**os.environ, **(env or {})}, start_new_session=True)
        with running_lock:
            running.add(process)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            # A moment to take its namespaces down, then the hard way.
            kill_group(process, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            return None
        finally:
            kill_group(process, signal.SIGKILL)
            process.wait()
            with running_lock:
                running.discard(process)


def stop_all(signum, _frame):
    stopping.set()
    with running_lock:
        processes = list(running)
    for process in processes:
        kill_group(process, signal.SIGTERM)
    time.sleep(2 if processes else 0)
    for process in processes:
        kill_group(process, signal.SIGKILL)
    os._exit(128 + signum)


# ---------------------------------------------------------------------------------------------------- counting


def count_gtest(result, report, log_text):
    """Counts from googletest's XML; without one, from the lines of the tests that ended before the crash."""
    try:
        tree = xml.etree.ElementTree.parse(report)
    except (OSError, xml.etree.ElementTree.ParseError):
        result.passed += len(re.findall(r"^\[       OK \] ", log_text, re.M))
        started = re.findall(r"^\[ RUN      \] (\S+)", log_text, re.M)
        result.add_failure("ended in " + started[-1] if started else "wrote no report")
        return
    for case in tree.iter("testcase"):
        name = case.get("classname", "") + "." + case.get("name", "")
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif skipped is not None:
            result.skips.append((name, skipped.get("message") or "no reason given"))
        elif case.get("status") == "notrun":
            result.skips.append((name, "disabled"))
        else:
            result.passed += 1


def count_tap(result, log_text):
    """Counts from TAP: `ok 1 - what`, `not ok 2 - what`, `ok 3 - what # SKIP why`, and the plan `1..3`."""
    planned = None
    for line in log_text.splitlines():
        plan = re.match(r"1\.\.(\d+)(?:\s*#\s*SKIP\s*(.*))?", line, re.I)
        point = re.match(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*SKIP\S*\s*(.*))?", line, re.I)
        if plan:
            planned = int(plan.group(1))
            if planned == 0:
                result.skips.append(("all", plan.group(2) or "no reason given"))
        elif point and point.group(1):
            result.failed += 1
        elif point and point.group(3) is not None:
            result.skips.append((point.group(2).strip(), point.group(3).strip() or "no reason given"))
        elif point:
            result.passed += 1
        elif line.startswith("Bail out!"):
            result.add_failure(line)
    seen = result.passed + result.failed + len(result.skips)
    if planned and seen < planned:
        result.add_failure(f"planned {planned} tests, ran {seen}")


def run_suite(suite):
    result = Result(suite.name, log=suite.log)
    report = suite.log.with_suffix(".xml")
    report.unlink(missing_ok=True)
    command = list(suite.command)
    if suite.protocol == "gtest":
        command.append(f"--gtest_output=xml:{report}")
    started = time.monotonic()
    code = run_logged(command, suite.log, suite.seconds, suite.env)
    result.seconds = time.monotonic() - started
    log_text = suite.log.read_text(errors="replace")

    if suite.protocol == "gtest":
        count_gtest(result, report, log_text)
    elif suite.protocol == "tap":
        count_tap(result, log_text)
    elif code == 0:
        result.passed = 1

    if code is None:
        result.add_failure(f"not done after {suite.seconds} s")
    elif code != 0 and result.failed == 0:
        result.add_failure(f"ended with {'signal ' + str(-code) if code < 0 else 'exit code ' + str(code)}")
    elif result.passed + result.failed + len(result.skips) == 0:
        result.add_failure("ran no test")
    return result


# ---------------------------------------------------------------------------------------------------- what there is


def build(name):
    """Configure and compile one build; its result counts as one test."""
    folder, env, options = BUILDS[name]
    result = Result("build/" + name, log=LOGS / f"build-{name}.log")
    started = time.monotonic()
    setup = ["meson", "setup", str(folder), str(ROOT), *options]
    if (folder / "build.ninja").exists():
        setup.insert(2, "--reconfigure")
    elif (folder / "meson-private").exists():
        setup.insert(2, "--wipe")
    log = result.log.with_suffix(".setup.log")
    code = run_logged(setup, log, 120, env)
    if code == 0:
        log = result.log
        code = run_logged(["ninja", "-C", str(folder)], log, 1500, env)
    result.log = log
    result.seconds = time.monotonic() - started
    warnings = re.findall(r"^.*\bwarning: .*$", log.read_text(errors="replace"), re.M)
    if code != 0:
        result.add_failure("does not build")
    elif warnings:
        result.add_failure(f"{len(warnings)} warnings, the first: {warnings[0]}")
    else:
        result.passed = 1
    return result


def meson_suites(kind):
    """The tests that meson knows in one build folder: one suite a program."""
    folder = BUILDS[kind][0]
    if not (folder / "meson-info" / "intro-tests.json").exists():
        return
    for test in json.loads((folder / "meson-info" / "intro-tests.json").read_text()):
        group = test["suite"][0].split(":")[-1] if test["suite"] else "rooms"
        name = ("sanitize/" if kind == "sanitize" and group == "rooms" else group + "/") + test["name"]
        # Sanitizers slow a program down; its allowance grows with them.
        seconds = int(test["timeout"]) * (3 if kind == "sanitize" else 1)
        env = {**test["env"], "POLLEN_BUILD": str(folder), "POLLEN_ROOT": str(ROOT)}
        if kind == "sanitize":
            env.update(SANITIZER_ENV)
        # meson names what it built from its own folder on
        command = [str(folder / word) if (folder / word).is_file() else word for word in test["cmd"]]
        yield Suite(name, command, test["protocol"], seconds, env, serial=not test["is_parallel"])


def script_suites():
    """Executables without a suffix in tests/<group>/: they print TAP. `# timeout: N` near the top changes the time.

    One called `run` is for people.
    """
    for path in sorted((ROOT / "tests").glob("*/*")):
        group = path.parent.name
        if not path.is_file() or path.suffix or group == "support" or path.name == "run" or not os.access(path, os.X_OK):
            continue
        head = path.read_text(errors="replace")[:1000]
        seconds = re.search(r"^# timeout: (\d+)", head, re.M)
        light = re.search(r"^# light: \S", head, re.M) is not None
        yield Suite(f"{group}/{path.name}", [str(path)], "tap",
                    int(seconds.group(1)) if seconds else DEFAULT_SECONDS,
                    {"POLLEN_BUILD": str(BUILD), "POLLEN_BUILD_SANITIZE": str(BUILD_SANITIZE),
                     "POLLEN_ROOT": str(ROOT)},
                    serial=group in SERIAL_GROUPS, light=light)


def is_chosen(name, wanted):
    return not wanted or any(name == w or name.startswith(w.rstrip("/") + "/") for w in wanted)


# ---------------------------------------------------------------------------------------------------- telling


def told_by_failures(lines):
    """The lines that tell of failures: a TAP failure with its comments, a googletest's from its start to its end."""
    told, block, failing = [], [], False
    for line in lines:
        if line.startswith("[ RUN      ]"):
            block = []
        block.append(line)
        if line.startswith("[  FAILED  ]") and block[0].startswith("[ RUN      ]"):
            told += block
            block = [line]
        if not line.startswith("#"):
            failing = line.startswith("not ok")
        if failing:
            told.append(line)
    return told


class Report:
    def __init__(self):
        self.results = []
        self.lock = threading.Lock()

    def add(self, result):
        with self.lock:
            self.results.append(result)
            counts = f"{result.passed} passed"
            if result.failed:
                counts += f", {result.failed} failed"
            if result.skips:
                counts += f", {len(result.skips)} skipped"
            word = "FAILED" if result.failed else "ok" if result.passed else "skipped"
            print(f"{word:8}{result.name:28}{counts:34}{result.seconds:7.1f} s", flush=True)
            if result.failed:
                self.explain(result)

    @staticmethod
    def explain(result):
        for note in result.notes:
            print(f"        {note}")
        lines = result.log.read_text(errors="replace").splitlines() if result.log.exists() else []
        failures = told_by_failures(lines)
        for line in failures[:TAIL_LINES] if failures else lines[-TAIL_LINES:]:
            print(f"        | {line}")
        print(f"        log: {os.path.relpath(result.log, ROOT)}", flush=True)

    def close(self):
        passed = sum(r.passed for r in self.results)
        failed = sum(r.failed for r in self.results)
        skips = [(r.name, test, reason) for r in self.results for test, reason in r.skips]
        for name, test, reason in skips:
            print(f"skipped: {name}: {test}: {reason}")
        print(f"{passed} passed, {failed} failed" + (f", {len(skips)} skipped" if skips else ""), flush=True)
        return 0 if failed == 0 and passed > 0 else 1


def run_parallel(suites, report, at_once):
    with concurrent.futures.ThreadPoolExecutor(max_workers=at_once) as workers:
        for done in concurrent.futures.as_completed([workers.submit(run_suite, s) for s in suites]):
            report.add(done.result())


def run_serial(suites, report):
    """One at a time (light ones two), and one run of this script at a time on the machine: polling threads need their cores."""
    if not suites:
        return
    path = pathlib.Path(tempfile.gettempdir()) / "pollen.net.lock"
    try:
        lock = open(path, "a")
    except PermissionError:
        lock = open(path)
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for suite in suites:
            if not suite.light:
                report.add(run_suite(suite))
        run_parallel([s for s in suites if s.light], report, 2)


def parse_args():
    parser = argparse.ArgumentParser(prog="tests/run")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--no-install", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    return parser.parse_args()


def main():
    args = parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_all)
    kinds = ["gcc"] if args.fast else ["gcc", "sanitize"]
    if args.suites and not any(w.split("/")[0] in SANITIZE_GROUPS for w in args.suites):
        kinds = ["gcc"]
    report = Report()

    if args.list:
        suites = [s for kind in kinds for s in meson_suites(kind)] + list(script_suites())
        for suite in suites:
            print(suite.name)
        return 0

    shutil.rmtree(LOGS, ignore_errors=True)
    suites = list(script_suites())
    for kind in kinds:
        result = build(kind)
        report.add(result)
        if not result.failed:
            suites += meson_suites(kind)
    chosen = [s for s in suites if is_chosen(s.name, args.suites) and not (args.fast and s.serial)]
    for wanted in args.suites:
        if not any(is_chosen(s.name, [wanted]) for s in suites):
            result = Result(wanted, log=LOGS / "none")
            result.add_failure("there is no such suite")
            report.add(result)
    run_parallel([s for s in chosen if not s.serial], report, os.cpu_count() or 1)
    run_serial([s for s in chosen if s.serial], report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
