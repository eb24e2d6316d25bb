# SPDX-License-Identifier: BSD-3-Clause
"""What the house rules share: the tree's files, TAP lines, a cache of what has been checked, parallel tool runs.

Every rule is an executable beside this file and takes `--root DIR` (the tree to judge) and `--build DIR` (what was
built of it), so that tests/arch/selftest can show each rule a tree that breaks it.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

SOURCE_DIRS = ("lib", "app", "perf", "tests", "config")
LIB_SUFFIXES = (".c", ".h")
ALL_SUFFIXES = (".c", ".h", ".cc", ".hh", ".cpp")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


class Tree:
    """The files of a source tree, by path relative to its root."""

    def __init__(self, root, build):
        self.root = pathlib.Path(root).resolve()
        self.build = pathlib.Path(build).resolve() if build else self.root / "build"
        self.files = sorted(self._git() or self._walk())

    def _git(self):
        if not (self.root / ".git").exists():
            return []
        listed = subprocess.run(["git", "-C", str(self.root), "-c", f"safe.directory={self.root}", "ls-files", "-z",
                                 "--cached", "--others", "--exclude-standard"], capture_output=True, text=True)
        return [f for f in listed.stdout.split("\0") if f and (self.root / f).is_file()]

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [d for d in folders if not d.startswith((".", "build"))]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def under(self, *dirs, suffixes=ALL_SUFFIXES):
        return [f for f in self.files if f.split("/")[0] in dirs and f.endswith(suffixes)]

    def sources(self):
        return self.under(*SOURCE_DIRS)

    def text(self, path):
        return (self.root / path).read_text(errors="replace")

    def includes(self, path):
        """(line number, '<' or '"', name) of each #include."""
        text = self.text(path)
        for match in INCLUDE.finditer(text):
            yield text.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2)


class Tap:
    """One line a test; what is wrong follows as comments."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problems):
        self.count += 1
        problems = list(problems)
        print(f"{'not ok' if problems else 'ok'} {self.count} - {name}")
        for problem in problems:
            print("# " + problem.rstrip().replace("\n", "\n# "))
        self.failed += bool(problems)
        sys.stdout.flush()

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")

    def close(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


class Cache:
    """Remembers what a tool said of an input, by the hash of all that could change its answer."""

    def __init__(self, tree, tool):
        self.folder = tree.build / "arch-cache" / tool
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, key, run):
        path = self.folder / key
        if path.exists():
            return path.read_text()
        answer = run()
        path.with_suffix(f".{os.getpid()}").write_text(answer)
        path.with_suffix(f".{os.getpid()}").rename(path)
        return answer


def closure(tree, path, seen=None):
    """A file and every header of this tree that it includes, directly or not."""
    seen = set() if seen is None else seen
    if path in seen:
        return seen
    seen.add(path)
    for _, _, name in tree.includes(path):
        for folder in (os.path.dirname(path), "lib", "lib/include", "config", "app", "tests"):
            candidate = os.path.normpath(os.path.join(folder, name))
            if (tree.root / candidate).is_file():
                closure(tree, candidate, seen)
    return seen


def key_of(tree, paths, *more):
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.encode() + b"\0" + (tree.root / path).read_bytes() + b"\0")
    for part in more:
        digest.update(str(part).encode() + b"\0")
    return digest.hexdigest()


def run_tool(command, cwd):
    """A tool's output if it found something, else nothing."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        return f"{command[0]} is not installed: run config/deps test"
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def for_each(items, work):
    """work(item) for all items, two at a time; the non-empty answers in the items' order."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as workers:
        return [answer for answer in workers.map(work, items) if answer]


def dpdk_flags():
    """Compile flags of DPDK with its headers as system headers, as meson gives them to our code."""
    flags = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True).stdout.split()
    return [part for flag in flags for part in (["-isystem", flag[2:]] if flag.startswith("-I") else [flag])]


def main(check):
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.environ.get("POLLEN_ROOT", pathlib.Path(__file__).parents[2]))
    parser.add_argument("--build", default=os.environ.get("POLLEN_BUILD"))
    args = parser.parse_args()
    tap = Tap()
    check(Tree(args.root, args.build), tap)
    sys.exit(tap.close())
