/* SPDX-License-Identifier: BSD-3-Clause */
/* What the port's facts, and the answers that came to it, are worth: link, checksums both ways, steering, and whether our address is free. */
#ifndef POLLEN_APP_DOCTOR_PORT_H
#define POLLEN_APP_DOCTOR_PORT_H

#include <pollen/host.h>

#include "doctor/finding.h"
#include "doctor/knock.h"

PLN_C_BEGIN

/* What was counted on all lcores together. */
struct port_sums {
	uint64_t tcp_segs;  /* received, right or wrong */
	uint64_t bad_tcp;   /* with a wrong checksum */
	uint64_t bad_other; /* of IPv4 headers, ICMP and UDP */
};

struct finding port_judge_link(const struct pln_port_info *port);

/** Ours, as the peer sees them. */
struct finding port_judge_sent(const struct pln_port_info *port, const struct knock *knocks,
                               unsigned int n, const struct port_sums *sums);

/** The peer's, as we see them. */
struct finding port_judge_received(const struct pln_port_info *port, const struct knock *knocks,
                                   unsigned int n, const struct port_sums *sums);

/** @param n  lcores, with a knock each */
struct finding port_judge_steering(const struct pln_port_info *port, const struct knock *knocks,
                                   unsigned int n);

/** @param asks  others were asked (--acd is not off) */
struct finding port_judge_address(const struct pln_addr_info *info, bool asks);

PLN_C_END

#endif
