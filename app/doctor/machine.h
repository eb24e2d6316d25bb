/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine's facts are worth: one finding each for DPDK, lcores, hugepages, memlock, IOMMU, vfio, NICs and NUMA. */
#ifndef POLLEN_APP_DOCTOR_MACHINE_H
#define POLLEN_APP_DOCTOR_MACHINE_H

#include <pollen/machine.h>

#include "doctor/finding.h"

PLN_C_BEGIN

#define MACHINE_CHECKS 8

/**
 * Judge a machine. What only a bound NIC needs is missed where one is bound, or where there are NICs and no other port was given.
 *
 * @param has_port  a port was given: it need not be one of the machine's NICs
 */
void machine_judge(const struct pln_machine *machine, bool has_port,
                   struct finding out[MACHINE_CHECKS]);

PLN_C_END

#endif
