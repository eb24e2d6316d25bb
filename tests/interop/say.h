/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs of this folder print of a host and of its stacks. */
#ifndef POLLEN_TESTS_INTEROP_SAY_H
#define POLLEN_TESTS_INTEROP_SAY_H

struct pln_host;
struct pln_stack;

/* What was asked for and what was got. */
void say_host(const struct pln_host *host);

/* Each counter that is not zero, "counter: NAME VALUE". */
void say_counters(struct pln_stack *stack);

#endif
