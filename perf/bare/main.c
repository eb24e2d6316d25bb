/* SPDX-License-Identifier: BSD-3-Clause */
/* Options, the port, the figures. Percentiles are exact: all round trips are kept and sorted, as far as there is room. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "bare.h"

#define BUFFERS     8191U
#define DESCRIPTORS 1024U
#define RTT_MAX     (8U << 20)
#define FRAME_MIN   74U
#define FRAME_MAX   1514U

static volatile sig_atomic_t stopped;

static const char usage[] =
	"usage: perf_bare EAL-ARGS -- {server|client} {rr|bulk} [options]\n"
	"      --frame N        bytes: of a request, of a frame of bulk (rr 130, bulk 1514)\n"
	"      --reply N        bytes of a response; both ends (130)\n"
	"  -n, --in-flight N    rr: requests on the way (1)\n"
	"  -t, --duration S     measured seconds (10); server: ends after so long (0: never)\n"
	"  -w, --warmup S       not counted (1)\n"
	"  -J, --json FILE      - for stdout\n";

enum {
	FRAME = 256,
	REPLY
};

static const struct option longs[] = {
	{ "frame", required_argument, NULL, FRAME },
	{ "reply", required_argument, NULL, REPLY },
	{ "in-flight", required_argument, NULL, 'n' },
	{ "duration", required_argument, NULL, 't' },
	{ "warmup", required_argument, NULL, 'w' },
	{ "json", required_argument, NULL, 'J' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

bool
bare_stopped(void)
{
	return stopped != 0;
}

_Noreturn static void
die(const char *what, const char *value)
{
	fprintf(stderr, "perf_bare: %s%s%s (perf_bare -- --help)\n", what,
	        *value != '\0' ? ": " : "", value);
	exit(2);
}

static double
number(const char *what, double min, double max)
{
	char *end;
	double n = strtod(optarg, &end);

	if (*end != '\0' || !(n >= min && n <= max))
		die(what, optarg);
	return n;
}

static void
take_option(struct bare_options *o, int c)
{
	switch (c) {
	case FRAME:
		o->frame = (uint16_t)number("--frame is 74 to 1514 bytes", FRAME_MIN, FRAME_MAX);
		return;
	case REPLY:
		o->reply = (uint16_t)number("--reply is 74 to 1514 bytes", FRAME_MIN, FRAME_MAX);
		return;
	case 'n':
		o->in_flight = (uint32_t)number("--in-flight is 1 to 1024", 1, 1024);
		return;
	case 't':
		o->seconds = number("--duration is 0 to 86400 seconds", 0, 86400);
		return;
	case 'w':
		o->warmup = number("--warmup is 0 to 86400 seconds", 0, 86400);
		return;
	case 'J':
		o->json = optarg;
		return;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	}
	fputs(usage, stderr);
	exit(2);
}

static bool
chosen(const char *word, const char *yes, const char *no)
{
	if (strcmp(word, yes) != 0 && strcmp(word, no) != 0)
		die("what is this", word);
	return strcmp(word, yes) == 0;
}

static void
parse(struct bare_options *o, int argc, char **argv)
{
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "n:t:w:J:h", longs, NULL)) != -1)
		take_option(o, c);
	if (argc - optind != 2)
		die("a role and a workload are needed", "");
	o->is_server = chosen(argv[optind], "server", "client");
	o->is_bulk = chosen(argv[optind + 1], "bulk", "rr");
	if (o->frame == 0)
		o->frame = o->is_bulk ? FRAME_MAX : 130;
	if (o->seconds < 0)
		o->seconds = o->is_server ? 0 : 10;
}

static void
start_port(struct bare *bare)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t n_rx = DESCRIPTORS, n_tx = DESCRIPTORS;
	int rc;

	if (!rte_eth_dev_is_valid_port(0))
		die("there is no port: give EAL a --vdev or -a", "");
	bare->pool = rte_pktmbuf_pool_create("bare", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
	                                     SOCKET_ID_ANY);
	if (bare->pool == NULL)
		die("no memory for packet buffers", "");
	rc = rte_eth_dev_configure(0, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(0, &n_rx, &n_tx);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(0, 0, n_rx, SOCKET_ID_ANY, NULL, bare->pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(0, 0, n_tx, SOCKET_ID_ANY, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(0);
	if (rc != 0)
		die("the port cannot be started", rte_strerror(-rc));
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double
at(const struct bare_result *r, double part)
{
	uint64_t i = (uint64_t)(part * (double)r->n_rtt);

	return (double)r->rtt[RTE_MIN(i, r->n_rtt - 1)] * 1e9 / (double)rte_get_tsc_hz();
}

static void
put_json(FILE *out, struct bare *bare, double seconds)
{
	struct bare_result *r = &bare->result;

	fprintf(out,
	        "{\"start\": {\"program\": \"perf_bare\", \"role\": \"%s\", \"workload\": \"%s\", "
	        "\"test_start\": {\"frame\": %u, \"reply\": %u, \"in_flight\": %u}},\n\"end\": {",
	        bare->options->is_server ? "server" : "client",
	        bare->options->is_bulk ? "bulk" : "rr", bare->options->frame, bare->options->reply,
	        bare->options->in_flight);
	if (r->n_rtt > 0) {
		qsort(r->rtt, r->n_rtt, sizeof(*r->rtt), compare);
		fprintf(out,
		        "\"latency\": {\"unit\": \"ns\", \"count\": %lu, \"min\": %.0f, \"max\": "
		        "%.0f, "
		        "\"p50\": %.0f, \"p90\": %.0f, \"p99\": %.0f, \"p99_9\": %.0f, "
		        "\"p99_99\": %.0f, \"p99_999\": %.0f},\n",
		        r->n_rtt, at(r, 0), at(r, 1), at(r, 0.5), at(r, 0.9), at(r, 0.99),
		        at(r, 0.999), at(r, 0.9999), at(r, 0.99999));
	}
	fprintf(out,
	        "\"sum_sent\": {\"seconds\": %.6f, \"bytes\": %lu, \"bits_per_second\": %.1f},\n"
	        "\"requests\": %lu, \"requests_per_second\": %.1f}}\n",
	        seconds, r->bytes, (double)r->bytes * 8 / seconds, r->frames,
	        (double)r->frames / seconds);
}

void
bare_report(struct bare *bare)
{
	const struct bare_result *r = &bare->result;
	double seconds = (double)RTE_MAX(r->cycles, 1U) / (double)rte_get_tsc_hz();
	const char *path = bare->options->json;
	FILE *out = stdout;

	if (path == NULL) {
		printf("%.0f frames/s, %.3f Gbit/s\n", (double)r->frames / seconds,
		       (double)r->bytes * 8 / seconds / 1e9);
		return;
	}
	if (strcmp(path, "-") != 0)
		out = fopen(path, "w");
	if (out == NULL) {
		perror(path);
		return;
	}
	put_json(out, bare, seconds);
	if (out != stdout)
		fclose(out);
}

int
main(int argc, char **argv)
{
	struct bare_options o = { .reply = 130, .in_flight = 1, .seconds = -1, .warmup = 1 };
	struct bare bare = { .options = &o };
	int used = rte_eal_init(argc, argv);
	uint64_t hz;

	if (used < 0)
		die("EAL did not start", "");
	parse(&o, argc - used, argv + used);
	start_port(&bare);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	bare.app = calloc(1, BARE_APP_BYTES);
	bare.result.rtt = calloc(RTT_MAX, sizeof(*bare.result.rtt));
	bare.result.room = o.is_server || o.is_bulk ? 0 : RTT_MAX;
	if (bare.app == NULL || bare.result.rtt == NULL)
		die("no memory", "");
	hz = rte_get_tsc_hz();
	bare.begin = rte_rdtsc() + (uint64_t)(o.warmup * (double)hz);
	bare.end = o.seconds > 0 ? bare.begin + (uint64_t)(o.seconds * (double)hz) : UINT64_MAX;
	fprintf(stderr, "* serving\n");
	if (o.is_server)
		bare_serve(&bare);
	else if (o.is_bulk)
		bare_pump(&bare);
	else
		bare_exchange(&bare);
	bare_report(&bare);
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	free(bare.result.rtt);
	free(bare.app);
	return bare.result.frames == 0;
}
