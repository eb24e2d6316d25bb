/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options, errors and state of a UDP socket: what the user may set and ask (RFC 1122 §4.1.3.2 to 4, §4.1.4). Ranges are Linux' where it
 * has the option. Nothing here sends or receives.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/ip4.h"
#include "udp/usock.h"

#define RCVBUF_MIN 2048
#define RCVBUF_MAX (INT64_C(1) << 30)

/* Where an option lies, and its range. */
struct row {
	size_t offset;
	int64_t min, max;
	uint8_t width; /* bytes */
};

#define ROW(field, min, max)                                                                       \
	{                                                                                          \
		offsetof(struct pln_usock_opts, field), min, max,                                  \
			sizeof(((struct pln_usock_opts *)NULL)->field)                             \
	}

static const struct row *
row_of(enum pln_udp_opt opt)
{
	static const struct row rows[] = {
		[PLN_UDP_OPT_RCVBUF] = ROW(rcvbuf, RCVBUF_MIN, RCVBUF_MAX),
		[PLN_UDP_OPT_RCVQ] = ROW(rcvq, 1, INT32_MAX),
		[PLN_UDP_OPT_BROADCAST] = ROW(broadcast, 0, 1),
		[PLN_UDP_OPT_TTL] = ROW(ttl, 1, UINT8_MAX),
		[PLN_UDP_OPT_TOS] = ROW(tos, 0, UINT8_MAX),
		[PLN_UDP_OPT_MTU_DISCOVER] = ROW(mtu_discover, 0, 2),
		[PLN_UDP_OPT_NO_CHECKSUM] = ROW(no_checksum, 0, 1),
		[PLN_UDP_OPT_ERRORS] = ROW(errors, 0, 1),
		[PLN_UDP_OPT_REUSEADDR] = ROW(reuseaddr, 0, 1),
	};
	size_t i = (size_t)opt;

	return i < PLN_ARRAY_LEN(rows) && rows[i].width != 0 ? &rows[i] : NULL;
}

int
pln_usock_opt_set(struct pln_udp_sock *s, enum pln_udp_opt opt, int64_t value)
{
	const struct row *row = row_of(opt);
	uint8_t *field, narrow = (uint8_t)value;
	uint32_t wide = (uint32_t)value;

	if (row == NULL)
		return -ENOPROTOOPT;
	if (value < row->min || value > row->max)
		return -EINVAL;
	field = (uint8_t *)&s->opts + row->offset;
	if (row->width == sizeof(wide))
		memcpy(field, &wide, sizeof(wide));
	else
		*field = narrow;
	if (opt == PLN_UDP_OPT_ERRORS && value == 0)
		s->errors_count = 0;
	return 0;
}

int
pln_usock_opt_get(const struct pln_udp_sock *s, enum pln_udp_opt opt, int64_t *value)
{
	const struct row *row = row_of(opt);
	const uint8_t *field;
	uint32_t wide;

	if (row == NULL)
		return -ENOPROTOOPT;
	field = (const uint8_t *)&s->opts + row->offset;
	if (row->width == sizeof(wide)) {
		memcpy(&wide, field, sizeof(wide));
		*value = wide;
	} else {
		*value = *field;
	}
	return 0;
}

int
pln_usock_error_take(struct pln_udp_sock *s)
{
	int error = s->error;

	s->error = 0;
	return error;
}

int
pln_usock_errors(struct pln_udp_sock *s, struct pln_udp_error *errors, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && s->errors_count > 0) {
		errors[n++] = s->errors[s->errors_head];
		s->errors_head = (s->errors_head + 1) % PLN_USOCK_ERRORS;
		s->errors_count--;
	}
	return (int)n;
}

/* No address is one of no family. */
static struct pln_endpoint
endpoint_of(struct pln_be32 addr, uint16_t port)
{
	return addr.raw != 0 ? pln_ip4_endpoint(addr, port) : (struct pln_endpoint){ .port = port };
}

void
pln_usock_info(const struct pln_udp_sock *s, struct pln_udp_info *info)
{
	info->local = endpoint_of(s->key.local, s->key.local_port);
	info->remote = endpoint_of(s->key.remote, s->key.remote_port);
	info->soft_error = s->soft_error;
	info->pmtu = s->path.neigh != NULL ? s->path.mtu : 0;
	info->queued = s->rxq.count;
	info->queued_bytes = s->rx_bytes;
	info->sent = s->sent;
	info->received = s->received;
	info->bytes_sent = s->bytes_sent;
	info->bytes_received = s->bytes_received;
	info->dropped = s->dropped;
	info->errors = s->icmp_errors;
}

int
pln_usock_readiness(const struct pln_udp_sock *s)
{
	int ready = PLN_UDP_READY_OUT;

	if (s->rxq.count > 0 || s->error != 0)
		ready |= PLN_UDP_READY_IN;
	if (s->error != 0 || s->errors_count > 0)
		ready |= PLN_UDP_READY_ERR;
	return ready;
}

/* A socket's line, at buf as snprintf writes it. Returns its length. */
static size_t
put_line(const struct pln_udp_sock *s, char *buf, size_t len)
{
	const struct pln_endpoint local = pln_ip4_endpoint(s->key.local, s->key.local_port);
	const struct pln_endpoint remote = pln_ip4_endpoint(s->key.remote, s->key.remote_port);
	char from[PLN_ADDR_TEXT_LEN], to[PLN_ADDR_TEXT_LEN];
	int n = snprintf(
		buf, len,
		"%s %s UDP unread %" PRIu32 " of %" PRIu32 " bytes sent %" PRIu64
		" received %" PRIu64 " dropped %" PRIu64 " errors %" PRIu64 " pending error %d\n",
		pln_endpoint_format(&local, from), pln_endpoint_format(&remote, to), s->rxq.count,
		s->rx_bytes, s->sent, s->received, s->dropped, s->icmp_errors, -s->error);

	return n > 0 ? (size_t)n : 0;
}

size_t
pln_usock_dump(struct pln_udp *udp, char *buf, size_t len)
{
	const struct pln_udp_sock *s;
	uint32_t cursor = 0;
	size_t at = 0;

	if (len > 0)
		buf[0] = '\0';
	while ((s = pln_pool_iterate(&udp->socks, &cursor)) != NULL)
		at += put_line(s, at < len ? buf + at : NULL, at < len ? len - at : 0);
	return at;
}
