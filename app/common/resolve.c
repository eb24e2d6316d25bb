/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getaddrinfo(3) in a thread for each name that is being asked for, answers remembered for the run. getaddrinfo cannot be
 * interrupted: a lookup that nobody waits for any more is left to end, and whoever of the two comes last frees it.
 */
#include "common/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/fault.h"
#include "common/number.h"

struct known {
	struct known *next;
	struct pln_addr addr;
	uint16_t port; /* 0: any */
	char host[];
};

/* One call of getaddrinfo, owned by two: the thread and the asker. */
struct lookup {
	struct lookup *next; /* the asker's */
	atomic_uint owners;
	atomic_bool done;
	int result; /* getaddrinfo's */
	int saved_errno;
	struct pln_addr addr;
	char canonical[NI_MAXHOST]; /* empty: none was given */
	char host[];
};

struct resolve {
	struct known *known;
	struct lookup *lookups; /* on their way, or not asked about again */
	const char *reason;     /* of the last failure */
	char canonical[NI_MAXHOST];
};

struct resolve *
resolve_create(void)
{
	return calloc(1, sizeof(struct resolve));
}

static void
release(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->owners, 1) == 1)
		free(lookup);
}

void
resolve_destroy(struct resolve *resolve)
{
	if (resolve == NULL)
		return;
	while (resolve->lookups != NULL) {
		struct lookup *next = resolve->lookups->next;

		release(resolve->lookups);
		resolve->lookups = next;
	}
	while (resolve->known != NULL) {
		struct known *next = resolve->known->next;

		free(resolve->known);
		resolve->known = next;
	}
	free(resolve);
}

int
resolve_add(struct resolve *resolve, const char *host, uint16_t port, const struct pln_addr *addr)
{
	struct known *known = malloc(sizeof(*known) + strlen(host) + 1);

	if (known == NULL)
		return -ENOMEM;
	known->next = resolve->known;
	known->addr = *addr;
	known->port = port;
	memcpy(known->host, host, strlen(host) + 1);
	resolve->known = known;
	return 0;
}

int
resolve_add_text(struct resolve *resolve, const char *text, struct pln_error *error)
{
	const char *port = strchr(text, ':');
	const char *addr = port != NULL ? strchr(port + 1, ':') : NULL;
	char host[256];
	char digits[8];
	uint64_t number = 0;
	struct pln_addr parsed;
	int ret;

	if (addr == NULL || port == text || (size_t)(port - text) >= sizeof(host) ||
	    (size_t)(addr - port - 1) >= sizeof(digits))
		goto bad;
	(void)snprintf(host, sizeof(host), "%.*s", (int)(port - text), text);
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(addr - port - 1), port + 1);
	if (strcmp(digits, "*") != 0 && number_parse(digits, 1, UINT16_MAX, &number) < 0)
		goto bad;
	ret = pln_addr_parse(addr + 1, &parsed);
	if (ret == -EAFNOSUPPORT)
		return fault_set(error, ret, "--resolve %s: IPv6 is not in this version.", text);
	if (ret < 0)
		goto bad;
	if (resolve_add(resolve, host, (uint16_t)number, &parsed) < 0)
		return fault_set(error, -ENOMEM, "out of memory.");
	return 0;
bad:
	return fault_set(error, -EINVAL,
	                 "--resolve %s: give HOST:PORT:ADDR, as in "
	                 "--resolve example.org:80:192.0.2.1.",
	                 text);
}

static void *
look_up(void *arg)
{
	struct lookup *lookup = arg;
	const struct addrinfo hints = { .ai_family = AF_INET,
		                        .ai_socktype = SOCK_STREAM,
		                        .ai_flags = AI_CANONNAME };
	struct addrinfo *list = NULL;

	lookup->result = getaddrinfo(lookup->host, NULL, &hints, &list);
	lookup->saved_errno = errno;
	if (lookup->result == 0 && list != NULL) {
		struct sockaddr_in sin;

		memcpy(&sin, list->ai_addr, sizeof(sin));
		lookup->addr.family = PLN_FAMILY_IP4;
		memcpy(lookup->addr.bytes, &sin.sin_addr, 4);
		if (list->ai_canonname != NULL)
			(void)snprintf(lookup->canonical, sizeof(lookup->canonical), "%s",
			               list->ai_canonname);
	}
	if (list != NULL)
		freeaddrinfo(list);
	atomic_store(&lookup->done, true);
	release(lookup);
	return NULL;
}

/* @return NULL when there is no memory or no thread for it */
static struct lookup *
start(const char *host)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup) + strlen(host) + 1);
	pthread_t thread;

	if (lookup == NULL)
		return NULL;
	memcpy(lookup->host, host, strlen(host) + 1);
	atomic_store(&lookup->owners, 2);
	if (pthread_create(&thread, NULL, look_up, lookup) != 0) {
		free(lookup);
		return NULL;
	}
	(void)pthread_detach(thread);
	return lookup;
}

static int
explain(const struct lookup *lookup, struct pln_error *error)
{
	const char *host = lookup->host;

	switch (lookup->result) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return fault_set(error, -ENOENT,
		                 "Could not resolve host: %s (no IPv4 address is known by that "
		                 "name). Is it spelt right? --resolve %s:PORT:ADDR gives one.",
		                 host, host);
	case EAI_AGAIN:
		return fault_set(error, -EAGAIN,
		                 "Could not resolve host: %s (the system's name servers did not "
		                 "answer). --resolve %s:PORT:ADDR does without them.",
		                 host, host);
	case EAI_SYSTEM:
		return fault_set(error, -ENOENT, "Could not resolve host: %s (%s).", host,
		                 strerror(lookup->saved_errno));
	default:
		return fault_set(error, -ENOENT, "Could not resolve host: %s (%s).", host,
		                 gai_strerror(lookup->result));
	}
}

static int
finish(struct resolve *resolve, struct lookup **at, struct pln_addr *out, struct pln_error *error)
{
	struct lookup *lookup = *at;
	int ret = 0;

	*at = lookup->next;
	resolve->reason = NULL;
	resolve->canonical[0] = '\0';
	if (lookup->result != 0) {
		resolve->reason = lookup->result == EAI_SYSTEM ? strerror(lookup->saved_errno)
		                                               : gai_strerror(lookup->result);
		ret = explain(lookup, error);
	} else {
		*out = lookup->addr;
		memcpy(resolve->canonical, lookup->canonical, sizeof(resolve->canonical));
		if (resolve_add(resolve, lookup->host, 0, out) < 0)
			ret = fault_set(error, -ENOMEM, "out of memory.");
	}
	release(lookup);
	return ret;
}

/* Where a name's lookup hangs in the list, or the list's end. */
static struct lookup **
find(struct resolve *resolve, const char *host)
{
	struct lookup **at = &resolve->lookups;

	while (*at != NULL && strcasecmp((*at)->host, host) != 0)
		at = &(*at)->next;
	return at;
}

int
resolve_get(struct resolve *resolve, const char *host, uint16_t port, struct pln_addr *out,
            struct pln_error *error)
{
	struct lookup **at;
	int ret;

	for (const struct known *k = resolve->known; k != NULL; k = k->next) {
		if ((k->port == 0 || k->port == port) && strcasecmp(k->host, host) == 0) {
			*out = k->addr;
			return 0;
		}
	}
	ret = pln_addr_parse(host, out);
	if (ret == 0)
		return 0;
	if (ret == -EAFNOSUPPORT)
		return fault_set(error, ret, "%s is an IPv6 address; IPv6 is not in this version.",
		                 host);
	at = find(resolve, host);
	if (*at == NULL)
		*at = start(host);
	if (*at == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	if (!atomic_load(&(*at)->done))
		return -EINPROGRESS;
	return finish(resolve, at, out, error);
}

const char *
resolve_reason(const struct resolve *resolve)
{
	return resolve->reason;
}

const char *
resolve_canonical(const struct resolve *resolve)
{
	return resolve->canonical[0] != '\0' ? resolve->canonical : NULL;
}
