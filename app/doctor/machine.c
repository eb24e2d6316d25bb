/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts into verdicts. Failed is what keeps a NIC that is bound from working; a warning is what costs speed, or what a NIC that
 * somebody means to bind will miss. On a machine that has no NIC to bind, none of that is missed.
 */
#include "doctor/machine.h"

#include <inttypes.h>
#include <string.h>

#define DPDK_FIRST 2211 /* year and month: the versions that are tested */
#define DPDK_LAST  2511
#define LOCKED_MIN (UINT64_C(64) << 20) /* packet buffers and rings of one port, ordinarily */

struct judged {
	const struct pln_machine *machine;
	const struct pln_machine_nic *vfio;     /* the first NIC bound to vfio-pci, NULL: none */
	const struct pln_machine_nic *physical; /* that needs physical addresses */
	unsigned int bound;
	bool wants_nic; /* a bound one is used, or none could be */
};

static bool
is_on(const struct pln_machine_nic *nic, const char *driver)
{
	return strcmp(nic->driver, driver) == 0;
}

static struct judged
look(const struct pln_machine *machine, bool has_port)
{
	struct judged j = { .machine = machine };

	for (uint32_t i = 0; i < machine->nic_count; i++) {
		const struct pln_machine_nic *nic = &machine->nics[i];
		bool is_vfio = is_on(nic, "vfio-pci");

		j.bound += nic->bound;
		if (is_vfio && j.vfio == NULL)
			j.vfio = nic;
		if (((is_vfio && machine->iommu_groups == 0) || is_on(nic, "uio_pci_generic") ||
		     is_on(nic, "igb_uio")) &&
		    j.physical == NULL)
			j.physical = nic;
	}
	j.wants_nic = j.bound > 0 || (machine->nic_count > 0 && !has_port);
	return j;
}

static struct finding
judge_dpdk(const struct judged *j)
{
	unsigned int year = 0, month = 0;
	struct finding f = finding_of(VERDICT_OK, "dpdk", "%s", j->machine->dpdk);
	/* NOLINTNEXTLINE(cert-err34-c): two digits each */
	int n = sscanf(j->machine->dpdk, "DPDK %2u.%2u", &year, &month);

	if (n == 2 && year * 100 + month >= DPDK_FIRST && year * 100 + month <= DPDK_LAST)
		return f;
	f.verdict = VERDICT_WARNING;
	finding_add(&f, ", which is none of those that are tested, 22.11 to 25.11");
	finding_mend(&f, "config/deps build");
	return f;
}

static struct finding
judge_lcores(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f = finding_of(VERDICT_OK, "lcores", "%u processors, %u for us (%s)",
	                              m->cpus_online, m->cpus_allowed, m->allowed);

	if (m->isolated[0] != '\0')
		finding_add(&f, ", %s isolated", m->isolated);
	if (m->cpus_allowed > 1)
		return f;
	f.verdict = VERDICT_WARNING;
	finding_add(&f, ": who polls takes turns with everybody else");
	if (m->cpus_online > 1)
		finding_mend(&f, "taskset -c 0-%u PROGRAM", m->cpus_online - 1);
	else
		finding_mend(&f, "another processor for this machine");
	return f;
}

static struct finding
judge_hugepages(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f = finding_of(VERDICT_OK, "hugepages", "%s", "");
	uint64_t total = 0, free_bytes = 0;

	for (uint32_t i = 0; i < m->page_sizes; i++) {
		total += m->pages[i].total * m->pages[i].bytes;
		free_bytes += m->pages[i].free * m->pages[i].bytes;
	}
	finding_add(&f, "%" PRIu64 " MB free of %" PRIu64 " MB", free_bytes >> 20, total >> 20);
	if (free_bytes > 0)
		return f;
	f.verdict = j->physical != NULL ? VERDICT_FAILED : VERDICT_WARNING;
	if (j->physical != NULL)
		finding_add(&f, ", and %s, on %s without an IOMMU, works with nothing else",
		            j->physical->address, j->physical->driver);
	else
		finding_add(&f, ": ordinary pages do, more slowly");
	finding_mend(&f, "config/hugepages 1G");
	return f;
}

static struct finding
judge_memlock(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f = finding_of(VERDICT_OK, "memlock", "%s", "");

	if (m->locked_bytes == UINT64_MAX)
		finding_add(&f, "no limit");
	else
		finding_add(&f, "%" PRIu64 " KB", m->locked_bytes >> 10);
	if (m->locked_bytes != UINT64_MAX && m->locks_freely)
		finding_add(&f, ", which this process may pass");
	if (m->locked_bytes >= LOCKED_MIN || m->locks_freely)
		return f;
	f.verdict = j->vfio != NULL ? VERDICT_FAILED : VERDICT_WARNING;
	finding_add(&f, j->vfio != NULL ? ": vfio-pci locks all memory that the NIC may reach"
	                                : ": rings of --interface will be short");
	finding_mend(&f, "ulimit -l unlimited; for good, '* - memlock unlimited' in "
	                 "/etc/security/limits.conf");
	return f;
}

static struct finding
judge_iommu(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f = finding_of(VERDICT_OK, "iommu", "none");

	if (m->iommu_groups > 0)
		return finding_of(VERDICT_OK, "iommu", "in use: %u %s", m->iommu_groups,
		                  m->iommu_groups == 1 ? "group" : "groups");
	if (j->vfio == NULL && !j->wants_nic) {
		finding_add(&f, ", and no NIC here that would want one");
		return f;
	}
	f.verdict = j->vfio != NULL && !m->vfio_noiommu ? VERDICT_FAILED : VERDICT_WARNING;
	if (j->vfio != NULL && m->vfio_noiommu)
		finding_add(&f, ": vfio does without, and %s may write to any memory",
		            j->vfio->address);
	else if (j->vfio != NULL)
		finding_add(&f, ", and %s is bound to vfio-pci, which needs it", j->vfio->address);
	else
		finding_add(&f, ", or it is off: vfio-pci needs it; uio_pci_generic does without, "
		                "with hugepages");
	finding_mend(&f, "intel_iommu=on (or amd_iommu=on) and iommu=pt on the kernel's command "
	                 "line, VT-d or AMD-Vi on in the firmware");
	return f;
}

/* vfio-pci has the NIC: may we have it? */
static struct finding
judge_vfio_access(const struct judged *j)
{
	const struct pln_machine *m = j->machine;

	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct pln_machine_nic *nic = &m->nics[i];
		struct finding f;

		if (!is_on(nic, "vfio-pci") || (nic->openable && m->vfio_openable))
			continue;
		f = finding_of(VERDICT_FAILED, "vfio", "%s may not be opened by this user: %s",
		               nic->address,
		               nic->openable ? "/dev/vfio/vfio" : "its group in /dev/vfio");
		finding_mend(&f, "sudo chown $(id -u) /dev/vfio/vfio /dev/vfio/%s%d",
		             m->iommu_groups == 0 ? "noiommu-" : "", nic->iommu_group);
		return f;
	}
	return finding_of(VERDICT_OK, "vfio", "loaded, and what is bound may be opened");
}

static struct finding
judge_vfio(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f;

	if (j->vfio != NULL)
		return judge_vfio_access(j);
	if (m->vfio_loaded)
		return finding_of(VERDICT_OK, "vfio", "loaded");
	if (m->uio_loaded && m->iommu_groups == 0)
		return finding_of(VERDICT_OK, "vfio", "not loaded; uio is, which needs no IOMMU");
	f = finding_of(VERDICT_OK, "vfio", "not loaded");
	if (!j->wants_nic || j->bound > 0) {
		finding_add(&f, ", and no NIC here that would want it");
		return f;
	}
	f.verdict = VERDICT_WARNING;
	finding_add(&f, ": no NIC can be bound yet");
	finding_mend(&f, "modprobe %s", m->iommu_groups > 0 ? "vfio-pci" : "uio_pci_generic");
	return f;
}

static void
add_nics(const struct judged *j, struct finding *f)
{
	const struct pln_machine *m = j->machine;

	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct pln_machine_nic *nic = &m->nics[i];

		finding_add(f, "%s%s on %s", i > 0 ? ", " : ": ", nic->address,
		            nic->driver[0] != '\0' ? nic->driver : "no driver");
		if (nic->interface[0] != '\0')
			finding_add(f, " as %s", nic->interface);
		if (nic->node >= 0 && m->node_count > 1)
			finding_add(f, " (node %d)", nic->node);
	}
}

static struct finding
judge_nics(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f = finding_of(VERDICT_OK, "nics", "%u of %u bound", j->bound, m->nic_count);

	if (m->nic_count == 0)
		return finding_of(VERDICT_OK, "nics",
		                  "no PCI network device; --interface and vdevs do without");
	add_nics(j, &f);
	if (!j->wants_nic || j->bound > 0)
		return f;
	f.verdict = VERDICT_WARNING;
	finding_mend(&f, "config/nic bind %s", m->nics[0].address);
	return f;
}

static const struct pln_machine_node *
find_node(const struct pln_machine *m, int32_t id)
{
	for (uint32_t i = 0; i < m->node_count; i++)
		if (id >= 0 && m->nodes[i].id == (unsigned int)id)
			return &m->nodes[i];
	return NULL;
}

static uint64_t
free_anywhere(const struct pln_machine *m)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->node_count; i++)
		sum += m->nodes[i].huge_free_bytes;
	return sum;
}

/* Has a bound NIC what it needs on its node? @return false, with the finding */
static bool
is_at_home(const struct pln_machine *m, const struct pln_machine_nic *nic, struct finding *f)
{
	const struct pln_machine_node *node = find_node(m, nic->node);

	if (!nic->bound || node == NULL)
		return true;
	if (node->cpus_allowed == 0) {
		*f = finding_of(VERDICT_WARNING, "numa",
		                "%s is on node %u, none of whose processors is for us",
		                nic->address, node->id);
		finding_mend(f, "taskset -c %s PROGRAM -l %s -a %s -- ...", node->cpus, node->cpus,
		             nic->address);
		return false;
	}
	if (node->huge_free_bytes > 0 || free_anywhere(m) == 0)
		return true;
	*f = finding_of(VERDICT_WARNING, "numa",
	                "%s is on node %u, and all free hugepages are on others", nic->address,
	                node->id);
	finding_mend(f, "config/hugepages 1G --node %u", node->id);
	return false;
}

static struct finding
judge_numa(const struct judged *j)
{
	const struct pln_machine *m = j->machine;
	struct finding f;

	for (uint32_t i = 0; i < m->nic_count && m->node_count > 1; i++)
		if (!is_at_home(m, &m->nics[i], &f))
			return f;
	if (m->node_count <= 1)
		return finding_of(VERDICT_OK, "numa", "one node");
	return finding_of(VERDICT_OK, "numa",
	                  "%u nodes; what is bound finds processors and memory on its own",
	                  m->node_count);
}

void
machine_judge(const struct pln_machine *machine, bool has_port, struct finding out[MACHINE_CHECKS])
{
	static struct finding (*const checks[MACHINE_CHECKS])(const struct judged *) = {
		judge_dpdk,  judge_lcores, judge_hugepages, judge_memlock,
		judge_iommu, judge_vfio,   judge_nics,      judge_numa,
	};
	struct judged j = look(machine, has_port);

	for (int i = 0; i < MACHINE_CHECKS; i++)
		out[i] = checks[i](&j);
}
