/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every test includes anyway, compiled once a program. A test still names what it uses: with -Db_pch=false this header is
 * not there.
 */
#ifndef POLLEN_TESTS_PCH_H
#define POLLEN_TESTS_PCH_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#endif
