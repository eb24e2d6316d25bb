/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search of RFC 4821 §7. It decides which size is tried next and when the search is over; it knows neither segments nor losses.
 *
 * Theory: a router that cannot forward a packet says so by ICMP, unless it does not, or somebody drops what it says. Then everything
 * of a size disappears, and nothing tells. But the receiver's acknowledgments tell what arrived: a segment larger than the others is
 * sent once, and either it is acknowledged, or it is lost alone, which is no sign of congestion.
 *
 *     low |------- carried? -------| high
 *         carries                  more is of no use, or does not get through
 *
 * The largest size is tried first, for mostly the path carries it, and what was a black hole may have been a line that was cut; then the
 * middle of what is left, until that is too little to be worth a probe. A probe may also be lost by chance: each size has two. What was
 * found is good for ten minutes, then the path is given another try.
 */
#include "tcp/snd/plpmtu.h"

#define GRAIN 16U /* bytes: less is gained than a probe costs (§7.3) */

/* Is there anything left to find out? */
static void
close_in(struct pln_plpmtu *p, uint64_t now)
{
	p->once = false;
	p->size = 0;
	p->over = p->high < p->low + GRAIN;
	if (p->over)
		p->again_ns = now + p->interval_ns;
}

void
pln_plpmtu_begin(struct pln_plpmtu *p, uint16_t low, uint16_t high, uint64_t now)
{
	p->low = low;
	p->high = high > low ? high : low;
	p->on = true;
	p->below = false;
	close_in(p, now);
}

uint16_t
pln_plpmtu_next(struct pln_plpmtu *p, uint16_t most, uint64_t now)
{
	if (!p->on || p->size != 0)
		return 0;
	/* §7.2 search_high: what the link carries, what the peer takes. */
	if (p->over && now >= p->again_ns)
		pln_plpmtu_begin(p, p->low, most, now);
	if (p->over || most <= p->low)
		return 0;
	if (p->high > most)
		p->high = most;
	return p->below ? (uint16_t)(p->low + (p->high - p->low + 1) / 2) : p->high;
}

void
pln_plpmtu_arrived(struct pln_plpmtu *p, uint64_t now)
{
	/* §7.6.1: what has arrived gets through: eff_pmtu. */
	p->low = p->size;
	if (p->high < p->low)
		p->high = p->low;
	close_in(p, now);
}

void
pln_plpmtu_lost(struct pln_plpmtu *p, uint64_t now)
{
	/* It may have been chance; but not where somebody has said meanwhile that it is too large. */
	if (!p->once && p->size <= p->high) {
		p->once = true;
		p->size = 0;
		return;
	}
	/* §7.6.2: search_high is below what was lost. */
	p->below = p->size <= p->high;
	if (p->below)
		p->high = (uint16_t)(p->size - 1);
	if (p->high < p->low)
		p->high = p->low;
	close_in(p, now);
}

void
pln_plpmtu_unknown(struct pln_plpmtu *p)
{
	p->size = 0;
}

void
pln_plpmtu_limit(struct pln_plpmtu *p, uint16_t mtu, uint64_t now)
{
	uint16_t size = p->size;

	if (!p->on || mtu >= p->high)
		return;
	p->high = mtu;
	if (p->low > mtu)
		p->low = mtu;
	p->below = false;
	close_in(p, now);
	p->size = size; /* on its way, and lost for certain if it is too large */
}
