# SPDX-License-Identifier: BSD-3-Clause
"""What lies between two programs: DPDK's devices, and the kernel's veth between two network namespaces."""

import dataclasses
import os
import subprocess

SERVER, CLIENT = "10.9.0.1", "10.9.1.1"
PREFIX = 16
SOURCES = 8  # addresses of the client, from CLIENT on
MTU = 1500


def namespaces():
    return f"pollen-perf-{os.getpid()}-s", f"pollen-perf-{os.getpid()}-c"


@dataclasses.dataclass(frozen=True)
class Wire:
    name: str
    server: str = ""  # a --vdev of EAL's, {scratch} and {queues} to be filled in
    client: str = ""
    offloads: str = "none"
    eal: tuple = ("--no-pci", "--in-memory", "--single-file-segments")

    def eal_args(self, end, place):
        """EAL's arguments of "server" or "client"; `place` has scratch, queues and cpus."""
        vdev = (self.server if end == "server" else self.client).format(**place)
        cpus = place["cpus"][end]
        lcores = ",".join(f"{i}@{cpu}" for i, cpu in enumerate(cpus))
        return [*self.eal, "-n", "1", "-m", str(place["megabytes"]), "--file-prefix", f"perf-{os.getpid()}-{end}", "--lcores", lcores,
                "--vdev" if vdev.startswith("net_") else "-a", vdev]


MEMIF = "net_memif0,role={},socket-abstract=no,socket={{scratch}}/memif.sock,rsize=11,bsize={}"
VHOST = "net_vhost0,iface={scratch}/vhost.sock,queues={queues}"
VIRTIO = "net_virtio_user0,path={scratch}/vhost.sock,queues={queues},queue_size=1024"
WIRES = {wire.name: wire for wire in (
    Wire("virtio", VHOST, VIRTIO),
    Wire("virtio-offloads", VHOST + ",tso=1", VIRTIO, "checksums, TSO"),
    Wire("memif", MEMIF.format("server", 2048), MEMIF.format("client", 2048)),
    Wire("memif-zc", MEMIF.format("server", 2048), MEMIF.format("client", 2176) + ",zero-copy=yes"),
    Wire("veth", offloads="TSO, GSO, GRO, checksums"),
    Wire("veth-plain", offloads="none"),
)}


def nic_wire(here, there):
    """Bound NICs: the client's here, the server's on the other machine."""
    return Wire("nic", there, here, "as the device offers", ())


class Veth:
    """Two namespaces and a veth between them, while the context lasts."""

    def __enter__(self):
        self.server, self.client = namespaces()
        for name in (self.server, self.client):
            self._ip("netns", "add", name)
        self._ip("link", "add", "s0", "netns", self.server, "type", "veth", "peer", "name", "c0", "netns", self.client)
        for name, link, addr in ((self.server, "s0", SERVER), (self.client, "c0", CLIENT)):
            self._ip("-n", name, "address", "add", f"{addr}/{PREFIX}", "dev", link)
            self._ip("-n", name, "link", "set", link, "up")
            self._ip("-n", name, "link", "set", "lo", "up")
        for i in range(2, SOURCES + 1):
            self._ip("-n", self.client, "address", "add", f"10.9.1.{i}/{PREFIX}", "dev", "c0")
        # Many short connections: ports for all of them, as pollen-perf has.
        self._in(self.client, "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535")
        self.plain = None
        return self

    def __exit__(self, *_):
        for name in (self.server, self.client):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)

    def offloads(self, plain):
        if plain != self.plain:
            how = "off" if plain else "on"
            for name, link in ((self.server, "s0"), (self.client, "c0")):
                self._in(name, "ethtool", "-K", link, "tx", how, "tso", how, "gso", how, "gro", how)
            self.plain = plain

    @staticmethod
    def _ip(*args):
        subprocess.run(["ip", *args], check=True)

    @staticmethod
    def _in(name, *args):
        subprocess.run(["ip", "netns", "exec", name, *args], check=True, stdout=subprocess.DEVNULL)
