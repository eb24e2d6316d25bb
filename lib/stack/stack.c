/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a stack and takes it apart: floors from the bottom up, and back. Decides what a config may ask
 * for, and where secrets come from: getrandom(), or, for a run that can be repeated, a seed spread with
 * SipHash, so that neither ISNs nor ports nor hashes tell each other's key.
 */
#include "stack/stack.h"

#include <sys/random.h>

#include "base/numa.h"
#include "dev/eal.h"
#include "stack/sized.h"
#include "wire/eth_hdr.h"

#define CONNS_DEFAULT  1024U
#define CONNS_MAX      (1U << 24)
#define TIME_WAIT_EACH 4U /* records for each connection, by default */
#define UDP_DEFAULT    1024U
#define MTU_MIN        68U /* RFC 791: what every host must take */
#define VLAN_MAX       4094U

static int
seed_secret(struct pln_siphash_key *secret, uint64_t seed)
{
	static const char first[] = "pollen secret k0", second[] = "pollen secret k1";
	struct pln_siphash_key spread = { seed, ~seed };

	if (seed == 0)
		return getrandom(secret, sizeof(*secret), 0) == (ssize_t)sizeof(*secret) ? 0 : -EIO;
	secret->k0 = pln_siphash(&spread, first, sizeof(first));
	secret->k1 = pln_siphash(&spread, second, sizeof(second));
	return 0;
}

static int
init_env(struct pln_env *env, const struct pln_stack_config *config)
{
	env->now = config->now;
	pln_rand_init(&env->rng, config->seed);
	pln_wheel_init(&env->wheel, config->now);
	return seed_secret(&env->secret, config->seed);
}

static bool
link_makes_sense(const struct pln_link *link)
{
	return link != NULL && link->rx != NULL && link->tx != NULL && link->mtu >= MTU_MIN &&
	       link->vlan <= VLAN_MAX && !pln_eth_hdr_is_group(&link->mac);
}

static int
check_config(struct pln_stack_config *config)
{
	if (!link_makes_sense(config->link))
		return -EINVAL;
	if (config->max_conns > CONNS_MAX || config->max_time_wait > CONNS_MAX * TIME_WAIT_EACH)
		return -EINVAL;
	if (config->max_conns == 0)
		config->max_conns = CONNS_DEFAULT;
	if (config->max_udp > PLN_UDP_MAX_SOCKS)
		return -EINVAL;
	if (config->kernel != NULL && (config->kernel->rx == NULL || config->kernel->tx == NULL))
		return -EINVAL;
	if (config->max_udp == 0)
		config->max_udp = UDP_DEFAULT;
	if (config->max_time_wait == 0)
		config->max_time_wait = config->max_conns * TIME_WAIT_EACH;
	return 0;
}

static int
init_tcp(struct pln_stack *stack, const struct pln_stack_config *config)
{
	struct pln_tcp_setup setup = {
		.env = &stack->env,
		.ip = &stack->ip,
		.txq = &stack->txq,
		.mempool = stack->mempool,
		.max_conns = config->max_conns,
		.max_time_wait = config->max_time_wait,
		.trace_records = config->trace_records,
	};

	return pln_tcp_init(&stack->tcp, &setup);
}

static int
init_transports(struct pln_stack *stack, const struct pln_stack_config *config)
{
	struct pln_udp_setup setup = { &stack->env, &stack->ip, config->max_udp };
	int ret = pln_udp_init(&stack->udp, &setup);

	if (ret != 0)
		return ret;
	ret = init_tcp(stack, config);
	if (ret != 0)
		pln_udp_fini(&stack->udp);
	return ret;
}

static int
init_floors(struct pln_stack *stack, const struct pln_stack_config *config)
{
	int ret = init_env(&stack->env, config);

	if (ret != 0)
		return ret;
	pln_txq_init(&stack->txq, &stack->env, config->link);
	ret = pln_ip_init(&stack->ip, &stack->env, &stack->txq, stack->mempool);
	if (ret != 0)
		goto fail_txq;
	pln_icmp_init(&stack->icmp, &stack->env, &stack->ip);
	ret = init_transports(stack, config);
	if (ret != 0)
		goto fail_ip;
	return 0;
fail_ip:
	pln_ip_fini(&stack->ip);
fail_txq:
	pln_txq_fini(&stack->txq);
	return ret;
}

int
pln_stack_create(const struct pln_stack_config *config, struct pln_stack **out)
{
	struct pln_stack_config c;
	struct pln_stack *stack;
	int ret = pln_sized_take(&c, sizeof(c), config);

	if (ret == 0)
		ret = check_config(&c);
	if (ret == 0)
		ret = pln_eal_ensure();
	if (ret != 0)
		return ret;
	stack = pln_numa_alloc(sizeof(*stack));
	if (stack == NULL)
		return -ENOMEM;
	stack->seed = c.seed;
	if (c.kernel != NULL)
		stack->share.link = *c.kernel;
	stack->mempool = c.mempool != NULL ? c.mempool : pln_mbuf_shared_pool();
	ret = pln_mbox_init(&stack->mbox);
	if (ret == 0 && stack->mempool == NULL)
		ret = -ENOMEM;
	if (ret == 0)
		ret = init_floors(stack, &c);
	if (ret != 0) {
		pln_mbox_fini(&stack->mbox);
		pln_numa_free(stack, sizeof(*stack));
		return ret;
	}
	*out = stack;
	return 0;
}

void
pln_stack_destroy(struct pln_stack *stack)
{
	if (stack == NULL)
		return;
	pln_tcp_fini(&stack->tcp);
	pln_udp_fini(&stack->udp);
	pln_icmp_fini(&stack->icmp);
	pln_ip_fini(&stack->ip);
	pln_txq_fini(&stack->txq);
	pln_adopt_fini(&stack->adopt);
	pln_share_fini(&stack->share);
	pln_mbox_fini(&stack->mbox);
	pln_numa_free(stack, sizeof(*stack));
}

int
pln_stack_post(struct pln_stack *stack, pln_stack_call *call, void *ctx)
{
	return pln_mbox_post(&stack->mbox, call, ctx);
}

int
pln_stack_take_ip4(const struct pln_addr *addr, struct pln_be32 *out)
{
	if (addr->family == PLN_FAMILY_IP6)
		return -EAFNOSUPPORT;
	if (addr->family != PLN_FAMILY_IP4)
		return -EINVAL;
	memcpy(out, addr->bytes, sizeof(*out));
	return 0;
}
