/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A few addresses are remembered: the target, the routers that complain. Which of them goes first does not matter. getnameinfo(3)
 * cannot be interrupted, and may take half a minute: it runs in a thread of its own, which is abandoned when the user will not wait;
 * whoever of the two comes last frees what they share.
 */
#include "ping/names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/interrupt.h"

/* One call of getnameinfo, owned by two: the thread and the asker. */
struct lookup {
	atomic_uint owners;
	atomic_bool done;
	struct sockaddr_in sin;
	char name[NAMES_TEXT_LEN - PLN_ADDR_TEXT_LEN - 4]; /* empty: there is none */
};

static void
release(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->owners, 1) == 1)
		free(lookup);
}

static void *
look_up(void *arg)
{
	struct lookup *lookup = arg;

	if (getnameinfo((const struct sockaddr *)&lookup->sin, sizeof(lookup->sin), lookup->name,
	                sizeof(lookup->name), NULL, 0, NI_NAMEREQD) != 0)
		lookup->name[0] = '\0';
	atomic_store(&lookup->done, true);
	release(lookup);
	return NULL;
}

static bool
is_interrupted(const struct names *names)
{
	return names->interrupt != NULL && interrupt_signal(names->interrupt) != 0;
}

/* A lookup on its way; NULL: there is no memory, or no thread. */
static struct lookup *
begin(const struct pln_addr *addr)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	pthread_t thread;

	if (lookup == NULL)
		return NULL;
	atomic_init(&lookup->owners, 2);
	lookup->sin.sin_family = AF_INET;
	memcpy(&lookup->sin.sin_addr, addr->bytes, 4);
	if (pthread_create(&thread, NULL, look_up, lookup) != 0) {
		free(lookup);
		return NULL;
	}
	(void)pthread_detach(thread);
	return lookup;
}

/* false: it has none, or the user does not want to know it any more. */
static bool
find_name(const struct names *names, const struct pln_addr *addr, char *name, size_t len)
{
	struct lookup *lookup = is_interrupted(names) ? NULL : begin(addr);
	bool is_found;

	if (lookup == NULL)
		return false;
	while (!atomic_load(&lookup->done) && !is_interrupted(names))
		(void)nanosleep(&(struct timespec){ .tv_nsec = PLN_NS_PER_MS / 10 }, NULL);
	is_found = atomic_load(&lookup->done) && lookup->name[0] != '\0';
	if (is_found)
		(void)snprintf(name, len, "%s", lookup->name);
	release(lookup);
	return is_found;
}

const char *
names_get(struct names *names, const struct pln_addr *addr)
{
	char number[PLN_ADDR_TEXT_LEN];
	char name[NAMES_TEXT_LEN - PLN_ADDR_TEXT_LEN - 4];
	char *text;

	for (unsigned int i = 0; i < names->count; i++)
		if (memcmp(&names->kept[i].addr, addr, sizeof(*addr)) == 0)
			return names->kept[i].text;
	text = names->kept[names->next].text;
	names->kept[names->next].addr = *addr;
	names->next = (names->next + 1) % NAMES_KEPT;
	if (names->count < NAMES_KEPT)
		names->count++;
	pln_addr_format(addr, number);
	if (!names->is_numeric && find_name(names, addr, name, sizeof(name)))
		(void)snprintf(text, NAMES_TEXT_LEN, "%s (%s)", name, number);
	else
		(void)snprintf(text, NAMES_TEXT_LEN, "%s", number);
	return text;
}
