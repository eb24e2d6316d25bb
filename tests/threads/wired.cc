/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a wire between two processes, each with stacks on two lcores behind a device whose hash is known:
 *
 *   wired {server|client} SOCKET CONNECTIONS
 *
 * The client opens the connections, uses them and ends them in four ways; what is said is checked at both ends, and afterwards nothing
 * may be missing. A report, then exit code 0, or 1 when something was not as it must be.
 */
#include <cstring>
#include <iostream>
#include <string>
#include <unistd.h>

#include <rte_eal.h>

#include "support/frame.h"
#include "threads/crew.h"
#include "threads/memif.h"
#include "threads/rule.h"

namespace
{

using namespace threads;

const std::vector<std::string> CLIENT_ADDRS = { "10.9.0.1", "10.9.0.2" };
const std::vector<std::string> SERVER_ADDRS = { "10.9.1.1" };

void
start_eal(bool serves, const std::string &socket)
{
	std::string role = serves ? "server" : "client";
	std::string words[] = {
		"wired",
		"--no-pci",
		"--no-huge",
		"--no-shconf",
		"--no-telemetry",
		"-m256",
		"--iova-mode=va",
		"--log-level=4",
		sysconf(_SC_NPROCESSORS_ONLN) > 1 ? "--lcores=0@(0-1)" : "--lcores=0@0",
		"--file-prefix=wired-" + std::to_string(getpid()),
		"--vdev=net_memif0,role=" + role + ",socket-abstract=no,socket=" + socket,
	};
	std::vector<char *> argv;

	for (std::string &word : words)
		argv.push_back(word.data());
	if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
		throw std::runtime_error("no EAL");
}

struct End {
	End(bool serves_, uint64_t connections_)
	    : serves(serves_), connections(connections_), rule(verified()),
	      device(2, rule.get(), serves_ ? 2 : 1),
	      side({ static_cast<uint8_t>(serves_ ? 2 : 1), 2, 2, &device,
	             serves_ ? SERVER_ADDRS : CLIENT_ADDRS, rule.get() })
	{
		device.start();
		for (unsigned int i = 0; i < 2; i++) {
			if (serves) {
				servers.push_back(
					std::make_unique<Server>(side.stacks[i], crew.calling));
				crew.add(*servers[i], side, i);
				continue;
			}
			clients.push_back(std::make_unique<Client>(
				side.stacks[i], side.addrs, support::ip4(SERVER_ADDRS[0].c_str())));
			clients[i]->numbers(i, 2, connections);
			crew.add(*clients[i], side, i);
		}
	}

	Tally
	sum() const
	{
		Tally tally{};

		for (const auto &client : clients)
			tally += client->tally;
		for (const auto &server : servers)
			tally += server->tally;
		return tally;
	}

	const bool serves;
	const uint64_t connections;
	std::unique_ptr<pln_steer> rule;
	Memif device;
	Side side;
	std::vector<std::unique_ptr<Client>> clients;
	std::vector<std::unique_ptr<Server>> servers;
	Crew crew;
};

/* What a process is told by the other's going: a server has served all when its peer has hung up. */
void
run(End &end)
{
	std::cout << "ready" << std::endl;
	while (!end.device.connected())
		usleep(1000);
	end.crew.calling = end.serves ? 1 : 2;
	end.crew.run([&] {
		while (end.serves && end.device.connected())
			usleep(1000);
		if (end.serves)
			end.crew.calling = 0;
	});
	for (const auto &server : end.servers)
		server->close();
}

bool
is_good(const End &end)
{
	Tally t = end.sum();
	uint64_t all = end.connections, quarter = all / WAYS;

	std::cout << "opened " << t.opened << " accepted " << t.accepted << " answered "
		  << t.answered << " reset " << t.reset << " served " << t.served << " mixed "
		  << t.mixed << " lost " << t.lost << "\nhanded over "
		  << end.side.counter("group_handed") << " kept " << end.side.leaks() << std::endl;
	if (t.mixed != 0 || t.lost != 0 || end.side.leaks() != Leaks{})
		return false;
	return end.serves ? t.accepted == all && t.served == all
	                  : t.answered == 3 * quarter && t.reset == quarter;
}

} // namespace

int
main(int argc, char **argv)
{
	if (argc != 4) {
		std::cerr << "usage: wired {server|client} SOCKET CONNECTIONS\n";
		return 2;
	}
	try {
		bool serves = strcmp(argv[1], "server") == 0, good;

		start_eal(serves, argv[2]);
		{
			End end(serves, strtoull(argv[3], nullptr, 10));

			run(end);
			good = is_good(end);
		}
		rte_eal_cleanup();
		return good ? 0 : 1;
	} catch (const std::exception &e) {
		std::cerr << "wired: " << e.what() << "\n";
		return 1;
	}
}
