/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between the versions of DPDK that Pollen builds on, 22.11 to 25.11: the one place with RTE_VERSION switches.
 * Each function below has the newest version's meaning; on an older one it does what that version can. A difference that
 * only the compiler sees (a header that was split, a name that was changed) belongs here too.
 */
#ifndef POLLEN_CONFIG_COMPAT_H
#define POLLEN_CONFIG_COMPAT_H

#include <stdint.h>
#include <sys/types.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_pcapng.h>
#include <rte_telemetry.h>
#include <rte_version.h>

/* rte_ip.h was split in 24.11; it still includes both, so only what wants one protocol alone looks here. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
#include <rte_ip4.h>
#else
#include <rte_ip.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* An unsigned value into a telemetry dictionary: the call was named after its width until 23.03. */
static inline int
pln_compat_dict_uint(struct rte_tel_data *d, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_tel_data_add_dict_uint(d, name, value);
#else
	return rte_tel_data_add_dict_u64(d, name, value);
#endif
}

/* The same into an array. */
static inline int
pln_compat_array_uint(struct rte_tel_data *d, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_tel_data_add_array_uint(d, value);
#else
	return rte_tel_data_add_array_u64(d, value);
#endif
}

/*
 * Declare a port in a capture file, before any of its packets; negative on failure. Before 23.03 opening the file declared
 * every port by itself, without a filter; since 25.11 the link type is asked for.
 */
static inline int
pln_compat_pcapng_add_interface(rte_pcapng_t *file, uint16_t port, const char *name,
                                const char *filter)
{
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
	return rte_pcapng_add_interface(file, port, DLT_EN10MB, name, NULL, filter);
#elif RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	return rte_pcapng_add_interface(file, port, name, NULL, filter);
#else
	(void)file, (void)port, (void)name, (void)filter;
	return 0;
#endif
}

/*
 * A copy of a frame as a capture file wants it, stamped now; NULL when the pool is empty. The time stamp was an argument, in
 * TSC cycles, until 23.11; a comment can be given since 23.07.
 */
static inline struct rte_mbuf *
pln_compat_pcapng_copy(uint16_t port, const struct rte_mbuf *m, struct rte_mempool *pool,
                       enum rte_pcapng_direction direction)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	return rte_pcapng_copy(port, 0, m, pool, UINT32_MAX, direction, NULL);
#elif RTE_VERSION >= RTE_VERSION_NUM(23, 7, 0, 0)
	return rte_pcapng_copy(port, 0, m, pool, UINT32_MAX, rte_get_tsc_cycles(), direction, NULL);
#else
	return rte_pcapng_copy(port, 0, m, pool, UINT32_MAX, rte_get_tsc_cycles(), direction);
#endif
}

/*
 * To be called once before the first copy, with any frame. Until 23.11 the library set its time base at the first copy, after the
 * stamp was taken, and a stamp that lay before the base threw all that followed two centuries off: this one lies well behind.
 */
static inline void
pln_compat_pcapng_prime(uint16_t port, const struct rte_mbuf *m, struct rte_mempool *pool)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	(void)port, (void)m, (void)pool;
#else
	uint64_t ahead = rte_get_tsc_cycles() + rte_get_tsc_hz() / 10;
#if RTE_VERSION >= RTE_VERSION_NUM(23, 7, 0, 0)
	rte_pktmbuf_free(rte_pcapng_copy(port, 0, m, pool, UINT32_MAX, ahead,
	                                 RTE_PCAPNG_DIRECTION_UNKNOWN, NULL));
#else
	rte_pktmbuf_free(
		rte_pcapng_copy(port, 0, m, pool, UINT32_MAX, ahead, RTE_PCAPNG_DIRECTION_UNKNOWN));
#endif
#endif
}

/* Packets seen and missed by a capture, written at its end; negative on failure. The times of start and end went in 23.11. */
static inline ssize_t
pln_compat_pcapng_write_stats(rte_pcapng_t *file, uint16_t port, uint64_t received, uint64_t missed)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	return rte_pcapng_write_stats(file, port, received, missed, NULL);
#else
	return rte_pcapng_write_stats(file, port, NULL, 0, 0, received, missed);
#endif
}

#ifdef __cplusplus
}
#endif

#endif
