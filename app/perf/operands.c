/* SPDX-License-Identifier: BSD-3-Clause */
/* Words that are no options. Addresses are numbers: a load generator does not ask a resolver in the middle of a measurement. */
#include "perf/operands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"

#define SOURCES_MAX 1024U /* addresses of one stack */
#define HTTP_PORT   80
#define SCHEME      "http://"

static int
take_workload(struct plan *plan, const char *word, struct pln_error *error)
{
	for (int i = 0; i < PLAN_WORKLOADS; i++) {
		if (strcmp(word, plan_workload_name((enum plan_workload)i)) == 0) {
			plan->workload = (enum plan_workload)i;
			return 0;
		}
	}
	return fault_set(error, -EINVAL,
	                 "'%s' is no workload; there are bulk, rr, crr, conns, http and open-loop.",
	                 word);
}

/* "192.0.2.1" or "192.0.2.1:5201"; the text is cut. */
static int
take_remote(struct plan *plan, char *text, struct pln_error *error)
{
	char *colon = strchr(text, ':');
	uint64_t port;

	if (colon != NULL) {
		if (number_parse(colon + 1, 1, UINT16_MAX, &port) < 0)
			return fault_set(error, -EINVAL, "'%s': a port is 1 to 65535.", colon + 1);
		*colon = '\0';
		plan->remote.port = (uint16_t)port;
	}
	if (pln_addr_parse(text, &plan->remote.addr) < 0)
		return fault_set(error, -EINVAL,
		                 "'%s': give the server's IPv4 address as a number, as in "
		                 "192.0.2.1 or 192.0.2.1:5201.",
		                 text);
	return 0;
}

static int
take_url(struct perf_options *o, const char *url, struct pln_error *error)
{
	char authority[PLN_ADDR_TEXT_LEN];
	const char *host = url + strlen(SCHEME);
	size_t host_len;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return fault_set(error, -EINVAL, "'%s': give a URL, as in http://192.0.2.1/file.",
		                 url);
	host_len = strcspn(host, "/");
	if (host_len >= sizeof(authority) || strpbrk(host, " \t\r\n") != NULL)
		return fault_set(error, -EINVAL, "'%s' is no URL.", url);
	memcpy(authority, host, host_len);
	authority[host_len] = '\0';
	o->plan.remote.port = HTTP_PORT;
	if (take_remote(&o->plan, authority, error) < 0)
		return error->code;
	if (asprintf(&o->request_text,
	             "GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: pollen-perf\r\n\r\n",
	             host[host_len] != '\0' ? host + host_len : "/", (int)host_len, host) < 0) {
		o->request_text = NULL;
		return fault_set(error, -ENOMEM, "out of memory.");
	}
	o->plan.request_text = o->request_text;
	return 0;
}

static int
take_role(struct perf_options *o, const char *word, struct pln_error *error)
{
	o->plan.is_server = strcmp(word, "server") == 0;
	if (o->plan.is_server || strcmp(word, "client") == 0)
		return 0;
	return fault_set(error, -EINVAL, "'%s': it is server or client.", word);
}

int
operands_take(struct perf_options *o, int count, char **words, struct pln_error *error)
{
	int expected;

	if (count == 0)
		return fault_set(error, -EINVAL, "say server or client, and a workload.");
	if (take_role(o, words[0], error) < 0)
		return error->code;
	if (count == 1)
		return fault_set(error, -EINVAL,
		                 "say a workload: bulk, rr, crr, conns, http or open-loop.");
	if (take_workload(&o->plan, words[1], error) < 0)
		return error->code;
	if (o->plan.is_server && o->plan.workload == PLAN_HTTP)
		return fault_set(error, -EINVAL,
		                 "'server http': pollen-serve is a server of HTTP.");
	expected = o->plan.is_server ? 2 : 3;
	if (count < expected)
		return fault_set(error, -EINVAL, "say whom to talk to: %s.",
		                 o->plan.workload == PLAN_HTTP ? "http://192.0.2.1/file"
		                                               : "192.0.2.1 or 192.0.2.1:5201");
	if (count > expected)
		return fault_set(error, -EINVAL, "'%s' is one word too many.", words[expected]);
	if (o->plan.is_server)
		return 0;
	return o->plan.workload == PLAN_HTTP ? take_url(o, words[2], error)
	                                     : take_remote(&o->plan, words[2], error);
}

static uint32_t
as_number(const struct pln_addr *addr)
{
	return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
	       (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

/* "192.0.2.10-192.0.2.40" */
static int
take_range(struct plan *plan, const char *text, const char *dash, struct pln_error *error)
{
	struct pln_addr first, last;
	char word[PLN_ADDR_TEXT_LEN];

	(void)snprintf(word, sizeof(word), "%.*s", (int)(dash - text), text);
	if (pln_addr_parse(word, &first) < 0 || pln_addr_parse(dash + 1, &last) < 0 ||
	    as_number(&last) < as_number(&first))
		return fault_set(error, -EINVAL,
		                 "--sources %s: give how many, or the first and the last address, "
		                 "as in 192.0.2.10-192.0.2.40.",
		                 text);
	if (as_number(&last) - as_number(&first) >= SOURCES_MAX)
		return fault_set(error, -ERANGE, "--sources %s: %u addresses at most.", text,
		                 SOURCES_MAX);
	plan->source = first;
	plan->sources = as_number(&last) - as_number(&first) + 1;
	return 0;
}

int
operands_sources(struct perf_options *o, struct pln_error *error)
{
	const char *dash = o->sources != NULL ? strchr(o->sources, '-') : NULL;
	uint64_t count;

	if (o->sources == NULL)
		return 0;
	if (dash != NULL)
		return take_range(&o->plan, o->sources, dash, error);
	if (number_parse(o->sources, 1, SOURCES_MAX, &count) < 0)
		return fault_set(error, -EINVAL,
		                 "--sources %s: give how many, 1 to %u, or the first and the last "
		                 "address, as in 192.0.2.10-192.0.2.40.",
		                 o->sources, SOURCES_MAX);
	if (o->host.config.addr.family == PLN_FAMILY_NONE)
		return fault_set(error, -EINVAL, "--sources %s: it counts from --ip; give that.",
		                 o->sources);
	o->plan.source = o->host.config.addr;
	o->plan.sources = (uint32_t)count;
	return 0;
}
