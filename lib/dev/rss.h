/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling of one port: what the device offers, what it was asked for, what is in force when it is asked again, and whether
 * that can be believed. What packets then do is flow/probe's to judge; what is made of it, flow/steer's.
 *
 * In this order: look, ask (and configure, start the port), settle; spread whenever queues change. One thread, the control path.
 */
#ifndef POLLEN_DEV_RSS_H
#define POLLEN_DEV_RSS_H

#include <rte_ethdev.h>

#include "base/decl.h"
#include "dev/device.h"
#include "wire/port_rule.h"

PLN_C_BEGIN

#define PLN_RSS_KEY_MAX  255U /* bytes, DPDK's limit */
#define PLN_RSS_RETA_MAX 4096U

struct pln_rss_state {
	uint16_t port;
	const struct pln_device *device;
	const char *driver; /* of the device's info */

	/* What it offers. */
	uint64_t types_offered; /* RTE_ETH_RSS_* */
	uint16_t reta_size;     /* entries; 0: no table to be seen */
	uint8_t key_size;       /* bytes */

	/* What it was asked for. */
	uint16_t queues;
	uint64_t types;
	uint8_t key[PLN_RSS_KEY_MAX]; /* key_size bytes */
	bool asked;                   /* anything */
	bool key_drawn;               /* `key` is ours, for as long as the port lives */
	bool key_taken;               /* it did not refuse our key */
	bool reta_taken;

	/* What it says is in force. */
	uint64_t types_read;
	uint32_t hashes; /* the same as enum pln_steer_hashes */
	uint8_t key_read[PLN_RSS_KEY_MAX];
	uint8_t key_read_len;                 /* bytes; 0: could not be read */
	uint16_t reta_read_size;              /* entries; 0: could not be read */
	uint16_t reta_read[PLN_RSS_RETA_MAX]; /* queues */

	/* What to believe of it. */
	bool key_ok, reta_ok, function_ok;
	bool trusted;    /* all three */
	bool spreads;    /* it is likely to use more than one queue */
	char doubt[256]; /* why it is not trusted, a sentence; empty when it is */
};

/** Note what a device offers. @param info outlives the state, and so does `device`. */
void pln_rss_look(struct pln_rss_state *rss, uint16_t port, const struct rte_eth_dev_info *info,
                  const struct pln_device *device);

/**
 * Decide what to ask for: IPv4, TCP and UDP as far as they are offered, a fresh random key. Enters it into what
 * rte_eth_dev_configure() is told; the key is this state's, so that must happen before the state goes. One queue, or a device without
 * RSS: nothing is entered.
 *
 * A device that refuses the configuration may take it without a key: call again with `with_key` false.
 *
 * @return 0 or -errno of getrandom()
 */
int pln_rss_ask(struct pln_rss_state *rss, const struct rte_eth_dev_info *info, uint16_t queues,
                bool with_key, struct rte_eth_conf *conf);

/** After rte_eth_dev_start(): write key and table where they may be written, read everything back, judge. */
void pln_rss_settle(struct pln_rss_state *rss);

/**
 * Spread over another number of queues, all of them set up, while the port runs; read the table back, judge.
 *
 * @return 0; -ENOTSUP or the driver's -errno when the table cannot be written: what is in force is as before
 */
int pln_rss_spread(struct pln_rss_state *rss, uint16_t queues);

/**
 * Compare what the device says now with what it said when it was settled; while the port runs.
 *
 * @return what somebody has changed, in words ("redirection table"); NULL: nothing, or it cannot be asked
 */
const char *pln_rss_changed(const struct pln_rss_state *rss);

PLN_C_END

#endif
