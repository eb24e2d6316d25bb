/* SPDX-License-Identifier: BSD-3-Clause */
/* tests/sim: many seeds at once, or one again. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <getopt.h>
#include <sstream>
#include <string>
#include <thread>

#include "simulator/campaign.h"
#include "simulator/record.h"
#include "simulator/shrink.h"

namespace
{

using namespace simulator;

constexpr char USAGE[] =
	"usage: tests/sim [--seeds N] [--minutes M] [--from SEED] [--jobs J] [--log FILE] "
	"[--no-shrink]\n"
	"       tests/sim --replay SEED [--only NAME[=VALUE],...] [--trace FILE] [--pcap FILE] "
	"[--shrink]\n"
	"\n"
	"  --seeds N     run so many scenarios (default: 1000, or without end where --minutes is "
	"given)\n"
	"  --minutes M   stop after so long\n"
	"  --from SEED   the first one (default: 1)\n"
	"  --jobs J      processes (default: one for each processor)\n"
	"  --log FILE    append the totals, and say what those in the file come to\n"
	"  --no-shrink   do not look for the smallest scenario that fails\n"
	"  --replay SEED run one again and say what it is\n"
	"  --only LIST   with these of its settings alone, or with other values; an empty list: "
	"none\n"
	"  --trace FILE  what each stack and the network did, as text\n"
	"  --pcap FILE   the frames, as they were sent\n"
	"  --shrink      look for the smallest scenario that fails like this one\n";

enum Word {
	SEEDS = 256,
	MINUTES,
	FROM,
	JOBS,
	LOG,
	NO_SHRINK,
	REPLAY,
	ONLY,
	TRACE,
	PCAP,
	SHRINK,
	HELP
};

constexpr option words[] = { { "seeds", required_argument, nullptr, SEEDS },
	                     { "minutes", required_argument, nullptr, MINUTES },
	                     { "from", required_argument, nullptr, FROM },
	                     { "jobs", required_argument, nullptr, JOBS },
	                     { "log", required_argument, nullptr, LOG },
	                     { "no-shrink", no_argument, nullptr, NO_SHRINK },
	                     { "replay", required_argument, nullptr, REPLAY },
	                     { "only", required_argument, nullptr, ONLY },
	                     { "trace", required_argument, nullptr, TRACE },
	                     { "pcap", required_argument, nullptr, PCAP },
	                     { "shrink", no_argument, nullptr, SHRINK },
	                     { "help", no_argument, nullptr, HELP },
	                     {} };

struct Request {
	Campaign campaign;
	bool replay = false, only = false, shrink = false;
	uint64_t seed = 0;
	std::string list, trace, pcap;
};

[[noreturn]] void
refuse(const std::string &why)
{
	fprintf(stderr, "tests/sim: %s\n", why.c_str());
	exit(2);
}

uint64_t
number(const char *name, const char *text)
{
	char *end;

	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9')
		refuse(std::string(name) + ": '" + text + "' is no number");
	return value;
}

void
take(Request &request, int word)
{
	Campaign &c = request.campaign;

	switch (word) {
	case SEEDS:
		c.seeds = number("--seeds", optarg);
		break;
	case MINUTES:
		c.seconds = 60 * number("--minutes", optarg);
		break;
	case FROM:
		c.from = number("--from", optarg);
		break;
	case JOBS:
		c.jobs = static_cast<unsigned int>(number("--jobs", optarg));
		break;
	case LOG:
		c.log = optarg;
		break;
	case NO_SHRINK:
		c.shrink = false;
		break;
	case REPLAY:
		request.replay = true;
		request.seed = number("--replay", optarg);
		break;
	case ONLY:
		request.only = true;
		request.list = optarg;
		break;
	case TRACE:
		request.trace = optarg;
		break;
	case PCAP:
		request.pcap = optarg;
		break;
	case SHRINK:
		request.shrink = true;
		break;
	case HELP:
		fputs(USAGE, stdout);
		exit(0);
	default:
		fputs(USAGE, stderr);
		exit(2);
	}
}

/* The named settings as the seed has them, or with the value that stands there; all others as by default. */
Scenario
only(const Scenario &drawn, const std::string &list)
{
	Scenario s = plain_scenario(drawn.seed);
	std::stringstream stream(list);
	std::string item;

	while (std::getline(stream, item, ',')) {
		size_t equals = item.find('=');
		std::string name = item.substr(0, equals);
		unsigned int setting = setting_by_name(name);
		if (setting == SETTINGS)
			refuse("--only: there is no setting '" + name + "'");
		s[setting] = equals == std::string::npos
		                     ? drawn[setting]
		                     : number(name.c_str(), item.c_str() + equals + 1);
	}
	return s;
}

int
replay(const Request &request)
{
	Scenario s = draw(request.seed);

	if (request.only)
		s = only(s, request.list);
	if (request.shrink) {
		tell_smallest(s);
		return 1;
	}
	printf("seed %lu: %s\n", s.seed, s.text().c_str());
	fflush(stdout);
	Record record(request.trace, request.pcap);
	bool recorded = !request.trace.empty() || !request.pcap.empty();
	Outcome out = run(s, recorded ? &record : nullptr);
	printf("%lu frames of %lu bytes in %lu moments and %.6f s of virtual time, %lu bytes "
	       "moved, %u "
	       "ends told of a failure, digest %016lx\n",
	       out.counts.frames, out.counts.bytes, out.counts.steps,
	       static_cast<double>(out.virtual_ns) / 1e9, out.moved, out.told, out.counts.digest);
	puts(out.trouble.empty() ? "all that must hold did" : out.trouble.c_str());
	return out.trouble.empty() ? 0 : 1;
}

} // namespace

int
main(int argc, char **argv)
{
	Request request;
	int word;

	request.campaign.jobs = std::max(1U, std::thread::hardware_concurrency());
	while ((word = getopt_long(argc, argv, "h", words, nullptr)) != -1)
		take(request, word);
	if (optind < argc)
		refuse(std::string("'") + argv[optind] + "' is no option");
	try {
		return request.replay ? replay(request) : run_campaign(request.campaign);
	} catch (const std::exception &error) {
		refuse(error.what());
	}
}
