/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames for the fuzz target `stack`: each takes what it needs of the input and hands a frame, or a few, to the rig. */
#ifndef POLLEN_TESTS_FUZZ_STACK_FRAMES_H
#define POLLEN_TESTS_FUZZ_STACK_FRAMES_H

#include "fuzz/stack_rig.h"

namespace fuzz
{

void any_segment(Rig &rig, Input &in);
void honest_segment(Rig &rig, Input &in);
void lagging_acks(Rig &rig, Input &in);
void icmp_error(Rig &rig, Input &in);
void arp(Rig &rig, Input &in);
void raw(Rig &rig, Input &in);
void fragments(Rig &rig, Input &in);
void datagram(Rig &rig, Input &in);

/* What a program does with UDP sockets. */
void udp_call(Rig &rig, Input &in);

} // namespace fuzz

#endif
