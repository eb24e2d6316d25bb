/* SPDX-License-Identifier: BSD-3-Clause */
#include "threads/nic.h"

#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "support/frame.h"
#include "wire/eth_hdr.h"
#include "wire/ip4_hdr.h"

namespace threads
{

Lane *
Lane::lay()
{
	int fd = memfd_create("wire", 0);
	void *at = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(Lane)) == 0)
		at = mmap(nullptr, sizeof(Lane), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (at == MAP_FAILED)
		throw std::runtime_error("no memory for a wire");
	return new (at) Lane;
}

void
Lane::remove(Lane *lane)
{
	lane->~Lane();
	munmap(lane, sizeof(Lane));
}

unsigned int
arrival(const pln_steer *rule, unsigned int queues, rte_mbuf *frame)
{
	const auto *bytes = rte_pktmbuf_mtod(frame, const uint8_t *);
	const uint8_t *ip = bytes + PLN_ETH_HDR_LEN, *ports = ip + PLN_IP4_HDR_LEN;
	pln_steer_pkt pkt{};

	if (pln_bytes_get16(bytes + 12) != PLN_ETH_TYPE_IP4)
		return 0;
	pkt.proto = ip[9];
	memcpy(&pkt.key.remote, ip + 12, 4);
	memcpy(&pkt.key.local, ip + 16, 4);
	pkt.key.remote_port = pln_bytes_get16(ports);
	pkt.key.local_port = pln_bytes_get16(ports + 2);
	if (rule != nullptr)
		return static_cast<unsigned int>(pln_steer_queue(rule, &pkt));
	return ((pkt.key.remote_port * 40503U + pkt.key.local_port * 30011U) >> 7) % queues;
}

bool
Lane::put(const rte_mbuf *m)
{
	size_t at = written_.load(std::memory_order_relaxed);
	Slot &slot = slots_[at % SLOTS];
	const void *bytes;

	if (at - read_.load(std::memory_order_acquire) == SLOTS)
		return false;
	slot.len = m->pkt_len;
	bytes = rte_pktmbuf_read(m, 0, m->pkt_len, slot.bytes);
	if (bytes != slot.bytes)
		memcpy(slot.bytes, bytes, slot.len);
	written_.store(at + 1, std::memory_order_release);
	return true;
}

rte_mbuf *
Lane::take(rte_mempool *pool)
{
	size_t at = read_.load(std::memory_order_relaxed);
	const Slot &slot = slots_[at % SLOTS];
	rte_mbuf *m;

	if (at == written_.load(std::memory_order_acquire))
		return nullptr;
	m = rte_pktmbuf_alloc(pool);
	if (m == nullptr)
		return nullptr;
	memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(slot.len)), slot.bytes, slot.len);
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	read_.store(at + 1, std::memory_order_release);
	return m;
}

Nic::Nic(unsigned int queues, const pln_steer *rule, uint8_t mac_last)
    : mac(support::mac(mac_last)), rule_(rule)
{
	for (unsigned int i = 0; i < queues; i++)
		queues_.push_back({ this, i, 0, nullptr });
}

void
Nic::wire(Nic &a, Nic &b)
{
	a.peer_ = &b;
	b.peer_ = &a;
	for (Nic *to : { &a, &b }) {
		to->lanes_.resize(to->peer_->queues_.size());
		for (auto &lanes : to->lanes_)
			for (size_t i = 0; i < to->queues_.size(); i++)
				lanes.emplace_back(Lane::lay());
	}
}

pln_link
Nic::link(unsigned int i, rte_mempool *pool)
{
	pln_link link{};

	queues_[i].pool = pool;
	link.rx = rx;
	link.tx = tx;
	link.ctx = &queues_[i];
	link.capabilities = PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM | PLN_LINK_TX_MULTI_SEGS |
	                    PLN_LINK_RX_CKSUM_FLAGS;
	link.mac = mac;
	link.mtu = 1500;
	return link;
}

uint16_t
Nic::tx(void *ctx, rte_mbuf **frames, uint16_t n)
{
	auto *queue = static_cast<Queue *>(ctx);
	Nic *peer = queue->nic->peer_;
	uint16_t i;

	for (i = 0; i < n; i++) {
		auto queues = static_cast<unsigned int>(peer->queues_.size());
		unsigned int to = arrival(peer->rule_, queues, frames[i]);

		if (!peer->lanes_[queue->index][to]->put(frames[i]))
			break;
		rte_pktmbuf_free(frames[i]);
	}
	return i;
}

uint16_t
Nic::rx(void *ctx, rte_mbuf **frames, uint16_t n)
{
	auto *queue = static_cast<Queue *>(ctx);
	auto &lanes = queue->nic->lanes_;
	uint16_t count = 0;

	for (size_t i = 0; i < lanes.size(); i++) {
		Lane &lane = *lanes[(queue->turn + i) % lanes.size()][queue->index];

		while (count < n && (frames[count] = lane.take(queue->pool)) != nullptr)
			count++;
	}
	queue->turn++;
	return count;
}

} // namespace threads
