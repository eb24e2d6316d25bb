/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decides in which slot a node waits and which one is due.
 *
 * Write now_tick and a node's tick as digits of base 256. The node stands on the level of the
 * highest digit in which the two differ, in the slot that its own digit names. So on levels 0 to 3
 * an occupied slot always lies ahead of the current digit, everything on a level is due before
 * anything on the level above, and the lowest occupied level alone says what happens next: level 0
 * expires, a higher one is dealt out anew to the levels below (a cascade) at the moment its slot
 * begins. The top level is a ring of 255 slots ahead of the current one; what lies beyond waits in
 * the furthest and is dealt out again from there.
 *
 * It reads no clock and calls no handler. A handler that arms its node in the past for ever keeps
 * its caller busy for ever.
 */
#include "base/wheel.h"

#define DIGIT_MASK ((uint64_t)PLN_WHEEL_SLOTS - 1)
#define TOP        (PLN_WHEEL_LEVELS - 1U)
#define TOP_SHIFT  (TOP * PLN_WHEEL_SLOT_BITS)
#define TICK_MASK  ((UINT64_C(1) << PLN_WHEEL_TICK_SHIFT) - 1)
#define TICK_MAX   (UINT64_MAX >> PLN_WHEEL_TICK_SHIFT)
#define WORDS      (PLN_WHEEL_SLOTS / 64)

/* What happens next: slot `slot` of `level` expires or cascades at `tick`. */
struct upcoming {
	uint64_t tick;
	uint32_t level, slot;
};

/* Rounded up, so that no node fires early. */
static uint64_t
tick_of(uint64_t deadline)
{
	uint64_t tick = (deadline >> PLN_WHEEL_TICK_SHIFT) + ((deadline & TICK_MASK) != 0);

	return tick < TICK_MAX ? tick : TICK_MAX;
}

static uint32_t
digit(uint64_t tick, uint32_t level)
{
	return (uint32_t)(tick >> (level * PLN_WHEEL_SLOT_BITS) & DIGIT_MASK);
}

/* The slot, level × PLN_WHEEL_SLOTS + digit, where a node due at `tick` >= now_tick waits. */
static uint32_t
slot_for(const struct pln_wheel *wheel, uint64_t tick)
{
	uint64_t differ = tick ^ wheel->now_tick;
	uint32_t level;

	if (differ >> TOP_SHIFT != 0) {
		uint64_t base = wheel->now_tick >> TOP_SHIFT;
		uint64_t ahead = (tick >> TOP_SHIFT) - base;

		if (ahead > DIGIT_MASK)
			ahead = DIGIT_MASK;
		return TOP * PLN_WHEEL_SLOTS + (uint32_t)((base + ahead) & DIGIT_MASK);
	}
	level = (uint32_t)(63 - __builtin_clzll(differ | 1)) / PLN_WHEEL_SLOT_BITS;
	return level * PLN_WHEEL_SLOTS + digit(tick, level);
}

static void
link_node(struct pln_wheel *wheel, struct pln_wheel_node *node)
{
	uint64_t tick = tick_of(node->deadline);
	uint32_t at = slot_for(wheel, tick > wheel->now_tick ? tick : wheel->now_tick);
	uint32_t level = at / PLN_WHEEL_SLOTS, slot = at % PLN_WHEEL_SLOTS;
	struct pln_wheel_node **head = &wheel->slot[level][slot];

	node->slot = (uint16_t)at;
	node->next = *head;
	node->pprev = head;
	if (*head != NULL)
		(*head)->pprev = &node->next;
	*head = node;
	wheel->bitmap[level][slot / 64] |= UINT64_C(1) << slot % 64;
}

static void
unlink_node(struct pln_wheel *wheel, struct pln_wheel_node *node)
{
	uint32_t level = node->slot / PLN_WHEEL_SLOTS, slot = node->slot % PLN_WHEEL_SLOTS;

	*node->pprev = node->next;
	if (node->next != NULL)
		node->next->pprev = node->pprev;
	node->next = NULL;
	node->pprev = NULL;
	if (wheel->slot[level][slot] == NULL)
		wheel->bitmap[level][slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

/* The first occupied slot of a level at or after `from`, PLN_WHEEL_SLOTS when there is none. */
static uint32_t
first_from(const struct pln_wheel *wheel, uint32_t level, uint32_t from)
{
	const uint64_t *bitmap = wheel->bitmap[level];
	uint32_t word = from / 64;
	uint64_t bits = bitmap[word] & UINT64_MAX << from % 64;

	while (bits == 0 && ++word < WORDS)
		bits = bitmap[word];
	return bits != 0 ? word * 64 + (uint32_t)__builtin_ctzll(bits) : PLN_WHEEL_SLOTS;
}

/* The top level is a ring: what stands before the current digit comes after the wrap. */
static uint64_t
top_tick(uint64_t now_tick, uint32_t slot)
{
	uint64_t base = now_tick >> TOP_SHIFT;

	return (base + ((slot - base) & DIGIT_MASK)) << TOP_SHIFT;
}

static bool
find_upcoming(const struct pln_wheel *wheel, struct upcoming *out)
{
	uint32_t level, slot;

	if (wheel->armed == 0)
		return false;
	for (level = 0; level < TOP; level++) {
		uint32_t shift = level * PLN_WHEEL_SLOT_BITS;
		uint64_t parent = wheel->now_tick >> shift & ~DIGIT_MASK;

		slot = first_from(wheel, level, digit(wheel->now_tick, level));
		if (slot < PLN_WHEEL_SLOTS) {
			*out = (struct upcoming){ (parent | slot) << shift, level, slot };
			return true;
		}
	}
	slot = first_from(wheel, TOP, digit(wheel->now_tick, TOP));
	if (slot == PLN_WHEEL_SLOTS)
		slot = first_from(wheel, TOP, 0);
	PLN_ASSERT(slot < PLN_WHEEL_SLOTS);
	*out = (struct upcoming){ top_tick(wheel->now_tick, slot), TOP, slot };
	return true;
}

/*
 * Time has come to the beginning of a slot above level 0: its nodes find their places on the levels
 * below.
 */
static void
cascade(struct pln_wheel *wheel, uint32_t level, uint32_t slot)
{
	struct pln_wheel_node *node;

	while ((node = wheel->slot[level][slot]) != NULL) {
		unlink_node(wheel, node);
		link_node(wheel, node);
	}
}

void
pln_wheel_init(struct pln_wheel *wheel, uint64_t now)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->now_tick = now >> PLN_WHEEL_TICK_SHIFT;
}

void
pln_wheel_arm(struct pln_wheel *wheel, struct pln_wheel_node *node, uint64_t deadline)
{
	pln_wheel_cancel(wheel, node);
	if (deadline == PLN_NEVER)
		return;
	node->deadline = deadline;
	link_node(wheel, node);
	wheel->armed++;
}

void
pln_wheel_cancel(struct pln_wheel *wheel, struct pln_wheel_node *node)
{
	if (!pln_wheel_armed(node))
		return;
	unlink_node(wheel, node);
	wheel->armed--;
}

struct pln_wheel_node *
pln_wheel_expire(struct pln_wheel *wheel, uint64_t now)
{
	uint64_t target = now >> PLN_WHEEL_TICK_SHIFT;
	struct upcoming next;

	while (find_upcoming(wheel, &next) &&
	       (next.tick <= target || next.tick <= wheel->now_tick)) {
		wheel->now_tick = next.tick;
		if (next.level == 0) {
			struct pln_wheel_node *node = wheel->slot[0][next.slot];

			pln_wheel_cancel(wheel, node);
			return node;
		}
		cascade(wheel, next.level, next.slot);
	}
	if (target > wheel->now_tick)
		wheel->now_tick = target;
	return NULL;
}

uint64_t
pln_wheel_next(const struct pln_wheel *wheel)
{
	struct upcoming next;

	return find_upcoming(wheel, &next) ? next.tick << PLN_WHEEL_TICK_SHIFT : PLN_NEVER;
}
