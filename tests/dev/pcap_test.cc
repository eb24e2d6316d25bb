/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/pcap.h"

#include <csignal>
#include <ctime>
#include <deque>
#include <fstream>
#include <iterator>
#include <pcap/bpf.h>
#include <sys/resource.h>
#include <vector>

#include <rte_mbuf.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "dev/vdev.h"
#include "support/folder.h"

namespace
{

constexpr uint32_t interface_block = 1, packet_block = 6;

struct Packet {
	uint64_t ns; /* since 1970 */
	uint32_t captured, original;
	std::vector<uint8_t> bytes;
	uint32_t flags;
	uint32_t interface; /* in the order in which they were added */
};

struct File {
	bool whole = false; /* only whole blocks */
	unsigned int interfaces = 0;
	std::vector<Packet> packets;
};

uint32_t
word(const std::vector<uint8_t> &bytes, size_t at)
{
	uint32_t value;

	memcpy(&value, &bytes.at(at + 3) - 3, sizeof(value));
	return value;
}

Packet
packet_at(const std::vector<uint8_t> &bytes, size_t at)
{
	uint64_t ns = (uint64_t)word(bytes, at + 12) << 32 | word(bytes, at + 16);
	Packet packet = { ns, word(bytes, at + 20), word(bytes, at + 24), {}, 0, 0 };

	packet.bytes.assign(&bytes[at + 28], &bytes[at + 28] + packet.captured);
	packet.interface = word(bytes, at + 8);
	/* The first option behind the padded data is the direction. */
	packet.flags = word(bytes, at + 28 + (packet.captured + 3) / 4 * 4 + 4);
	return packet;
}

File
read_file(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);
	std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
	File file;
	size_t at = 0;

	while (at + 12 <= bytes.size()) {
		uint32_t type = word(bytes, at), len = word(bytes, at + 4);

		if (len < 12 || at + len > bytes.size() || word(bytes, at + len - 4) != len)
			return file;
		file.interfaces += type == interface_block;
		if (type == packet_block)
			file.packets.push_back(packet_at(bytes, at));
		at += len;
	}
	file.whole = at == bytes.size();
	return file;
}

/* A link that gives what is queued and takes as many frames as it is told. */
struct Inner {
	std::deque<rte_mbuf *> waiting;
	uint16_t takes = UINT16_MAX;
	unsigned int sent = 0;

	static uint16_t
	rx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *inner = static_cast<Inner *>(ctx);
		uint16_t i = 0;

		for (; i < n && !inner->waiting.empty(); i++) {
			frames[i] = inner->waiting.front();
			inner->waiting.pop_front();
		}
		return i;
	}

	static uint16_t
	tx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *inner = static_cast<Inner *>(ctx);
		uint16_t took = std::min(n, inner->takes);

		rte_pktmbuf_free_bulk(frames, took);
		inner->takes -= took;
		inner->sent += took;
		return took;
	}
};

class PcapTest : public ::testing::Test
{
      protected:
	PcapTest()
	    : port("net_null_pcap", ""),
	      pool(pln_mbuf_pool_create("pcap_test", 1024, 2048, SOCKET_ID_ANY))
	{
		link.rx = Inner::rx;
		link.tx = Inner::tx;
		link.ctx = &inner;
		link.mtu = 1500;
	}
	~PcapTest() override
	{
		pln_pcap_close(&pcap);
		rte_mempool_free(pool);
	}

	int
	open(const bpf_program *filter = nullptr)
	{
		std::string path = folder.at("x.pcapng");
		pln_pcap_config config = { path.c_str(), filter, "test", port.port, link.mtu };

		pln_pcap_tap_init(&tap, &pcap, port.port, &link);
		return pln_pcap_open(&pcap, &config, &error);
	}

	File
	close_and_read()
	{
		pln_pcap_close(&pcap);
		return read_file(folder.at("x.pcapng"));
	}

	rte_mbuf *
	frame(uint16_t ethertype, uint16_t len = 60)
	{
		rte_mbuf *m = rte_pktmbuf_alloc(pool);
		auto *bytes = reinterpret_cast<uint8_t *>(rte_pktmbuf_append(m, len));

		for (uint16_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)i;
		bytes[12] = (uint8_t)(ethertype >> 8);
		bytes[13] = (uint8_t)ethertype;
		return m;
	}

	uint16_t
	receive()
	{
		rte_mbuf *frames[32];
		uint16_t n = tap.link.rx(tap.link.ctx, frames, 32);

		rte_pktmbuf_free_bulk(frames, n);
		return n;
	}

	Vdev port;
	rte_mempool *pool;
	Folder folder;
	Inner inner;
	pln_link link = {};
	pln_pcap pcap = { .fd = -1 };
	pln_pcap_tap tap = {};
	pln_error error = {};
};

/* "arp", as libpcap compiles it. */
bpf_insn arp_code[] = {
	{ BPF_LD | BPF_H | BPF_ABS, 0, 0, 12 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x0806 },
	{ BPF_RET | BPF_K, 0, 0, 262144 },
	{ BPF_RET | BPF_K, 0, 0, 0 },
};
const bpf_program arp_filter = { 4, arp_code };

/* "ether[20] & 3 != 0", as libpcap compiles it. */
bpf_insn bits_code[] = {
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 20 },
	{ BPF_JMP | BPF_JSET | BPF_K, 0, 1, 3 },
	{ BPF_RET | BPF_K, 0, 0, 262144 },
	{ BPF_RET | BPF_K, 0, 0, 0 },
};
const bpf_program bits_filter = { 4, bits_code };

/* The byte, halfword or word at 4 * (byte 14 & 0xf) + 14 + 13 is `value`: where "tcp[13]" looks, as libpcap compiles it. */
struct IndexedFilter {
	bpf_insn code[5];
	bpf_program program;

	IndexedFilter(uint16_t size, uint32_t value)
	    : code{ { BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14 },
		    { (uint16_t)(BPF_LD | size | BPF_IND), 0, 0, 27 },
		    { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value },
		    { BPF_RET | BPF_K, 0, 0, 262144 },
		    { BPF_RET | BPF_K, 0, 0, 0 } },
	      program{ 5, code }
	{
	}
};

} // namespace

TEST_F(PcapTest, BothDirectionsAreWrittenWithTheirBytes)
{
	ASSERT_EQ(open(), 0) << error.text;
	inner.waiting.push_back(frame(0x0800, 61));
	EXPECT_EQ(receive(), 1);
	rte_mbuf *out = frame(0x0806, 42);
	EXPECT_EQ(tap.link.tx(tap.link.ctx, &out, 1), 1);
	EXPECT_EQ(pcap.captured, 2U);

	File file = close_and_read();
	EXPECT_TRUE(file.whole);
	EXPECT_GE(file.interfaces, 1U);
	ASSERT_EQ(file.packets.size(), 2U);
	EXPECT_EQ(file.packets[0].captured, 61U);
	EXPECT_EQ(file.packets[0].original, 61U);
	EXPECT_EQ(file.packets[0].bytes[60], 60);
	EXPECT_EQ(file.packets[0].flags & 3, 1U);
	EXPECT_EQ(file.packets[1].captured, 42U);
	EXPECT_EQ(file.packets[1].flags & 3, 2U);
	EXPECT_EQ(rte_mempool_in_use_count(pool), 0U);
}

TEST_F(PcapTest, SeveralPortsGoIntoOneFileEachAsAnInterfaceOfItsOwn)
{
	Vdev other("net_null_pcap2", "");
	pln_pcap_tap second = {};

	ASSERT_EQ(open(), 0) << error.text;
	ASSERT_EQ(pln_pcap_add_port(&pcap, other.port, &error), 0) << error.text;
	pln_pcap_tap_init(&second, &pcap, other.port, &link);
	rte_mbuf *one = frame(0x0800, 61), *two = frame(0x0800, 62);
	EXPECT_EQ(second.link.tx(second.link.ctx, &two, 1), 1);
	EXPECT_EQ(tap.link.tx(tap.link.ctx, &one, 1), 1);
	EXPECT_EQ(pcap.captured, 2U);

	File file = close_and_read();
	EXPECT_TRUE(file.whole);
	ASSERT_EQ(file.packets.size(), 2U);
	EXPECT_EQ(file.packets[0].captured, 62U);
	EXPECT_EQ(file.packets[1].captured, 61U);
	EXPECT_NE(file.packets[0].interface, file.packets[1].interface);
	EXPECT_GE(file.interfaces, 2U);
}

TEST_F(PcapTest, FramesAreStampedWithTheTimeOfDay)
{
	ASSERT_EQ(open(), 0) << error.text;
	for (int i = 0; i < 3; i++)
		inner.waiting.push_back(frame(0x0800));
	EXPECT_EQ(receive(), 3);

	uint64_t last = 0;
	for (const Packet &packet : close_and_read().packets) {
		EXPECT_NEAR((double)packet.ns / 1e9, (double)time(nullptr), 10.0);
		EXPECT_GE(packet.ns, last);
		last = packet.ns;
	}
}

TEST_F(PcapTest, OnlyWhatMatchesIsWritten)
{
	ASSERT_EQ(open(&arp_filter), 0) << error.text;
	for (uint16_t type : { 0x0800, 0x0806, 0x86dd, 0x0806 })
		inner.waiting.push_back(frame(type));
	EXPECT_EQ(receive(), 4);

	File file = close_and_read();
	ASSERT_EQ(file.packets.size(), 2U);
	EXPECT_EQ(file.packets[1].bytes[13], 0x06);
}

TEST_F(PcapTest, AFilterMayLookBehindAHeaderOfVariableLength)
{
	/* Frame bytes count up, so byte 14 says 14 words: the load is at 4 * 14 + 27. */
	const struct {
		uint16_t size;
		uint32_t value;
	} cases[] = { { BPF_B, 83 }, { BPF_H, 83 << 8 | 84 }, { BPF_W, 0x53545556 } };

	for (const auto &c : cases) {
		for (uint32_t off : { 0, 1 }) {
			IndexedFilter filter(c.size, c.value + off);

			ASSERT_EQ(open(&filter.program), 0) << error.text;
			inner.waiting.push_back(frame(0x0800, 100));
			EXPECT_EQ(receive(), 1);
			EXPECT_EQ(close_and_read().packets.size(), off == 0 ? 1U : 0U)
				<< "size " << c.size;
		}
	}
}

TEST_F(PcapTest, AFilterMayTestBits)
{
	ASSERT_EQ(open(&bits_filter), 0) << error.text;
	for (uint8_t bits : { 0, 1, 2, 4 }) {
		inner.waiting.push_back(frame(0x0800));
		rte_pktmbuf_mtod_offset(inner.waiting.back(), uint8_t *, 20)[0] = bits;
	}
	EXPECT_EQ(receive(), 4);
	EXPECT_EQ(close_and_read().packets.size(), 2U);
}

TEST_F(PcapTest, FramesTheDeviceRefusesAreNotWritten)
{
	ASSERT_EQ(open(), 0) << error.text;
	rte_mbuf *out[3] = { frame(0x0800), frame(0x0800), frame(0x0800) };
	inner.takes = 1;
	EXPECT_EQ(tap.link.tx(tap.link.ctx, out, 3), 1);
	EXPECT_EQ(pcap.captured, 1U);
	rte_pktmbuf_free_bulk(out + 1, 2);
	EXPECT_EQ(close_and_read().packets.size(), 1U);
}

TEST_F(PcapTest, LongBurstsGoThroughWhole)
{
	ASSERT_EQ(open(), 0) << error.text;
	std::vector<rte_mbuf *> out;
	for (int i = 0; i < 200; i++)
		out.push_back(frame(0x0800));
	EXPECT_EQ(tap.link.tx(tap.link.ctx, out.data(), 200), 200);
	EXPECT_EQ(inner.sent, 200U);
	EXPECT_EQ(close_and_read().packets.size(), 200U);
}

TEST_F(PcapTest, ChainsAreWrittenWhole)
{
	ASSERT_EQ(open(), 0) << error.text;
	rte_mbuf *head = frame(0x0800, 54), *data = frame(0, 1000);
	rte_pktmbuf_chain(head, data);
	EXPECT_EQ(tap.link.tx(tap.link.ctx, &head, 1), 1);
	File file = close_and_read();
	ASSERT_EQ(file.packets.size(), 1U);
	EXPECT_EQ(file.packets[0].captured, 1054U);
	EXPECT_EQ(file.packets[0].bytes[54 + 255], 255);
}

TEST_F(PcapTest, WriteErrorEndsTheCaptureAndLeavesAWholeFile)
{
	rlimit before, limit;

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(open(), 0) << error.text;
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)pcap.good_bytes + 1000;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 40; i++) {
		inner.waiting.push_back(frame(0x0800));
		EXPECT_EQ(receive(), 1) << "frames pass as if nothing had happened";
		rte_mbuf *out = frame(0x0800);
		EXPECT_EQ(tap.link.tx(tap.link.ctx, &out, 1), 1);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);
	EXPECT_LT(pcap.error, 0);
	uint64_t captured = pcap.captured;
	EXPECT_GT(captured, 0U);
	File file = close_and_read();
	EXPECT_TRUE(file.whole);
	EXPECT_EQ(file.packets.size(), captured);
	EXPECT_EQ(rte_mempool_in_use_count(pool), 0U);
}

TEST_F(PcapTest, FileThatCannotBeWrittenIsAnError)
{
	pln_pcap_config config = { "/nonexistent/x.pcapng", nullptr, "test", port.port };

	EXPECT_EQ(pln_pcap_open(&pcap, &config, &error), -ENOENT);
	EXPECT_NE(strstr(error.text, "/nonexistent/x.pcapng"), nullptr) << error.text;
	config.path = "/dev/full";
	EXPECT_EQ(pln_pcap_open(&pcap, &config, &error), -ENOSPC);
	/* Nothing is left behind that would be in the way of the next. */
	EXPECT_EQ(open(), 0) << error.text;
}
