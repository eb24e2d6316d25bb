/* SPDX-License-Identifier: BSD-3-Clause */
/* A link for tests of single rooms: keeps a copy of every frame it takes, with what its mbuf said, and can refuse. */
#ifndef POLLEN_TESTS_CAPTURE_LINK_H
#define POLLEN_TESTS_CAPTURE_LINK_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include <rte_mbuf.h>

#include <pollen/link.h>

struct CapturedFrame {
	std::vector<uint8_t> bytes;
	uint64_t ol_flags;
	uint64_t l2_len, l3_len;
	uint32_t packet_type;
	uint16_t nb_segs;
};

class CaptureLink
{
      public:
	pln_link link{};
	std::vector<CapturedFrame> frames;
	unsigned int accept = UINT32_MAX;    /* frames it still takes */
	unsigned int burst_max = UINT32_MAX; /* frames it takes at a time */
	unsigned int calls = 0;

	CaptureLink()
	{
		link.tx = transmit;
		link.rx = receive_nothing;
		link.ctx = this;
		link.mac = { { 0x02, 0, 0, 0, 0, 0x01 } };
		link.mtu = 1500;
	}
	CaptureLink(const CaptureLink &) = delete;
	CaptureLink &operator=(const CaptureLink &) = delete;

      private:
	static uint16_t
	receive_nothing(void *, rte_mbuf **, uint16_t)
	{
		return 0;
	}

	static uint16_t
	transmit(void *ctx, rte_mbuf **mbufs, uint16_t n)
	{
		auto *self = static_cast<CaptureLink *>(ctx);
		auto taken = static_cast<uint16_t>(
			std::min<unsigned int>({ n, self->accept, self->burst_max }));

		self->calls++;
		for (uint16_t i = 0; i < taken; i++)
			self->keep(mbufs[i]);
		self->accept -= taken;
		return taken;
	}

	void
	keep(rte_mbuf *m)
	{
		CapturedFrame frame{ {},        m->ol_flags,    m->l2_len,
			             m->l3_len, m->packet_type, m->nb_segs };

		for (rte_mbuf *seg = m; seg != nullptr; seg = seg->next) {
			auto *data = rte_pktmbuf_mtod(seg, uint8_t *);

			frame.bytes.insert(frame.bytes.end(), data, data + seg->data_len);
		}
		frames.push_back(frame);
		rte_pktmbuf_free(m);
	}
};

#endif
