# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A small guest in QEMU, whose NICs are bound for real: the host's root, read-only, with a folder in memory over it, so that what is
# built here runs there; a kernel of Debian's, unpacked and not installed. TCG, never KVM: a nested KVM may open and not work.
#
#   enter_namespace "$@"    first of all: a network, processes and mounts of our own, gone with us
#   lay_bridge              what the NICs' taps hang on
#   boot_with_iommu, boot_without_iommu    until the guest takes commands
#   bind_to DRIVER PCI...   by dpdk-devbind.py
#   guest COMMAND           runs a line of bash in the guest; its output is ours, its exit code too
#   begin NAME COMMAND      a program in the guest's background; what it says is in $scratch/out/NAME.out
#   finish NAME             waits for it; its exit code is ours
#   monitor COMMAND         a line for QEMU's monitor
nic=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$nic/../interop/lib.sh"
guest_files=$root/.deps/guest

kernel=10.99.0.1 # the kernel's address, on the bridge that all NICs hang on
nics=()
nic_count=0
commands=0

enter_namespace() {
	local how=(--net --pid --mount --mount-proc)
	[ -z "${POLLEN_NIC_INSIDE:-}" ] || return 0
	[ "$(id -u)" = 0 ] || how+=(--user --map-root-user)
	prepare
	POLLEN_NIC_INSIDE=yes exec unshare "${how[@]}" --fork --kill-child "$BASH" "$0" "$@"
}

why_not() {
	local program said
	[ "$(uname -m)" = x86_64 ] || { echo 'the guest is an x86_64'; return; }
	for program in qemu-system-x86_64 busybox cpio modprobe dpdk-devbind.py lspci; do
		command -v "$program" >/dev/null || { echo "there is no $program: config/deps test"; return; }
	done
	[ -c /dev/net/tun ] || { echo 'there is no /dev/net/tun'; return; }
	said=$("$nic/mkguest.sh" "$guest_files" 2>&1) || tail -n 1 <<<"$said"
}

# Skips everything where there can be no guest.
prepare() {
	local why
	why=$(why_not)
	[ -n "$why" ] || return 0
	echo "1..0 # SKIP $why"
	exit 0
}

# ---------------------------------------------------------------------------------------------------- the wires

lay_bridge() {
	ip link set lo up
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip link add br0 type bridge
	ip address add "$kernel/24" dev br0
	ip link set br0 up
}

# add_nic NAME QUEUES MODEL,PROPERTIES: at an address of its own (00:NN.0), in the order of the calls.
add_nic() {
	local name=$1 queues=$2 model=$3 tap=(mode tap vnet_hdr) netdev
	nic_count=$((nic_count + 1))
	netdev=tap,id=$name,ifname=$name,script=no,downscript=no,vhost=off
	if [ "$queues" -gt 1 ]; then
		tap+=(multi_queue)
		netdev+=,queues=$queues
	fi
	ip tuntap add dev "$name" "${tap[@]}"
	ip link set "$name" master br0 up
	nics+=(-netdev "$netdev" -device "$model,netdev=$name,mac=52:54:00:00:00:0$nic_count")
}

# ---------------------------------------------------------------------------------------------------- the guest

# In the guest: EAL loads all of DPDK's drivers, which takes seconds there, so only those of our NICs are left to it.
keep_drivers() {
	local driver folder
	folder=$(echo /usr/lib/*/dpdk/pmds-*)
	mkdir /run/drivers
	for driver in bus_pci bus_vdev mempool_ring net_virtio net_e1000 net_vmxnet3 net_tap net_af_packet; do
		cp -a "$folder/librte_$driver".so* /run/drivers/
	done
	mount --bind /run/drivers "$folder"
}

# What runs in the guest from its start: it reads commands from its second serial line, a number and a word before each.
write_agent() {
	cat >"$scratch/out/agent" <<-END
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8
		mkdir -p /lib/modules /run/dpdk
		ln -sfn $guest_files/modules/lib/modules/\$(uname -r) /lib/modules/\$(uname -r)
		$(declare -f keep_drivers)
		for node in /sys/devices/system/node/node?; do
			echo $1 >\$node/hugepages/hugepages-2048kB/nr_hugepages
		done
		mount -t hugetlbfs nodev /dev/hugepages
		keep_drivers
		ip link set lo up
		cd $root
		stty -F /dev/ttyS1 raw -echo
		one() { (echo \$BASHPID >/run/out/\$1.pid; eval "\$2") >/run/out/\$1.out 2>&1 </dev/null; echo \$? >/run/out/\$1.rc; }
		exec 3</dev/ttyS1
		echo ready >/run/out/ready
		while read -r how name command <&3; do
			if [ "\$how" = begin ]; then one "\$name" "exec \$command" & else one "\$name" "\$command"; fi
		done
	END
}

# boot HUGEPAGES ARG...: that many pages of 2 MiB on each node, these arguments for QEMU, KERNEL_ARGS for the kernel.
boot() {
	mkdir -p "$scratch/out"
	write_agent "$1"
	shift
	mkfifo "$scratch"/{monitor,agent}.{in,out}
	qemu-system-x86_64 -cpu max -nodefaults -no-user-config -display none -no-reboot \
		-serial "file:$scratch/console" -chardev "pipe,id=agent,path=$scratch/agent" -serial chardev:agent \
		-chardev "pipe,id=monitor,path=$scratch/monitor" -mon chardev=monitor,mode=readline \
		-kernel "$guest_files/vmlinux" -initrd "$guest_files/initrd" \
		-append "console=ttyS0 panic=-1 quiet nokaslr mitigations=off tsc=reliable no_timer_check ${KERNEL_ARGS:-}" \
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root,addr=0x1e \
		-fsdev "local,id=out,path=$scratch/out,security_model=none" -device virtio-9p-pci,fsdev=out,mount_tag=out,addr=0x1d \
		"$@" "${nics[@]}" >"$scratch/qemu" 2>&1 &
	qemu=$!
	cat "$scratch/monitor.out" >/dev/null &
	disown -a
	exec 7<>"$scratch/agent.in" 8<>"$scratch/monitor.in"
	wait_for 120 test -s "$scratch/out/ready"
}

# What there is to see of a guest that did not come up.
is_up() {
	[ -s "$scratch/out/ready" ] || { tail -n 20 "$scratch/qemu" "$scratch/console"; return 1; }
}

# wait_for SECONDS COMMAND...: as wait_until, while there is a guest.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] && kill -0 "$qemu" 2>/dev/null || return 1
		sleep 0.05
	done
}

# One NIC of each kind, at these addresses.
# shellcheck disable=SC2034 # for those who source this
{
	virtio=0000:00:03.0
	e1000e=0000:00:04.0
	vmxnet3=0000:00:05.0
	far=0000:41:00.0 # virtio again, on the second node, where there is one
}
virtio_model="virtio-net-pci,mq=on,vectors=10,rss=on"

# Two NUMA nodes of two processors. What is behind the IOMMU must be told so: a virtio that is not hangs when it starts.
boot_with_iommu() {
	local behind=disable-legacy=on,iommu_platform=on
	add_nic n0 4 "$virtio_model,$behind,bus=pcie.0,addr=0x3"
	add_nic n1 1 e1000e,bus=pcie.0,addr=0x4
	add_nic n2 1 vmxnet3,bus=pcie.0,addr=0x5
	add_nic n3 4 "$virtio_model,$behind,bus=farport"
	KERNEL_ARGS='intel_iommu=on iommu=nopt' boot 200 -machine q35,accel=tcg,kernel-irqchip=split -m 2048 -smp 4 \
		-device intel-iommu,intremap=on,caching-mode=on,device-iotlb=on,aw-bits=48 \
		-object memory-backend-ram,id=m0,size=1G -numa node,nodeid=0,cpus=0-1,memdev=m0 \
		-object memory-backend-ram,id=m1,size=1G -numa node,nodeid=1,cpus=2-3,memdev=m1 \
		-device pxb-pcie,id=farbus,bus_nr=0x40,numa_node=1,bus=pcie.0,addr=0x10 \
		-device pcie-root-port,id=farport,bus=farbus,chassis=1
}

boot_without_iommu() {
	add_nic n0 4 "$virtio_model,bus=pcie.0,addr=0x3"
	add_nic n1 1 e1000e,bus=pcie.0,addr=0x4
	add_nic n2 1 vmxnet3,bus=pcie.0,addr=0x5
	boot 200 -machine q35,accel=tcg -m 1024 -smp 2
}

# bind_to DRIVER PCI...: and look whether it is so.
bind_to() {
	guest "modprobe -a $1 virtio_net e1000e vmxnet3
		dpdk-devbind.py -b $*
		dpdk-devbind.py --status-dev net" >"$scratch/bound"
	cat "$scratch/bound"
	[ "$(grep -c "drv=$1" "$scratch/bound")" = $(($# - 1)) ]
}

begin() {
	echo "begin $1 $2" >&7
}

# finish NAME [SECONDS]
finish() {
	wait_for "${2:-60}" test -s "$scratch/out/$1.rc" || { echo "$1 is not done"; return 124; }
	return "$(cat "$scratch/out/$1.rc")"
}

guest() {
	local code=0
	# A number that no other has, also where this runs in a subshell.
	commands=$((commands + 1))
	local name=$BASHPID.$commands
	echo "run $name ${1//$'\n'/;}" >&7
	finish "$name" "${2:-60}" || code=$?
	cat "$scratch/out/$name.out"
	return "$code"
}

# says NAME PATTERN [SECONDS]: what began says it.
says() {
	wait_for "${3:-30}" said_or_ended "$1" "$2"
	grep -qsE -- "$2" "$scratch/out/$1.out" || { cat "$scratch/out/$1.out"; return 1; }
}

said_or_ended() {
	grep -qsE -- "$2" "$scratch/out/$1.out" || [ -s "$scratch/out/$1.rc" ]
}

# stop NAME SIGNAL: and what comes of it.
stop() {
	guest "kill -$2 $(cat "$scratch/out/$1.pid")" && finish "$1" && return
	tail -n 20 "$scratch/out/$1.out"
	return 1
}

monitor() {
	echo "$1" >&8
}

# ---------------------------------------------------------------------------------------------------- programs against the kernel

us=10.99.0.2
big=$((8 << 20))

# A server on the bridge, and files for it and for ours.
start_peer() {
	mkdir -p "$scratch/out"
	head -c "$big" /dev/urandom >"$scratch/out/big"
	echo 'a small file' >"$scratch/out/small"
	sum=$(sha256sum "$scratch/out/big" | cut -d ' ' -f 1)
	python3 -m http.server --directory "$scratch/out" --bind "$kernel" 8080 >/dev/null 2>&1 &
	disown
	wait_until 10 listens "$kernel" 8080
}

# pings EAL-ARGS [ARG...]
pings() {
	guest "$build/app/pollen-ping $1 -- --ip $us/24 -c 3 -i 0.1 ${2:-} $kernel"
}

# fetches EAL-ARGS [ARG...]
fetches() {
	guest "$build/app/pollen-fetch $1 -- --ip $us/24 -sS ${2:-} --checksum sha-256=$sum -o /tmp/got http://$kernel:8080/big"
}

# serve NAME EAL-ARGS [ARG...]: pollen-serve in the background
serve() {
	begin "$1" "$build/app/pollen-serve $2 -- --ip $us/24 --acd off --root /run/out --cache 16M -v ${3:-}"
	says "$1" 'serving'
}

curls() {
	curl -sSf -m 30 "http://$us/big" | cmp - "$scratch/out/big"
}

# each_way NAME PCI: ping, a file fetched from the kernel, one served to it, and what the port is.
each_way() {
	check "$1: ping" pings "-a $2"
	check "$1: a file from the kernel" fetches "-a $2"
	check "$1: pollen-serve starts" serve "$1" "-a $2"
	check "$1: a file to the kernel" curls
	check "$1: ends well" stop "$1" TERM
	report "$1" "$1"
}

# report NAME PROGRAM: what the port is, as comments.
report() {
	grep -hE '^\* (port|queues|stacks|steering|probes|checksums|segmentation|gathering)' "$scratch/out/$2.out" | sed "s/^\*/# $1:/"
}
