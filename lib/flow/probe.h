/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does the device steer as it says? Flows are made whose replies must arrive on a given queue, and what arrives is judged. Whatever
 * answers will do: a segment to a closed port of the gateway is answered by a reset. Traffic that comes by itself is evidence too.
 */
#ifndef POLLEN_FLOW_PROBE_H
#define POLLEN_FLOW_PROBE_H

#include "flow/steer.h"

PLN_C_BEGIN

#define PLN_PROBE_EACH 4U /* flows for each queue that are sure to be enough, when two come back */

/* What was seen. One writer. */
struct pln_probe {
	const struct pln_steer *steer;
	uint32_t seen;                           /* packets */
	uint32_t checked;                        /* those whose queue was computed */
	uint32_t astray;                         /* those that came to another one */
	uint32_t expected[PLN_STEER_QUEUES_MAX]; /* checked, by the queue computed */
	uint32_t arrived[PLN_STEER_QUEUES_MAX];  /* seen, by the queue they came to */
};

void pln_probe_init(struct pln_probe *probe, const struct pln_steer *steer);

/**
 * Local ports whose replies come to `queue`, if the device does as it says.
 *
 * @param reply a reply as it will arrive; its key.local_port is the least port that will do
 * @param ports room for `n`, host order; all different
 * @return how many were found: 0 when no port leads there, or when nothing can be computed
 */
size_t pln_probe_make(const struct pln_steer *steer, uint16_t queue,
                      const struct pln_steer_pkt *reply, uint16_t *ports, size_t n);

/** A packet arrived. Several of one flow are as good as one. */
void pln_probe_saw(struct pln_probe *probe, const struct pln_steer_pkt *pkt, uint16_t queue);

/** The same, of a packet that was to arrive on queue `due` for a reason that the caller knows. */
void pln_probe_saw_at(struct pln_probe *probe, uint16_t due, uint16_t queue);

/**
 * What the arrivals show so far. Proven: two or more on each queue that the table or the rules use, none astray. Disproven needs eight
 * packets; where nothing can be computed, sixteen on one queue say that the device does not spread: of flows whose ports differ in many
 * bits, for a hash is linear.
 */
enum pln_steer_proof pln_probe_judge(const struct pln_probe *probe);

PLN_C_END

#endif
