/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public face of TCP: each call of <pollen/tcp.h> leads to its door in tcp/user. Decides nothing;
 * only structs that may come from a program of another age are brought to this library's size.
 */
#include <pollen/tcp.h>

#include "stack/sized.h"
#include "stack/stack.h"
#include "tcp/user.h"

int
pln_tcp_open(struct pln_stack *stack, const struct pln_tcp_open_args *args, uint64_t *conn)
{
	struct pln_tcp_open_args a;
	int ret = pln_sized_take(&a, sizeof(a), args);

	return ret != 0 ? ret : pln_user_open(&stack->tcp, &a, conn);
}

int
pln_tcp_listen(struct pln_stack *stack, const struct pln_tcp_listen_args *args, uint64_t *listener)
{
	struct pln_tcp_listen_args a;
	int ret = pln_sized_take(&a, sizeof(a), args);

	return ret != 0 ? ret : pln_user_listen(&stack->tcp, &a, listener);
}

int
pln_tcp_accept(struct pln_stack *stack, uint64_t listener, void *cookie, uint64_t *conn)
{
	return pln_user_accept(&stack->tcp, listener, cookie, conn);
}

int
pln_tcp_cookie_set(struct pln_stack *stack, uint64_t conn, void *cookie)
{
	return pln_user_cookie_set(&stack->tcp, conn, cookie);
}

ssize_t
pln_tcp_send(struct pln_stack *stack, uint64_t conn, const void *buf, size_t len, int flags)
{
	return pln_user_send(&stack->tcp, conn, buf, len, flags);
}

ssize_t
pln_tcp_send_ref(struct pln_stack *stack, uint64_t conn, const struct pln_tcp_ref *ref, int flags)
{
	return pln_user_send_ref(&stack->tcp, conn, ref, flags);
}

ssize_t
pln_tcp_receive(struct pln_stack *stack, uint64_t conn, void *buf, size_t len, int flags)
{
	return pln_user_receive(&stack->tcp, conn, buf, len, flags);
}

int
pln_tcp_receive_views(struct pln_stack *stack, uint64_t conn, size_t offset,
                      struct pln_tcp_view *views, unsigned int max)
{
	return pln_user_receive_views(&stack->tcp, conn, offset, views, max);
}

int
pln_tcp_consume(struct pln_stack *stack, uint64_t conn, size_t len)
{
	return pln_user_consume(&stack->tcp, conn, len);
}

int
pln_tcp_shutdown(struct pln_stack *stack, uint64_t conn, enum pln_tcp_how how)
{
	return pln_user_shutdown(&stack->tcp, conn, how);
}

int
pln_tcp_close(struct pln_stack *stack, uint64_t conn)
{
	return pln_user_close(&stack->tcp, conn);
}

int
pln_tcp_abort(struct pln_stack *stack, uint64_t conn)
{
	return pln_user_abort(&stack->tcp, conn);
}

int
pln_tcp_opt_set(struct pln_stack *stack, uint64_t conn, enum pln_tcp_opt opt, int64_t value)
{
	return pln_user_opt_set(&stack->tcp, conn, opt, value);
}

int
pln_tcp_opt_get(struct pln_stack *stack, uint64_t conn, enum pln_tcp_opt opt, int64_t *value)
{
	return pln_user_opt_get(&stack->tcp, conn, opt, value);
}

int
pln_tcp_cc_set(struct pln_stack *stack, uint64_t conn, const char *name)
{
	return pln_user_cc_set(&stack->tcp, conn, name);
}

int
pln_tcp_info(struct pln_stack *stack, uint64_t conn, struct pln_tcp_info *info)
{
	struct pln_tcp_info full = { .size = sizeof(full) };
	int ret = pln_user_info(&stack->tcp, conn, &full);

	return ret != 0 ? ret : pln_sized_give(info, &full, sizeof(full));
}

int
pln_tcp_readiness(struct pln_stack *stack, uint64_t conn)
{
	return pln_user_readiness(&stack->tcp, conn);
}

int
pln_tcp_error_take(struct pln_stack *stack, uint64_t conn)
{
	return pln_user_error_take(&stack->tcp, conn);
}

int
pln_tcp_why(struct pln_stack *stack, uint64_t conn, char *buf, size_t len)
{
	return pln_user_why(&stack->tcp, conn, buf, len);
}

size_t
pln_tcp_dump(struct pln_stack *stack, char *buf, size_t len)
{
	return pln_user_dump(&stack->tcp, buf, len);
}

uint32_t
pln_tcp_conn_count(const struct pln_stack *stack)
{
	return stack->tcp.alive;
}
