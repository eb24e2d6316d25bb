/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sum of what a port's stacks take from EAL's memory: packet buffers for everything that can be waiting at once (rings, queues, received
 * data, data to send), the capture's buffers, and a share for tables.
 */
#include "host/memory.h"

#include "dev/mbuf.h"
#include "dev/pcap.h"
#include "dev/porter.h"
#include "dev/txq.h"

#define FRAME_HEAD       22U
#define BUFFER_LEN       2048U
#define HEADERS          40U
#define SMALLEST_PAYLOAD 512U /* smaller received payloads are put together by copy */
#define SEND_BUFFERS     4096U
#define CACHED_BUFFERS   1024U /* in the pool's caches and in flight through a turn */
#define CONN_BYTES       2048U
#define TRACE_BYTES      128U

struct pln_memory
pln_memory_need(const struct pln_memory_input *in)
{
	uint32_t payload =
		in->mtu > SMALLEST_PAYLOAD + HEADERS ? in->mtu - HEADERS : SMALLEST_PAYLOAD;
	struct pln_memory out = { .frame_len = in->mtu + FRAME_HEAD };

	if (out.frame_len < BUFFER_LEN)
		out.frame_len = BUFFER_LEN;
	out.buffers = in->rx_desc + in->tx_desc + PLN_TXQ_LEN + CACHED_BUFFERS + SEND_BUFFERS +
	              (in->recv_bytes + payload - 1) / payload;
	if (in->shared) { /* those of ours on their way to the kernel and back, and the kernel's on theirs */
		out.buffers += 2 * PLN_PORTER_RING;
		out.kernel_buffers = PLN_PORTER_RING + PLN_TXQ_LEN + in->tx_desc + CACHED_BUFFERS;
	}
	out.need_bytes = pln_mbuf_pool_bytes(out.buffers, (uint16_t)out.frame_len) +
	                 (uint64_t)in->max_conns * CONN_BYTES +
	                 (uint64_t)in->trace_records * TRACE_BYTES;
	out.need_bytes *= in->stacks > 1 ? in->stacks : 1;
	if (in->shared)
		out.need_bytes += pln_mbuf_pool_bytes(out.kernel_buffers, (uint16_t)out.frame_len);
	if (in->capture)
		out.need_bytes += pln_pcap_pool_bytes(in->mtu);
	return out;
}
