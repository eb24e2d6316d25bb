/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When an ACK is due: RFC 9293 §3.8.6.3, RFC 5681 §4.2. It decides between now and within the
 * delay; the timer is the connection's, and so is the ACK for a segment out of order (at once, RFC
 * 5681 §4.2), which never comes here.
 *
 * Theory: an ACK held back a little is often saved, by the answer it can ride on or by the next
 * segment. But a sender's window grows by the ACKs it sees, so one is due for every second full
 * segment, and at the start of a connection, when every round trip counts, for each of the first
 * segments. What is a full segment is not known to a receiver; the largest one seen is the best
 * guess (RFC 9293: "RMSS").
 */
#include "tcp/rcv/delack.h"

void
pln_delack_init(struct pln_delack *d, uint64_t delay_ns, uint16_t segs, uint16_t quick)
{
	*d = (struct pln_delack){ .segs = segs > 0 ? segs : 1, .quick = quick };
	/* MUST-40: "the delay MUST be less than 0.5 seconds". */
	d->delay_ns = delay_ns < PLN_DELACK_MAX_NS ? delay_ns : PLN_DELACK_MAX_NS;
}

bool
pln_delack_text(struct pln_delack *d, uint32_t len, bool urgent)
{
	bool quick = d->quick > 0;

	d->unacked += len;
	if (len > d->rcv_mss)
		d->rcv_mss = len;
	if (quick && d->quick != UINT16_MAX)
		d->quick--;
	/* RFC 5681 §4.2: "the receiver SHOULD send an immediate ACK when it receives a data
	 * segment that fills in all or part of a gap in the sequence space." */
	if (urgent || quick)
		return true;
	/* SHLD-19: "An ACK SHOULD be generated for at least every second full-sized segment or
	 * 2*RMSS bytes of new data". */
	return d->unacked > 0 && d->unacked >= (uint64_t)d->segs * d->rcv_mss;
}

void
pln_delack_acked(struct pln_delack *d)
{
	d->unacked = 0;
}
