/* SPDX-License-Identifier: BSD-3-Clause */
/* DOOR 1: the user calls of RFC 9293 §3.10.1-6. What each promises stands in <pollen/tcp.h>, whose functions lead here. */
#ifndef POLLEN_TCP_USER_H
#define POLLEN_TCP_USER_H

#include "tcp/tcp.h"

PLN_C_BEGIN

int pln_user_open(struct pln_tcp *tcp, const struct pln_tcp_open_args *args, uint64_t *conn);
int pln_user_listen(struct pln_tcp *tcp, const struct pln_tcp_listen_args *args,
                    uint64_t *listener);
int pln_user_accept(struct pln_tcp *tcp, uint64_t listener, void *cookie, uint64_t *conn);
int pln_user_cookie_set(struct pln_tcp *tcp, uint64_t conn, void *cookie);
ssize_t pln_user_send(struct pln_tcp *tcp, uint64_t conn, const void *buf, size_t len, int flags);
ssize_t pln_user_send_ref(struct pln_tcp *tcp, uint64_t conn, const struct pln_tcp_ref *ref,
                          int flags);
ssize_t pln_user_receive(struct pln_tcp *tcp, uint64_t conn, void *buf, size_t len, int flags);
int pln_user_receive_views(struct pln_tcp *tcp, uint64_t conn, size_t offset,
                           struct pln_tcp_view *views, unsigned int max);
int pln_user_consume(struct pln_tcp *tcp, uint64_t conn, size_t len);
int pln_user_shutdown(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_how how);
int pln_user_close(struct pln_tcp *tcp, uint64_t conn);
int pln_user_abort(struct pln_tcp *tcp, uint64_t conn);
int pln_user_opt_set(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_opt opt, int64_t value);
int pln_user_opt_get(struct pln_tcp *tcp, uint64_t conn, enum pln_tcp_opt opt, int64_t *value);
int pln_user_cc_set(struct pln_tcp *tcp, uint64_t conn, const char *name);
int pln_user_info(struct pln_tcp *tcp, uint64_t conn, struct pln_tcp_info *info);
int pln_user_readiness(struct pln_tcp *tcp, uint64_t conn);
int pln_user_error_take(struct pln_tcp *tcp, uint64_t conn);
/* What a connection waits for, with figures: the length, as snprintf would, or -EBADF. */
int pln_user_why(struct pln_tcp *tcp, uint64_t conn, char *buf, size_t len);

size_t pln_user_dump(struct pln_tcp *tcp, char *buf, size_t len);
unsigned int pln_user_trace_read(struct pln_tcp *tcp, struct pln_trace_record *out,
                                 unsigned int max);

PLN_C_END

#endif
