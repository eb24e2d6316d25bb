/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A steering put to the test. One packet on the wrong queue may have been under way while a table was rewritten; one in four is a
 * different function, key or table. All on one queue where several were computed is a device that was told and did nothing: a hash that
 * is ignored, rules that were taken and forgotten. By chance, a fair hash over two queues does that once in 2^7 for eight packets
 * whose queues were chosen to differ half and half, and once in 2^15 for sixteen that were not chosen.
 */
#include "flow/probe.h"

#define ENOUGH       8U  /* packets that may speak against a device */
#define ENOUGH_BLIND 16U /* when their queues could not be computed */
#define EACH         2U  /* packets that speak for a queue */
#define TOLERATED    4U  /* one in so many astray is too much */

/* From one port tried to the next, modulo 2^16: odd, so that all come once, and far, so that all bits differ soon. A hash is linear:
 * ports that differ in a few bits alone may lead where they should by another key as well. */
#define STRIDE 40503U

void
pln_probe_init(struct pln_probe *probe, const struct pln_steer *steer)
{
	*probe = (struct pln_probe){ .steer = steer };
}

size_t
pln_probe_make(const struct pln_steer *steer, uint16_t queue, const struct pln_steer_pkt *reply,
               uint16_t *ports, size_t n)
{
	struct pln_steer_pkt pkt = *reply;
	uint16_t least = reply->key.local_port;
	size_t found = 0;

	for (uint32_t i = 0; i <= UINT16_MAX && found < n; i++) {
		pkt.key.local_port = (uint16_t)(least + i * STRIDE);
		if (pkt.key.local_port >= least && pln_steer_queue(steer, &pkt) == queue)
			ports[found++] = pkt.key.local_port;
	}
	return found;
}

void
pln_probe_saw(struct pln_probe *probe, const struct pln_steer_pkt *pkt, uint16_t queue)
{
	int computed = pln_steer_queue(probe->steer, pkt);

	if (computed != PLN_STEER_UNKNOWN) {
		pln_probe_saw_at(probe, (uint16_t)computed, queue);
		return;
	}
	PLN_ASSERT(queue < PLN_STEER_QUEUES_MAX);
	probe->seen++;
	probe->arrived[queue]++;
}

void
pln_probe_saw_at(struct pln_probe *probe, uint16_t due, uint16_t queue)
{
	PLN_ASSERT(due < PLN_STEER_QUEUES_MAX && queue < PLN_STEER_QUEUES_MAX);
	probe->seen++;
	probe->arrived[queue]++;
	probe->checked++;
	probe->expected[due]++;
	probe->astray += due != queue;
}

static uint32_t
count_used(const uint32_t *by_queue, uint16_t queues)
{
	uint32_t used = 0;

	for (uint16_t q = 0; q < queues; q++)
		used += by_queue[q] != 0;
	return used;
}

/* A queue that the table does not name proves nothing by being empty. */
static bool
is_named(const struct pln_steer *steer, uint16_t queue)
{
	if (steer->mode == PLN_STEER_RULES || steer->mode == PLN_STEER_PAIRED)
		return true;
	for (uint16_t i = 0; i < steer->reta_size; i++)
		if (steer->reta[i] == queue)
			return true;
	return false;
}

static bool
is_complete(const struct pln_probe *probe)
{
	for (uint16_t q = 0; q < probe->steer->queues; q++)
		if (probe->arrived[q] < EACH && is_named(probe->steer, q))
			return false;
	return true;
}

enum pln_steer_proof
pln_probe_judge(const struct pln_probe *probe)
{
	uint16_t queues = probe->steer->queues;
	bool one_queue = queues > 1 && count_used(probe->arrived, queues) == 1;

	if (probe->checked == 0)
		return one_queue && probe->seen >= ENOUGH_BLIND ? PLN_STEER_ONE_QUEUE
		                                                : PLN_STEER_UNPROVEN;
	if (probe->astray == 0)
		return is_complete(probe) ? PLN_STEER_PROVEN : PLN_STEER_UNPROVEN;
	if (probe->checked < ENOUGH || probe->astray * TOLERATED < probe->checked)
		return PLN_STEER_UNPROVEN;
	return one_queue && count_used(probe->expected, queues) > 1 ? PLN_STEER_ONE_QUEUE
	                                                            : PLN_STEER_ELSEWHERE;
}
