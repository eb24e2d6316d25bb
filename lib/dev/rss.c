/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NIC's word about its hash, taken down and compared. Key, table and function are each believed when they were read back, make sense, and
 * do not contradict what was written and accepted. A driver that gives back its own copy of what it was told deceives this room as it
 * deceives everybody; arrivals decide then. Drivers known to do that are marked in dev/device.
 */
#include "dev/rss.h"

#include <stdio.h>
#include <sys/random.h>

#include "compat_rss.h"

#define USUAL_KEY  40U /* bytes, where a driver does not say: what most NICs have */
#define USEFUL_KEY 16U /* bytes of a key that IPv4 with ports needs */
#define GROUP      RTE_ETH_RETA_GROUP_SIZE
#define GROUPS_MAX ((PLN_RSS_RETA_MAX + GROUP - 1) / GROUP)

#define TYPES                                                                                      \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP |                 \
	 RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV4_OTHER)

void
pln_rss_look(struct pln_rss_state *rss, uint16_t port, const struct rte_eth_dev_info *info,
             const struct pln_device *device)
{
	memset(rss, 0, sizeof(*rss));
	rss->port = port;
	rss->device = device;
	rss->driver = info->driver_name;
	rss->types_offered = info->flow_type_rss_offloads;
	rss->reta_size = info->reta_size;
	rss->key_size = info->hash_key_size;
	rss->spreads = (device->flags & PLN_DEVICE_SPREADS) != 0;
}

/* ------------------------------------------------------------------------------------------------ asking */

static int
draw_key(struct pln_rss_state *rss)
{
	ssize_t n;

	if (rss->key_drawn) /* it is configured again: all lcores reckon with that key */
		return 0;
	n = getrandom(rss->key, rss->key_size, 0);
	if (n < 0)
		return -errno;
	rss->key_drawn = n == (ssize_t)rss->key_size;
	return rss->key_drawn ? 0 : -EAGAIN;
}

int
pln_rss_ask(struct pln_rss_state *rss, const struct rte_eth_dev_info *info, uint16_t queues,
            bool with_key, struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *wish = &conf->rx_adv_conf.rss_conf;
	int rc;

	rss->queues = queues;
	rss->types = rss->types_offered & TYPES;
	rss->asked = rss->types != 0 && queues > 1;
	rss->key_taken = false;
	if (!rss->asked)
		return 0;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	*wish = (struct rte_eth_rss_conf){ .rss_hf = rss->types };
	pln_compat_rss_ask_toeplitz(info, wish);
	if (!with_key || (rss->device->flags & PLN_DEVICE_RSS_LIES))
		return 0;
	if (rss->key_size == 0)
		rss->key_size = USUAL_KEY;
	rc = draw_key(rss);
	if (rc != 0)
		return rc;
	wish->rss_key = rss->key;
	wish->rss_key_len = rss->key_size;
	rss->key_taken = true;
	return 0;
}

/* ------------------------------------------------------------------------------------------------ the key */

/* Types of packets as DPDK and as flow/steer call them. */
static uint32_t
hashes_of(uint64_t types)
{
	static const struct {
		uint64_t type;
		uint32_t hash;
	} names[] = {
		{ RTE_ETH_RSS_IPV4, PLN_STEER_HASH_IP4 },
		{ RTE_ETH_RSS_FRAG_IPV4, PLN_STEER_HASH_FRAG },
		{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, PLN_STEER_HASH_TCP },
		{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, PLN_STEER_HASH_UDP },
	};
	uint32_t hashes = 0;

	for (size_t i = 0; i < PLN_ARRAY_LEN(names); i++)
		if (types & names[i].type)
			hashes |= names[i].hash;
	return hashes;
}

static void
read_function(struct pln_rss_state *rss)
{
	struct rte_eth_rss_conf conf = { .rss_key = rss->key_read, .rss_key_len = PLN_RSS_KEY_MAX };

	/* A driver fills in what its key is long, or leaves the length alone: i40e and others want it exact. */
	if (rss->key_size != 0)
		conf.rss_key_len = rss->key_size;
	rss->key_read_len = 0;
	rss->types_read = rss->hashes = 0;
	rss->function_ok = false;
	memset(rss->key_read, 0, sizeof(rss->key_read));
	if (rte_eth_dev_rss_hash_conf_get(rss->port, &conf) != 0)
		return;
	rss->types_read = conf.rss_hf;
	rss->hashes = hashes_of(conf.rss_hf);
	rss->function_ok = conf.rss_hf != 0 && !pln_compat_rss_other_function(&conf);
	if (conf.rss_key_len != 0 && conf.rss_key_len != PLN_RSS_KEY_MAX)
		rss->key_read_len = conf.rss_key_len;
}

static bool
is_ours(const struct pln_rss_state *rss)
{
	return rss->key_read_len == rss->key_size &&
	       memcmp(rss->key_read, rss->key, rss->key_size) == 0;
}

/* Some drivers keep the key of rte_eth_dev_configure() to themselves and take one that comes later. */
static void
insist_on_key(struct pln_rss_state *rss)
{
	struct rte_eth_rss_conf conf = { .rss_key = rss->key,
		                         .rss_key_len = rss->key_size,
		                         .rss_hf = rss->types };

	if (!rss->key_taken || is_ours(rss))
		return;
	rss->key_taken = rte_eth_dev_rss_hash_update(rss->port, &conf) == 0;
	read_function(rss);
}

static bool
is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void
judge_key(struct pln_rss_state *rss)
{
	bool readable =
		rss->key_read_len >= USEFUL_KEY && !is_zero(rss->key_read, rss->key_read_len);

	rss->key_ok = readable && (!rss->key_taken || is_ours(rss));
}

/* ------------------------------------------------------------------------------------------------ the table */

static int
write_reta(struct pln_rss_state *rss, uint16_t queues)
{
	struct rte_eth_rss_reta_entry64 groups[GROUPS_MAX];

	if (rss->reta_size == 0 || rss->reta_size > PLN_RSS_RETA_MAX)
		return -ENOTSUP;
	memset(groups, 0, sizeof(groups));
	for (uint32_t i = 0; i < rss->reta_size; i++) {
		groups[i / GROUP].mask |= UINT64_C(1) << i % GROUP;
		groups[i / GROUP].reta[i % GROUP] = (uint16_t)(i % queues);
	}
	return rte_eth_dev_rss_reta_update(rss->port, groups, rss->reta_size);
}

static void
read_reta(struct pln_rss_state *rss)
{
	struct rte_eth_rss_reta_entry64 groups[GROUPS_MAX];

	rss->reta_read_size = 0;
	if (rss->reta_size == 0 || rss->reta_size > PLN_RSS_RETA_MAX)
		return;
	memset(groups, 0, sizeof(groups));
	for (uint32_t i = 0; i < rss->reta_size; i++)
		groups[i / GROUP].mask |= UINT64_C(1) << i % GROUP;
	if (rte_eth_dev_rss_reta_query(rss->port, groups, rss->reta_size) != 0)
		return;
	for (uint32_t i = 0; i < rss->reta_size; i++)
		rss->reta_read[i] = groups[i / GROUP].reta[i % GROUP];
	rss->reta_read_size = rss->reta_size;
}

/* Only queues that there are; what was written, where it was taken. */
static void
judge_reta(struct pln_rss_state *rss)
{
	rss->reta_ok = rss->reta_read_size != 0;
	for (uint32_t i = 0; i < rss->reta_read_size; i++) {
		if (rss->reta_read[i] >= rss->queues ||
		    (rss->reta_taken && rss->reta_read[i] != i % rss->queues))
			rss->reta_ok = false;
	}
}

/* ------------------------------------------------------------------------------------------------ the judgement */

static const char *
doubt_of_key(const struct pln_rss_state *rss)
{
	if (rss->key_read_len < USEFUL_KEY || is_zero(rss->key_read, rss->key_read_len))
		return "does not show its hash key";
	return "took a hash key and shows another one";
}

static const char *
doubt_of_reta(const struct pln_rss_state *rss)
{
	if (rss->reta_size == 0)
		return "has no redirection table to be seen";
	if (rss->reta_size > PLN_RSS_RETA_MAX)
		return "has a redirection table larger than we believe";
	if (rss->reta_read_size == 0)
		return "does not show its redirection table";
	return rss->reta_taken ? "took a redirection table and shows another one"
	                       : "has a redirection table with queues that are not in use";
}

static const char *
doubt(const struct pln_rss_state *rss)
{
	if (!rss->asked)
		return rss->queues > 1 ? "offers no RSS" : "has one receive queue in use";
	if (rss->device->flags & PLN_DEVICE_RSS_LIES)
		return "is known to accept RSS and to do otherwise";
	if (!rss->function_ok)
		return "does not say that it computes a Toeplitz hash";
	if (!rss->key_ok)
		return doubt_of_key(rss);
	return rss->reta_ok ? NULL : doubt_of_reta(rss);
}

static void
judge(struct pln_rss_state *rss)
{
	bool lies = (rss->device->flags & PLN_DEVICE_RSS_LIES) != 0;
	const char *why;

	judge_key(rss);
	judge_reta(rss);
	why = doubt(rss);
	rss->trusted = why == NULL;
	rss->doubt[0] = '\0';
	if (why != NULL)
		snprintf(rss->doubt, sizeof(rss->doubt), "%s %s.", rss->driver, why);
	rss->spreads = (rss->device->flags & PLN_DEVICE_SPREADS) != 0 || (rss->asked && !lies);
}

void
pln_rss_settle(struct pln_rss_state *rss)
{
	if (rss->asked) {
		read_function(rss);
		insist_on_key(rss);
		rss->reta_taken = write_reta(rss, rss->queues) == 0;
		read_reta(rss);
	}
	judge(rss);
}

int
pln_rss_spread(struct pln_rss_state *rss, uint16_t queues)
{
	int rc = rss->asked && queues > 0 ? write_reta(rss, queues) : -ENOTSUP;

	if (rc != 0)
		return rc;
	rss->queues = queues;
	rss->reta_taken = true;
	read_reta(rss);
	judge(rss);
	return 0;
}

const char *
pln_rss_changed(const struct pln_rss_state *rss)
{
	struct pln_rss_state now = *rss;

	if (!rss->asked)
		return NULL;
	read_reta(&now);
	read_function(&now);
	if (now.reta_read_size == rss->reta_read_size && rss->reta_read_size > 0 &&
	    memcmp(now.reta_read, rss->reta_read,
	           rss->reta_read_size * sizeof(rss->reta_read[0])) != 0)
		return "redirection table";
	if (now.key_read_len == rss->key_read_len &&
	    memcmp(now.key_read, rss->key_read, rss->key_read_len) != 0)
		return "hash key";
	return now.types_read != rss->types_read ? "types of packets that are hashed" : NULL;
}
