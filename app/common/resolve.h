/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host names to addresses: those the user gave (--resolve), numbers, else the system's resolver in a thread of its own, so
 * that nobody waits for it but who wants to.
 */
#ifndef POLLEN_APP_COMMON_RESOLVE_H
#define POLLEN_APP_COMMON_RESOLVE_H

#include <pollen/types.h>

PLN_C_BEGIN

struct resolve;

/** @return NULL when memory is out */
struct resolve *resolve_create(void);

/** Lookups that are still on their way are left to end by themselves. NULL is allowed. */
void resolve_destroy(struct resolve *resolve);

/** Fix an answer. @param port 0: for every port. @return 0 or -ENOMEM. */
int resolve_add(struct resolve *resolve, const char *host, uint16_t port,
                const struct pln_addr *addr);

/** Fix an answer as text: "HOST:PORT:ADDR", PORT may be *. @return 0 or a negative errno with a sentence. */
int resolve_add_text(struct resolve *resolve, const char *text, struct pln_error *error);

/**
 * Ask; call again until the answer is there. Several names may be asked for at once.
 *
 * @return 0: *out is the answer; -EINPROGRESS: not yet, ask again; else a negative errno with a sentence
 *         (-EAFNOSUPPORT: an IPv6 address; -ENOENT: no such name; -EAGAIN: the resolver had no answer now)
 */
int resolve_get(struct resolve *resolve, const char *host, uint16_t port, struct pln_addr *out,
                struct pln_error *error);

/** Why resolve_get found no address, in the C library's words ("Name or service not known"); NULL where it did not ask there. */
const char *resolve_reason(const struct resolve *resolve);

/** The canonical name that the C library gave with the last answer; NULL where there is none. Valid until the next question. */
const char *resolve_canonical(const struct resolve *resolve);

PLN_C_END

#endif
