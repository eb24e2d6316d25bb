/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts are taken from the front, so that what is whole grows from there, and are smaller than a connection's share, so that
 * a slow connection leaves the rest to the others. Who releases a part makes what it wrote of `got` visible to who takes it.
 */
#include "fetch/split.h"

#include <stdlib.h>

#define PARTS_EACH 4
#define PART_MIN   SPLIT_FIRST
#define PART_MAX   (UINT64_C(64) << 20)

enum {
	FREE,
	TAKEN,
	DONE,
};

static uint64_t
part_length(uint64_t bytes, uint32_t connections)
{
	uint64_t each = bytes / ((uint64_t)connections * PARTS_EACH) + 1;

	if (each < PART_MIN)
		return PART_MIN;
	return each < PART_MAX ? each : PART_MAX;
}

static void
lay_parts(struct split *split, uint64_t length)
{
	uint64_t at = split->begin;

	for (uint32_t i = 0; i < split->parts; i++) {
		uint64_t len = i == 0 ? SPLIT_FIRST : length;
		struct split_part *part = &split->part[i];

		part->first = at;
		part->end = split->end - at < len ? split->end : at + len;
		at = part->end;
	}
	split->part[0].state = TAKEN;
}

/* The leader is on one lcore or another; that its own has a helper less does not matter. */
static void
deal_helpers(struct split *split, uint32_t helpers, uint32_t lcores)
{
	for (uint32_t i = 0; i < lcores; i++)
		split->wanted[i] = helpers / lcores + (i >= lcores - helpers % lcores);
}

struct split *
split_create(uint64_t begin, uint64_t end, uint32_t connections, uint32_t lcores)
{
	uint64_t rest = end - begin > SPLIT_FIRST ? end - begin - SPLIT_FIRST : 0;
	uint64_t length = part_length(rest, connections);
	struct split *split = calloc(1, sizeof(*split));

	if (split == NULL)
		return NULL;
	split->begin = begin;
	split->end = end;
	split->fd = -1;
	split->parts = (uint32_t)(1 + (rest + length - 1) / length);
	split->part = calloc(split->parts, sizeof(*split->part));
	split->wanted = calloc(lcores, sizeof(*split->wanted));
	if (split->part == NULL || split->wanted == NULL) {
		split_destroy(split);
		return NULL;
	}
	lay_parts(split, length);
	deal_helpers(split, connections - 1 < split->parts - 1 ? connections - 1 : split->parts - 1,
	             lcores);
	return split;
}

void
split_destroy(struct split *split)
{
	if (split == NULL)
		return;
	free(split->url);
	free(split->user);
	free(split->password);
	free(split->etag);
	free(split->modified);
	free(split->part);
	free(split->wanted);
	free(split);
}

bool
split_join(struct split *split, uint32_t lcore)
{
	if (split->wanted[lcore] == 0)
		return false;
	split->wanted[lcore]--;
	/* Said first and taken back if it was too late: a leader that has seen no worker after it stopped meets none. */
	__atomic_fetch_add(&split->workers, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&split->stopped, __ATOMIC_SEQ_CST) == 0)
		return true;
	split_leave(split, 0);
	return false;
}

void
split_leave(struct split *split, uint32_t connects)
{
	__atomic_fetch_add(&split->connects, connects, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&split->workers, 1, __ATOMIC_RELEASE);
}

uint32_t
split_workers(const struct split *split)
{
	return __atomic_load_n(&split->workers, __ATOMIC_SEQ_CST);
}

int
split_claim(struct split *split)
{
	for (uint32_t i = 0; i < split->parts; i++) {
		int expected = FREE;

		if (__atomic_load_n(&split->part[i].state, __ATOMIC_RELAXED) == FREE &&
		    __atomic_compare_exchange_n(&split->part[i].state, &expected, TAKEN, false,
		                                __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return (int)i;
	}
	return -1;
}

void
split_release(struct split *split, int part)
{
	struct split_part *p = &split->part[part];
	int state = p->got == p->end - p->first ? DONE : FREE;

	__atomic_store_n(&p->state, state, __ATOMIC_RELEASE);
}

static bool
is_done(const struct split_part *part)
{
	return __atomic_load_n(&part->state, __ATOMIC_ACQUIRE) == DONE;
}

bool
split_is_complete(const struct split *split)
{
	for (uint32_t i = 0; i < split->parts; i++)
		if (!is_done(&split->part[i]))
			return false;
	return true;
}

void
split_stop(struct split *split, int reason, const struct pln_error *error)
{
	if (__atomic_exchange_n(&split->stopping, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (error != NULL)
		split->error = *error;
	__atomic_store_n(&split->stopped, reason, __ATOMIC_SEQ_CST);
}

int
split_stopped(const struct split *split)
{
	return __atomic_load_n(&split->stopped, __ATOMIC_ACQUIRE);
}

uint64_t
split_whole(const struct split *split)
{
	for (uint32_t i = 0; i < split->parts; i++) {
		const struct split_part *part = &split->part[i];
		int state = __atomic_load_n(&part->state, __ATOMIC_ACQUIRE);

		if (state != DONE)
			return part->first + (state == FREE ? part->got : 0);
	}
	return split->end;
}

uint64_t
split_received(const struct split *split)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < split->parts; i++)
		sum += split->part[i].got;
	return sum;
}
