/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules in a device that send packets to queues by their ports (rte_flow), for devices that cannot hash but can sort. Whether a device
 * that took them also follows them, only arrivals tell (flow/probe). The port must have been started. Control path.
 */
#ifndef POLLEN_DEV_RULE_H
#define POLLEN_DEV_RULE_H

#include <rte_flow.h>

#include "base/error.h"
#include "wire/port_rule.h"

PLN_C_BEGIN

/* Rules in force. All zero: none. */
struct pln_rule_set {
	struct rte_flow **flows; /* ours; the device's own records */
	size_t count;
	uint16_t port;
};

/**
 * Give the device all of these rules, or none: each is validated before the first is created.
 *
 * @return 0; -ENOTSUP or the driver's -errno, with its own words in `error`; -ENOMEM
 */
int pln_rule_install(struct pln_rule_set *set, uint16_t port, const struct pln_port_rule *rules,
                     size_t n, struct pln_error *error);

/** Take them back; also when the port is about to be stopped. Nothing happens to an empty set. */
void pln_rule_remove(struct pln_rule_set *set);

PLN_C_END

#endif
