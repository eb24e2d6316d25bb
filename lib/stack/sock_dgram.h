/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets of type SOCK_DGRAM: each call of <pollen/socket.h> for one of them, sock->conn being its UDP handle. */
#ifndef POLLEN_STACK_SOCK_DGRAM_H
#define POLLEN_STACK_SOCK_DGRAM_H

#include "stack/sock.h"

PLN_C_BEGIN

int pln_sock_dgram_bind(struct pln_socks *socks, struct pln_sock *sock,
                        const struct pln_endpoint *local);
int pln_sock_dgram_connect(struct pln_socks *socks, struct pln_sock *sock,
                           const struct pln_endpoint *remote);
ssize_t pln_sock_dgram_send(struct pln_socks *socks, struct pln_sock *sock,
                            const struct pln_sock_msg *msg);
ssize_t pln_sock_dgram_recv(struct pln_socks *socks, struct pln_sock *sock,
                            struct pln_sock_msg *msg);
int pln_sock_dgram_shutdown(struct pln_socks *socks, struct pln_sock *sock, int how);
int pln_sock_dgram_readiness(struct pln_socks *socks, const struct pln_sock *sock);
int pln_sock_dgram_name(struct pln_socks *socks, const struct pln_sock *sock,
                        struct pln_endpoint *local, struct pln_endpoint *remote);
ssize_t pln_sock_dgram_inq(struct pln_socks *socks, const struct pln_sock *sock);
int pln_sock_dgram_setsockopt(struct pln_socks *socks, struct pln_sock *sock,
                              const struct pln_sock_opt *opt);
int pln_sock_dgram_getsockopt(struct pln_socks *socks, struct pln_sock *sock,
                              struct pln_sock_opt *opt);

PLN_C_END

#endif
