/* SPDX-License-Identifier: BSD-3-Clause */
/* From a packet line of a segment script to the frame it describes. */
#ifndef POLLEN_TESTS_SCRIPT_BUILD_H
#define POLLEN_TESTS_SCRIPT_BUILD_H

#include "script/flow.h"

namespace script_run
{

/* What the line leaves out is the flow's: addresses, ports, the next sequence number. The flow's numbers move on. */
Bytes build_frame(const script &s, const script_record &record, Flow &flow);

} // namespace script_run

#endif
