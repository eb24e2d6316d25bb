/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public face of UDP: each call of <pollen/udp.h> finds its socket and leads to udp/. Decides nothing; only structs that may come
 * from a program of another age are brought to this library's size.
 */
#include <pollen/udp.h>

#include "stack/sized.h"
#include "stack/stack.h"
#include "udp/usock.h"

int
pln_udp_open(struct pln_stack *stack, void *cookie, uint64_t *sock)
{
	return pln_usock_open(&stack->udp, cookie, sock);
}

int
pln_udp_cookie_set(struct pln_stack *stack, uint64_t sock, void *cookie)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	if (s == NULL)
		return -EBADF;
	s->cookie = cookie;
	return 0;
}

int
pln_udp_bind(struct pln_stack *stack, uint64_t sock, const struct pln_endpoint *local)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_bind(s, local);
}

int
pln_udp_connect(struct pln_stack *stack, uint64_t sock, const struct pln_endpoint *remote)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_connect(s, remote);
}

ssize_t
pln_udp_send(struct pln_stack *stack, uint64_t sock, const struct pln_udp_out *out)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);
	struct pln_udp_out o;
	int ret = pln_sized_take(&o, sizeof(o), out);

	if (ret != 0)
		return ret;
	if (s != NULL)
		return pln_usock_send(s, &o);
	if (o.release != NULL)
		o.release(o.ctx);
	return -EBADF;
}

ssize_t
pln_udp_receive(struct pln_stack *stack, uint64_t sock, struct pln_udp_in *in)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);
	struct pln_udp_in i;
	int ret = pln_sized_take(&i, sizeof(i), in);
	ssize_t len;

	if (ret != 0)
		return ret;
	len = s == NULL ? -EBADF : pln_usock_receive(s, &i);
	return len < 0 ? len : (pln_sized_give(in, &i, sizeof(i)), len);
}

int
pln_udp_receive_views(struct pln_stack *stack, uint64_t sock, struct pln_udp_in *in,
                      struct pln_udp_view *views, unsigned int max)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);
	struct pln_udp_in i = { .size = sizeof(i) };
	int ret = in != NULL ? pln_sized_take(&i, sizeof(i), in) : 0;

	if (ret != 0)
		return ret;
	ret = s == NULL ? -EBADF : pln_usock_receive_views(s, &i, views, max);
	if (ret >= 0 && in != NULL)
		(void)pln_sized_give(in, &i, sizeof(i));
	return ret;
}

int
pln_udp_consume(struct pln_stack *stack, uint64_t sock)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_consume(s);
}

int
pln_udp_close(struct pln_stack *stack, uint64_t sock)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	if (s == NULL)
		return -EBADF;
	pln_usock_close(s);
	return 0;
}

int
pln_udp_opt_set(struct pln_stack *stack, uint64_t sock, enum pln_udp_opt opt, int64_t value)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_opt_set(s, opt, value);
}

int
pln_udp_opt_get(struct pln_stack *stack, uint64_t sock, enum pln_udp_opt opt, int64_t *value)
{
	const struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_opt_get(s, opt, value);
}

int
pln_udp_error_take(struct pln_stack *stack, uint64_t sock)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_error_take(s);
}

int
pln_udp_errors(struct pln_stack *stack, uint64_t sock, struct pln_udp_error *errors,
               unsigned int max)
{
	struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_errors(s, errors, max);
}

int
pln_udp_info(struct pln_stack *stack, uint64_t sock, struct pln_udp_info *info)
{
	const struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);
	struct pln_udp_info full = { .size = sizeof(full) };

	if (s == NULL)
		return -EBADF;
	pln_usock_info(s, &full);
	return pln_sized_give(info, &full, sizeof(full));
}

int
pln_udp_readiness(struct pln_stack *stack, uint64_t sock)
{
	const struct pln_udp_sock *s = pln_usock_find(&stack->udp, sock);

	return s == NULL ? -EBADF : pln_usock_readiness(s);
}

size_t
pln_udp_dump(struct pln_stack *stack, char *buf, size_t len)
{
	return pln_usock_dump(&stack->udp, buf, len);
}

uint32_t
pln_udp_count(const struct pln_stack *stack)
{
	return stack->udp.socks.used;
}
