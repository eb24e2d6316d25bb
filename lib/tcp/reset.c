/* SPDX-License-Identifier: BSD-3-Clause */
/* Bare segments outside any connection: header only, one packet, no state. */
#include "tcp/reset.h"

#include "tcp/emit.h"
#include "tcp/trace.h"

void
pln_reset_answer(struct pln_tcp *tcp, const struct pln_pkt *pkt)
{
	const struct pln_seg *in = &pkt->seg;
	struct pln_ip_once to = {
		.src = pkt->ip.dst, .dst = pkt->ip.src, .proto = PLN_IP4_PROTO_TCP, .df = true
	};
	struct pln_seg rst = { .src_port = in->dst_port, .dst_port = in->src_port };

	if ((in->flags & PLN_TCP_RST) != 0)
		return;
	if ((in->flags & PLN_TCP_ACK) != 0) {
		/* <SEQ=SEG.ACK><CTL=RST> */
		rst.seq = in->ack;
		rst.flags = PLN_TCP_RST;
	} else {
		/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
		rst.ack = in->seq + in->len;
		rst.flags = PLN_TCP_RST | PLN_TCP_ACK;
	}
	if (pln_emit_bare(tcp, &to, &rst))
		pln_counters_inc(&tcp->env->counters, PLN_TCP_TX_RST);
}

void
pln_reset_ack_time_wait(struct pln_tcp *tcp, const struct pln_timewait_rec *rec)
{
	struct pln_ip_once to = { .src = rec->key.local,
		                  .dst = rec->key.remote,
		                  .proto = PLN_IP4_PROTO_TCP,
		                  .ttl = rec->ttl,
		                  .tos = rec->tos,
		                  .df = true };
	struct pln_seg ack = {
		.src_port = rec->key.local_port,
		.dst_port = rec->key.remote_port,
		.seq = rec->snd_nxt,
		.ack = rec->rcv_nxt,
		.wnd = rec->wnd,
		.flags = PLN_TCP_ACK,
	};

	if (rec->ts_on) {
		struct pln_ts ts = { .offset = rec->ts_offset };

		ack.opts.present = PLN_TCP_OPT_TS;
		ack.opts.tsval = pln_ts_val(&ts, tcp->env->now);
		ack.opts.tsecr = rec->ts_recent;
	}
	pln_emit_bare(tcp, &to, &ack);
}

void
pln_reset_provoke(struct pln_tcp *tcp, const struct pln_flow_key *key, uint64_t numbers)
{
	const struct pln_ip_once to = {
		.src = key->local, .dst = key->remote, .proto = PLN_IP4_PROTO_TCP, .df = true
	};
	const struct pln_seg ack = {
		.src_port = key->local_port,
		.dst_port = key->remote_port,
		.seq = (uint32_t)numbers,
		.ack = (uint32_t)(numbers >> 32),
		.flags = PLN_TCP_ACK,
	};

	if (pln_emit_bare(tcp, &to, &ack))
		pln_counters_inc(&tcp->env->counters, PLN_STEER_PROBED);
}
