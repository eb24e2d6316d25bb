# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the tests against the Linux kernel share: a folder of their own, namespaces, users, and a look at what is left behind.
# Source this; it brings check, skip and done_testing along.
interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$interop/../.." && pwd)
# shellcheck disable=SC2034 # for those who source this
build=${POLLEN_BUILD:-$root/build}
. "$interop/../support/tap.sh"

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL=C.UTF-8

# A folder that other users may enter, gone when the test ends. Everything started from here carries its name in the
# environment, so that what outlives its time is found.
make_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/pollen-interop.XXXXXXXX")
	chmod 755 "$scratch"
	export POLLEN_INTEROP=$scratch
	trap leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

leave() {
	local pid
	trap '' INT TERM
	leftovers "POLLEN_INTEROP=$scratch" | while read -r pid _; do kill -KILL "$pid"; done
	rm -rf "$scratch"
}

# leftovers MARK: the processes, zombies apart, that carry MARK in their environment and are not this test. The search
# carries none and is over before the first is looked at, so that it finds no part of itself.
leftovers() {
	local file pid files
	mapfile -t files < <(env -u POLLEN_INTEROP grep -lsaF -- "$1" /proc/[0-9]*/environ)
	for file in "${files[@]}"; do
		pid=${file#/proc/}
		pid=${pid%/environ}
		[ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || ps -o pid=,stat=,args= -p "$pid" | awk '$2 !~ /^Z/'
	done
}

# What a program that "changes nothing on the machine" must leave as it was. Counters and clocks are left out.
machine_state() {
	ip -o link | sed 's/ state [A-Z]* / /'
	ip -o address | sed 's/valid_lft.*//'
	ip route show table all
	ip netns list 2>/dev/null
	grep -h . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/{forwarding,proxy_arp,rp_filter,arp_ignore} \
		/proc/sys/net/ipv4/{tcp_rmem,tcp_wmem,tcp_timestamps,tcp_sack,ip_local_port_range,ip_unprivileged_port_start}
	cat /proc/sys/vm/nr_hugepages /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null
	grep -E '^Huge(Pages_(Total|Free|Rsvd)|tlb)' /proc/meminfo
	cut -d ' ' -f 1-4 /proc/self/mounts
}

same_machine() {
	diff "$1" <(machine_state)
}

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

listens() {
	(: <"/dev/tcp/$1/$2") 2>/dev/null
}
