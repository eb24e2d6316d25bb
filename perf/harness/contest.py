# SPDX-License-Identifier: BSD-3-Clause
"""Who runs against whom, with which commands, and which figure counts."""

import dataclasses

from . import wires


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    verb: str  # pollen-perf's and perf_peer's
    title: str
    unit: str
    figure: tuple  # where it stands in the JSON
    scale: float = 1.0
    options: tuple = ()  # both ends
    client: tuple = ()
    bare: tuple = ()  # perf_bare's verb and the client's options; none: it has no such workload
    more_is_better: bool = True


WORKLOADS = {w.name: w for w in (
    Workload("rr", "rr", "requests of 64 bytes and their responses, 100 connections", "M/s", ("requests_per_second",), 1e-6,
             client=("--connections", "100"), bare=("rr", "--in-flight", "100")),
    Workload("crr", "crr", "connections of one such exchange each, closed by the client", "M/s", ("connections_per_second",), 1e-6,
             client=("--connections", "100")),
    Workload("bulk", "bulk", "one connection, one way", "Gbit/s", ("sum_sent", "bits_per_second"), 1e-9, bare=("bulk",)),
    Workload("latency", "rr", "round trip of 64 bytes, one connection, p50", "us", ("latency", "p50"), 1e-3, bare=("rr",),
             more_is_better=False),
)}


@dataclasses.dataclass(frozen=True)
class Competitor:
    kind: str  # pollen, bare, kernel
    wire: str

    @property
    def name(self):
        return f"{self.kind} {self.wire}"

    def runs(self, workload, lcores):
        if self.kind == "bare" and not workload.bare:
            return False
        if self.kind != "pollen" and lcores > 1:  # they have one thread
            return False
        # Offloads are for bulk: elsewhere nothing is long enough.
        return workload.name == "bulk" or self.wire not in ("virtio-offloads", "veth-plain")

    def commands(self, workload, place):
        """The server's command and the client's."""
        return getattr(self, "_" + self.kind)(workload, place)

    def _times(self, place):
        return ["--duration", str(place["seconds"]), "--warmup", str(place["warmup"]), "--json", "-"]

    def _pollen(self, workload, place):
        wire, program = place["wire"], str(place["build"] / "app" / "pollen-perf")
        offloads = ["--csum", "hw"] if self.wire == "virtio-offloads" else []
        shared = [*workload.options, *offloads]
        server = [program, *wire.eal_args("server", place), "--", "server", workload.verb, *shared,
                  "--ip", f"{wires.SERVER}/{wires.PREFIX}", "--acd", "off", "--interval", "0"]
        client = [program, *wire.eal_args("client", place), "--", "client", workload.verb, *shared, *workload.client,
                  *(["--sources", str(wires.SOURCES), "--time-wait", str(1 << 22)] if workload.name == "crr" else []),
                  "--ip", f"{wires.CLIENT}/{wires.PREFIX}", "--acd", "off", "--interval", "0", *self._times(place), wires.SERVER]
        return server, client

    def _bare(self, workload, place):
        wire, program = place["wire"], str(place["build"] / "perf" / "perf_bare")
        verb, *options = workload.bare
        return ([program, *wire.eal_args("server", place), "--", "server", verb],
                [program, *wire.eal_args("client", place), "--", "client", verb, *options, *self._times(place)])

    def _kernel(self, workload, place):
        program = str(place["build"] / "perf" / "perf_peer")
        (server, client), cpus = wires.namespaces(), place["cpus"]
        in_server = ["ip", "netns", "exec", server, "taskset", "-c", ",".join(map(str, cpus["server"]))]
        in_client = ["ip", "netns", "exec", client, "taskset", "-c", ",".join(map(str, cpus["client"]))]
        sources = ["--sources", f"{wires.CLIENT}-10.9.1.{wires.SOURCES}"] if workload.name == "crr" else []
        return ([*in_server, program, "server", workload.verb, *workload.options],
                [*in_client, program, "client", workload.verb, *workload.options, *workload.client, *sources, *self._times(place),
                 wires.SERVER])


QUICK = [Competitor("pollen", "virtio"), Competitor("bare", "virtio"), Competitor("pollen", "memif-zc"), Competitor("bare", "memif-zc"),
         Competitor("kernel", "veth"), Competitor("pollen", "virtio-offloads"), Competitor("kernel", "veth-plain")]
FULL = [Competitor(kind, wire) for wire in ("virtio", "virtio-offloads", "memif", "memif-zc") for kind in ("pollen", "bare")
        if (kind, wire) != ("bare", "virtio-offloads")] + [Competitor("kernel", "veth"), Competitor("kernel", "veth-plain")]
NIC = [Competitor("pollen", "nic"), Competitor("bare", "nic")]


def figure(workload, result):
    """The figure that counts, in the workload's unit; None: there is none."""
    at = result.get("end", {})
    for key in workload.figure:
        at = at.get(key) if isinstance(at, dict) else None
    return at * workload.scale if isinstance(at, (int, float)) else None
