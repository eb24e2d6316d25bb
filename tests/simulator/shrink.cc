/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/shrink.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace simulator
{

namespace
{

constexpr unsigned int TRY_SECONDS = 120;

std::string
read_all(int fd)
{
	std::string text;
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		text.append(part, static_cast<size_t>(n));
	return text;
}

[[noreturn]] void
run_in_child(const Scenario &scenario, int fd)
{
	/* What an assertion prints is printed again where somebody replays it. */
	if (freopen("/dev/null", "w", stderr) == nullptr)
		_exit(3);
	alarm(TRY_SECONDS);
	std::string trouble = run(scenario, nullptr).trouble;
	_exit(write(fd, trouble.data(), trouble.size()) == static_cast<ssize_t>(trouble.size())
	              ? 0
	              : 3);
}

bool
without(Scenario &s, const std::vector<unsigned int> &settings, size_t from, size_t count)
{
	bool any = false;

	for (size_t i = from; i < from + count && i < settings.size(); i++) {
		any |= s[settings[i]] != setting_default(settings[i]);
		s[settings[i]] = setting_default(settings[i]);
	}
	return any;
}

/* Put back as many as can be, `count` at a time. True: some were. */
bool
put_back(Scenario &s, size_t count, const Fails &fails)
{
	std::vector<unsigned int> settings = s.changed();
	bool any = false;

	for (size_t i = 0; i < settings.size(); i += count) {
		Scenario less = s;
		if (without(less, settings, i, count) && fails(less)) {
			s = less;
			any = true;
		}
	}
	return any;
}

/* Towards the default, or towards nothing: half the way, as often as it still fails. */
void
make_less(Scenario &s, const Fails &fails)
{
	for (unsigned int setting : s.changed()) {
		while (s[setting] != UNSET && s[setting] > 1) {
			Scenario less = s;
			less[setting] /= 2;
			if (less[setting] == setting_default(setting) || !fails(less))
				break;
			s = less;
		}
	}
}

} // namespace

std::string
try_apart(const Scenario &scenario)
{
	int ends[2], status;

	if (pipe(ends) != 0)
		throw std::runtime_error("pipe");
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		throw std::runtime_error("fork");
	if (child == 0)
		run_in_child(scenario, ends[1]);
	close(ends[1]);
	std::string trouble = read_all(ends[0]);
	close(ends[0]);
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? "never ends" : "crashes";
	if (WEXITSTATUS(status) != 0)
		return "crashes"; /* as a sanitizer ends a program */
	return trouble.substr(0, trouble.find('\n'));
}

std::string
kind_of(const std::string &trouble)
{
	std::string kind;

	for (char c : trouble.substr(0, trouble.find_first_of(";\n"))) {
		if (isdigit(static_cast<unsigned char>(c)) == 0)
			kind += c;
	}
	/* Behind the last colon stands the segment. */
	size_t wire = kind.find("on the wire");
	return wire == std::string::npos ? kind : kind.substr(wire, kind.rfind(": ...") - wire);
}

Scenario
shrink(const Scenario &scenario, const Fails &fails)
{
	Scenario s = scenario;
	bool any;

	for (size_t count = s.changed().size() / 2; count > 1; count /= 2)
		put_back(s, count, fails);
	do {
		any = put_back(s, 1, fails);
	} while (any);
	make_less(s, fails);
	return s;
}

std::string
command_for(const Scenario &scenario)
{
	Scenario drawn = draw(scenario.seed);
	std::string list;

	for (unsigned int i : scenario.changed()) {
		list += (list.empty() ? "" : ",") + std::string(setting_name(i));
		if (scenario[i] != drawn[i])
			list += '=' + std::to_string(scenario[i]);
	}
	std::string command = "tests/sim --replay " + std::to_string(scenario.seed);
	if (scenario.values != drawn.values)
		command += " --only '" + list + '\'';
	return command + " --trace sim.txt --pcap sim.pcap";
}

void
tell_smallest(const Scenario &scenario)
{
	std::string kind = kind_of(try_apart(scenario));

	if (kind.empty()) {
		printf("seed %lu does not fail\n", scenario.seed);
		return;
	}
	Scenario least =
		shrink(scenario, [&](const Scenario &s) { return kind_of(try_apart(s)) == kind; });
	printf("smallest: %s\n          %s\n  %s\n", try_apart(least).c_str(), least.text().c_str(),
	       command_for(least).c_str());
	fflush(stdout);
}

} // namespace simulator
