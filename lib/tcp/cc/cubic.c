/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CUBIC (RFC 9438), with HyStart++ (RFC 9406) in its first slow start. It decides cwnd and ssthresh; what was lost and what is sent again is
 * tcp/recovery's.
 *
 * Theory: a Reno flow regains half its window by a segment a round trip, which takes minutes on a long fast path. CUBIC grows by the
 * time since the last congestion instead: quickly back towards the window W_max at which the path overflowed, slowly around it,
 * quickly beyond it to find what is new,
 *
 *     W_cubic(t) = C (t - K)^3 + W_max,   K = cbrt((W_max - cwnd_epoch) / C),   C = 0.4 segments/s^3
 *
 *          W_max - - - - - - - ._.-'  beyond: find more
 *                      _.-'''''
 *            cwnd_epoch /
 *                      +-------K------> t
 *
 * and so flows of different round-trip times share a path more evenly. Where a Reno flow would be faster (short round trips, small
 * windows) it grows as that one does (§4.3). Windows are bytes, the curve's time is in ms; what an integer division leaves over is kept.
 */
#include "tcp/cc/cc.h"
#include "tcp/cc/hystart.h"

#define BETA_NUM     7U /* beta_cubic = 0.7 (§4.6) */
#define BETA_DEN     10U
#define CONVERGE_NUM 17U /* (1 + beta_cubic) / 2 (§4.7) */
#define CONVERGE_DEN 20U
#define MS_MAX       (UINT64_C(1) << 18) /* no window is reached later than that: (t - K)^3 fits */
#define ALPHA_NUM    9U /* alpha_cubic = 3 (1 - beta) / (1 + beta) = 9 / 17 (§4.3) */
#define ALPHA_DEN    17U
#define SMSS_CLAMP   9216U

/* What a congestion event changes (§4.9.2: "CUBIC MAY restore the original values"). */
struct curve {
	uint64_t epoch_ns;
	uint32_t k_ms, origin, w_est, w_max, prior;
};

struct cubic {
	union {
		struct pln_hystart hystart; /* until the first congestion event */
		struct curve before;        /* the last one */
	};
	uint32_t
		w_max; /* cwnd before the last congestion event, by fast convergence perhaps less; 0: none yet */
	uint64_t
		epoch_ns; /* when this congestion avoidance began, less what it was idle; 0: it has not */
	uint64_t last_ns;  /* the ACK before */
	uint32_t k_ms;     /* K */
	uint32_t origin;   /* W_max of this epoch's curve */
	uint32_t w_est;    /* what a Reno flow would have now */
	uint32_t prior;    /* cwnd at the last congestion event: above it alpha is 1 */
	uint32_t rest;     /* of cwnd's growth, not yet a byte */
	uint32_t est_rest; /* of w_est's */
};

static_assert(sizeof(struct cubic) <= sizeof(((struct pln_cc *)NULL)->priv), "cubic fits pln_cc");

static struct cubic *
cubic_of(struct pln_cc *cc)
{
	return (struct cubic *)cc->priv;
}

static void
init(struct pln_cc *cc)
{
	struct cubic *q = cubic_of(cc);

	*q = (struct cubic){ .prior = UINT32_MAX };
	pln_hystart_init(&q->hystart);
}

/* The largest whole number whose cube is not above `n`, bit by bit. */
static uint32_t
cube_root(uint64_t n)
{
	uint64_t root = 0;

	for (int bit = 21; bit >= 0; bit--) {
		uint64_t more = root | UINT64_C(1) << bit;

		if (more <= 2642245 && more * more * more <= n)
			root = more;
	}
	return (uint32_t)root;
}

/* In ms: K^3 = (W_max - cwnd) / (C SMSS) s^3, and a s^3 has 10^9 ms^3. */
static uint32_t
curve_k(uint32_t below, uint32_t smss)
{
	return cube_root((uint64_t)below * UINT64_C(10000000000) / (4 * (uint64_t)smss));
}

/* C (t - K)^3 in bytes, for |t - K| in ms. */
static uint64_t
curve_height(uint64_t ms, uint32_t smss)
{
	ms = ms < MS_MAX ? ms : MS_MAX;
	smss = smss < SMSS_CLAMP ? smss : SMSS_CLAMP;
	return ms * ms * ms / 1000 * (4 * (uint64_t)smss) / 10000000;
}

/* W_cubic(t) of §4.2, bytes; t in ms. */
static uint64_t
w_cubic(const struct cubic *q, uint64_t t_ms, uint32_t smss)
{
	uint64_t height;

	if (t_ms >= q->k_ms)
		return q->origin + curve_height(t_ms - q->k_ms, smss);
	height = curve_height(q->k_ms - t_ms, smss);
	return height < q->origin ? q->origin - height : 0;
}

/*
 * §4.2: K is counted from where this congestion avoidance begins. After a timeout, or a slow start that ended without loss (§4.8,
 * §4.10), nothing is known of a W_max above: the curve begins at its flat point.
 */
static void
begin_epoch(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct cubic *q = cubic_of(cc);

	q->epoch_ns = ack->now;
	q->origin = cc->cwnd;
	q->k_ms = 0;
	if (cc->cwnd < q->w_max) {
		q->origin = q->w_max;
		q->k_ms = curve_k(q->w_max - cc->cwnd, ack->smss);
	}
	q->w_est = cc->cwnd;
	q->rest = q->est_rest = 0;
}

/* §4.3: W_est = W_est + alpha_cubic * segments_acked / cwnd, in segments; alpha is 1 above the cwnd that was left. */
static void
grow_estimate(const struct pln_cc *cc, struct cubic *q, const struct pln_ack *ack)
{
	uint64_t product = (uint64_t)ack->acked_bytes * ack->smss;

	if (q->w_est < q->prior)
		product = product * ALPHA_NUM / ALPHA_DEN;
	product += q->est_rest;
	q->est_rest = (uint32_t)(product % cc->cwnd);
	product = q->w_est + product / cc->cwnd;
	q->w_est = product < PLN_CC_CWND_MAX ? (uint32_t)product : PLN_CC_CWND_MAX;
}

/* §4.4, §4.5: by (target - cwnd) / cwnd for each segment acknowledged; the target is where the curve is a round trip from now (§4.2). */
static uint32_t
curve_growth(const struct pln_cc *cc, struct cubic *q, const struct pln_ack *ack)
{
	uint64_t now_ms = (ack->now - q->epoch_ns + ack->srtt_ns) / PLN_NS_PER_MS;
	uint64_t target = w_cubic(q, now_ms, ack->smss), most = cc->cwnd + cc->cwnd / 2, product;

	target = target < most ? target : most;
	if (target <= cc->cwnd)
		return 0;
	product = (target - cc->cwnd) * ack->acked_bytes + q->rest;
	q->rest = (uint32_t)(product % cc->cwnd);
	return (uint32_t)(product / cc->cwnd);
}

static void
avoid(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct cubic *q = cubic_of(cc);
	uint64_t here;

	if (q->epoch_ns == 0)
		begin_epoch(cc, ack);
	grow_estimate(cc, q, ack);
	here = w_cubic(q, (ack->now - q->epoch_ns) / PLN_NS_PER_MS, ack->smss);
	/* §4.3: "CUBIC checks whether W_cubic(t) is less than W_est. If so, CUBIC is in the Reno-friendly region and cwnd SHOULD be set to W_est". */
	if (here < q->w_est) {
		if (cc->cwnd < q->w_est)
			cc->cwnd = q->w_est;
		return;
	}
	pln_cc_grow(cc, curve_growth(cc, q, ack));
}

static void
slow_start(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct cubic *q = cubic_of(cc);
	bool over = false;

	if (cc->ssthresh != UINT32_MAX) {
		pln_cc_slow_start(cc, ack);
		return;
	}
	/* RFC 9406 §4.2: HyStart++ is for the first slow start, before anything was lost. */
	pln_cc_grow(cc, pln_hystart_on_ack(&q->hystart, ack, &over));
	if (over)
		cc->ssthresh = cc->cwnd;
}

/* §5.8: the curve's time stands still while the application, not the window, limits the flight, and while nothing is sent. */
static void
stand_still(struct cubic *q, const struct pln_ack *ack)
{
	uint64_t gap = ack->now - q->last_ns;

	if (q->epoch_ns == 0 || q->last_ns == 0)
		return;
	if (ack->app_limited)
		q->epoch_ns += gap;
	else if (gap > ack->srtt_ns)
		q->epoch_ns += gap - ack->srtt_ns;
	if (q->epoch_ns > ack->now)
		q->epoch_ns = ack->now;
}

static void
on_ack(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct cubic *q = cubic_of(cc);

	stand_still(q, ack);
	q->last_ns = ack->now;
	if (ack->app_limited || cc->cwnd == 0)
		return;
	if (cc->cwnd < cc->ssthresh)
		slow_start(cc, ack);
	else
		avoid(cc, ack);
}

/* §4.6: flight_size times beta_cubic, at least two segments. */
static void
decrease(struct pln_cc *cc, uint32_t flight, uint32_t smss)
{
	uint32_t part = (uint32_t)((uint64_t)flight * BETA_NUM / BETA_DEN);

	cc->ssthresh = part > 2 * smss ? part : 2 * smss;
}

static void
remember(struct cubic *q)
{
	q->before = (struct curve){
		.epoch_ns = q->epoch_ns,
		.k_ms = q->k_ms,
		.origin = q->origin,
		.w_est = q->w_est,
		.w_max = q->w_max,
		.prior = q->prior,
	};
}

/* §4.9: a spurious congestion event is undone: the curve goes on where it was. */
static void
on_undo(struct pln_cc *cc)
{
	struct cubic *q = cubic_of(cc);
	const struct curve before = q->before;

	q->epoch_ns = before.epoch_ns;
	q->k_ms = before.k_ms;
	q->origin = before.origin;
	q->w_est = before.w_est;
	q->w_max = before.w_max;
	q->prior = before.prior;
	/* Back in the first slow start. */
	if (cc->ssthresh == UINT32_MAX)
		pln_hystart_init(&q->hystart);
}

/* A congestion event: loss or a mark. */
static void
congestion(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct cubic *q = cubic_of(cc);

	remember(q);
	q->epoch_ns = 0;
	q->prior = cc->cwnd;
	/* §4.7: "With fast convergence, when a congestion event occurs, W_max is updated as follows": who is losing ground gives way. */
	q->w_max = cc->cwnd < q->w_max
	                   ? (uint32_t)((uint64_t)cc->cwnd * CONVERGE_NUM / CONVERGE_DEN)
	                   : cc->cwnd;
	decrease(cc, ack->flight_before, ack->smss);
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
}

static void
on_loss(struct pln_cc *cc, const struct pln_ack *ack)
{
	congestion(cc, ack);
	cc->cwnd = cc->ssthresh;
	pln_cc_grow(cc, 3 * ack->smss); /* RFC 5681 §3.2 step 3 */
}

/* §4.8: as Reno's, by beta_cubic; the curve that follows begins at its flat point. */
static void
on_rto(struct pln_cc *cc, uint32_t flight, uint32_t smss, bool first)
{
	struct cubic *q = cubic_of(cc);

	if (first) {
		remember(q);
		q->prior = cc->cwnd;
		decrease(cc, flight, smss);
	}
	q->epoch_ns = 0;
	q->w_max = 0;
	cc->cwnd = smss;
}

static void
on_recovered(struct pln_cc *cc, const struct pln_ack *ack)
{
	cubic_of(cc)->last_ns = ack->now;
	pln_cc_recovered(cc, ack);
}

const struct pln_cc_ops pln_cubic_ops = {
	.name = "cubic",
	.validates = true,
	.init = init,
	.on_ack = on_ack,
	.on_loss = on_loss,
	.on_ecn = congestion,
	.on_rto = on_rto,
	.on_recovered = on_recovered,
	.on_undo = on_undo,
};
