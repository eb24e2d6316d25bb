# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Two networks that are the same but for who is at their end: the kernel (k) or a program of ours (p).
#
#     kA 10.9.9.1 ---- kB 10.9.9.2, 10.9.8.2 ---- kC 10.9.8.3
#     pA (10.9.9.1) -- pB 10.9.9.2, 10.9.8.2 ---- pC 10.9.8.3
#
# So iputils and our programs can be asked the same thing and must say the same, but for times. Source this inside a network
# and a mount namespace of your own: inside_namespaces does that.

inside_namespaces() {
	[ -z "${POLLEN_PING_INSIDE:-}" ] || return 0
	export POLLEN_PING_INSIDE=1
	if [ "$(id -u)" = 0 ]; then
		exec unshare -nm --propagation private "$@"
	fi
	exec unshare -Urnm --propagation private "$@"
}

in_ns() {
	ip netns exec "$@"
}

make_network() {
	local x=$1
	ip netns add "${x}A" && ip netns add "${x}B" && ip netns add "${x}C" || return
	ip link add e0 netns "${x}A" type veth peer name e0 netns "${x}B" || return
	ip link add e1 netns "${x}B" type veth peer name e0 netns "${x}C" || return
	in_ns "${x}B" sh -e -c '
		echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
		ip link set lo up
		ip addr add 10.9.9.2/24 dev e0
		ip link set e0 up
		ip addr add 10.9.8.2/24 dev e1
		ip link set e1 up
		ip route add prohibit 10.9.5.0/24
		ip route add unreachable 10.9.4.0/24' || return
	in_ns "${x}C" sh -e -c '
		ip link set lo up
		ip addr add 10.9.8.3/24 dev e0
		ip link set e0 up
		ip route add default via 10.9.8.2' || return
	in_ns "${x}A" sh -e -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up; ip link set e0 up'
}

make_networks() {
	mount -t tmpfs none /run && mkdir -p /run/netns || return
	make_network k && make_network p || return
	in_ns kA ip addr add 10.9.9.1/24 dev e0 && in_ns kA ip route add default via 10.9.9.2 || return
	wait_until 5 in_ns kA ping -q -c 1 -W 1 10.9.8.3 >/dev/null
}

# in_both B|C COMMAND...: in the namespaces of both networks.
in_both() {
	in_ns "k$1" "${@:2}" && in_ns "p$1" "${@:2}"
}

# Times, and who speaks, made equal.
normal() {
	sed -E -e 's/^pollen-(ping|arping):/\1:/' -e 's/^pollen-ping:/ping:/' \
		-e 's/time=[0-9.]+ ms/time=T ms/' -e 's/, time [0-9]+ms/, time Tms/' \
		-e 's/^\[[0-9]+\.[0-9]{6}\]/[S]/' -e 's/[0-9]+\.[0-9]{3}/N/g' -e 's/ident=[0-9]+/ident=I/' \
		-e 's/\[([0-9A-F]{2}:){5}[0-9A-F]{2}\]/[MAC]/g' "$1"
}

# Where one of our programs stands, at the end of network p.
# shellcheck disable=SC2034 # for those who source this
device=(--interface e0 --ip 10.9.9.1/24 --gw 10.9.9.2)
