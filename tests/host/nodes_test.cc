/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/nodes.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/folder.h"

namespace
{

/* A machine of paper: its nodes' processors, as the kernel lists them. */
struct Machine {
	Folder folder;
	pln_nodes_facts facts = {};
	std::string root;

	explicit Machine(const std::vector<std::string> &lists)
	{
		for (size_t i = 0; i < lists.size(); i++)
			folder.file("node" + std::to_string(i) + "/cpulist", lists[i] + "\n");
		root = folder.at("");
		facts.root = root.c_str();
	}

	void
	lcore(unsigned int id, int node)
	{
		facts.lcore[facts.n_lcores].id = id;
		facts.lcore[facts.n_lcores++].node = node;
	}

	std::string
	warning(uint16_t port, int node)
	{
		char buf[512] = "";
		pln_text text = pln_text_init(buf, sizeof(buf));

		facts.port = port;
		facts.port_node = node;
		pln_nodes_warn(&facts, &text);
		return buf;
	}
};

} // namespace

TEST(HostNodes, PortPolledFromItsNodeIsNoMatter)
{
	Machine machine({ "0-3", "4-7" });

	machine.lcore(4, 1);
	machine.lcore(5, 1);
	EXPECT_EQ(machine.warning(0, 1), "");
}

TEST(HostNodes, DeviceThatTellsNoNodeIsOnNone)
{
	Machine machine({ "0-3", "4-7" });

	machine.lcore(4, 1);
	EXPECT_EQ(machine.warning(0, -1), "");
}

TEST(HostNodes, RemotePortIsToldInDpdksWordsWithTheLcoresThatAreNear)
{
	Machine machine({ "0-3", "4-7" });

	machine.lcore(4, 1);
	machine.lcore(5, 1);
	EXPECT_EQ(machine.warning(3, 0),
	          "port 3 is on remote NUMA node to polling thread: it is on node 0, and not so "
	          "lcore 4 5. Lcores of node 0: -l 0-1.\n");
}

TEST(HostNodes, OnlyTheRemoteLcoresAreNamed)
{
	Machine machine({ "0-3", "4-7" });

	machine.lcore(3, 0);
	machine.lcore(4, 1);
	EXPECT_EQ(machine.warning(0, 1),
	          "port 0 is on remote NUMA node to polling thread: it is on node 1, and not so "
	          "lcore 3. Lcores of node 1: -l 4-5.\n");
}

TEST(HostNodes, ListInPiecesIsCutToAsManyLcores)
{
	Machine machine({ "0,2,4-5,8-15", "1" });

	for (unsigned int i = 0; i < 6; i++)
		machine.lcore(20 + i, 1);
	EXPECT_NE(machine.warning(0, 0).find("-l 0,2,4-5,8-9."), std::string::npos);
	EXPECT_NE(machine.warning(0, 5).find("lcore 20 21 22 23 24 25.\n"), std::string::npos)
		<< "a node without a list has no remedy";
}
