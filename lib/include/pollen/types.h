/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words every other public header uses: addresses, endpoints, time, errors that carry a sentence.
 *
 * Conventions of the whole API:
 *   - time is uint64_t nanoseconds of whatever clock the caller turns; only differences matter;
 *   - addresses are in network byte order (bytes as on the wire), ports are host integers;
 *   - calls never block and return >= 0, or a negative errno;
 *   - a stack and everything in it belongs to one thread, the one that polls it.
 */
#ifndef POLLEN_TYPES_H
#define POLLEN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define PLN_C_BEGIN extern "C" {
#define PLN_C_END   }
#else
#define PLN_C_BEGIN
#define PLN_C_END
#endif

/* Marks what the shared library exports. */
#define PLN_API __attribute__((visibility("default")))

PLN_C_BEGIN

#define PLN_NEVER UINT64_MAX /* "no deadline" wherever a point in time is asked for */

#define PLN_NS_PER_US UINT64_C(1000)       /* a microsecond, in the unit of time */
#define PLN_NS_PER_MS UINT64_C(1000000)    /* a millisecond */
#define PLN_NS_PER_S  UINT64_C(1000000000) /* a second */

/* Which kind of address; the values are IP's version numbers. */
enum pln_family {
	PLN_FAMILY_NONE = 0, /* unspecified: "any address", "choose for me" */
	PLN_FAMILY_IP4 = 4,  /* IPv4 */
	PLN_FAMILY_IP6 = 6, /* the types have room for it; every call answers -EAFNOSUPPORT today */
};

/* An IP address of either family; unused bytes are zero, so two addresses compare with memcmp. */
struct pln_addr {
	uint8_t family;    /* enum pln_family */
	uint8_t bytes[16]; /* network byte order; IPv4 uses the first four */
};

/* One end of a connection. */
struct pln_endpoint {
	struct pln_addr addr; /* of the host */
	uint16_t port;        /* host byte order */
};

/* An Ethernet address. */
struct pln_mac {
	uint8_t bytes[6]; /* in the order they are sent */
};

/* Room for any address with its port as text: "255.255.255.255:65535" or a bracketed IPv6 one. */
#define PLN_ADDR_TEXT_LEN 56

/* An error a person reads. Filled by calls of the control path that take one. */
struct pln_error {
	int code;       /* negative errno */
	char text[768]; /* one or more sentences: what happened, and what to do */
};

static inline struct pln_addr
pln_addr_ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	struct pln_addr addr = { PLN_FAMILY_IP4, { a, b, c, d } };

	return addr;
}

/**
 * Parse an IPv4 address in dotted decimal, exactly four numbers ("192.0.2.1").
 *
 * @param text  NUL-terminated
 * @param out   untouched on failure
 * @return 0; -EINVAL if it is no address; -EAFNOSUPPORT if it is an IPv6 one. Any thread.
 */
PLN_API int pln_addr_parse(const char *text, struct pln_addr *out);

/**
 * Parse "address/prefix-length" ("192.0.2.1/24").
 *
 * @param prefix_len  bits, 0 to 32
 * @return 0, -EINVAL, -EAFNOSUPPORT; outputs untouched on failure. Any thread.
 */
PLN_API int pln_addr_parse_prefix(const char *text, struct pln_addr *out, uint8_t *prefix_len);

/**
 * Parse a MAC address, six hexadecimal bytes parted by colons.
 *
 * @return 0 or -EINVAL; `out` untouched on failure. Any thread.
 */
PLN_API int pln_mac_parse(const char *text, struct pln_mac *out);

/**
 * Write an address as text.
 *
 * @param buf  at least PLN_ADDR_TEXT_LEN bytes
 * @return buf. Any thread.
 */
PLN_API char *pln_addr_format(const struct pln_addr *addr, char *buf);

/** Write "address:port" as text. @param buf at least PLN_ADDR_TEXT_LEN bytes. @return buf. Any thread. */
PLN_API char *pln_endpoint_format(const struct pln_endpoint *ep, char *buf);

PLN_C_END

#endif
