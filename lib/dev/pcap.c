/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies frames into a pcapng file. Received frames are copied before the stack sees (and changes) them; sent frames before the
 * device gets them, and written only if it took them. The filter is libpcap's program, converted for rte_bpf. A write that fails
 * or is cut short (disk full) ends the capture for good: the file is cut back to its last whole record, the error is kept for the
 * program to tell, and frames go on as if there were no capture. Checksums left to the device look wrong in the file, as in any
 * capture on a sending host.
 */
#include "dev/pcap.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_bpf.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "compat.h"

#define BURST       32U
#define BUFFERS     (4U * BURST)
#define FRAME_HEAD  22U
#define CONVERTED_X EBPF_REG_7 /* where rte_bpf_convert keeps X */
#define RECORD      96U        /* pcapng's options and trailer behind the frame */

static uint16_t
buffer_room(uint16_t mtu)
{
	return (uint16_t)(RTE_PKTMBUF_HEADROOM + mtu + FRAME_HEAD + RECORD);
}

uint64_t
pln_pcap_pool_bytes(uint16_t mtu)
{
	return (uint64_t)BUFFERS * (sizeof(struct rte_mbuf) + buffer_room(mtu) + 192U);
}

/* ------------------------------------------------------------------------------------------------ the data path */

static bool
matches(const struct pln_pcap *pcap, struct rte_mbuf *frame)
{
	if (pcap->bpf == NULL)
		return true;
	return rte_bpf_exec(pcap->bpf, frame) != 0;
}

/* Copies of frames of one burst that matched. */
struct copies {
	uint16_t count;
	uint16_t of[BURST]; /* whose copy it is: index into the burst */
	struct rte_mbuf *mbuf[BURST];
};

/* n is at most BURST. */
static void
copy_matching(const struct pln_pcap_tap *tap, struct rte_mbuf **frames, uint16_t n,
              enum rte_pcapng_direction direction, struct copies *copies)
{
	struct pln_pcap *pcap = tap->pcap;

	copies->count = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *copy;

		if (!matches(pcap, frames[i]))
			continue;
		copy = pln_compat_pcapng_copy(tap->port, frames[i], pcap->pool, direction);
		if (copy == NULL) {
			pcap->count[tap->port].missed++;
			continue;
		}
		copies->of[copies->count] = i;
		copies->mbuf[copies->count++] = copy;
	}
}

static void
stop(struct pln_pcap *pcap, int error)
{
	pcap->error = error;
	if (pcap->regular && ftruncate(pcap->fd, pcap->good_bytes) == 0)
		lseek(pcap->fd, pcap->good_bytes, SEEK_SET);
}

/* Write copies and free them. */
static void
write_copies(const struct pln_pcap_tap *tap, struct copies *copies)
{
	struct pln_pcap *pcap = tap->pcap;
	int64_t want = 0;
	ssize_t wrote;

	if (copies->count == 0)
		return;
	for (uint16_t i = 0; i < copies->count; i++)
		want += copies->mbuf[i]->pkt_len;
	wrote = rte_pcapng_write_packets(pcap->file, copies->mbuf, copies->count);
	if (wrote == want) {
		pcap->captured += copies->count;
		pcap->count[tap->port].captured += copies->count;
		pcap->good_bytes += want;
	} else {
		stop(pcap, wrote < 0 && rte_errno != 0 ? -rte_errno : -ENOSPC);
	}
	rte_pktmbuf_free_bulk(copies->mbuf, copies->count);
}

static uint16_t
capture_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_pcap_tap *tap = ctx;
	struct pln_pcap *pcap = tap->pcap;
	struct copies copies;

	if (n > BURST)
		n = BURST;
	n = tap->inner.rx(tap->inner.ctx, frames, n);
	if (n == 0)
		return n;
	rte_spinlock_lock(&pcap->lock);
	if (pcap->error == 0) {
		copy_matching(tap, frames, n, RTE_PCAPNG_DIRECTION_IN, &copies);
		write_copies(tap, &copies);
	}
	rte_spinlock_unlock(&pcap->lock);
	return n;
}

/* At most BURST frames; what the device does not take is not written. */
static uint16_t
send_burst(struct pln_pcap_tap *tap, struct rte_mbuf **frames, uint16_t n)
{
	struct copies copies;
	uint16_t sent;

	copy_matching(tap, frames, n, RTE_PCAPNG_DIRECTION_OUT, &copies);
	sent = tap->inner.tx(tap->inner.ctx, frames, n);
	while (copies.count > 0 && copies.of[copies.count - 1] >= sent)
		rte_pktmbuf_free(copies.mbuf[--copies.count]);
	write_copies(tap, &copies);
	return sent;
}

static uint16_t
capture_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_pcap_tap *tap = ctx;
	struct pln_pcap *pcap = tap->pcap;
	bool refused = false;
	uint16_t sent = 0;

	rte_spinlock_lock(&pcap->lock);
	while (sent < n && pcap->error == 0 && !refused) {
		uint16_t left = n - sent;
		uint16_t burst = left < BURST ? left : (uint16_t)BURST;
		uint16_t took = send_burst(tap, frames + sent, burst);

		sent += took;
		refused = took < burst;
	}
	rte_spinlock_unlock(&pcap->lock);
	if (sent < n && !refused)
		sent += tap->inner.tx(tap->inner.ctx, frames + sent, n - sent);
	return sent;
}

static bool
capture_up(void *ctx)
{
	struct pln_pcap_tap *tap = ctx;

	return tap->inner.up == NULL || tap->inner.up(tap->inner.ctx);
}

/* ------------------------------------------------------------------------------------------------ open and close */

/*
 * DPDK's converter takes the index of an indirect load from the X register for halfwords alone and from the accumulator for bytes
 * and words, since it reads the size's bit as the source's: "tcp[13] & 2 != 0" matched nothing. In classic BPF it is always X.
 */
static void
mend_indirect_loads(struct rte_bpf_prm *prm)
{
	/* The instructions stand behind the parameters in one allocation, ours alone until it is loaded. */
	struct ebpf_insn *ins = (struct ebpf_insn *)prm->ins;

	for (uint32_t i = 0; i < prm->nb_ins; i++) {
		if (BPF_CLASS(ins[i].code) == BPF_LD && BPF_MODE(ins[i].code) == BPF_IND)
			ins[i].src_reg = CONVERTED_X;
	}
}

/* Interpreted: what 22.11's compiler to machine code makes of "jset" (tcp[tcpflags] & tcp-syn) jumps between instructions. */
static int
load_filter(struct pln_pcap *pcap, const struct bpf_program *filter, struct pln_error *error)
{
	struct rte_bpf_prm *prm;

	if (filter == NULL)
		return 0;
	prm = rte_bpf_convert(filter);
	if (prm == NULL)
		return pln_error_set(error, rte_errno == ENOTSUP ? -ENOTSUP : -EINVAL,
		                     "DPDK cannot run this capture filter: %s.",
		                     rte_strerror(rte_errno));
	mend_indirect_loads(prm);
	pcap->bpf = rte_bpf_load(prm);
	rte_free(prm);
	if (pcap->bpf == NULL)
		return pln_error_set(error, -EINVAL, "DPDK cannot load this capture filter: %s.",
		                     rte_strerror(rte_errno));
	return 0;
}

static int
open_path(struct pln_pcap *pcap, const char *path, struct pln_error *error)
{
	struct stat status;

	pcap->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (pcap->fd < 0)
		return pln_error_set(error, -errno, "The capture file %s cannot be written: %s.",
		                     path, strerror(errno));
	pcap->regular = fstat(pcap->fd, &status) == 0 && S_ISREG(status.st_mode);
	return 0;
}

static int
cannot_begin(struct pln_error *error)
{
	int code = errno != 0 ? errno : EIO;

	return pln_error_set(error, -code, "The capture file cannot be begun: %s.", strerror(code));
}

int
pln_pcap_add_port(struct pln_pcap *pcap, uint16_t port, struct pln_error *error)
{
	if (pln_compat_pcapng_add_interface(pcap->file, port, NULL, NULL) < 0)
		return cannot_begin(error);
	pcap->ports[pcap->n_ports++] = port;
	pcap->good_bytes = pcap->regular ? lseek(pcap->fd, 0, SEEK_CUR) : 0;
	return 0;
}

static int
open_file(struct pln_pcap *pcap, const struct pln_pcap_config *config, struct pln_error *error)
{
	struct utsname system;
	char os[sizeof(system.sysname) + sizeof(system.release) + 1];

	uname(&system);
	snprintf(os, sizeof(os), "%s %s", system.sysname, system.release);
	pcap->file = rte_pcapng_fdopen(pcap->fd, os, NULL, config->program, NULL);
	if (pcap->file == NULL)
		return cannot_begin(error);
	return pln_pcap_add_port(pcap, config->port, error);
}

static void
prime(const struct pln_pcap *pcap)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pcap->pool);

	if (m == NULL)
		return;
	pln_compat_pcapng_prime(pcap->ports[0], m, pcap->pool);
	rte_pktmbuf_free(m);
}

static int
make_pool(struct pln_pcap *pcap, const struct pln_pcap_config *config, struct pln_error *error)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "pollen_capture_%u", config->port);
	pcap->pool = rte_pktmbuf_pool_create(name, BUFFERS, 0, 0, buffer_room(config->mtu),
	                                     SOCKET_ID_ANY);
	if (pcap->pool == NULL)
		return pln_error_set(error, -ENOMEM,
		                     "There is no memory for the capture's buffers.");
	return 0;
}

int
pln_pcap_open(struct pln_pcap *pcap, const struct pln_pcap_config *config, struct pln_error *error)
{
	int rc;

	memset(pcap, 0, sizeof(*pcap));
	rte_spinlock_init(&pcap->lock);
	pcap->fd = -1;
	rc = load_filter(pcap, config->filter, error);
	if (rc == 0)
		rc = make_pool(pcap, config, error);
	if (rc == 0)
		rc = open_path(pcap, config->path, error);
	if (rc == 0)
		rc = open_file(pcap, config, error);
	if (rc != 0)
		pln_pcap_close(pcap);
	else
		prime(pcap);
	return rc;
}

void
pln_pcap_tap_init(struct pln_pcap_tap *tap, struct pln_pcap *pcap, uint16_t port,
                  const struct pln_link *link)
{
	*tap = (struct pln_pcap_tap){ .pcap = pcap, .port = port, .inner = *link, .link = *link };
	tap->link.rx = capture_rx;
	tap->link.tx = capture_tx;
	tap->link.up = capture_up;
	tap->link.ctx = tap;
}

static void
write_stats(const struct pln_pcap *pcap)
{
	for (unsigned int i = 0; i < pcap->n_ports; i++) {
		const struct pln_pcap_count *count = &pcap->count[pcap->ports[i]];

		pln_compat_pcapng_write_stats(pcap->file, pcap->ports[i],
		                              count->captured + count->missed, count->missed);
	}
}

void
pln_pcap_close(struct pln_pcap *pcap)
{
	if (pcap->file != NULL && pcap->error == 0)
		write_stats(pcap);
	if (pcap->file != NULL)
		rte_pcapng_close(pcap->file); /* closes fd */
	else if (pcap->fd >= 0)
		close(pcap->fd);
	rte_bpf_destroy(pcap->bpf);
	rte_mempool_free(pcap->pool);
	pcap->file = NULL;
	pcap->fd = -1;
	pcap->bpf = NULL;
	pcap->pool = NULL;
}
