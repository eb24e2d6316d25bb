/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completes EAL's command line. Memory: hugepages when enough are free, else ordinary pages of the size computed, and only when
 * the user's arguments name no mode of their own (-m is a size, not a mode). --no-pci unless a PCI port was asked for. A file
 * prefix of our own, so that programs run side by side. One lcore that may run on any processor of ours, so that two programs do
 * not share one by accident. Long options are known by their full names only.
 */
#include "host/eal_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "dev/device.h"
#include "host/pci.h"

#define MEGABYTE (UINT64_C(1) << 20)

/* What follows an option. */
enum value {
	VALUE_NONE = 0, /* nothing, or "=value" that does not matter */
	VALUE_ANY,      /* a value that does not matter, so that it is not taken for an option */
	VALUE_MEGABYTES,
	VALUE_PROC_TYPE,
	VALUE_VDEV,
	VALUE_ALLOW,
	VALUE_BLOCK,
	VALUE_LCORES,
	VALUE_COREMASK,
};

/* EAL's options: those that decide something here, and every one that takes a value. */
struct option_rule {
	const char *name; /* without dashes; one letter: short */
	uint32_t has;     /* enum pln_eal_has */
	enum value value;
};

static const struct option_rule rules[] = {
	{ "no-huge", PLN_EAL_HAS_NO_HUGE, VALUE_NONE },
	{ "in-memory", PLN_EAL_HAS_IN_MEMORY, VALUE_NONE },
	{ "legacy-mem", PLN_EAL_HAS_LEGACY_MEM, VALUE_NONE },
	{ "huge-dir", PLN_EAL_HAS_HUGE_OPTION, VALUE_ANY },
	{ "huge-unlink", PLN_EAL_HAS_HUGE_OPTION, VALUE_NONE },
	{ "socket-mem", PLN_EAL_HAS_HUGE_OPTION, VALUE_ANY },
	{ "socket-limit", PLN_EAL_HAS_HUGE_OPTION, VALUE_ANY },
	{ "match-allocations", PLN_EAL_HAS_HUGE_OPTION, VALUE_NONE },
	{ "huge-worker-stack", PLN_EAL_HAS_HUGE_OPTION, VALUE_NONE },
	{ "m", PLN_EAL_HAS_MEGABYTES, VALUE_MEGABYTES },
	{ "single-file-segments", PLN_EAL_HAS_SINGLE_FILE, VALUE_NONE },
	{ "file-prefix", PLN_EAL_HAS_PREFIX, VALUE_ANY },
	{ "no-pci", PLN_EAL_HAS_NO_PCI, VALUE_NONE },
	{ "l", PLN_EAL_HAS_LCORES, VALUE_LCORES },
	{ "c", PLN_EAL_HAS_LCORES, VALUE_COREMASK },
	{ "s", PLN_EAL_HAS_LCORES, VALUE_ANY },
	{ "S", PLN_EAL_HAS_LCORES, VALUE_ANY },
	{ "lcores", PLN_EAL_HAS_LCORES, VALUE_LCORES },
	{ "main-lcore", PLN_EAL_HAS_LCORES, VALUE_ANY },
	{ "no-telemetry", PLN_EAL_HAS_NO_TELEMETRY, VALUE_NONE },
	{ "log-level", PLN_EAL_HAS_LOG_LEVEL, VALUE_ANY },
	{ "h", PLN_EAL_HAS_HELP, VALUE_NONE },
	{ "help", PLN_EAL_HAS_HELP, VALUE_NONE },
	{ "proc-type", 0, VALUE_PROC_TYPE },
	{ "vdev", 0, VALUE_VDEV },
	{ "a", 0, VALUE_ALLOW },
	{ "allow", 0, VALUE_ALLOW },
	{ "b", 0, VALUE_BLOCK },
	{ "block", 0, VALUE_BLOCK },
	{ "d", 0, VALUE_ANY },
	{ "n", 0, VALUE_ANY },
	{ "r", 0, VALUE_ANY },
	{ "base-virtaddr", 0, VALUE_ANY },
	{ "iova-mode", 0, VALUE_ANY },
	{ "trace", 0, VALUE_ANY },
	{ "trace-dir", 0, VALUE_ANY },
	{ "trace-bufsz", 0, VALUE_ANY },
	{ "trace-mode", 0, VALUE_ANY },
	{ "mbuf-pool-ops-name", 0, VALUE_ANY },
	{ "syslog", 0, VALUE_ANY },
	{ "vfio-intr", 0, VALUE_ANY },
	{ "vfio-vf-token", 0, VALUE_ANY },
	{ "force-max-simd-bitwidth", 0, VALUE_ANY },
};

/* The rule for a word, and its value if that stands in the same word ("--x=v", "-l0"). */
static const struct option_rule *
find_rule(const char *word, const char **value)
{
	bool is_long = word[0] == '-' && word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	size_t len = is_long ? strcspn(name, "=") : 1;

	*value = NULL;
	if (word[0] != '-' || name[0] == '\0')
		return NULL;
	for (size_t i = 0; i < PLN_ARRAY_LEN(rules); i++) {
		const struct option_rule *rule = &rules[i];

		if (strlen(rule->name) != len || strncmp(rule->name, name, len) != 0 ||
		    is_long != (len > 1))
			continue;
		if (is_long && name[len] == '=')
			*value = name + len + 1;
		else if (!is_long && name[1] != '\0')
			*value = name + 1;
		return rule;
	}
	return NULL;
}

static void
note_pci(struct pln_eal_scan *scan, const char *value, bool allowed)
{
	if (!pln_pci_is_address(value))
		return;
	scan->has |= PLN_EAL_HAS_PCI_PORT;
	if (allowed && scan->pci_port == NULL)
		scan->pci_port = value;
}

/* "0-2,5" has four, "(0-3)@0,(8,9)@(1-2)" six: what stands behind an @ are processors. */
static uint32_t
count_lcores(const char *list)
{
	uint32_t count = 0;

	while (*list != '\0') {
		unsigned long first, last;
		char *end;

		if (*list == '@') {
			list++;
			list += *list == '(' ? strcspn(list, ")") : strcspn(list, ",");
			continue;
		}
		first = last = strtoul(list, &end, 10);
		if (end == list) {
			list++;
			continue;
		}
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		count += (uint32_t)(last > first ? last - first : first - last) + 1;
		list = end;
	}
	return count;
}

static void
note_value(struct pln_eal_scan *scan, enum value kind, const char *value)
{
	const struct pln_device *device;

	switch (kind) {
	case VALUE_MEGABYTES:
		scan->megabytes = (uint32_t)strtoul(value, NULL, 10);
		break;
	case VALUE_PROC_TYPE:
		if (strcmp(value, "primary") != 0)
			scan->has |= PLN_EAL_HAS_SECONDARY;
		break;
	case VALUE_VDEV:
		device = pln_device_of_vdev(value);
		if (device != NULL && (device->flags & PLN_DEVICE_SINGLE_FILE))
			scan->has |= PLN_EAL_HAS_SHARED_VDEV;
		break;
	case VALUE_LCORES:
		scan->lcores = count_lcores(value);
		break;
	case VALUE_COREMASK:
		scan->lcores = (uint32_t)__builtin_popcountll(strtoull(value, NULL, 16));
		break;
	case VALUE_ALLOW:
	case VALUE_BLOCK:
		note_pci(scan, value, kind == VALUE_ALLOW);
		break;
	case VALUE_NONE:
	case VALUE_ANY:
		break;
	}
}

struct pln_eal_scan
pln_eal_args_scan(char **user)
{
	struct pln_eal_scan scan = { 0 };

	for (; user != NULL && *user != NULL; user++) {
		const char *value;
		const struct option_rule *rule = find_rule(*user, &value);

		if (rule == NULL)
			continue;
		scan.has |= rule->has;
		if (rule->value == VALUE_NONE)
			continue;
		if (value == NULL && user[1] != NULL)
			value = *++user;
		if (value != NULL)
			note_value(&scan, rule->value, value);
	}
	return scan;
}

uint32_t
pln_eal_args_megabytes(uint64_t bytes)
{
	return (uint32_t)((bytes + MEGABYTE - 1) / MEGABYTE);
}

/* ------------------------------------------------------------------------------------------------ building */

static int
add_word(struct pln_eal_args *args, char *word)
{
	if ((unsigned int)args->argc >= PLN_EAL_ARGS_MAX)
		return -E2BIG;
	args->argv[args->argc++] = word;
	args->argv[args->argc] = NULL;
	return 0;
}

__attribute__((format(printf, 2, 3))) static int
add(struct pln_eal_args *args, const char *format, ...)
{
	size_t room = sizeof(args->text) - args->used;
	char *word = args->text + args->used;
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(word, room, format, list);
	va_end(list);
	if (len < 0 || (size_t)len >= room)
		return -E2BIG;
	args->used += (size_t)len + 1;
	return add_word(args, word);
}

static bool
names_a_mode(uint32_t has)
{
	return (has & (PLN_EAL_HAS_NO_HUGE | PLN_EAL_HAS_IN_MEMORY | PLN_EAL_HAS_LEGACY_MEM |
	               PLN_EAL_HAS_HUGE_OPTION | PLN_EAL_HAS_SECONDARY)) != 0;
}

static int
choose_memory(const struct pln_eal_args_input *in, struct pln_eal_args *args,
              struct pln_error *error)
{
	uint32_t has = args->scan.has;
	uint32_t need = pln_eal_args_megabytes(in->need_bytes);

	if (args->scan.megabytes > need)
		need = args->scan.megabytes;
	if ((has & PLN_EAL_HAS_NO_HUGE) && (has & PLN_EAL_HAS_IN_MEMORY))
		return pln_error_set(error, -EINVAL,
		                     "DPDK 22.11 to 24.11 refuses --no-huge together with "
		                     "--in-memory. Give --no-huge --no-shconf, or neither: then "
		                     "the memory mode is chosen here.");
	if (names_a_mode(has))
		args->memory = PLN_EAL_MEMORY_USER;
	else if (in->mem == PLN_HOST_MEM_SHARED)
		args->memory = PLN_EAL_MEMORY_SHARED;
	else if (in->hugepages_bytes >= need * MEGABYTE)
		args->memory = PLN_EAL_MEMORY_HUGE;
	else
		args->memory = PLN_EAL_MEMORY_ORDINARY;
	if (args->memory == PLN_EAL_MEMORY_SHARED && in->hugepages_bytes < need * MEGABYTE)
		return pln_error_set(error, -ENOMEM,
		                     "Shared memory (--mem=shared) needs %u MB of hugepages, %u MB "
		                     "are free. Reserve them: sudo dpdk-hugepages.py --reserve %uM",
		                     need, (unsigned int)(in->hugepages_bytes / MEGABYTE), need);
	return 0;
}

static int
add_memory(const struct pln_eal_args_input *in, struct pln_eal_args *args)
{
	uint32_t has = args->scan.has;
	bool ordinary = args->memory == PLN_EAL_MEMORY_ORDINARY || (has & PLN_EAL_HAS_NO_HUGE) != 0;
	bool legacy = ordinary || (has & PLN_EAL_HAS_LEGACY_MEM) != 0;
	int rc = 0;

	if (args->memory == PLN_EAL_MEMORY_HUGE)
		rc = add(args, "--in-memory");
	if (args->memory == PLN_EAL_MEMORY_ORDINARY) {
		rc |= add(args, "--no-huge");
		rc |= add(args, "--no-shconf");
	}
	if (ordinary && (has & PLN_EAL_HAS_MEGABYTES) == 0) {
		rc |= add(args, "-m");
		rc |= add(args, "%u", pln_eal_args_megabytes(in->need_bytes));
	}
	if (!legacy && (has & PLN_EAL_HAS_SHARED_VDEV) && (has & PLN_EAL_HAS_SINGLE_FILE) == 0)
		rc |= add(args, "--single-file-segments");
	return rc == 0 ? 0 : -E2BIG;
}

static int
complete(const struct pln_eal_args_input *in, struct pln_eal_args *args)
{
	uint32_t has = args->scan.has;
	int rc = 0;

	for (const char *const *vdev = in->vdevs; vdev != NULL && *vdev != NULL; vdev++)
		rc |= add(args, "--vdev=%s", *vdev);
	rc |= add_memory(in, args);
	if ((has & (PLN_EAL_HAS_NO_PCI | PLN_EAL_HAS_PCI_PORT)) == 0)
		rc |= add(args, "--no-pci");
	args->own_prefix = (has & (PLN_EAL_HAS_PREFIX | PLN_EAL_HAS_SECONDARY)) == 0 &&
	                   args->memory != PLN_EAL_MEMORY_SHARED;
	if (args->own_prefix)
		rc |= add(args, "--file-prefix=" PLN_EAL_PREFIX "%d", in->pid);
	if ((has & PLN_EAL_HAS_LCORES) == 0 && in->lcores != NULL)
		rc |= add(args, "--lcores=%s", in->lcores);
	return rc == 0 ? 0 : -E2BIG;
}

int
pln_eal_args_build(const struct pln_eal_args_input *in, struct pln_eal_args *out,
                   struct pln_error *error)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->scan = pln_eal_args_scan(in->user);
	rc = choose_memory(in, out, error);
	if (rc != 0)
		return rc;
	rc = add(out, "%s", in->program == NULL ? "pollen" : in->program);
	for (char **word = in->user; rc == 0 && word != NULL && *word != NULL; word++)
		rc = add_word(out, *word);
	if (rc == 0)
		rc = complete(in, out);
	if (rc != 0)
		return pln_error_set(error, rc, "There are too many EAL arguments: at most %u.",
		                     PLN_EAL_ARGS_MAX);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ text */

/* Take one word off the front of *line, quotes removed in place. false: a quote that is not closed. */
static bool
take_word(char **line, char **word)
{
	char *from = *line, *to = *line, quote = '\0';

	*word = from;
	for (; *from != '\0' && (quote != '\0' || strchr(" \t\n", *from) == NULL); from++) {
		if (quote == '\0' && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (*from == quote)
			quote = '\0';
		else
			*to++ = *from;
	}
	*line = *from == '\0' ? from : from + 1;
	*to = '\0';
	return quote == '\0';
}

int
pln_eal_args_split(char *line, char **words, unsigned int max)
{
	unsigned int n = 0;

	while (*(line += strspn(line, " \t\n")) != '\0') {
		if (n + 1 >= max)
			return -E2BIG;
		if (!take_word(&line, &words[n++]))
			return -EINVAL;
	}
	words[n] = NULL;
	return (int)n;
}

size_t
pln_eal_args_print(const struct pln_eal_args *args, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	for (int i = 1; i < args->argc; i++) {
		bool plain = strpbrk(args->argv[i], " \t\n'\"()$&;|<>*?") == NULL;

		pln_text_add(&text, plain ? "%s%s" : "%s'%s'", i > 1 ? " " : "", args->argv[i]);
	}
	return text.used;
}
