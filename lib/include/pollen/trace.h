/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What TCP did, as it did it: each segment sent and received, with the step of RFC 9293 §3.10.7 that judged it, and each change of
 * state. Records go to a ring in the stack (pln_stack_config.trace_records); the program reads and prints them between turns.
 */
#ifndef POLLEN_TRACE_H
#define POLLEN_TRACE_H

#include <pollen/tcp.h>

PLN_C_BEGIN

/* What a record tells of. */
enum pln_trace_kind {
	PLN_TRACE_STATE = 1, /* a change of state */
	PLN_TRACE_RX,        /* a segment received */
	PLN_TRACE_TX,        /* a segment sent */
	PLN_TRACE_RECOVERY,  /* what loss recovery decided */
};

/* One thing that TCP did. */
struct pln_trace_record {
	uint64_t now;                      /* ns */
	uint64_t conn;                     /* handle, 0 for a segment that belongs to none */
	struct pln_endpoint local, remote; /* of the connection or the segment */
	uint8_t kind;                      /* enum pln_trace_kind */
	uint8_t from, to;    /* STATE: enum pln_tcp_state; RX and TX: the state is in `from` */
	uint8_t flags;       /* TCP flags of the segment */
	bool retransmission; /* TX */
	uint8_t opts_len;    /* bytes in `opts` */
	uint8_t opts[40];    /* as on the wire */
	uint32_t
		seq; /* relative to the initial sequence number where that is known; RECOVERY: SND.UNA */
	uint32_t ack; /* relative to the peer's, likewise */
	uint32_t
		ack_base; /* what was subtracted from `ack`, and is to be from the SACK blocks in `opts` */
	uint32_t len; /* payload bytes; RECOVERY: bytes in flight */
	uint32_t wnd; /* header field; RECOVERY: cwnd, bytes */
	uint16_t up;  /* urgent pointer, where the flag is set */
	const char *
		step; /* RX: what judged it, "3.10.7.4 step 5: ACK", and its verdict; STATE, RECOVERY: why. Static text. */
};

/** Take records, oldest first. @return how many. */
PLN_API unsigned int pln_trace_read(struct pln_stack *stack, struct pln_trace_record *out,
                                    unsigned int max);

/**
 * One line of text, without a newline: "0.001234 < 10.0.0.1:80 > 10.0.0.2:4711 [SA] seq 0 ack 1 len 0 win 65160 <mss 1460,…> …".
 *
 * @param epoch  ns, subtracted from the record's time
 * @return length, as snprintf
 */
PLN_API int pln_trace_format(const struct pln_trace_record *rec, uint64_t epoch, char *buf,
                             size_t len);

PLN_C_END

#endif
