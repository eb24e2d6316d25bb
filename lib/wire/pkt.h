/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The record of one received packet, and queues of such records. It sits in the private area of the
 * packet's buffer (dev/mbuf), but knows no buffer: parts handle bytes, sequence numbers and links,
 * and hand packets back to be freed.
 */
#ifndef POLLEN_WIRE_PKT_H
#define POLLEN_WIRE_PKT_H

#include "wire/eth_hdr.h"
#include "wire/ip4_hdr.h"
#include "wire/tcp_hdr.h"

PLN_C_BEGIN

struct pln_pkt {
	struct pln_pkt *next; /* in whatever queue holds it */
	uint8_t *data;        /* payload not yet consumed */
	uint32_t len;  /* bytes at data; a large datagram goes on in further buffers (dev/mbuf) */
	uint32_t room; /* bytes free in the buffer behind data + len */
	uint32_t truesize; /* bytes of memory this packet pins */
	uint32_t seq;      /* sequence number of data[0], kept true when the front is trimmed */
	bool fin;          /* the peer's FIN follows the last byte; lost when the tail is trimmed */
	bool link_broadcast; /* came to the link's broadcast address */
	bool l4_good;        /* the device vouches for the transport checksum */
	uint8_t lcore;       /* of several stacks of a host, the one that handed it over */
	uint16_t eth_type;   /* what the frame carries */
	struct pln_mac src_mac;
	struct pln_ip4_hdr ip;
	struct pln_seg seg;
};

/* A singly linked FIFO. All zero is empty. */
struct pln_pktq {
	struct pln_pkt *head, *tail;
	uint32_t count;
};

static inline void
pln_pktq_push(struct pln_pktq *q, struct pln_pkt *pkt)
{
	pkt->next = NULL;
	if (q->tail != NULL)
		q->tail->next = pkt;
	else
		q->head = pkt;
	q->tail = pkt;
	q->count++;
}

static inline struct pln_pkt *
pln_pktq_pop(struct pln_pktq *q)
{
	struct pln_pkt *pkt = q->head;

	if (pkt == NULL)
		return NULL;
	q->head = pkt->next;
	if (q->head == NULL)
		q->tail = NULL;
	q->count--;
	pkt->next = NULL;
	return pkt;
}

PLN_C_END

#endif
