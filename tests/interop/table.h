/* SPDX-License-Identifier: BSD-3-Clause */
/* A device's redirection table, changed behind the back of those who use it. */
#ifndef POLLEN_TESTS_INTEROP_TABLE_H
#define POLLEN_TESTS_INTEROP_TABLE_H

#include <stdint.h>

/* Every entry leads to the next of so many queues; prints what came of it. */
void table_turn(uint16_t port, uint16_t queues);

#endif
