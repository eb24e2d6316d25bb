/* SPDX-License-Identifier: BSD-3-Clause */
/* Options, the clock, sockets: what server and client share. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

#define PEER_PATIENCE_NS 30000000000U /* until all connections are open */

static volatile sig_atomic_t stopped;

static const char usage[] =
	"usage: perf_peer {server|client} {bulk|rr|crr} [options] [ADDR[:PORT]]\n"
	"pollen-perf's workloads over the kernel's sockets; its options, as far as they apply:\n"
	"  -p, --port N          (5201)\n"
	"      --request N       bytes (64)\n"
	"      --response N      bytes (64)\n"
	"  -n, --connections N   (rr and bulk 1, crr 100 at once)\n"
	"  -d, --depth N         requests in flight on each connection (1)\n"
	"      --closes WHO      crr: client or server first (client)\n"
	"      --direction D     bulk: up (client to server) or down (up)\n"
	"      --cc NAME         congestion control (the system's)\n"
	"  -t, --duration S      measured seconds (10); server: ends after so long (0: never)\n"
	"  -w, --warmup S        not counted (1)\n"
	"      --sources A-B     client: a range of our addresses, taken in turn\n"
	"  -J, --json FILE       - for stdout\n";

enum {
	REQUEST = 256,
	RESPONSE,
	CLOSES,
	DIRECTION,
	SOURCES,
	CC
};

static const struct option longs[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "request", required_argument, NULL, REQUEST },
	{ "response", required_argument, NULL, RESPONSE },
	{ "connections", required_argument, NULL, 'n' },
	{ "depth", required_argument, NULL, 'd' },
	{ "closes", required_argument, NULL, CLOSES },
	{ "direction", required_argument, NULL, DIRECTION },
	{ "cc", required_argument, NULL, CC },
	{ "duration", required_argument, NULL, 't' },
	{ "warmup", required_argument, NULL, 'w' },
	{ "sources", required_argument, NULL, SOURCES },
	{ "json", required_argument, NULL, 'J' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

uint64_t
peer_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

bool
peer_counts(const struct peer *peer, uint64_t now)
{
	return now >= peer->begin_ns && now < peer->end_ns;
}

bool
peer_stopped(void)
{
	return stopped != 0;
}

int
peer_socket(struct peer *peer)
{
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	const char *cc = peer->options->cc;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fd < 0 || cc == NULL ||
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, (socklen_t)strlen(cc)) == 0)
		return fd;
	perror(cc);
	close(fd);
	return -1;
}

void
peer_watch(struct peer *peer, int fd, uint32_t events, void *ptr, bool is_new)
{
	struct epoll_event event = { .events = events, .data.ptr = ptr };

	epoll_ctl(peer->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

_Noreturn static void
refuse(const char *what, const char *value)
{
	fprintf(stderr, "perf_peer: %s '%s' makes no sense (perf_peer --help)\n", what, value);
	exit(2);
}

static uint32_t
number(const char *what, const char *text, uint32_t min)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || n < min || n > 1U << 20)
		refuse(what, text);
	return (uint32_t)n;
}

static uint64_t
seconds(const char *what, const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (*end != '\0' || !(n >= 0 && n <= 86400))
		refuse(what, text);
	return (uint64_t)(n * 1e9);
}

static bool
is_second(const char *what, const char *text, const char *first, const char *second)
{
	if (strcmp(text, first) != 0 && strcmp(text, second) != 0)
		refuse(what, text);
	return strcmp(text, second) == 0;
}

static void
take_sources(struct peer_options *o, char *text)
{
	char *dash = strchr(text, '-');
	struct in_addr first, last;

	if (dash != NULL)
		*dash++ = '\0';
	if (inet_pton(AF_INET, text, &first) != 1 ||
	    inet_pton(AF_INET, dash != NULL ? dash : text, &last) != 1 ||
	    ntohl(last.s_addr) < ntohl(first.s_addr))
		refuse("--sources", text);
	o->source_first = ntohl(first.s_addr);
	o->source_count = ntohl(last.s_addr) - ntohl(first.s_addr) + 1;
}

static void
take_option(struct peer_options *o, int c)
{
	switch (c) {
	case 'p':
		o->remote.sin_port = htons((uint16_t)number("--port", optarg, 1));
		return;
	case REQUEST:
		o->request = number("--request", optarg, 1);
		return;
	case RESPONSE:
		o->response = number("--response", optarg, 1);
		return;
	case 'n':
		o->connections = number("--connections", optarg, 1);
		return;
	case 'd':
		o->depth = number("--depth", optarg, 1);
		return;
	case CLOSES:
		o->server_closes = is_second("--closes", optarg, "client", "server");
		return;
	case DIRECTION:
		o->down = is_second("--direction", optarg, "up", "down");
		return;
	case 't':
		o->duration_ns = seconds("--duration", optarg);
		return;
	case 'w':
		o->warmup_ns = seconds("--warmup", optarg);
		return;
	case CC:
		o->cc = optarg;
		return;
	case SOURCES:
		take_sources(o, optarg);
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

static void
take_address(struct peer_options *o, char *text)
{
	char *colon = strchr(text, ':');

	if (colon != NULL) {
		*colon++ = '\0';
		o->remote.sin_port = htons((uint16_t)number("the port", colon, 1));
	}
	if (inet_pton(AF_INET, text, &o->remote.sin_addr) != 1)
		refuse("the address", text);
}

static void
take_operands(struct peer_options *o, int argc, char **argv)
{
	static const char *const workloads[] = { "bulk", "rr", "crr" };
	int w = 0;

	if (argc - optind < 2) {
		fputs(usage, stderr);
		exit(2);
	}
	o->is_server = !is_second("the role", argv[optind], "server", "client");
	while (w < 3 && strcmp(argv[optind + 1], workloads[w]) != 0)
		w++;
	if (w == 3)
		refuse("the workload", argv[optind + 1]);
	o->workload = (enum peer_workload)w;
	if (argc - optind != 3 - (int)o->is_server)
		refuse(o->is_server ? "an address for a server" : "a client's address",
		       argv[argc - 1]);
	if (!o->is_server)
		take_address(o, argv[optind + 2]);
	if (o->connections == 0)
		o->connections = o->workload == PEER_CRR ? 100 : 1;
	if (o->workload == PEER_CRR)
		o->depth = 1;
	if (o->duration_ns == UINT64_MAX)
		o->duration_ns = o->is_server ? 0 : 10000000000U;
}

/* As many sockets as the system allows. */
static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
main(int argc, char **argv)
{
	struct peer_options o = { .request = 64,
		                  .response = 64,
		                  .depth = 1,
		                  .duration_ns = UINT64_MAX,
		                  .warmup_ns = 1000000000U,
		                  .remote = { .sin_family = AF_INET, .sin_port = htons(5201) } };
	static uint8_t bytes[PEER_IO_BYTES];
	struct peer peer = { .options = &o, .result.seconds_ns = 1000000000U };
	int c, rc;

	while ((c = getopt_long(argc, argv, "p:n:d:t:w:J:h", longs, NULL)) != -1)
		take_option(&o, c);
	take_operands(&o, argc, argv);
	raise_files();
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	peer.bytes = bytes;
	peer.epoll = epoll_create1(0);
	if (peer.epoll < 0) {
		perror("perf_peer");
		return 1;
	}
	peer.begin_ns = o.is_server ? peer_now() : UINT64_MAX;
	peer.end_ns = peer_now() + (o.is_server ? o.duration_ns : PEER_PATIENCE_NS);
	if (o.is_server && o.duration_ns == 0)
		peer.end_ns = UINT64_MAX;
	rc = o.is_server ? peer_serve(&peer) : peer_client(&peer);
	peer_report(&peer);
	return rc;
}
