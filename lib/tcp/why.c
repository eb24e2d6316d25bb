/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line that answers an operator's question: what is this connection waiting for? First whose turn it is (the peer's, ours, the
 * program's, a timer's), in the words of what_* below, then the figures that belong to it. The same for all connections of a stack.
 */
#include "tcp/why.h"

#include <inttypes.h>
#include <string.h>

#include "base/ip4.h"
#include "base/text.h"
#include "tcp/output.h"
#include "tcp/pacing.h"
#include "tcp/user.h"

enum pln_tcp_state
pln_why_state(const struct pln_tcp_conn *c)
{
	uint32_t value;

	if (c->state == PLN_TCP_TIME_WAIT &&
	    (!pln_flow_table_lookup(&c->tcp->flows, &c->key, &value) ||
	     (value & PLN_TIMEWAIT_FLOW) == 0))
		return PLN_TCP_CLOSED;
	return (enum pln_tcp_state)c->state;
}

/* What is queued does not leave. Why? */
static const char *
what_holds_data(const struct pln_tcp_conn *c)
{
	uint32_t outstanding = c->snd.nxt - c->snd.una;

	if (pln_pacing_waits(c))
		return "its turn to send, for it is paced";
	if (c->snd.w.wnd < (uint64_t)outstanding + c->smss)
		return "the peer's window to open further: no segment fits";
	if (pln_output_cwnd_room(c) < c->smss || c->probe.waits)
		return "acknowledgments: the congestion window is full";
	if (c->opts.cork || pln_conn_has(c, PLN_CONN_MORE))
		return "more data, to fill a segment: the program holds it back";
	return "acknowledgments, to send a small segment (Nagle)";
}

static const char *
what_established(const struct pln_tcp_conn *c)
{
	if (c->deadline[PLN_TIMER_PERSIST] != PLN_NEVER)
		return "the peer to open its window";
	if (c->ca_state == PLN_TCP_CA_LOSS || c->ca_state == PLN_TCP_CA_RECOVERY)
		return "lost segments to be acknowledged";
	if (pln_sendq_unsent(&c->sendq) > 0)
		return what_holds_data(c);
	if (c->snd.una != c->snd.nxt)
		return "the peer to acknowledge what was sent";
	if (c->recvq.bytes > 0)
		return "the application to read";
	if (c->reasm.count > 0)
		return "a segment missing before those received";
	return pln_conn_has(c, PLN_CONN_PEER_FIN) ? "the application to close"
	                                          : "data, or the application";
}

const char *
pln_why_phrase(const struct pln_tcp_conn *c)
{
	static const char *const phrase[PLN_TCP_STATE_COUNT] = {
		[PLN_TCP_CLOSED] = "the application to let go of the handle",
		[PLN_TCP_LISTEN] = "connections",
		[PLN_TCP_SYN_SENT] = "an answer to its SYN",
		[PLN_TCP_SYN_RECEIVED] = "the acknowledgment of its SYN,ACK",
		[PLN_TCP_FIN_WAIT_1] = "the acknowledgment of its data and FIN",
		[PLN_TCP_FIN_WAIT_2] = "the peer to close",
		[PLN_TCP_CLOSING] = "the acknowledgment of its FIN",
		[PLN_TCP_LAST_ACK] = "the acknowledgment of its FIN",
		[PLN_TCP_TIME_WAIT] = "old segments to die out",
	};
	enum pln_tcp_state state;

	if (c->state == PLN_TCP_SYN_SENT && c->path.neigh != NULL &&
	    c->path.neigh->state == PLN_NEIGH_INCOMPLETE)
		return "an ARP reply from the next hop";
	state = pln_why_state(c);
	return phrase[state] != NULL ? phrase[state] : what_established(c);
}

/* A time in the unit that suits it. */
static void
put_time(struct pln_text *t, uint64_t ns)
{
	if (ns < 10 * PLN_NS_PER_MS)
		pln_text_add(t, "%" PRIu64 " us", ns / PLN_NS_PER_US);
	else if (ns < 10 * PLN_NS_PER_S)
		pln_text_add(t, "%" PRIu64 " ms", ns / PLN_NS_PER_MS);
	else
		pln_text_add(t, "%" PRIu64 " s", ns / PLN_NS_PER_S);
}

static void
put_timer(struct pln_text *t, const struct pln_tcp_conn *c, enum pln_timer_id id, const char *what)
{
	uint64_t now = pln_conn_now(c), at = c->deadline[id];

	if (at == PLN_NEVER)
		return;
	pln_text_add(t, ", %s in ", what);
	put_time(t, at > now ? at - now : 0);
}

/* What is outstanding, for how long, and what comes next if it stays so. */
static void
put_outstanding(struct pln_text *t, const struct pln_tcp_conn *c)
{
	if (c->snd.una == c->snd.nxt)
		return;
	pln_text_add(t, "; %" PRIu32 " bytes in flight of a window of %" PRIu32 ", the last sent ",
	             c->snd.nxt - c->snd.una,
	             c->cc.cwnd < c->snd.w.wnd ? c->cc.cwnd : c->snd.w.wnd);
	put_time(t, pln_conn_now(c) - c->stats.last_tx);
	pln_text_add(t, " ago");
	if (c->sendq.board.lost_bytes > 0)
		pln_text_add(t, ", %" PRIu32 " of them lost", c->sendq.board.lost_bytes);
	if (c->retries > 0)
		pln_text_add(t, ", timed out %" PRIu32 " times", c->retries);
	put_timer(t, c, PLN_TIMER_RTO, "sent again");
}

static void
put_figures(struct pln_text *t, const struct pln_tcp_conn *c)
{
	if (pln_sendq_unsent(&c->sendq) > 0)
		pln_text_add(t, "; %" PRIu32 " bytes queued", pln_sendq_unsent(&c->sendq));
	put_outstanding(t, c);
	if (c->deadline[PLN_TIMER_PERSIST] != PLN_NEVER) {
		pln_text_add(t, "; the window is %" PRIu32, c->snd.w.wnd);
		put_timer(t, c, PLN_TIMER_PERSIST, "probed");
	}
	if (c->recvq.bytes > 0)
		pln_text_add(t, "; %" PRIu32 " bytes not read", c->recvq.bytes);
	if (c->reasm.count > 0)
		pln_text_add(t, "; %" PRIu32 " bytes held out of order", c->reasm.bytes);
	if (c->soft_error != 0 && pln_conn_has(c, PLN_CONN_SOFT_ERROR))
		pln_text_add(t, "; last heard of the path: %s", strerror(-c->soft_error));
}

int
pln_user_why(struct pln_tcp *tcp, uint64_t conn, char *buf, size_t len)
{
	const struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	struct pln_text t = pln_text_init(buf, len);

	if (c == NULL)
		return -EBADF;
	pln_text_add(&t, "%s: waits for %s", pln_tcp_state_name(pln_why_state(c)),
	             pln_why_phrase(c));
	if (!pln_conn_has(c, PLN_CONN_LISTENER))
		put_figures(&t, c);
	return (int)t.wanted;
}

static void
put_timers(struct pln_text *t, const struct pln_tcp_conn *c)
{
	static const char *const names[PLN_TIMER_COUNT] = { "reorder", "probe",     "rto",
		                                            "persist", "delack",    "pace",
		                                            "push",    "keepalive", "orphan" };
	uint64_t now = pln_conn_now(c);

	for (unsigned int i = 0; i < PLN_TIMER_COUNT; i++)
		if (c->deadline[i] != PLN_NEVER)
			pln_text_add(t, " %s %" PRIu64 "us", names[i],
			             c->deadline[i] > now ? (c->deadline[i] - now) / 1000 : 0);
}

static void
put_conn(struct pln_text *t, const struct pln_tcp_conn *c)
{
	struct pln_endpoint ep;
	char local[PLN_ADDR_TEXT_LEN], remote[PLN_ADDR_TEXT_LEN];

	ep = pln_ip4_endpoint(c->key.local, c->key.local_port);
	pln_endpoint_format(&ep, local);
	ep = pln_ip4_endpoint(c->key.remote, c->key.remote_port);
	pln_endpoint_format(&ep, remote);
	pln_text_add(t, "%s %s %s", local, remote, pln_tcp_state_name(pln_why_state(c)));
	if (pln_conn_has(c, PLN_CONN_LISTENER)) {
		pln_text_add(t, " backlog %" PRIu32 "/%" PRIu32 " waiting for %s\n",
		             c->backlog_used, c->backlog, pln_why_phrase(c));
		return;
	}
	pln_text_add(t, " snd una %" PRIu32 " nxt %" PRIu32 " wnd %" PRIu32 " queued %" PRIu32,
	             c->snd.una - c->snd.iss, c->snd.nxt - c->snd.iss, c->snd.w.wnd,
	             pln_sendq_unsent(&c->sendq));
	pln_text_add(t, " rcv nxt %" PRIu32 " wnd %" PRIu32 " unread %" PRIu32 " ooo %" PRIu32,
	             c->rcv.nxt - c->rcv.irs, pln_rwnd_open(&c->rcv.w, c->rcv.nxt), c->recvq.bytes,
	             c->reasm.bytes);
	pln_text_add(t,
	             " cwnd %" PRIu32 " ssthresh %" PRIu32 " srtt %" PRIu64 "us retries %" PRIu32,
	             c->cc.cwnd, c->cc.ssthresh, c->rtt.srtt_ns / 1000, c->retries);
	put_timers(t, c);
	pln_text_add(t, "%s waiting for %s\n", pln_conn_has(c, PLN_CONN_ORPHAN) ? " orphan" : "",
	             pln_why_phrase(c));
}

size_t
pln_user_dump(struct pln_tcp *tcp, char *buf, size_t len)
{
	struct pln_text t = pln_text_init(buf, len);
	const struct pln_tcp_conn *c;
	uint32_t cursor = 0;

	while ((c = pln_pool_iterate(&tcp->conns, &cursor)) != NULL)
		put_conn(&t, c);
	return t.wanted;
}
