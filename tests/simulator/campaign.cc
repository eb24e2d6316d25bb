/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/campaign.h"

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "simulator/scenario.h"
#include "simulator/shrink.h"

namespace simulator
{

namespace
{

constexpr uint64_t SEEDS_DEFAULT = 1000;
constexpr int HANG_SECONDS = 120;
constexpr size_t FAILURES_SHRUNK = 5; /* the first ones; */
constexpr size_t FAILURES_TOLD = 20;  /* at length; more are only named */
constexpr unsigned int WORKERS_MAX = 256;

struct Totals {
	std::atomic<uint64_t> seeds, moved, frames, steps, virtual_ms, told, impaired;
};

/* What the processes share. */
struct Page {
	std::atomic<uint64_t> next;
	uint64_t end, deadline; /* seed; monotonic ns, 0: none */
	Totals totals;
	std::atomic<uint64_t> at[WORKERS_MAX];    /* the seed each is at */
	std::atomic<uint64_t> since[WORKERS_MAX]; /* monotonic ns */
};

struct Failure {
	uint64_t seed;
	std::string trouble;
};

uint64_t
monotonic()
{
	timespec ts{};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return static_cast<uint64_t>(ts.tv_sec) * 1000000000U + static_cast<uint64_t>(ts.tv_nsec);
}

void
count(Totals &totals, const Scenario &s, const Outcome &out)
{
	totals.seeds++;
	totals.moved += out.moved;
	totals.frames += out.counts.frames;
	totals.steps += out.counts.steps;
	totals.virtual_ms += out.virtual_ns / PLN_NS_PER_MS;
	totals.told += out.told;
	totals.impaired += impairments(s);
}

/* One failure as one write, so that those of several workers do not mix. */
void
tell(int fd, uint64_t seed, const std::string &trouble)
{
	std::string text = std::to_string(seed) + ' ' + trouble.substr(0, 3000) + '\0';

	if (write(fd, text.data(), text.size()) < 0)
		_exit(3);
}

[[noreturn]] void
work(Page &page, unsigned int number, int fd)
{
	for (;;) {
		uint64_t seed = page.next++;
		if (seed >= page.end || (page.deadline != 0 && monotonic() > page.deadline))
			_exit(0);
		page.since[number] = monotonic();
		page.at[number] = seed;
		Scenario s = draw(seed);
		Outcome out = run(s, nullptr);
		count(page.totals, s, out);
		page.at[number] = 0;
		if (!out.trouble.empty())
			tell(fd, seed, out.trouble);
	}
}

class Crew
{
      public:
	explicit Crew(const Campaign &campaign);
	~Crew();
	Crew(const Crew &) = delete;
	Crew &operator=(const Crew &) = delete;
	void run();

	Page *page;
	std::vector<Failure> failures;

      private:
	void start(unsigned int number);
	void hear();
	void reap();
	void look_for_hangs();

	int ends_[2] = { -1, -1 };
	std::vector<pid_t> workers_; /* 0: has ended */
	std::string heard_;
};

Crew::Crew(const Campaign &campaign)
    : page(static_cast<Page *>(mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0)))
{
	if (page == MAP_FAILED || pipe(ends_) != 0)
		throw std::runtime_error(std::strerror(errno));
	uint64_t seeds = campaign.seeds != 0     ? campaign.seeds
	                 : campaign.seconds != 0 ? UINT64_MAX - campaign.from
	                                         : SEEDS_DEFAULT;
	page->next = campaign.from;
	page->end = campaign.from + seeds;
	page->deadline = campaign.seconds == 0 ? 0 : monotonic() + campaign.seconds * 1000000000U;
	workers_.resize(std::min(std::max(campaign.jobs, 1U), WORKERS_MAX));
}

Crew::~Crew()
{
	close(ends_[0]);
	close(ends_[1]);
	munmap(page, sizeof(Page));
}

void
Crew::start(unsigned int number)
{
	fflush(stdout);
	pid_t child = fork();

	if (child < 0)
		throw std::runtime_error("fork");
	if (child == 0)
		work(*page, number, ends_[1]);
	workers_[number] = child;
}

/* Failures arrive with a NUL behind each. */
void
Crew::hear()
{
	pollfd fd = { ends_[0], POLLIN, 0 };
	char part[4096];
	size_t end;

	while (poll(&fd, 1, 0) > 0) {
		ssize_t n = read(ends_[0], part, sizeof(part));
		if (n <= 0)
			return;
		heard_.append(part, static_cast<size_t>(n));
	}
	while ((end = heard_.find('\0')) != std::string::npos) {
		std::string one = heard_.substr(0, end);
		heard_.erase(0, end + 1);
		size_t blank = one.find(' ');
		failures.push_back({ std::stoull(one.substr(0, blank)), one.substr(blank + 1) });
		printf("seed %" PRIu64 " fails: %s\n", failures.back().seed,
		       failures.back()
		               .trouble.substr(0, failures.back().trouble.find('\n'))
		               .c_str());
		fflush(stdout);
	}
}

/* A worker that ended otherwise than by itself leaves a seed behind. */
void
Crew::reap()
{
	for (unsigned int i = 0; i < workers_.size(); i++) {
		int status;
		if (workers_[i] == 0 || waitpid(workers_[i], &status, WNOHANG) != workers_[i])
			continue;
		workers_[i] = 0;
		uint64_t seed = page->at[i];
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		tell(ends_[1], seed, hung ? "never ends" : "crashes");
		page->at[i] = 0;
		start(i);
	}
}

void
Crew::look_for_hangs()
{
	for (unsigned int i = 0; i < workers_.size(); i++) {
		if (workers_[i] != 0 && page->at[i] != 0 &&
		    monotonic() - page->since[i] > HANG_SECONDS * uint64_t{ 1000000000 })
			kill(workers_[i], SIGKILL);
	}
}

void
Crew::run()
{
	for (unsigned int i = 0; i < workers_.size(); i++)
		start(i);
	for (;;) {
		pollfd fd = { ends_[0], POLLIN, 0 };
		poll(&fd, 1, 100);
		hear();
		reap();
		look_for_hangs();
		bool any = false;
		for (pid_t worker : workers_)
			any |= worker != 0;
		if (!any)
			break;
	}
	hear();
}

/* Runs that were logged before count too. */
void
keep(const std::string &path, const Campaign &campaign, const Totals &totals, size_t failed,
     double seconds)
{
	char when[32];
	time_t now = time(nullptr);
	tm utc{};

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	std::ofstream(path, std::ios::app)
		<< when << " from " << campaign.from << " seeds " << totals.seeds << " failed "
		<< failed << " moved " << totals.moved << " frames " << totals.frames << " seconds "
		<< static_cast<uint64_t>(seconds) << '\n';

	std::ifstream file(path);
	std::string line, word;
	uint64_t seeds = 0, failures = 0, runs = 0;
	while (std::getline(file, line)) {
		std::istringstream words(line);
		uint64_t from, n, f;
		if (words >> word >> word >> from >> word >> n >> word >> f) {
			runs++;
			seeds += n;
			failures += f;
		}
	}
	printf("%s: %" PRIu64 " scenarios in %" PRIu64 " runs, %" PRIu64 " failed\n", path.c_str(),
	       seeds, runs, failures);
}

void
explain(const Campaign &campaign, const std::vector<Failure> &failures)
{
	for (size_t i = 0; i < failures.size() && i < FAILURES_TOLD; i++) {
		Scenario s = draw(failures[i].seed);
		printf("\nseed %" PRIu64 ": %s\n  %s\n  %s\n", s.seed, failures[i].trouble.c_str(),
		       s.text().c_str(), command_for(s).c_str());
		fflush(stdout);
		if (campaign.shrink && i < FAILURES_SHRUNK)
			tell_smallest(s);
	}
}

} // namespace

int
run_campaign(const Campaign &campaign)
{
	uint64_t begun = monotonic();
	Crew crew(campaign);

	crew.run();
	double seconds = static_cast<double>(monotonic() - begun) / 1e9;
	const Totals &t = crew.page->totals;
	double n = static_cast<double>(t.seeds);
	explain(campaign, crew.failures);
	printf("%" PRIu64 " scenarios from %" PRIu64
	       " on in %.1f s (%.0f a second, %.0f moments a second), "
	       "%.1f impairments each, %.1f MB moved in %" PRIu64 " frames and %" PRIu64
	       " s of virtual time, %" PRIu64 " ends told of a failure\n%zu failed\n",
	       t.seeds.load(), campaign.from, seconds, n / seconds,
	       static_cast<double>(t.steps) / seconds, static_cast<double>(t.impaired) / n,
	       static_cast<double>(t.moved) / 1e6, t.frames.load(), t.virtual_ms / 1000,
	       t.told.load(), crew.failures.size());
	if (!campaign.log.empty())
		keep(campaign.log, campaign, t, crew.failures.size(), seconds);
	return crew.failures.empty() ? 0 : 1;
}

} // namespace simulator
