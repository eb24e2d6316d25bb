/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/wire: every codec on any bytes. What is accepted lies within its length, says the same when it is written and read again,
 * and passes the stricter reading only if it passes the laxer one. The first byte says which codec; headers with a checksum get
 * a right one, so that the bytes behind it matter.
 */
#include <cstring>

#include "fuzz/fuzz.h"
#include "wire/arp_hdr.h"
#include "wire/cksum.h"
#include "wire/eth_hdr.h"
#include "wire/icmp_hdr.h"
#include "wire/ip4_hdr.h"
#include "wire/seq.h"
#include "wire/tcp_hdr.h"
#include "wire/udp_hdr.h"

namespace
{

using fuzz::Bytes;
using fuzz::Input;

void
eth(const Bytes &in)
{
	pln_eth_hdr hdr{}, again{};
	uint8_t out[PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN];

	if (pln_eth_hdr_parse(in.data(), in.size(), &hdr) != PLN_ACCEPT) {
		FUZZ_CHECK(in.size() < sizeof(out));
		return;
	}
	FUZZ_CHECK(hdr.hdr_len <= in.size());
	FUZZ_CHECK((hdr.vlan == PLN_ETH_NO_VLAN) == (hdr.hdr_len == PLN_ETH_HDR_LEN));
	FUZZ_CHECK(pln_eth_hdr_emit(out, &hdr) == hdr.hdr_len);
	FUZZ_CHECK(pln_eth_hdr_parse(out, hdr.hdr_len, &again) == PLN_ACCEPT);
	FUZZ_CHECK(again.type == hdr.type && again.vlan == hdr.vlan);
	FUZZ_CHECK(memcmp(out, in.data(), 2 * sizeof(hdr.dst)) == 0);
	FUZZ_CHECK(!pln_eth_hdr_is_broadcast(&hdr.dst) || pln_eth_hdr_is_group(&hdr.dst));
}

void
arp(const Bytes &in)
{
	pln_arp_hdr hdr{};
	uint8_t out[PLN_ARP_HDR_LEN];

	if (pln_arp_hdr_parse(in.data(), in.size(), &hdr) != PLN_ACCEPT)
		return;
	FUZZ_CHECK(in.size() >= PLN_ARP_HDR_LEN);
	pln_arp_hdr_emit(out, &hdr);
	FUZZ_CHECK(memcmp(out, in.data(), sizeof(out)) == 0);
}

bool
same_ip4(const pln_ip4_hdr &a, const pln_ip4_hdr &b)
{
	return a.src.raw == b.src.raw && a.dst.raw == b.dst.raw && a.total_len == b.total_len &&
	       a.id == b.id && a.frag_off == b.frag_off && a.df == b.df && a.mf == b.mf &&
	       a.tos == b.tos && a.ttl == b.ttl && a.proto == b.proto;
}

void
seal_ip4(Bytes &in)
{
	size_t len = in.size() < PLN_IP4_HDR_LEN ? 0 : (in[0] & 0x0fU) * 4U;

	if (len < PLN_IP4_HDR_LEN || len > in.size())
		return;
	in[10] = in[11] = 0;
	uint16_t cksum = pln_cksum_finish(pln_cksum_add(0, in.data(), len));
	memcpy(&in[10], &cksum, sizeof(cksum));
}

void
ip4(Bytes in, bool is_sealed)
{
	pln_ip4_hdr hdr{}, lax{}, again{};
	uint8_t out[PLN_IP4_HDR_LEN];

	if (is_sealed)
		seal_ip4(in);
	pln_drop verdict = pln_ip4_hdr_parse(in.data(), in.size(), false, &hdr);
	/* Sums of valid headers are never the device's to judge: without the sum no fewer pass. */
	FUZZ_CHECK(verdict != PLN_ACCEPT ||
	           pln_ip4_hdr_parse(in.data(), in.size(), true, &lax) == PLN_ACCEPT);
	FUZZ_CHECK(!is_sealed || verdict != PLN_IP_BAD_CHECKSUM);
	if (verdict != PLN_ACCEPT)
		return;
	FUZZ_CHECK(hdr.hdr_len >= PLN_IP4_HDR_LEN && hdr.hdr_len <= 60 && hdr.hdr_len % 4 == 0);
	FUZZ_CHECK(hdr.hdr_len <= hdr.total_len && hdr.total_len <= in.size());
	FUZZ_CHECK(hdr.frag_off % 8 == 0);
	FUZZ_CHECK(pln_ip4_hdr_parse_quoted(in.data(), in.size(), &lax) == PLN_ACCEPT);
	FUZZ_CHECK(same_ip4(hdr, lax));
	pln_ip4_hdr_emit(out, &hdr);
	FUZZ_CHECK(pln_cksum_finish(pln_cksum_add(0, out, sizeof(out))) == 0);
	FUZZ_CHECK(pln_ip4_hdr_parse_quoted(out, sizeof(out), &again) == PLN_ACCEPT);
	FUZZ_CHECK(same_ip4(hdr, again) && again.hdr_len == PLN_IP4_HDR_LEN);
}

/* What an error comes to: an errno for every type and code, an MTU that does not grow. */
void
icmp_meaning(const Bytes &in)
{
	pln_icmp_hdr hdr{};
	pln_icmp_error error{};
	bool hard = false;

	pln_icmp_hdr_decode(in.data(), &hdr);
	FUZZ_CHECK(hdr.type == in[0] && hdr.code == in[1]);
	int code = pln_icmp_hdr_errno(hdr.type, hdr.code, &hard);
	FUZZ_CHECK(code < 0 && code > -200);
	error.type = hdr.type;
	error.code = hdr.code;
	error.next_mtu = hdr.next_mtu;
	if (pln_icmp_hdr_quote(in.data(), in.size(), &error.quote) != PLN_ACCEPT)
		return;
	uint16_t mtu = pln_icmp_hdr_next_mtu(&error);
	FUZZ_CHECK(hdr.next_mtu != 0
	                   ? mtu == hdr.next_mtu
	                   : mtu <= std::max<unsigned int>(error.quote.ip.total_len, 576));
}

void
icmp(Bytes in)
{
	pln_icmp_hdr hdr{}, again{};
	pln_icmp_quote quote{};
	uint8_t echo[PLN_ICMP_HDR_LEN];

	if (in.size() >= PLN_ICMP_HDR_LEN)
		pln_icmp_hdr_seal(in.data(), in.size());
	pln_drop verdict = pln_icmp_hdr_parse(in.data(), in.size(), &hdr);
	FUZZ_CHECK((verdict == PLN_ACCEPT) == (in.size() >= PLN_ICMP_HDR_LEN));
	if (pln_icmp_hdr_quote(in.data(), in.size(), &quote) == PLN_ACCEPT) {
		FUZZ_CHECK(PLN_ICMP_HDR_LEN + quote.ip.hdr_len + 8U <= in.size());
		FUZZ_CHECK(quote.ip.frag_off == 0 || (quote.src_port | quote.dst_port) == 0);
		FUZZ_CHECK(quote.ip.proto == PLN_IP4_PROTO_TCP || quote.seq == 0);
	}
	if (verdict == PLN_ACCEPT)
		icmp_meaning(in);
	if (verdict != PLN_ACCEPT || (hdr.type != PLN_ICMP_ECHO && hdr.type != PLN_ICMP_ECHO_REPLY))
		return;
	pln_icmp_hdr_emit_echo(echo, &hdr);
	pln_icmp_hdr_seal(echo, sizeof(echo));
	FUZZ_CHECK(pln_icmp_hdr_parse(echo, sizeof(echo), &again) == PLN_ACCEPT);
	FUZZ_CHECK(again.type == hdr.type && again.id == hdr.id && again.seq == hdr.seq);
}

/* `cut` may have fewer SACK blocks: those that did not fit. */
bool
same_opts(const pln_tcp_opts &a, const pln_tcp_opts &cut)
{
	if ((a.present & ~PLN_TCP_OPT_SACK) != (cut.present & ~PLN_TCP_OPT_SACK))
		return false;
	if ((a.present & PLN_TCP_OPT_MSS) != 0 && a.mss != cut.mss)
		return false;
	if ((a.present & PLN_TCP_OPT_WSCALE) != 0 && a.wscale != cut.wscale)
		return false;
	if ((a.present & PLN_TCP_OPT_TS) != 0 && (a.tsval != cut.tsval || a.tsecr != cut.tsecr))
		return false;
	return cut.n_sack <= a.n_sack &&
	       memcmp(a.sack, cut.sack, cut.n_sack * sizeof(a.sack[0])) == 0;
}

/* Write options and read them again. */
void
opts_out(const pln_tcp_opts &opts)
{
	Bytes out(pln_tcp_opts_len(&opts)); /* of exactly that size */
	pln_tcp_opts again{};

	FUZZ_CHECK(out.size() <= PLN_TCP_OPTS_MAX_LEN && out.size() % 4 == 0);
	FUZZ_CHECK(pln_tcp_opts_emit(out.data(), &opts) == out.size());
	FUZZ_CHECK(pln_tcp_opts_parse(out.data(), out.size(), &again) == PLN_ACCEPT);
	FUZZ_CHECK(same_opts(opts, again));
}

void
opts_in(const Bytes &in)
{
	pln_tcp_opts opts{};

	if (pln_tcp_opts_parse(in.data(), std::min<size_t>(in.size(), PLN_TCP_OPTS_MAX_LEN),
	                       &opts) != PLN_ACCEPT)
		return;
	FUZZ_CHECK(opts.n_sack <= PLN_TCP_OPTS_MAX_SACK);
	FUZZ_CHECK(((opts.present & PLN_TCP_OPT_SACK) != 0) == (opts.n_sack != 0));
	opts_out(opts);
}

/* Any options, as a stack might want to send them. */
void
opts_any(const Bytes &bytes)
{
	Input in(bytes.data(), bytes.size());
	pln_tcp_opts opts{};

	opts.present = in.u8() & 0x1fU;
	opts.wscale = in.u8();
	opts.mss = in.u16();
	opts.tsval = in.u32();
	opts.tsecr = in.u32();
	if ((opts.present & PLN_TCP_OPT_SACK) != 0)
		opts.n_sack = static_cast<uint8_t>(1 + in.u8() % PLN_TCP_OPTS_MAX_SACK);
	for (unsigned int i = 0; i < opts.n_sack; i++) {
		opts.sack[i].start = in.u32();
		opts.sack[i].end = in.u32();
	}
	opts_out(opts);
}

void
tcp(const Bytes &in)
{
	pln_seg seg{}, again{};
	size_t len = std::min<size_t>(in.size(), UINT16_MAX);
	uint8_t out[PLN_TCP_HDR_LEN + PLN_TCP_OPTS_MAX_LEN];

	if (pln_tcp_hdr_parse(in.data(), len, &seg) != PLN_ACCEPT)
		return;
	FUZZ_CHECK(seg.hdr_len >= PLN_TCP_HDR_LEN && seg.hdr_len <= sizeof(out));
	FUZZ_CHECK(static_cast<size_t>(seg.hdr_len) + seg.payload_len == len);
	FUZZ_CHECK(seg.len - seg.payload_len <= 2 && seg.wnd <= UINT16_MAX);
	size_t hdr_len = pln_tcp_hdr_emit(out, &seg);
	FUZZ_CHECK(hdr_len == PLN_TCP_HDR_LEN + pln_tcp_opts_len(&seg.opts));
	FUZZ_CHECK(pln_tcp_hdr_parse(out, hdr_len, &again) == PLN_ACCEPT);
	FUZZ_CHECK(again.seq == seg.seq && again.ack == seg.ack && again.flags == seg.flags);
	FUZZ_CHECK(again.src_port == seg.src_port && again.dst_port == seg.dst_port);
	FUZZ_CHECK(again.wnd == seg.wnd && again.up == seg.up && again.hdr_len == hdr_len);
	FUZZ_CHECK(same_opts(seg.opts, again.opts));
}

/* The first bytes may be all that lies in one piece, IP says how many there are. */
void
udp(const Bytes &in, size_t more)
{
	pln_udp_hdr hdr{}, again{};
	uint8_t out[PLN_UDP_HDR_LEN];
	size_t len = in.size() + more;
	pln_drop verdict = pln_udp_hdr_parse(in.data(), in.size(), len, &hdr);

	if (in.size() < PLN_UDP_HDR_LEN) {
		FUZZ_CHECK(verdict == PLN_UDP_SHORT);
		return;
	}
	size_t claimed = in[4] << 8U | in[5];
	bool is_right = claimed >= PLN_UDP_HDR_LEN && claimed <= len;
	FUZZ_CHECK((verdict == PLN_ACCEPT) == is_right);
	if (!is_right)
		return;
	FUZZ_CHECK(hdr.len == claimed && hdr.has_cksum == ((in[6] | in[7]) != 0));
	pln_udp_hdr_emit(out, &hdr);
	FUZZ_CHECK(memcmp(out, in.data(), 6) == 0 && (out[6] | out[7]) == 0);
	FUZZ_CHECK(pln_udp_hdr_parse(out, sizeof(out), len, &again) == PLN_ACCEPT);
	FUZZ_CHECK(again.src_port == hdr.src_port && again.dst_port == hdr.dst_port);
	FUZZ_CHECK(pln_udp_hdr_cksum(static_cast<uint16_t>(claimed)) != 0);
}

/* RFC 9293 §3.4: numbers less than half the space apart have an order, and it does not depend on where they lie. */
void
seq(const Bytes &bytes)
{
	Input in(bytes.data(), bytes.size());
	uint32_t a = in.u32(), near = in.u32() >> 1, shift = in.u32(), b = a + near;

	FUZZ_CHECK(pln_seq_leq(a, b) && pln_seq_geq(b, a));
	FUZZ_CHECK(pln_seq_lt(a, b) == (near != 0) && pln_seq_gt(b, a) == (near != 0));
	FUZZ_CHECK(!pln_seq_lt(b, a) && !pln_seq_gt(a, b));
	FUZZ_CHECK(pln_seq_max(a, b) == b && pln_seq_min(a, b) == a);
	FUZZ_CHECK(pln_seq_lt(a + shift, b + shift) == pln_seq_lt(a, b));
	FUZZ_CHECK(pln_seq_in(a, a, b) == (near != 0) && !pln_seq_in(b, a, b));
}

/* RFC 1071 §1, word by word. */
uint16_t
slow_cksum(const Bytes &in)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < in.size(); i++)
		sum += i % 2 == 0 ? in[i] << 8U : in[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

void
cksum(const Bytes &bytes)
{
	Input in(bytes.data(), bytes.size());
	size_t cut = in.u16(), word = in.u16();
	uint16_t after = in.u16();
	Bytes all = in.rest();
	uint16_t whole = pln_cksum_finish(pln_cksum_add(0, all.data(), all.size()));

	FUZZ_CHECK(__builtin_bswap16(whole) == slow_cksum(all));
	if (all.size() < 2)
		return;
	cut %= all.size();
	uint32_t sum = pln_cksum_add(0, all.data(), cut);
	uint32_t piece = pln_cksum_add(0, all.data() + cut, all.size() - cut);
	FUZZ_CHECK(pln_cksum_finish(pln_cksum_join(sum, piece, cut)) == whole);

	word = word % (all.size() / 2) * 2;
	uint16_t before = 0;
	memcpy(&before, &all[word], sizeof(before));
	memcpy(&all[word], &after, sizeof(after));
	uint16_t updated = pln_cksum_update(whole, before, after);
	uint16_t fresh = pln_cksum_finish(pln_cksum_add(0, all.data(), all.size()));
	/* 0 and its complement are the same number (RFC 1624 §3) */
	FUZZ_CHECK(updated == fresh ||
	           ((updated ^ fresh) == 0xffff && (fresh == 0 || updated == 0)));
}

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input input(data, size);
	unsigned int codec = input.u8() % 12;
	Bytes in = input.rest();

	switch (codec) {
	case 0:
		eth(in);
		break;
	case 1:
		arp(in);
		break;
	case 2:
		ip4(in, true);
		break;
	case 3:
		ip4(in, false);
		break;
	case 4:
		icmp(in);
		break;
	case 5:
		opts_in(in);
		break;
	case 6:
		opts_any(in);
		break;
	case 7:
		tcp(in);
		break;
	case 8:
		cksum(in);
		break;
	case 9:
		udp(in, 0);
		break;
	case 10:
		udp(in, in.empty() ? 0 : in[0] * 8U);
		break;
	default:
		seq(in);
	}
	return 0;
}
