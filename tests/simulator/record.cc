/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/record.h"

#include <cinttypes>
#include <stdexcept>

#include <pollen/trace.h>

namespace simulator
{

Record::Record(const std::string &trace, const std::string &capture)
{
	if (!trace.empty() && (trace_ = fopen(trace.c_str(), "w")) == nullptr)
		throw std::runtime_error(trace + ": cannot be written");
	if (capture.empty())
		return;
	link_ = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
	capture_ = link_ == nullptr ? nullptr : pcap_dump_open(link_, capture.c_str());
	if (capture_ == nullptr)
		throw std::runtime_error(capture + ": cannot be written");
}

Record::~Record()
{
	if (trace_ != nullptr)
		fclose(trace_);
	if (capture_ != nullptr)
		pcap_dump_close(capture_);
	if (link_ != nullptr)
		pcap_close(link_);
}

void
Record::sent(const Frame &frame, uint64_t now)
{
	pcap_pkthdr header{};

	if (capture_ == nullptr)
		return;
	header.ts.tv_sec = static_cast<time_t>(now / PLN_NS_PER_S);
	header.ts.tv_usec = static_cast<suseconds_t>(now % PLN_NS_PER_S);
	header.caplen = header.len = static_cast<bpf_u_int32>(frame.bytes.size());
	pcap_dump(reinterpret_cast<u_char *>(capture_), &header, frame.bytes.data());
}

void
Record::fate(const Frame &frame, const char *what, uint64_t now)
{
	if (trace_ != nullptr)
		fprintf(trace_, "%" PRIu64 ".%06" PRIu64 " network: %s: %s\n",
		        (now - WORLD_START) / PLN_NS_PER_S,
		        (now - WORLD_START) % PLN_NS_PER_S / 1000, text_of(frame).c_str(), what);
}

void
Record::turned(int index, support::Host &host)
{
	pln_trace_record records[32];
	char line[512];
	unsigned int n;

	while ((n = pln_trace_read(host.stack(), records, 32)) > 0) {
		for (unsigned int i = 0; i < n && trace_ != nullptr; i++) {
			pln_trace_format(&records[i], WORLD_START, line, sizeof(line));
			fprintf(trace_, "%s host %d\n", line, index);
		}
	}
}

} // namespace simulator
