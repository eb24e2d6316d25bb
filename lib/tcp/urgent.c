/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Urgent data: RFC 9293 §3.8.5 and step six of §3.10.7.4, as RFC 6093 recommends. Urgent bytes stay where they are in the stream; what
 * is urgent is a mark, the sequence number behind the last urgent byte (MUST-62), and nothing is ever taken out of line. A run may have
 * any length (MUST-31): while the mark is further away than the field reaches, the pointer says as far as it can and moves on with the
 * segments. New applications should not use it (SHLD-13); middleboxes strip or clear it.
 */
#include "tcp/urgent.h"

#include "tcp/judge.h"

void
pln_urgent_mark(struct pln_tcp_conn *c)
{
	c->snd.up = c->sendq.end;
	c->flags |= PLN_CONN_URG_OUT;
	/* Told at once, by a bare ACK where no data may go: the peer's window may be closed, and it is told to read. */
	pln_conn_owe(c, pln_state_may_send((enum pln_tcp_state)c->state) ? PLN_OWE_ACK : 0);
}

bool
pln_urgent_sending(struct pln_tcp_conn *c)
{
	if (pln_conn_has(c, PLN_CONN_URG_OUT) && pln_seq_geq(c->snd.una, c->snd.up))
		c->flags &= ~(uint32_t)PLN_CONN_URG_OUT;
	return pln_conn_has(c, PLN_CONN_URG_OUT);
}

void
pln_urgent_fill(struct pln_tcp_conn *c, struct pln_seg *seg)
{
	uint32_t ahead = c->snd.up - seg->seq;

	if (!pln_urgent_sending(c) || !pln_seq_gt(c->snd.up, seg->seq) ||
	    (seg->flags & (PLN_TCP_SYN | PLN_TCP_RST)) != 0)
		return;
	seg->flags |= PLN_TCP_URG;
	seg->up = (uint16_t)(ahead < UINT16_MAX ? ahead : UINT16_MAX);
}

/* The sequence number of the next byte the application will read. */
static uint32_t
read_next(const struct pln_tcp_conn *c)
{
	bool fin_counted = pln_conn_has(c, PLN_CONN_PEER_FIN) &&
	                   !pln_state_may_receive((enum pln_tcp_state)c->state);

	return c->rcv.nxt - (fin_counted ? 1 : 0) - c->recvq.bytes;
}

uint32_t
pln_urgent_left(const struct pln_tcp_conn *c)
{
	uint32_t next = read_next(c);

	return c->urg_pending && pln_seq_gt(c->rcv.up, next) ? c->rcv.up - next : 0;
}

void
pln_urgent_read(struct pln_tcp_conn *c)
{
	if (pln_urgent_left(c) == 0)
		c->urg_pending = false;
}

enum pln_verdict
pln_judge_urg(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	uint32_t up = j->seg->seq + j->seg->up;

	if ((j->seg->flags & PLN_TCP_URG) == 0 ||
	    !pln_state_may_receive((enum pln_tcp_state)c->state) ||
	    pln_conn_has(c, PLN_CONN_PEER_FIN))
		return PLN_VERDICT_CONTINUE;
	/* MUST-32: "whenever it receives an urgent pointer and there was previously no pending urgent data, or whenever the urgent
	 * pointer advances in the data stream". */
	if (!pln_seq_gt(up, c->urg_pending ? c->rcv.up : read_next(c)))
		return PLN_VERDICT_CONTINUE;
	c->rcv.up = up;
	c->urg_pending = true;
	pln_conn_count(c, PLN_TCP_RX_URGENT);
	pln_conn_tell(c, PLN_EV_URGENT);
	return PLN_VERDICT_CONTINUE;
}
