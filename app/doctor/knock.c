/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for one repetition of a SYN, no more. A port that is open is asked for because a kernel's resets have a checksum that it computes
 * itself, while its other segments may have none that is right (ethtool's tx).
 */
#include "doctor/knock.h"

#include <errno.h>
#include <string.h>

#include <pollen/stats.h>

#define WAIT_NS  (1500 * PLN_NS_PER_MS)
#define UDP_PORT 33434 /* where traceroute begins */

/* Of TCP alone: ARP's news and ICMP errors go from lcore to lcore whatever the device does. */
static uint64_t
handed(const struct knock *knock)
{
	uint64_t value = 0;

	(void)pln_stats_counter(knock->stack, "group_handed_tcp", &value);
	return value;
}

static void
open_one(struct knock *knock, unsigned int i, const struct pln_endpoint *peer)
{
	static const uint16_t usual[KNOCK_CONNS] = { 22, 53, 80, 443 };
	const struct pln_tcp_open_args args = {
		.size = sizeof(args),
		.remote = { peer->addr, peer->port != 0 ? peer->port : usual[i] },
	};

	if (pln_tcp_open(knock->stack, &args, &knock->conns[i]) == 0)
		knock->opened++;
}

static void
send_datagram(struct knock *knock, const struct pln_addr *addr)
{
	const struct pln_endpoint to = { *addr, UDP_PORT };
	const struct pln_udp_out out = { .size = sizeof(out), .data = "pollen", .len = 6 };

	if (pln_udp_open(knock->stack, NULL, &knock->sock) < 0)
		return;
	knock->udp_sent = pln_udp_connect(knock->stack, knock->sock, &to) == 0 &&
	                  pln_udp_send(knock->stack, knock->sock, &out) >= 0;
}

void
knock_start(struct knock *knock, struct pln_stack *stack, const struct pln_endpoint *peer, bool udp,
            uint64_t now)
{
	memset(knock, 0, sizeof(*knock));
	knock->stack = stack;
	knock->started = now;
	knock->handed_before = handed(knock);
	for (unsigned int i = 0; i < KNOCK_CONNS; i++)
		open_one(knock, i, peer);
	if (udp)
		send_datagram(knock, &peer->addr);
}

/* pln_tcp_abort frees the handle also where the connection has ended. */
static void
hear_conn(struct knock *knock, unsigned int i, const struct pln_event *event)
{
	bool is_open = (event->bits & PLN_EV_CONNECTED) != 0;
	bool is_closed = (event->bits & PLN_EV_CLOSED) != 0;

	if (!is_open && !is_closed)
		return;
	knock->accepted += is_open;
	knock->refused += !is_open && event->error == -ECONNREFUSED;
	(void)pln_tcp_abort(knock->stack, knock->conns[i]);
	knock->conns[i] = 0;
}

void
knock_hear(struct knock *knock, const struct pln_event *event)
{
	if (knock->sock != 0 && event->conn == knock->sock && (event->bits & PLN_EV_ERROR) != 0)
		knock->udp_back = pln_udp_error_take(knock->stack, knock->sock) == -ECONNREFUSED;
	for (unsigned int i = 0; i < KNOCK_CONNS; i++)
		if (knock->conns[i] != 0 && event->conn == knock->conns[i])
			hear_conn(knock, i, event);
}

static bool
is_waiting(const struct knock *knock)
{
	bool waits = knock->udp_sent && !knock->udp_back;

	for (unsigned int i = 0; i < KNOCK_CONNS; i++)
		waits = waits || knock->conns[i] != 0;
	return waits;
}

bool
knock_over(struct knock *knock, uint64_t now)
{
	if (is_waiting(knock) && now - knock->started < WAIT_NS)
		return false;
	for (unsigned int i = 0; i < KNOCK_CONNS; i++) {
		if (knock->conns[i] != 0)
			(void)pln_tcp_abort(knock->stack, knock->conns[i]);
		knock->conns[i] = 0;
	}
	if (knock->sock != 0)
		(void)pln_udp_close(knock->stack, knock->sock);
	knock->sock = 0;
	knock->handed = handed(knock) - knock->handed_before;
	return true;
}

unsigned int
knock_answers(const struct knock *knock)
{
	return knock->accepted + knock->refused;
}
