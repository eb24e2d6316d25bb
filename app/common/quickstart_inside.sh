#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The part of app/quickstart that runs inside of the private namespace, as the first process there: lays the cable, starts
# the web server on the kernel's end of it and Pollen's programs on the other. Its end is the end of all in the namespace.
#
# usage: quickstart_inside.sh SETTINGS (a file of variables that app/quickstart wrote)
set -Eeuo pipefail
shopt -s inherit_errexit

# What app/quickstart knows, read from its file.
root='' build='' work='' url='' host='' port='' addr='' net='' tap=false all_frames=false how='' total_steps=0 begun=0
# shellcheck disable=SC1090 # not there yet
. "$1"
# shellcheck source=app/common/steps.sh
. "$root/app/common/steps.sh"
steps=$total_steps started=$begun

cable='' device=() our_addr='' neighbour=''

connect_router() {
	local i
	our_addr=$net.100 neighbour=$net.2
	for ((i = 0; i < 200; i++)); do
		! ip link set tap0 up 2>/dev/null || break
		sleep 0.05
	done
	[ "$i" -lt 200 ] || fail 3 environment 'slirp4netns made no way out:' "$(last_words 3 router.log)"
	[[ $addr != 127.* ]] || addr=$neighbour # slirp4netns' name for the machine's loopback
	cable='net_af_packet on the tap of slirp4netns'
	device=("--vdev=net_af_packet0,iface=tap0" --) # --interface would be net_tap, whose place slirp4netns has
}

connect_server() {
	our_addr=$net.2 neighbour=$net.1
	choose_cable
	start_server
}

choose_cable() {
	if $tap && [ -r /dev/net/tun ] && [ -w /dev/net/tun ]; then
		lay_tap >cable.log 2>&1 || fail 3 environment 'no tap can be made here:' "$(last_words 1 cable.log)"
		return
	fi
	lay_veth >cable.log 2>&1 || fail 3 environment 'no veth can be made here:' "$(last_words 1 cable.log)"
	! $tap || cable+=' (no --tap: /dev/net/tun is closed to you)'
}

# The kernel leaves the checksums of what it sends through a veth to hardware that is not there, unless told otherwise.
lay_veth() {
	ip link add v0 type veth peer name v1 &&
		ip address add "$neighbour/24" dev v0 &&
		ip link set v0 up &&
		ip link set v1 up &&
		ethtool -K v0 tx off || return
	cable='net_af_packet on a veth'
	device=(--interface v1)
}

# net_tap opens no tap but one with multi_queue.
lay_tap() {
	ip tuntap add dev tap0 mode tap multi_queue &&
		ip address add "$neighbour/24" dev tap0 &&
		ip link set tap0 up || return
	cable='net_tap'
	device=("--vdev=net_tap0,iface=tap0" --)
}

configure_server() {
	cat <<END
daemon off;
master_process off;
user root root;
pid nginx.pid;
error_log error.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	sendfile on;
	default_type application/octet-stream;
	server { listen $neighbour:80; root www; }
}
END
}

start_server() {
	local i server
	mkdir www
	head -c 64M /dev/urandom >www/pollen.bin || fail 3 environment "there is no room for 64 MiB in $work"
	configure_server >nginx.conf
	nginx -p "$work/" -c nginx.conf -e error.log >nginx.out 2>&1 &
	server=$!
	for ((i = 0; i < 200; i++)); do
		! (: <"/dev/tcp/$neighbour/80") 2>/dev/null || return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	fail 3 environment 'nginx does not answer:' "$(last_words 3 nginx.out error.log)"
}

# pollen PROGRAM OPTION...: run one of ours. net_tap takes its interface down when it ends.
pollen() {
	local program=$1
	shift
	[[ ${device[*]} != *net_tap* ]] || ip link set tap0 up
	"$build/app/$program" "${device[@]}" --ip "$our_addr/24" "$@"
}

# ARP is a step of its own, done when the line about it comes, and the echoes are the next.
greet_neighbour() {
	local line arp='' summary='' code=0
	begin
	while IFS= read -r line; do
		case $line in
		'ARP '*' is-at '*)
			arp=${line#ARP }
			report 4 arp "$arp"
			begin
			;;
		*'packet loss'*) summary=${line%, time*} ;;
		esac
	done < <(trap - ERR; pollen pollen-ping -v -c 3 -i 0.2 "$neighbour" 2>ping.err)
	wait "$!" || code=$?
	[ -n "$arp" ] || fail 4 arp "$neighbour did not answer ARP; pollen-ping said:" "$(last_words 8 ping.err)"
	[ "$code" = 0 ] || fail 5 ping "$summary; pollen-ping ended with exit code $code" "$(last_words 8 ping.err)"
	report 5 ping "$summary"
}

# What a newcomer wants to see in Wireshark and no more: who has the address, how the connection opens and closes, the
# request, and the head of the answer.
capture_filter() {
	local payload='tcp[((tcp[12:1] & 0xf0) >> 2):4]'
	printf 'arp or tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0'
	printf ' or %s = 0x47455420 or %s = 0x48545450' "$payload" "$payload" # "GET ", "HTTP"
}

fetch() {
	local code=0 pcap=fetch.pcapng options=(-o received -w '%{json}') log=fetch.err
	begin
	$all_frames || pcap+=,$(capture_filter)
	options+=(--pcap "$pcap")
	[ -z "$url" ] || options+=(--gw "$neighbour" --resolve "$host:$port:$addr")
	[ ! -e terminal ] || log=/dev/stderr # where the progress bar is seen
	pollen pollen-fetch "${options[@]}" "${url:-http://$neighbour/pollen.bin}" >fetch.json 2>"$log" || code=$?
	[ "$code" = 0 ] || fail 6 fetch "pollen-fetch ended with exit code $code" "$(last_words 8 fetch.err)"
	check_status
	report 6 fetch "$(describe_fetch)"
}

# json KEY: a number from pollen-fetch's account.
json() {
	grep -oP "\"$1\": *\K[0-9.]+" fetch.json | head -n 1
}

check_status() {
	local status
	status=$(json http_code) || status=000
	case $status in
	2??) ;;
	3??) fail 6 fetch "the server answers $status: it points to another URL; give that one, if it is http://" ;;
	*) fail 6 fetch "the server answers $status" ;;
	esac
}

describe_fetch() {
	local bytes seconds speed retransmits
	bytes=$(json size_download) seconds=$(json time_total) speed=$(json speed_download)
	retransmits=$(json tcp_retransmits) || retransmits='?'
	printf '%s in %.2f s, %s/s, %s retransmissions' "$(human "${bytes%.*}")" "$seconds" \
		"$(human "${speed%.*}")" "$retransmits"
}

compare() {
	local got sent
	begin
	read -r got _ < <(sha256sum received)
	if [ -n "$url" ]; then
		report 7 hash "sha256 $got"
		return
	fi
	read -r sent _ < <(sha256sum www/pollen.bin)
	[ "$got" = "$sent" ] || fail 7 hash 'what arrived is not what was sent' "sent     $sent" "received $got"
	report 7 hash "sha256 ${got:0:16}... is that of the file sent"
}

# /proc is the machine's, and so it knows our number out there.
tell_number() {
	local pid
	read -r pid _ </proc/self/stat
	echo "$pid" >init.pid.new
	mv init.pid.new init.pid
}

main() {
	trap 'say_unexpected "$BASH_COMMAND"' ERR
	cd "$work"
	tell_number
	ip link set lo up
	if [ -n "$url" ]; then connect_router; else connect_server; fi
	report 3 environment "$cable, $how"
	greet_neighbour
	fetch
	compare
}

main
