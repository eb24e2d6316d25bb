#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Answers echo requests the way a bad network would: by sequence number well, twice, changed, cut, late;
or each with a wrong checksum.

Usage: mangler.py FILE [corrupt]; FILE is made when it listens. The kernel's own answers must be off (icmp_echo_ignore_all).
"""
import socket
import struct
import sys


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def reply(ident, seq, payload, spoil=0):
    head = struct.pack("!BBHHH", 0, 0, 0, ident, seq)
    return struct.pack("!BBHHH", 0, 0, checksum(head + payload) ^ spoil, ident, seq) + payload


def answers(ident, seq, payload, late):
    """What to send for a request; `late` keeps what waits for the next one."""
    if len(sys.argv) > 2:
        return [reply(ident, seq, payload, spoil=0x1234)]
    if seq == 2:
        return [reply(ident, seq, payload)] * 2
    if seq == 3:
        changed = bytearray(payload)
        changed[20] ^= 0xFF
        return [reply(ident, seq, bytes(changed))]
    if seq == 4:
        return [reply(ident, seq, payload[:-10])]
    if seq == 6:
        late.append(reply(ident, seq, payload))
        return []
    waited = list(late)
    late.clear()
    return [reply(ident, seq, payload)] + waited


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    if len(sys.argv) > 1:
        open(sys.argv[1], "w", encoding="ascii").close()
    late = []
    while True:
        packet, peer = sock.recvfrom(65535)
        data = packet[(packet[0] & 15) * 4 :]
        kind, _, _, ident, seq = struct.unpack("!BBHHH", data[:8])
        if kind != 8:
            continue
        for message in answers(ident, seq, data[8:], late):
            sock.sendto(message, peer)


main()
