/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured, under pollen-perf's names. Percentiles are exact: all samples are kept and sorted. */
#include <stdlib.h>

#include "peer.h"

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
peer_sample(struct peer_samples *samples, uint64_t ns)
{
	if (samples->count == samples->room) {
		uint64_t room = samples->room == 0 ? 1U << 20 : 2 * samples->room;
		uint64_t *more = realloc(samples->ns, room * sizeof(*more));

		if (more == NULL)
			return;
		samples->ns = more;
		samples->room = room;
	}
	samples->ns[samples->count++] = ns;
}

static uint64_t
at(const struct peer_samples *s, double part)
{
	uint64_t i = (uint64_t)(part * (double)s->count);

	return s->ns[i < s->count ? i : s->count - 1];
}

static void
put_times(FILE *out, const char *key, struct peer_samples *s)
{
	double sum = 0;

	if (s->count == 0)
		return;
	qsort(s->ns, s->count, sizeof(*s->ns), compare);
	for (uint64_t i = 0; i < s->count; i++)
		sum += (double)s->ns[i];
	fprintf(out,
	        "\"%s\": {\"unit\": \"ns\", \"count\": %lu, \"min\": %lu, \"mean\": %.1f, \"max\": "
	        "%lu, "
	        "\"p50\": %lu, \"p90\": %lu, \"p99\": %lu, \"p99_9\": %lu, \"p99_99\": %lu, "
	        "\"p99_999\": %lu},\n",
	        key, s->count, s->ns[0], sum / (double)s->count, s->ns[s->count - 1], at(s, 0.5),
	        at(s, 0.9), at(s, 0.99), at(s, 0.999), at(s, 0.9999), at(s, 0.99999));
}

static void
put_bytes(FILE *out, const char *key, uint64_t bytes, double seconds)
{
	fprintf(out, "\"%s\": {\"seconds\": %.6f, \"bytes\": %lu, \"bits_per_second\": %.1f},\n",
	        key, seconds, bytes, (double)bytes * 8 / seconds);
}

static void
put_json(FILE *out, struct peer *peer)
{
	static const char *const names[] = { "bulk", "rr", "crr" };
	const struct peer_options *o = peer->options;
	struct peer_result *r = &peer->result;
	double seconds = (double)r->seconds_ns / 1e9;

	fprintf(out,
	        "{\"start\": {\"program\": \"perf_peer\", \"role\": \"%s\", \"workload\": \"%s\", "
	        "\"test_start\": {\"protocol\": \"TCP\", \"num_streams\": %u, \"request\": %u, "
	        "\"response\": %u, \"depth\": %u, \"congestion\": \"%s\"}},\n\"end\": {",
	        o->is_server ? "server" : "client", names[o->workload], o->connections, o->request,
	        o->response, o->depth, r->cc);
	put_bytes(out, "sum_sent", r->sent, seconds);
	put_bytes(out, "sum_received", r->received, seconds);
	put_times(out, "latency", &r->latency);
	put_times(out, "connect_latency", &r->connect);
	fprintf(out,
	        "\"requests\": %lu, \"requests_per_second\": %.1f, \"connects\": %lu, "
	        "\"connections_per_second\": %.1f, \"failed\": %lu, \"congestion\": \"%s\"}}\n",
	        r->requests, (double)r->requests / seconds, r->connects,
	        (double)r->connects / seconds, r->failed, r->cc);
}

void
peer_report(struct peer *peer)
{
	const struct peer_result *r = &peer->result;
	const char *path = peer->options->json;
	double seconds = (double)r->seconds_ns / 1e9;
	FILE *out = stdout;

	if (path == NULL) {
		printf("%.0f requests/s, %.0f connections/s, %.3f Gbit/s out, %.3f Gbit/s in, %lu "
		       "failed\n",
		       (double)r->requests / seconds, (double)r->connects / seconds,
		       (double)r->sent * 8 / seconds / 1e9, (double)r->received * 8 / seconds / 1e9,
		       r->failed);
		return;
	}
	if (path[0] != '-' || path[1] != '\0')
		out = fopen(path, "w");
	if (out == NULL) {
		perror(path);
		return;
	}
	put_json(out, peer);
	if (out != stdout)
		fclose(out);
}
