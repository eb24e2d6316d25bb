/* SPDX-License-Identifier: BSD-3-Clause */
/* A port from one end to the other: started, tested on all its lcores, judged. */
#ifndef POLLEN_APP_DOCTOR_EXAMINE_H
#define POLLEN_APP_DOCTOR_EXAMINE_H

#include "common/interrupt.h"
#include "doctor/finding.h"
#include "doctor/options.h"

PLN_C_BEGIN

/** Start the port, test it, report. A port that does not start is a finding too. @return 0, or -EINTR: it was interrupted */
int examine_port(const struct doctor_options *options, struct interrupt *interrupt,
                 struct report *report);

PLN_C_END

#endif
