# SPDX-License-Identifier: BSD-3-Clause
"""The paths over which ours and the kernel's TCP are compared, who sends to whom, and with which commands."""

import dataclasses
import os
import zlib

from . import line

LOSSES, RTTS, RATES = (0, 0.1, 1, 3), (1, 20, 100), (20, 200)  # %, ms, Mbit/s
FRAME = 1514
OURS = 32 << 20  # the most that our buffers grow to


@dataclasses.dataclass(frozen=True)
class Cell:
    rate: int  # Mbit/s
    rtt: int  # ms
    loss: float  # %
    tenth: bool  # the queue is a tenth of what the path holds, not all of it
    reorder: bool  # 1 % is held back
    kind: str = "goodput"  # or share: two flows in one bottleneck

    @property
    def name(self):
        return (f"{'share-' if self.kind == 'share' else ''}{self.rate}M-{self.rtt}ms-loss{self.loss:g}-{'tenth' if self.tenth else 'bdp'}"
                f"{'-reorder' if self.reorder else ''}")

    @property
    def queue(self):
        """Bytes; two frames at least, for less is no queue."""
        return max(2 * FRAME, int(self.rate * 1e6 * self.rtt / 1e3 / 8 / (10 if self.tenth else 1)))

    @property
    def hold_us(self):
        """A tenth of the round trip, and at least long enough for two frames to overtake."""
        return max(self.rtt * 100, int(2 * FRAME * 8 / self.rate))

    @property
    def tolerance_us(self):
        """A twentieth of one way's delay, which the timer's own 30 us must fit into."""
        return max(self.rtt * 1000 / 2 / 20, 50)

    @property
    def is_fast(self):
        """Takes a good part of a processor: where much is lost, little is sent."""
        return self.rate >= 100 and self.loss <= 0.1

    def wire_options(self, turn):
        both = f"rate={self.rate}M,queue={self.queue},delay={self.rtt * 500}us,loss={self.loss:g}%"
        if self.reorder:
            both += f",reorder=1%/{self.hold_us}us"
        seed = zlib.crc32(f"{self.name} {turn}".encode())
        return ["--both", both, "--seed", str(seed), "--tolerance", f"{2 * self.tolerance_us:.0f}us"]


def _goodput():
    """Each loss, round trip and rate with each other: 24. Queue and reordering alternate, so that each pair of values meets."""
    for l, loss in enumerate(LOSSES):
        for r, rtt in enumerate(RTTS):
            for b, rate in enumerate(RATES):
                yield Cell(rate, rtt, loss, tenth=(l + r + b) % 2 == 1, reorder=(l // 2 + r + b) % 2 == 1)


def _share():
    """Not over 20 Mbit/s and 1 ms, which hold less than two frames of each flow."""
    for rate, rtt, tenth in ((200, 1, False), (20, 20, False), (200, 20, False), (20, 100, False), (200, 100, False), (20, 100, True),
                             (200, 20, True)):
        yield Cell(rate, rtt, 0, tenth, reorder=False, kind="share")


CELLS = {cell.name: cell for cell in (*_goodput(), *_share())}
# In the order of the first round; the next begins with the next.
CONTESTS = {"goodput": ("kernel", "send", "receive"), "share": ("kernel-beside-kernel", "ours-beside-kernel")}


class Ends:
    """Commands of both ends on a line."""

    def __init__(self, on, number, seconds, warmup):
        self.line, self.number = on, number
        self.times = ["--duration", f"{seconds:g}", "--warmup", f"{warmup:g}", "--json", "-"]

    def kernel_server(self):
        return self.line.inside("far", self.line.build / "perf" / "perf_peer", "server", "bulk", "--cc", "cubic")

    def kernel_client(self, end, to):
        return self.line.inside(end, self.line.build / "perf" / "perf_peer", "client", "bulk", "--cc", "cubic", *self.times, to)

    def _ours(self):
        """On any CPU, as the kernel's programs are; memory without hugepages, which several at once would run out of."""
        return self.line.inside("near", self.line.build / "app" / "pollen-perf", "--no-pci", "--no-huge", "--no-shconf", "-m", 512,
                                "--file-prefix", self.line.names["near"], "--lcores", f"0@(0-{(os.cpu_count() or 1) - 1})", "--",
                                "--interface", "v0", "--ip", f"{line.NEAR_OURS}/{line.PREFIX}", "--acd", "off",
                                "--neigh", f"{line.FAR}={line.MACS['far']}", "--poll", "adaptive", "--cc", "cubic", "--interval", 0,
                                "--set", f"rcvbuf_max={OURS}", "--set", f"sndbuf_max={OURS}")

    def our_server(self):
        return [*self._ours(), "server", "bulk"]

    def our_client(self):
        return [*self._ours(), "client", "bulk", *self.times, line.FAR]


def goodput(result):
    """Mbit/s that the receiver has acknowledged; None: there is no figure."""
    rate = result.get("end", {}).get("sum_sent", {}).get("bits_per_second")
    return rate / 1e6 if rate else None
