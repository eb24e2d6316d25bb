/* SPDX-License-Identifier: BSD-3-Clause */
/* What --help prints. The manual page pollen-serve(1) says more of each. */
#include "serve/options.h"

const char serve_usage[] = "Usage: pollen-serve [EAL arguments --] [options] --root DIR\n";

const char serve_help[] =
	"Serve the files of a folder over HTTP/1.1, through Pollen's own TCP/IP stack.\n"
	"\n"
	"What is served:\n"
	"  -r, --root DIR         the folder; nothing outside it is ever sent\n"
	"  -p, --port N           of HTTP (80)\n"
	"      --cache SIZE       DPDK's memory for contents, per core (64M)\n"
	"      --fresh S          seconds until a file in memory is compared with the disk (1)\n"
	"      --echo PORT, --discard PORT, --chargen PORT  small services, over TCP and UDP\n"
	"Limits:\n"
	"      --max-clients N    connections, per core; beyond it 503 (1000)\n"
	"      --fastopen N       accept requests that come with the SYN (RFC 7413), N at a time\n"
	"      --max-header SIZE  of a request's head; beyond it 431 (16K)\n"
	"      --max-fields N     in it (100)\n"
	"      --max-body SIZE    of a request's body; beyond it 413 (1M)\n"
	"      --header-timeout S  for a request's head; beyond it 408 (10)\n"
	"      --body-timeout S   for its body (30)\n"
	"      --idle-timeout S   until the next request (60)\n"
	"      --write-timeout S  for each 16 KiB that the client takes (30)\n"
	"      --drain S          after SIGTERM, for what is being sent (10); a second signal ends "
	"at once\n"
	"What is said:\n"
	"      --access-log FILE  combined format, and microseconds; - for standard output\n"
	"      --stats S          a line of counts each so many seconds\n"
	"  -q, --quiet            nothing but errors\n"
	"  -v, --verbose          the port and what it negotiated; counts at the end\n"
	"  -V, --version, -h, --help\n";
