/* SPDX-License-Identifier: BSD-3-Clause */
/* One TCP connection: how big its window is, what was last known of it, how it ends. */
#include "fetch/link.h"

#include <errno.h>
#include <string.h>

#define ASK_AGAIN_S 10U
#define ASK_TIMES   6

/* Who only receives has nothing that a server which is gone would leave unanswered. */
static void
keep_asking(struct link *link, uint32_t silence_s)
{
	uint32_t again_s = silence_s < ASK_AGAIN_S ? silence_s : ASK_AGAIN_S;

	(void)pln_tcp_opt_set(link->stack, link->conn, PLN_TCP_OPT_KEEPIDLE, silence_s);
	(void)pln_tcp_opt_set(link->stack, link->conn, PLN_TCP_OPT_KEEPINTVL, again_s);
	(void)pln_tcp_opt_set(link->stack, link->conn, PLN_TCP_OPT_KEEPCNT, ASK_TIMES);
	(void)pln_tcp_opt_set(link->stack, link->conn, PLN_TCP_OPT_KEEPALIVE, 1);
}

int
link_open(struct link *link, struct pln_stack *stack, const struct pln_endpoint *remote,
          const struct link_wish *wish)
{
	const struct pln_tcp_open_args args = {
		.size = sizeof(args),
		.remote = *remote,
		.cookie = link,
		.may_move = wish->may_move,
	};
	int ret;

	memset(link, 0, sizeof(*link));
	link->stack = stack;
	ret = pln_tcp_open(stack, &args, &link->conn);
	if (ret < 0)
		return ret;
	(void)pln_tcp_opt_set(stack, link->conn, PLN_TCP_OPT_RCVBUF, (int64_t)wish->receive_bytes);
	(void)pln_tcp_opt_set(stack, link->conn, PLN_TCP_OPT_NODELAY, 1);
	if (wish->keepalive_s > 0)
		keep_asking(link, wish->keepalive_s);
	link_snapshot(link);
	return 0;
}

void
link_open_early(struct link *link)
{
	link->is_early =
		pln_tcp_opt_set(link->stack, link->conn, PLN_TCP_OPT_FASTOPEN_CONNECT, 1) == 0;
}

const char *
link_why(int error)
{
	if (error == -EADDRNOTAVAIL)
		return "No source port is left for this server: all are in use, or were a moment "
		       "ago (--set port_range=FIRST-LAST gives others)";
	return strerror(-error);
}

void
link_snapshot(struct link *link)
{
	struct pln_tcp_info info = { .size = sizeof(info) };

	if (pln_tcp_info(link->stack, link->conn, &info) == 0)
		link->info = info;
}

void
link_event(struct link *link, const struct pln_event *event)
{
	if (link->conn == 0 || event->conn != link->conn)
		return;
	if ((event->bits & PLN_EV_CONNECTED) != 0) {
		link->is_connected = true;
		link_snapshot(link);
	}
	if ((event->bits & PLN_EV_PEER_CLOSED) != 0)
		link->is_closing = true;
	if ((event->bits & PLN_EV_CLOSED) != 0) {
		link->is_over = true;
		link->error = event->error;
	}
}

void
link_close(struct link *link, bool reset)
{
	if (link->conn == 0)
		return;
	link_snapshot(link);
	if (reset)
		(void)pln_tcp_abort(link->stack, link->conn);
	else
		(void)pln_tcp_close(link->stack, link->conn);
	link->conn = 0;
}
