/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of one connection or listener. Each has a getter and a setter in a table; ranges are checked here, meanings stand in
 * <pollen/tcp.h>.
 */
#include "tcp/conn.h"
#include "tcp/pacing.h"
#include "tcp/user.h"

static bool
before_open(const struct pln_tcp_conn *c)
{
	return c->state == PLN_TCP_LISTEN ||
	       (c->state == PLN_TCP_SYN_SENT && c->snd.nxt == c->snd.iss);
}

static int
set_maxseg(struct pln_tcp_conn *c, int64_t v)
{
	if (!before_open(c))
		return -EISCONN;
	c->opts.user_mss = (uint16_t)v;
	if (pln_conn_has(c, PLN_CONN_IN_FLOWS))
		pln_conn_sync_mss(c);
	return 0;
}

static int
set_rcvbuf(struct pln_tcp_conn *c, int64_t v)
{
	uint32_t buf = (uint32_t)v;

	if (before_open(c)) {
		uint8_t scale = pln_rwnd_scale(buf);

		c->opts.rcv_scale = scale > c->opts.rcv_scale ? scale : c->opts.rcv_scale;
	}
	c->opts.rcvbuf = buf;
	c->opts.rcv_auto = false;
	pln_conn_size_queues(c);
	pln_conn_offer_window(c);
	return 0;
}

static int
set_sndbuf(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.sndbuf = (uint32_t)v;
	c->opts.snd_auto = false;
	pln_conn_writable(c);
	return 0;
}

static int
set_keepalive(struct pln_tcp_conn *c, int64_t v)
{
	c->keepalive.on = v != 0;
	if (pln_state_synchronized((enum pln_tcp_state)c->state) &&
	    pln_conn_has(c, PLN_CONN_IN_FLOWS))
		pln_conn_set_timer(c, PLN_TIMER_KEEPALIVE,
		                   pln_keepalive_deadline(&c->keepalive, c->stats.last_ack_rx));
	return 0;
}

static int
set_keep_idle(struct pln_tcp_conn *c, int64_t v)
{
	c->keepalive.idle_ns = (uint64_t)v * PLN_NS_PER_S;
	return set_keepalive(c, c->keepalive.on);
}

static int
set_cork(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.cork = v != 0;
	if (v == 0 && pln_conn_has(c, PLN_CONN_IN_FLOWS))
		pln_conn_owe(c, PLN_OWE_PUSH); /* uncorking sends what waits */
	return 0;
}

static int
set_nodelay(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.nodelay = v != 0;
	if (v != 0 && pln_conn_has(c, PLN_CONN_IN_FLOWS))
		pln_conn_owe(c, PLN_OWE_PUSH);
	return 0;
}

static int
set_quickack(struct pln_tcp_conn *c, int64_t v)
{
	c->delack.quick = v != 0 ? UINT16_MAX : 0;
	if (v != 0 && c->delack.unacked > 0 && pln_conn_has(c, PLN_CONN_IN_FLOWS))
		pln_conn_owe(c, PLN_OWE_ACK);
	return 0;
}

static int
set_tos(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.tos = c->path.tos = (uint8_t)v;
	return 0;
}

static int
set_ttl(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.ttl = c->path.ttl = (uint8_t)v;
	return 0;
}

static int
set_mtu_discover(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.pmtud = (uint8_t)v;
	c->path.df = v != PLN_PMTUD_OFF;
	return 0;
}

/* A listener's limit; a client asks before its SYN has left. */
static int
set_fastopen(struct pln_tcp_conn *c, int64_t v)
{
	if (!before_open(c))
		return -EISCONN;
	if (pln_conn_has(c, PLN_CONN_LISTENER))
		c->opts.fastopen = (uint16_t)v;
	return 0;
}

static int
set_fastopen_connect(struct pln_tcp_conn *c, int64_t v)
{
	if (!before_open(c))
		return -EISCONN;
	if (!pln_conn_has(c, PLN_CONN_LISTENER))
		c->opts.fastopen = (uint16_t)v;
	return 0;
}

static int
set_max_pacing_rate(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.max_pacing_rate = (uint64_t)v;
	pln_pacing_update(c);
	return 0;
}

/* RFC 5482 §3: the peer is to know of it. */
static void
tell_user_timeout(struct pln_tcp_conn *c)
{
	c->uto.due = true;
	if (c->uto.mode != PLN_UTO_OFF && pln_conn_has(c, PLN_CONN_IN_FLOWS) &&
	    pln_state_synchronized((enum pln_tcp_state)c->state))
		pln_conn_owe(c, PLN_OWE_ACK);
}

static int
set_user_timeout(struct pln_tcp_conn *c, int64_t v)
{
	c->opts.user_timeout_ns = c->uto.adv_ns = (uint64_t)v * PLN_NS_PER_MS;
	c->uto.chosen = true;
	tell_user_timeout(c);
	return 0;
}

static int
set_uto(struct pln_tcp_conn *c, int64_t v)
{
	c->uto.mode = (uint8_t)v;
	tell_user_timeout(c);
	return 0;
}

void
pln_conn_user_timeout(struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	if ((seg->opts.present & PLN_TCP_OPT_UTIMEOUT) != 0 &&
	    pln_uto_rx(&c->uto, seg->opts.user_timeout, &c->opts.user_timeout_ns))
		pln_conn_count(c, PLN_TCP_UTO_FOLLOWED);
}

/* Settings that are one field and no more. */
static int
set_field(struct pln_tcp_conn *c, enum pln_tcp_opt opt, int64_t v)
{
	switch ((int)opt) {
	case PLN_TCP_OPT_LINGER:
		c->opts.linger = (int32_t)v;
		return 0;
	case PLN_TCP_OPT_KEEPINTVL:
		c->keepalive.interval_ns = (uint64_t)v * PLN_NS_PER_S;
		return 0;
	case PLN_TCP_OPT_KEEPCNT:
		c->keepalive.count = (uint8_t)v;
		return 0;
	case PLN_TCP_OPT_SYNCNT:
		c->opts.syn_retries = (uint8_t)v;
		return 0;
	case PLN_TCP_OPT_DEFER_ACCEPT:
		c->opts.defer_accept = (uint8_t)v;
		return 0;
	case PLN_TCP_OPT_REUSEADDR:
		c->opts.reuseaddr = v != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

struct option {
	int64_t min, max;
	int (*set)(struct pln_tcp_conn *c, int64_t v); /* NULL: set_field */
};

static const struct option options[] = {
	[PLN_TCP_OPT_NODELAY] = { 0, 1, set_nodelay },
	[PLN_TCP_OPT_CORK] = { 0, 1, set_cork },
	[PLN_TCP_OPT_MAXSEG] = { 48, 65495, set_maxseg },
	[PLN_TCP_OPT_SNDBUF] = { 2048, 1 << 30, set_sndbuf },
	[PLN_TCP_OPT_RCVBUF] = { 1024, 1 << 30, set_rcvbuf },
	[PLN_TCP_OPT_LINGER] = { -1, 86400, NULL },
	[PLN_TCP_OPT_KEEPALIVE] = { 0, 1, set_keepalive },
	[PLN_TCP_OPT_KEEPIDLE] = { 1, 32767, set_keep_idle },
	[PLN_TCP_OPT_KEEPINTVL] = { 1, 32767, NULL },
	[PLN_TCP_OPT_KEEPCNT] = { 1, 127, NULL },
	[PLN_TCP_OPT_USER_TIMEOUT] = { 0, INT32_MAX, set_user_timeout },
	[PLN_TCP_OPT_SYNCNT] = { 0, 127, NULL },
	[PLN_TCP_OPT_DEFER_ACCEPT] = { 0, 255, NULL },
	[PLN_TCP_OPT_QUICKACK] = { 0, 1, set_quickack },
	[PLN_TCP_OPT_TOS] = { 0, 255, set_tos },
	[PLN_TCP_OPT_TTL] = { 1, 255, set_ttl },
	[PLN_TCP_OPT_MTU_DISCOVER] = { PLN_PMTUD_OFF, PLN_PMTUD_PROBE, set_mtu_discover },
	[PLN_TCP_OPT_REUSEADDR] = { 0, 1, NULL },
	[PLN_TCP_OPT_FASTOPEN] = { 0, UINT16_MAX, set_fastopen },
	[PLN_TCP_OPT_FASTOPEN_CONNECT] = { 0, 1, set_fastopen_connect },
	[PLN_TCP_OPT_MAX_PACING_RATE] = { 0, INT64_C(1) << 40, set_max_pacing_rate },
	[PLN_TCP_OPT_UTO] = { PLN_UTO_OFF, PLN_UTO_FOLLOW, set_uto },
};

static bool
known(enum pln_tcp_opt opt)
{
	return (unsigned int)opt >= PLN_TCP_OPT_NODELAY &&
	       (unsigned int)opt < PLN_ARRAY_LEN(options);
}

int
pln_user_opt_set(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_opt opt, int64_t value)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (!known(opt))
		return -ENOPROTOOPT;
	if (value < options[opt].min || value > options[opt].max)
		return -EINVAL;
	return options[opt].set != NULL ? options[opt].set(c, value) : set_field(c, opt, value);
}

int
pln_user_opt_get(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_opt opt, int64_t *value)
{
	const struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);

	if (c == NULL)
		return -EBADF;
	if (!known(opt))
		return -ENOPROTOOPT;
	const int64_t values[PLN_ARRAY_LEN(options)] = {
		[PLN_TCP_OPT_NODELAY] = c->opts.nodelay,
		[PLN_TCP_OPT_CORK] = c->opts.cork,
		[PLN_TCP_OPT_MAXSEG] = c->smss != 0 ? c->smss : c->opts.user_mss,
		[PLN_TCP_OPT_SNDBUF] = c->opts.sndbuf,
		[PLN_TCP_OPT_RCVBUF] = c->opts.rcvbuf,
		[PLN_TCP_OPT_LINGER] = c->opts.linger,
		[PLN_TCP_OPT_KEEPALIVE] = c->keepalive.on,
		[PLN_TCP_OPT_KEEPIDLE] = (int64_t)(c->keepalive.idle_ns / PLN_NS_PER_S),
		[PLN_TCP_OPT_KEEPINTVL] = (int64_t)(c->keepalive.interval_ns / PLN_NS_PER_S),
		[PLN_TCP_OPT_KEEPCNT] = c->keepalive.count,
		[PLN_TCP_OPT_USER_TIMEOUT] = (int64_t)(c->opts.user_timeout_ns / PLN_NS_PER_MS),
		[PLN_TCP_OPT_SYNCNT] = c->opts.syn_retries,
		[PLN_TCP_OPT_DEFER_ACCEPT] = c->opts.defer_accept,
		[PLN_TCP_OPT_QUICKACK] = c->delack.quick > 0,
		[PLN_TCP_OPT_TOS] = c->opts.tos,
		[PLN_TCP_OPT_TTL] = c->opts.ttl,
		[PLN_TCP_OPT_MTU_DISCOVER] = c->opts.pmtud,
		[PLN_TCP_OPT_REUSEADDR] = c->opts.reuseaddr,
		[PLN_TCP_OPT_FASTOPEN] = pln_conn_has(c, PLN_CONN_LISTENER) ? c->opts.fastopen : 0,
		[PLN_TCP_OPT_FASTOPEN_CONNECT] =
			!pln_conn_has(c, PLN_CONN_LISTENER | PLN_CONN_PASSIVE) &&
			c->opts.fastopen != 0,
		[PLN_TCP_OPT_MAX_PACING_RATE] = (int64_t)c->opts.max_pacing_rate,
		[PLN_TCP_OPT_UTO] = c->uto.mode,
	};

	*value = values[opt];
	return 0;
}

int
pln_user_cc_set(struct pln_tcp *tcp, uint64_t conn, const char *name)
{
	struct pln_tcp_conn *c = pln_conn_lookup(tcp, conn);
	const struct pln_cc_ops *ops = pln_cc_find(name);

	if (c == NULL)
		return -EBADF;
	if (ops == NULL)
		return -ENOENT;
	c->opts.cc = ops;
	c->ecn.exact = ops->exact_marks;
	if (before_open(c)) /* our SYN has not left: it asks for what this one needs */
		pln_ecn_init(&c->ecn, (enum pln_ecn_mode)tcp->cfg.ecn, ops->exact_marks,
		             c->snd.iss);
	if (c->cc.ops != NULL)
		pln_cc_change(&c->cc, ops);
	pln_pacing_update(c);
	return 0;
}
