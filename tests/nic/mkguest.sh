#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/nic/mkguest.sh FOLDER: what the guest boots, from Debian's kernel package, which is downloaded and unpacked, not installed.
# Needs no root. What is there already is left. Its last line says why, where it fails.
set -euo pipefail
folder=$1

# What the guest loads; what these need comes along.
early='virtio_pci 9pnet_virtio 9p overlay'
later='vfio-pci uio_pci_generic virtio_net e1000e vmxnet3 tun'

fail() {
	echo "$*"
	exit 1
}

# The kernel for ordinary machines: the one for clouds has neither 9p nor these NICs.
kernel_package() {
	apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# vmlinux PATH OUT: the kernel inside a bzImage. Unpacked here it need not be unpacked by the guest, which is slow at it.
vmlinux() {
	python3 - "$1" "$2" <<-'PYTHON'
		import lzma, sys
		image = open(sys.argv[1], "rb").read()
		at = image.find(b"\xfd7zXZ\x00")
		while at >= 0:
		    try:
		        kernel = lzma.LZMADecompressor().decompress(image[at:])
		    except lzma.LZMAError:
		        kernel = b""
		    if kernel.startswith(b"\x7fELF"):
		        open(sys.argv[2], "wb").write(kernel)
		        sys.exit(0)
		    at = image.find(b"\xfd7zXZ\x00", at + 1)
		sys.exit("no kernel in it that we can unpack")
	PYTHON
}

# needs MODULE...: their files, each behind what it needs.
needs() {
	local module
	for module in "$@"; do
		modprobe -d "$work/all" -S "$version" --show-depends "$module" | awk '/^insmod/ { print $2 }'
	done | awk '!seen[$0]++'
}

take_modules() {
	local file names=()
	read -ra names <<<"$early $later"
	for file in $(needs "${names[@]}"); do
		install -D -m 644 "$file" "$work/guest/modules/${file#"$work/all/"}"
	done
	cp "$work/all/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$work/guest/modules/lib/modules/$version/"
	depmod -b "$work/guest/modules" "$version"
}

write_init() {
	cat >"$1" <<-'END'
		#!/bin/busybox sh
		b=/bin/busybox
		$b mount -t proc proc /proc; $b mount -t sysfs sysfs /sys; $b mount -t devtmpfs dev /dev
		while read -r m; do $b insmod "/modules/$m"; done </modules/list
		how=trans=virtio,version=9p2000.L,msize=524288
		$b mount -t 9p -o ro,$how,cache=loose root /lower || $b poweroff -f
		$b mount -t tmpfs -o size=200m tmpfs /upper; $b mkdir /upper/u /upper/w
		$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/u,workdir=/upper/w overlay /new || $b poweroff -f
		$b mount --move /proc /new/proc; $b mount --move /sys /new/sys; $b mount --move /dev /new/dev
		$b mount -t tmpfs tmpfs /new/run; $b mkdir -p /new/run/out /new/dev/shm /new/dev/hugepages
		$b mount -t tmpfs tmpfs /new/dev/shm
		$b mount -t 9p -o rw,$how,cache=none out /new/run/out
		exec $b chroot /new /bin/bash /run/out/agent </dev/console >/dev/console 2>&1
	END
	chmod +x "$1"
}

make_initrd() {
	local file names=()
	mkdir -p "$work/init"/{bin,dev,proc,sys,new,lower,upper,modules}
	cp "$(command -v busybox)" "$work/init/bin/"
	read -ra names <<<"$early"
	for file in $(needs "${names[@]}"); do
		cp "$file" "$work/init/modules/"
		basename "$file" >>"$work/init/modules/list"
	done
	write_init "$work/init/init"
	(cd "$work/init" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/guest/initrd"
}

mark=$(sha256sum "$0" | cut -d ' ' -f 1)
[ "$(cat "$folder/made-by" 2>/dev/null)" != "$mark" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
package=$(kernel_package)
[ -n "$package" ] || fail 'apt knows no linux-image-amd64'
(cd "$work" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$package" >/dev/null 2>&1) ||
	fail "the package $package cannot be downloaded"
dpkg-deb -x "$work/$package"_*.deb "$work/all"
version=${package#linux-image-}
depmod -b "$work/all" "$version"
mkdir -p "$work/guest"
vmlinux "$work/all/boot/vmlinuz-$version" "$work/guest/vmlinux" || fail 'the kernel is packed in a way that is not known here'
take_modules
make_initrd
echo "$mark" >"$work/guest/made-by"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mv "$work/guest" "$folder"
