# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What tests of pollen-fetch as a program share: a namespace with a veth, nginx on port 80, bad_server.py on 8003, and runs
# whose exit code, output and files are looked at. Source this; it does not return outside the namespace.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${POLLEN_INTEROP_INSIDE:-}" ]; then
	how=(--net --pid --mount --mount-proc)
	[ "$(id -u)" = 0 ] || how+=(--user --map-root-user)
	POLLEN_INTEROP_INSIDE=yes exec unshare "${how[@]}" --fork --kill-child "$BASH" "$0" "$@"
fi

make_scratch
mkdir "$scratch/run" "$scratch/www" "$scratch/dir"
export RUNTIME_DIRECTORY=$scratch/run
unset POLLEN_EAL_ARGS POLLEN_CONFIG
peer=10.77.0.1
us=10.77.0.2
# shellcheck disable=SC2034 # for those who source this
bad=http://$peer:8003
port=(--interface v1 --ip "$us/24")
program=$build/app/pollen-fetch

lay_link() {
	ip link set lo up
	ip link add v0 type veth peer name v1
	ip address add "$peer/24" dev v0
	ip link set v0 up
	ip link set v1 up
	ethtool -K v0 tx off >/dev/null
}

start_servers() {
	head -c 100000 /dev/urandom >"$scratch/www/file.bin"
	head -c 67108864 /dev/urandom >"$scratch/www/64M"
	echo 'the front page' >"$scratch/www/index.html"
	: >"$scratch/www/empty"
	cat >"$scratch/nginx.conf" <<-END
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
			server { listen 80; root www; }
		}
	END
	nginx -p "$scratch/" -c nginx.conf -e error.log &
	servers=($!)
	python3 "$interop/bad_server.py" "$peer" 8003 &
	servers+=($!)
	wait_until 10 listens "$peer" 80
	wait_until 10 listens "$peer" 8003
}

stop_servers() {
	kill "${servers[@]}"
	wait "${servers[@]}" 2>/dev/null
}

# fetch ARG...: in an empty folder; leaves $code, $scratch/out and $scratch/err.
fetch() {
	run_program "$program" "${port[@]}" "$@"
}

run_program() {
	code=0
	cd "$scratch/dir" || return
	timeout --foreground --kill-after=5 "${limit:-30}" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
	cd "$scratch" || return
}

empty_dir() {
	rm -rf "$scratch/dir"
	mkdir "$scratch/dir"
}

# probe NAME COMMAND...: a test; when it fails the run's own words follow, for the reader.
probe() {
	check "$1" told "${@:2}"
}

told() {
	"$@" || tell
}

tell() {
	echo "exit $code"
	head -c 2000 "$scratch/out"
	head -c 2000 "$scratch/err"
	ls -la "$scratch/dir"
	return 1
}

# What was just fetched: is it all there, under its name alone?
is_file() {
	cmp "$scratch/www/$2" "$scratch/dir/$1" && [ ! -e "$scratch/dir/$1.part" ]
}

says() {
	grep -qE -- "$1" "$scratch/err"
}

# fetches [ARG...]: it ends well.
fetches() {
	fetch "$@"
	[ "$code" = 0 ]
}
