/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lib/ip/ip_reasm: any fragments in any order over any time, against a model that only remembers which bytes were accepted. What
 * comes out whole has exactly those; memory and datagrams stay within their bounds; no buffer is left (RFC 791, 815, 1858).
 */
#include <cstring>
#include <map>

#include "dev/eal.h"
#include "fuzz/fuzz.h"
#include "ip/ip_reasm.h"

namespace
{

using fuzz::Bytes;
using fuzz::Input;

constexpr uint32_t pool_count = 255;
constexpr unsigned int max_fragments = 400;
constexpr size_t max_datagram = 65536, max_payload = 2048;

rte_mempool *pool;

/* The bytes of a datagram that were accepted last, by place. What an earlier input left is written over before it can matter: a datagram
 * is whole when every byte of it was accepted. */
Bytes &
accepted(uint32_t key)
{
	static std::map<uint32_t, Bytes> all;
	Bytes &bytes = all[key];

	bytes.resize(max_datagram + max_payload);
	return bytes;
}

struct World {
	pln_env env{};
	pln_ip_reasm reasm{};

	World()
	{
		env.now = 1000 * PLN_NS_PER_S;
		pln_rand_init(&env.rng, 1);
		pln_wheel_init(&env.wheel, env.now);
		FUZZ_CHECK(pln_ip_reasm_init(&reasm, &env, pool) == 0);
	}

	~World()
	{
		pln_ip_reasm_fini(&reasm);
		FUZZ_CHECK(env.wheel.armed == 0);
		FUZZ_CHECK(rte_mempool_avail_count(pool) == pool_count);
	}

	World(const World &) = delete;
	World &operator=(const World &) = delete;

	void
	advance(uint64_t ns)
	{
		uint64_t target = env.now + ns;

		while (env.now < target) {
			env.now = std::clamp(pln_wheel_next(&env.wheel), env.now + 1, target);
			while (pln_wheel_node *node = pln_wheel_expire(&env.wheel, env.now)) {
				auto *timer = PLN_CONTAINER_OF(node, pln_timer, node);

				timer->fire(timer, timer->room);
			}
		}
	}

	void
	take_expired()
	{
		while (pln_pkt *pkt = pln_ip_reasm_take_expired(&reasm)) {
			FUZZ_CHECK(pkt->ip.frag_off == 0);
			FUZZ_CHECK(pkt->data[-pkt->ip.hdr_len] >> 4 == 4);
			pln_mbuf_free_pkt(pkt);
		}
	}
};

struct Fragment {
	uint32_t key;
	pln_ip4_hdr ip;
	Bytes data;
};

/* Ten bytes are a fragment; its payload is made of its place, so that copies agree unless `fill` says otherwise. */
Fragment
read_fragment(Input &in)
{
	Fragment f{};
	unsigned int who = in.u8(), fill = in.u8();
	uint32_t off = (in.u16() & 0x1fffU) * 8U, len = in.u16();

	f.ip.src = pln_be32(0x0a000002U + (who & 3U));
	f.ip.dst = pln_be32(0x0a000001U);
	f.ip.id = static_cast<uint16_t>(who >> 2 & 31U);
	f.ip.proto = (who & 0x80U) != 0 ? PLN_IP4_PROTO_TCP : PLN_IP4_PROTO_UDP;
	f.ip.hdr_len = (fill & 0x80U) != 0 ? 24 : 20;
	f.ip.tos = fill >> 5 & 3U;
	f.ip.ttl = 64;
	f.ip.frag_off = static_cast<uint16_t>(off);
	f.ip.mf = (len & 0x8000U) != 0;
	/* short ones are as likely as long ones */
	len &= (len & 0x4000U) != 0 ? 0x7ffU : 0x7fU;
	f.key = pln_be32_get(f.ip.src) << 24 | static_cast<uint32_t>(f.ip.proto) << 16 | f.ip.id;
	f.data.resize(len);
	for (uint32_t i = 0; i < len; i++)
		f.data[i] = static_cast<uint8_t>((off + i) * 7 + (off + i) / 251 + (fill & 0x10U));
	f.ip.total_len = static_cast<uint16_t>(f.ip.hdr_len + len);
	return f;
}

void
check_whole(const Fragment &last, pln_pkt *pkt)
{
	const Bytes &model = accepted(last.key);
	Bytes got(pkt->len);

	FUZZ_CHECK(pkt->len <= max_datagram - 1 - pkt->ip.hdr_len);
	FUZZ_CHECK(pkt->len + pkt->ip.hdr_len == pkt->ip.total_len);
	FUZZ_CHECK(!pkt->ip.mf && pkt->ip.frag_off == 0 && !pkt->l4_good);
	FUZZ_CHECK(pkt->ip.src.raw == last.ip.src.raw && pkt->ip.id == last.ip.id);
	FUZZ_CHECK(pln_mbuf_get_pkt(pkt, 0, got.data(), pkt->len) == pkt->len);
	FUZZ_CHECK(std::equal(got.begin(), got.end(), model.begin()));
	pln_mbuf_free_pkt(pkt);
}

void
receive(World &w, const Fragment &f)
{
	rte_mbuf *m = pln_mbuf_alloc(pool);
	pln_pkt *whole = nullptr;

	if (m == nullptr)
		return;
	pln_pkt *pkt = pln_mbuf_pkt(m);
	auto *p = reinterpret_cast<uint8_t *>(rte_pktmbuf_append(m, f.ip.total_len));

	FUZZ_CHECK(p != nullptr);
	*pkt = pln_pkt{};
	pkt->ip = f.ip;
	memset(p, 1, f.ip.hdr_len); /* options: NOPs */
	pln_ip4_hdr_emit(p, &f.ip);
	p[0] = static_cast<uint8_t>(4U << 4 | f.ip.hdr_len / 4U);
	pkt->data = p + f.ip.hdr_len;
	pkt->len = static_cast<uint32_t>(f.data.size());
	std::copy(f.data.begin(), f.data.end(), pkt->data);

	pln_drop drop = pln_ip_reasm_rx(&w.reasm, pkt, &whole);
	rte_pktmbuf_free(m);
	FUZZ_CHECK(whole == nullptr || drop == PLN_ACCEPT);
	if (drop == PLN_ACCEPT)
		std::copy(f.data.begin(), f.data.end(), accepted(f.key).begin() + f.ip.frag_off);
	if (whole != nullptr)
		check_whole(f, whole);
}

void
check_bounds(const pln_ip_reasm &reasm)
{
	FUZZ_CHECK(reasm.count <= PLN_IP_REASM_DATAGRAMS);
	FUZZ_CHECK(reasm.held_bytes <= reasm.limit_bytes);
	FUZZ_CHECK(reasm.expired.count <= PLN_IP_REASM_EXPIRED);
	FUZZ_CHECK(reasm.count != 0 || reasm.held_bytes == 0);
}

} // namespace

int
LLVMFuzzerInitialize(int *, char ***)
{
	FUZZ_CHECK(pln_eal_ensure() == 0);
	pool = pln_mbuf_pool_create("fuzz_reasm", pool_count, 2304, SOCKET_ID_ANY);
	FUZZ_CHECK(pool != nullptr);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input in(data, size);
	World w;

	for (unsigned int i = 0; i < max_fragments && !in.empty(); i++) {
		unsigned int op = in.u8();

		if (op < 0xf0) {
			receive(w, read_fragment(in));
		} else {
			w.advance((op - 0xf0U) * 5 * PLN_NS_PER_S);
			if ((op & 1U) != 0)
				w.take_expired();
		}
		check_bounds(w.reasm);
	}
	return 0;
}
