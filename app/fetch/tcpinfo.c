/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection's snapshot in lines of text. */
#include "fetch/tcpinfo.h"

static double
milliseconds(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void
add_options(const struct pln_tcp_info *info, struct text *out)
{
	text_printf(out, "tcp: mss %u sent, %u received, path mtu %u", info->snd_mss, info->rcv_mss,
	            info->pmtu);
	if (info->wscale)
		text_printf(out, "; window scale %u ours, %u the peer's", info->rcv_wscale,
		            info->snd_wscale);
	text_printf(out, "; %s, %s\n", info->timestamps ? "timestamps" : "no timestamps",
	            info->sack ? "selective acknowledgments" : "no selective acknowledgments");
}

void
tcpinfo_format(const struct pln_tcp_info *info, struct text *out)
{
	char local[PLN_ADDR_TEXT_LEN];
	char remote[PLN_ADDR_TEXT_LEN];

	text_printf(out, "tcp: %s to %s, %s\n", pln_endpoint_format(&info->local, local),
	            pln_endpoint_format(&info->remote, remote), pln_tcp_state_name(info->state));
	text_printf(
		out,
		"tcp: round trip %.3f ms (+- %.3f, least %.3f), retransmission timeout %.0f ms\n",
		milliseconds(info->rtt_ns), milliseconds(info->rttvar_ns),
		milliseconds(info->min_rtt_ns), milliseconds(info->rto_ns));
	text_printf(out, "tcp: %llu segments in, %llu out, %llu retransmitted (%llu bytes)\n",
	            (unsigned long long)info->segs_in, (unsigned long long)info->segs_out,
	            (unsigned long long)info->total_retrans,
	            (unsigned long long)info->bytes_retrans);
	text_printf(out, "tcp: %llu bytes in, %llu out\n", (unsigned long long)info->bytes_received,
	            (unsigned long long)info->bytes_sent);
	text_printf(out, "tcp: congestion window %u segments (%u bytes), %s, slow start threshold ",
	            info->snd_cwnd, info->cwnd_bytes, info->cc != NULL ? info->cc : "none");
	if (info->snd_ssthresh == UINT32_MAX)
		text_puts(out, "not reached\n");
	else
		text_printf(out, "%u segments\n", info->snd_ssthresh);
	add_options(info, out);
}
