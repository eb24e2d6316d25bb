/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes down what a world does: each stack's own trace and what the network did to frames as text, the frames as a capture. */
#ifndef POLLEN_TESTS_SIMULATOR_RECORD_H
#define POLLEN_TESTS_SIMULATOR_RECORD_H

#include <cstdio>
#include <pcap/pcap.h>
#include <string>

#include "simulator/world.h"

namespace simulator
{

class Record : public Witness
{
      public:
	/* Empty names: not written. Throws where a file cannot be. */
	Record(const std::string &trace, const std::string &capture);
	~Record() override;
	Record(const Record &) = delete;
	Record &operator=(const Record &) = delete;

	void sent(const Frame &frame, uint64_t now) override;
	void fate(const Frame &frame, const char *what, uint64_t now) override;
	void turned(int index, support::Host &host) override;

      private:
	FILE *trace_ = nullptr;
	pcap_t *link_ = nullptr;
	pcap_dumper_t *capture_ = nullptr;
};

} // namespace simulator

#endif
