# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# For the scripts beside this: two namespaces with a veth between them, and a folder; all gone at the end, and what was started too.
scratch=$(mktemp -d)
ns_server=pollen-peer-$$-s
ns_client=pollen-peer-$$-c
started=()

tidy_up() {
	local pid ns
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || :
	done
	wait 2>/dev/null || :
	for ns in "$ns_server" "$ns_client"; do
		ip netns del "$ns" 2>/dev/null || :
	done
	rm -rf "$scratch"
}
trap tidy_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need() {
	command -v "$1" >/dev/null || {
		echo "$0: there is no $1; on Debian: apt-get install $2" >&2
		exit 2
	}
}

make_veth() {
	ip netns add "$ns_server"
	ip netns add "$ns_client"
	ip link add s0 netns "$ns_server" type veth peer name c0 netns "$ns_client"
	ip -n "$ns_server" address add 10.9.0.1/16 dev s0
	ip -n "$ns_client" address add 10.9.1.1/16 dev c0
	ip -n "$ns_server" link set s0 up
	ip -n "$ns_client" link set c0 up
}

# offloads on|off
offloads() {
	ip netns exec "$ns_server" ethtool -K s0 tx "$1" tso "$1" gso "$1" gro "$1" >/dev/null
	ip netns exec "$ns_client" ethtool -K c0 tx "$1" tso "$1" gso "$1" gro "$1" >/dev/null
}

# The server's side on the first CPU, in the background; the client's on the second.
serve() {
	ip netns exec "$ns_server" taskset -c 0 "$@" >"$scratch/server.log" 2>&1 &
	started+=($!)
}

ask() {
	ip netns exec "$ns_client" taskset -c 1 "$@"
}

congestion_control() {
	ip netns exec "$ns_client" cat /proc/sys/net/ipv4/tcp_congestion_control
}
