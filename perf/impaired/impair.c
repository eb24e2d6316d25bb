/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The line is a single server whose backlog is known from one number, the time at which it will have sent all that it was given: a frame
 * that arrives at t waits max(0, free - t), is sent for length / rate, and is dropped when the bytes in front of it are more than the
 * queue holds. So queue and rate are exact whatever the process's own delays are, as long as arrivals carry the time they came at.
 */
#include "impair.h"

#include <string.h>

#define ETHERNET  14U
#define ETHERTYPE 12U
#define ECN_CE    3U

/* splitmix64: one state, any seed. */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* 0 to 1, 1 excluded. */
static double
part(struct impair *way, enum impair_chance which)
{
	return (double)(draw(&way->random[which]) >> 11) * 0x1p-53;
}

void
impair_init(struct impair *way, const struct impair_settings *set, uint64_t seed)
{
	memset(way, 0, sizeof(*way));
	way->set = *set;
	for (unsigned int i = 0; i < CHANCES; i++) {
		uint64_t mix = seed + i;

		way->random[i] = draw(&mix);
	}
}

static bool
is_in_hole(const struct impair *way, uint64_t now)
{
	uint64_t since = now - way->begin_ns;

	return since >= way->set.hole_from_ns && since - way->set.hole_from_ns < way->set.hole_ns;
}

/* Both kinds of loss are drawn for each frame, so that the fates of later frames do not depend on earlier ones. */
static bool
is_lost(struct impair *way)
{
	double turn = part(way, CHANCE_BURST);

	way->is_in_burst =
		way->is_in_burst ? turn >= way->set.burst_leave : turn < way->set.burst_enter;
	return part(way, CHANCE_LOSS) < way->set.loss || way->is_in_burst;
}

static void
corrupt(struct impair *way, uint8_t *frame, uint32_t len)
{
	uint64_t bit;

	if (part(way, CHANCE_CORRUPT) >= way->set.corrupt || len <= ETHERNET)
		return;
	bit = draw(&way->random[CHANCE_CORRUPT]) % ((uint64_t)(len - ETHERNET) * 8);
	frame[ETHERNET + bit / 8] ^= (uint8_t)(1U << bit % 8);
	way->stats.corrupted++;
}

/* RFC 3168 §5: ECT becomes CE. The header checksum follows (RFC 1624 §3, eqn. 3). */
static void
mark(struct impair *way, uint8_t *frame, uint32_t len)
{
	uint8_t *ip = frame + ETHERNET;
	uint32_t sum;

	if (len < ETHERNET + 20 || frame[ETHERTYPE] != 8 || frame[ETHERTYPE + 1] != 0 ||
	    (ip[1] & ECN_CE) == 0 || (ip[1] & ECN_CE) == ECN_CE)
		return;
	sum = (uint16_t) ~(ip[10] << 8 | ip[11]);
	sum += (uint16_t) ~(ip[0] << 8 | ip[1]);
	ip[1] |= ECN_CE;
	sum += (uint32_t)(ip[0] << 8 | ip[1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	way->stats.marked++;
}

/* Through queue and line: false when the queue is full, else when its last bit has been sent. */
static bool
pass_line(struct impair *way, uint64_t now, uint8_t *frame, uint32_t len, uint64_t *sent_ns)
{
	const struct impair_settings *set = &way->set;
	uint64_t wait_ns = way->free_ns > now ? way->free_ns - now : 0;
	uint64_t waiting;

	*sent_ns = now;
	if (set->rate_bps == 0)
		return true;
	waiting = (uint64_t)((double)wait_ns * (double)set->rate_bps / 8e9);
	if (set->queue_bytes > 0 && wait_ns > 0 &&
	    waiting + len > set->queue_bytes + IMPAIR_FRAME_MAX)
		return false;
	if (set->mark_bytes > 0 && waiting > set->mark_bytes)
		mark(way, frame, len);
	if (waiting + len > way->stats.waiting_max_bytes)
		way->stats.waiting_max_bytes = waiting + len;
	way->stats.waited_ns += wait_ns;
	way->free_ns = now + wait_ns + len * 8000000000U / set->rate_bps;
	*sent_ns = way->free_ns;
	return true;
}

/* When what was sent arrives. */
static uint64_t
travel(struct impair *way, uint64_t sent_ns)
{
	uint64_t due = sent_ns + way->set.delay_ns;

	due += (uint64_t)(part(way, CHANCE_JITTER) * (double)way->set.jitter_ns);
	if (part(way, CHANCE_REORDER) < way->set.reorder) {
		way->stats.reordered++;
		return due + way->set.reorder_ns;
	}
	if (due < way->last_ns)
		due = way->last_ns;
	way->last_ns = due;
	return due;
}

struct impair_fate
impair_frame(struct impair *way, uint64_t now, uint8_t *frame, uint32_t len)
{
	struct impair_fate fate = { 0 };
	unsigned int wanted = 1;
	uint64_t sent_ns;

	way->stats.arrived++;
	way->stats.arrived_bytes += len;
	if (is_in_hole(way, now)) {
		way->stats.hole++;
		return fate;
	}
	if (is_lost(way)) {
		way->stats.lost++;
		return fate;
	}
	corrupt(way, frame, len);
	if (part(way, CHANCE_DUPLICATE) < way->set.duplicate) {
		way->stats.duplicated++;
		wanted = 2;
	}
	while (wanted-- > 0) {
		if (!pass_line(way, now, frame, len, &sent_ns)) {
			way->stats.full++;
			continue;
		}
		fate.due_ns[fate.copies++] = travel(way, sent_ns);
		way->stats.passed++;
		way->stats.passed_bytes += len;
	}
	return fate;
}
