# SPDX-License-Identifier: BSD-3-Clause
"""Three network namespaces: a near and a far one, each with an end of a veth, and perf_wire in the third between the others' inner ends."""

import json
import pathlib
import signal
import subprocess

from . import pair

NEAR_KERNEL, NEAR_OURS, FAR = "10.9.0.1", "10.9.0.2", "10.9.1.1"
MACS = {"near": "02:00:0a:09:00:01", "far": "02:00:0a:09:01:01"}
PREFIX = 16
BUFFER = 64 << 20  # the most that the kernel's buffers grow to: ten times the longest path's need
# Of the namespaces: what the figures depend on. The machine's own settings stay.
SYSCTLS = {"net.ipv4.tcp_rmem": f"4096 131072 {BUFFER}",
           "net.ipv4.tcp_wmem": f"4096 16384 {BUFFER}", "net.ipv4.tcp_no_metrics_save": "1", "net.ipv4.tcp_ecn": "2"}
OFFLOADS = ("tx", "tso", "gso", "gro")
AHEAD = ("nice", "-n", "-20")  # of what else the machine does; perf_wire itself asks for SCHED_FIFO


def ip(*args):
    subprocess.run(["ip", *args], check=True)


class Line:
    """While the context lasts. `names` are near, far and wire."""

    def __init__(self, build, scratch, name):
        self.build, self.scratch = build, scratch
        self.names = {end: f"{name}-{end}" for end in ("near", "far", "wire")}

    def __enter__(self):
        try:
            self._lay()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)

    def _lay(self):
        for name in self.names.values():
            ip("netns", "add", name)
            self.run(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        for end, address in (("near", NEAR_KERNEL), ("far", FAR)):
            name = self.names[end]
            ip("link", "add", "v0", "address", MACS[end], "netns", name, "type", "veth", "peer", "name", end, "netns", self.names["wire"])
            self.run(name, "ethtool", "-K", "v0", *(word for offload in OFFLOADS for word in (offload, "off")))
            ip("-n", name, "address", "add", f"{address}/{PREFIX}", "dev", "v0")
            for link, where in (("lo", name), ("v0", name), (end, self.names["wire"])):
                ip("-n", where, "link", "set", link, "up")
            self.run(name, "sysctl", "-qw", *(f"{key}={value}" for key, value in SYSCTLS.items()))
        # Nobody has to ask over a line that loses the answer.
        ip("-n", self.names["near"], "neigh", "add", FAR, "lladdr", MACS["far"], "dev", "v0", "nud", "permanent")
        for address in (NEAR_KERNEL, NEAR_OURS):
            ip("-n", self.names["far"], "neigh", "add", address, "lladdr", MACS["near"], "dev", "v0", "nud", "permanent")

    @staticmethod
    def run(name, *command):
        subprocess.run(["ip", "netns", "exec", name, *command], check=True, stdout=subprocess.DEVNULL)

    def inside(self, end, *command):
        """A command in a namespace, ahead of what else the machine does."""
        return ["ip", "netns", "exec", self.names[end], *AHEAD, *map(str, command)]

    def wire(self, options, sender="near"):
        """What is "there" in the options and in what the wire says is the way from the sender: the same seed, the same fates of its frames."""
        ends = ("near", "far") if sender == "near" else ("far", "near")
        return Wire([*self.inside("wire", self.build / "perf" / "perf_wire"), *options, *ends], self.scratch)


class Wire:
    """perf_wire while the context lasts; afterwards `said` is its JSON."""

    def __init__(self, command, scratch):
        self.command, self.log, self.out = command, scratch / "wire.log", scratch / "wire.json"
        self.said = {}

    def __enter__(self):
        with self.log.open("w") as log, self.out.open("w") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=log)
        try:
            pair.wait_for_serving(self.process, self.log)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        text = pathlib.Path(self.out).read_text()
        self.said = json.loads(text) if text else {}


def disturbed(said, tolerance_us):
    """Why a run does not count, in words; None: the wire was what it was asked to be."""
    late = said.get("late")
    if late is None:
        return "the wire said nothing"
    if said["overrun"] + said["refused"] + said["too_long"]:
        return f"the wire lost frames of its own: {said['overrun']} unseen, {said['refused']} refused, {said['too_long']} too long"
    if late["mean_us"] > tolerance_us or late["beyond"] > 0.02 * late["frames"]:
        return f"the wire was late: {late['mean_us']} us in the mean, {late['beyond']} of {late['frames']} by more than {2 * tolerance_us:.0f} us"
    return None
