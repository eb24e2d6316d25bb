/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table, and what each option does to struct options. A value is checked here as far as a command line alone can tell;
 * each refusal names the option.
 */
#include "fetch/options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"
#include "common/optscan.h"
#include "common/optvalue.h"

enum {
	OPT_OUTPUT_DIR = 0x100,
	OPT_CREATE_DIRS,
	OPT_MAX_REDIRS,
	OPT_CONNECT_TIMEOUT,
	OPT_RETRY,
	OPT_RETRY_DELAY,
	OPT_RETRY_MAX_TIME,
	OPT_RETRY_CONNREFUSED,
	OPT_RETRY_ALL_ERRORS,
	OPT_RESOLVE,
	OPT_CHECKSUM,
	OPT_TCP_INFO,
	OPT_TCP_FASTOPEN,
	OPT_DATA_RAW,
	OPT_DATA_BINARY,
	OPT_URL,
	OPT_PARALLEL_MAX,
	OPT_FAIL_EARLY,
	OPT_KEEPALIVE_TIME,
	OPT_NO_KEEPALIVE,
};

/* As many as curl takes; as many as make sense from one server. */
#define PARALLEL_MAX 300
#define SPLIT_MAX    64

/* Seconds of silence before a server is asked whether it is still there, as curl has it; at most as many as TCP's option takes. */
#define KEEPALIVE_S   60
#define KEEPALIVE_MAX 32767

static const char shorts[] = "c:o:OJH:A:X:d:IiLr:sSvfw:m:C:RZx:Vh";

/* clang-format off */
static const struct option table[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "remote-name", no_argument, NULL, 'O' },
	{ "remote-header-name", no_argument, NULL, 'J' },
	{ "output-dir", required_argument, NULL, OPT_OUTPUT_DIR },
	{ "create-dirs", no_argument, NULL, OPT_CREATE_DIRS },
	{ "header", required_argument, NULL, 'H' },
	{ "user-agent", required_argument, NULL, 'A' },
	{ "request", required_argument, NULL, 'X' },
	{ "data", required_argument, NULL, 'd' },
	{ "data-raw", required_argument, NULL, OPT_DATA_RAW },
	{ "data-binary", required_argument, NULL, OPT_DATA_BINARY },
	{ "head", no_argument, NULL, 'I' },
	{ "include", no_argument, NULL, 'i' },
	{ "location", no_argument, NULL, 'L' },
	{ "max-redirs", required_argument, NULL, OPT_MAX_REDIRS },
	{ "range", required_argument, NULL, 'r' },
	{ "silent", no_argument, NULL, 's' },
	{ "show-error", no_argument, NULL, 'S' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "fail", no_argument, NULL, 'f' },
	{ "write-out", required_argument, NULL, 'w' },
	{ "connect-timeout", required_argument, NULL, OPT_CONNECT_TIMEOUT },
	{ "max-time", required_argument, NULL, 'm' },
	{ "keepalive-time", required_argument, NULL, OPT_KEEPALIVE_TIME },
	{ "no-keepalive", no_argument, NULL, OPT_NO_KEEPALIVE },
	{ "retry", required_argument, NULL, OPT_RETRY },
	{ "retry-delay", required_argument, NULL, OPT_RETRY_DELAY },
	{ "retry-max-time", required_argument, NULL, OPT_RETRY_MAX_TIME },
	{ "retry-connrefused", no_argument, NULL, OPT_RETRY_CONNREFUSED },
	{ "retry-all-errors", no_argument, NULL, OPT_RETRY_ALL_ERRORS },
	{ "continue-at", required_argument, NULL, 'C' },
	{ "remote-time", no_argument, NULL, 'R' },
	{ "resolve", required_argument, NULL, OPT_RESOLVE },
	{ "checksum", required_argument, NULL, OPT_CHECKSUM },
	{ "tcp-info", no_argument, NULL, OPT_TCP_INFO },
	{ "tcp-fastopen", no_argument, NULL, OPT_TCP_FASTOPEN },
	{ "url", required_argument, NULL, OPT_URL },
	{ "parallel", no_argument, NULL, 'Z' },
	{ "parallel-max", required_argument, NULL, OPT_PARALLEL_MAX },
	{ "fail-early", no_argument, NULL, OPT_FAIL_EARLY },
	{ "split", required_argument, NULL, 'x' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	HOSTOPTS_TABLE,
	HOSTOPTS_LCORES_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int
out_of_memory(struct pln_error *error)
{
	return fault_set(error, -ENOMEM, "out of memory.");
}

/* @param value  NULL: a place without a string */
static int
add_string(struct strings *strings, const char *value, struct pln_error *error)
{
	char **at = realloc(strings->at, (strings->count + 1) * sizeof(*at));

	if (at == NULL)
		return out_of_memory(error);
	strings->at = at;
	at[strings->count] = value != NULL ? strdup(value) : NULL;
	if (value != NULL && at[strings->count] == NULL)
		return out_of_memory(error);
	strings->count++;
	return 0;
}

/* RFC 9110 §5.6.2. */
static bool
is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("!#$%&'*+-.^_`|~", text[i]) == NULL)
			return false;
	return len > 0;
}

static int
check_line(const char *option, const char *value, struct pln_error *error)
{
	if (strpbrk(value, "\r\n") != NULL)
		return fault_set(error, -EINVAL, "%s: the value contains a line break.", option);
	return 0;
}

static int
take_header(struct options *o, const char *value, struct pln_error *error)
{
	size_t len = strcspn(value, ":;");

	if (value[len] == '\0' || !is_token(value, len) ||
	    (value[len] == ';' && value[len + 1] != '\0'))
		return fault_set(error, -EINVAL,
		                 "-H '%s' is no header: give 'Name: value', 'Name:' to leave one "
		                 "out, or 'Name;' for one without a value.",
		                 value);
	if (check_line("-H", value, error) < 0)
		return -EINVAL;
	return add_string(&o->headers, value, error);
}

static int
take_method(struct options *o, const char *value, struct pln_error *error)
{
	if (!is_token(value, strlen(value)))
		return fault_set(error, -EINVAL, "-X '%s' is no method: give a word, as in -X PUT.",
		                 value);
	return optvalue_string(&o->method, value, error);
}

static int
take_range(struct options *o, const char *value, struct pln_error *error)
{
	if (value[0] == '\0' || value[strspn(value, "0123456789-,")] != '\0' ||
	    strchr(value, '-') == NULL)
		return fault_set(error, -EINVAL,
		                 "-r '%s' is no range: give FIRST-LAST, FIRST- or -COUNT in bytes.",
		                 value);
	return optvalue_string(&o->range, value, error);
}

static int
add_file(struct text *out, const char *path, bool is_binary, struct pln_error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	char block[4096];
	size_t n;
	int ret = 0;

	if (file == NULL)
		return fault_set(error, -errno, "-d @%s: %s.", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), file)) > 0) {
		size_t kept = 0;

		for (size_t i = 0; i < n; i++)
			if (is_binary || (block[i] != '\r' && block[i] != '\n'))
				block[kept++] = block[i];
		text_add(out, block, kept);
	}
	if (ferror(file) != 0)
		ret = fault_set(error, -EIO, "-d @%s: %s.", path, strerror(errno));
	if (!is_stdin)
		(void)fclose(file);
	return ret;
}

static int
take_data(struct options *o, int opt, const char *value, struct pln_error *error)
{
	int ret = 0;

	if (o->has_data)
		text_puts(&o->data, "&");
	o->has_data = true;
	if (value[0] == '@' && opt != OPT_DATA_RAW)
		ret = add_file(&o->data, value + 1, opt == OPT_DATA_BINARY, error);
	else
		text_puts(&o->data, value);
	return o->data.failed ? out_of_memory(error) : ret;
}

static int
take_checksum(struct options *o, const char *value, struct pln_error *error)
{
	static const char prefix[] = "sha-256=";
	const char *hex = value + sizeof(prefix) - 1;

	if (strncmp(value, prefix, sizeof(prefix) - 1) != 0 || strlen(hex) != 64 ||
	    strspn(hex, "0123456789abcdefABCDEF") != 64)
		return fault_set(error, -EINVAL,
		                 "--checksum %s: give sha-256= and 64 hexadecimal digits.", value);
	return optvalue_string(&o->checksum, value, error);
}

static int
take_count(const char *name, const char *value, uint64_t *out, struct pln_error *error)
{
	int ret = number_parse(value, 0, UINT32_MAX, out);

	if (ret < 0)
		return fault_set(error, ret, "%s %s: give a number.", name, value);
	return 0;
}

static int
take_resume(struct options *o, const char *value, struct pln_error *error)
{
	o->resume = true;
	o->resume_auto = strcmp(value, "-") == 0;
	if (o->resume_auto)
		return 0;
	if (number_parse(value, 0, INT64_MAX, &o->resume_from) < 0)
		return fault_set(
			error, -EINVAL,
			"-C %s: give an offset in bytes, or - to go on behind what is there.",
			value);
	return 0;
}

static int
take_write_out(struct options *o, const char *value, struct pln_error *error)
{
	struct text format = { 0 };
	int ret;

	if (value[0] != '@')
		return optvalue_string(&o->write_out, value, error);
	ret = add_file(&format, value + 1, true, error);
	if (ret == 0)
		ret = optvalue_string(&o->write_out, text_get(&format), error);
	text_free(&format);
	return ret;
}

static int
take_redirs(struct options *o, const char *value, struct pln_error *error)
{
	if (strcmp(value, "-1") == 0) {
		o->max_redirs = UINT64_MAX;
		return 0;
	}
	return take_count("--max-redirs", value, &o->max_redirs, error);
}

static const struct {
	int opt;
	size_t offset; /* of a bool in struct options */
} flags[] = {
	{ 'J', offsetof(struct options, remote_header_name) },
	{ 'I', offsetof(struct options, head) },
	{ 'i', offsetof(struct options, include) },
	{ 'L', offsetof(struct options, follow) },
	{ 's', offsetof(struct options, silent) },
	{ 'S', offsetof(struct options, show_error) },
	{ 'v', offsetof(struct options, verbose) },
	{ 'f', offsetof(struct options, fail) },
	{ 'R', offsetof(struct options, remote_time) },
	{ OPT_CREATE_DIRS, offsetof(struct options, create_dirs) },
	{ OPT_RETRY_CONNREFUSED, offsetof(struct options, retry_connrefused) },
	{ OPT_RETRY_ALL_ERRORS, offsetof(struct options, retry_all_errors) },
	{ OPT_TCP_INFO, offsetof(struct options, tcp_info) },
	{ OPT_TCP_FASTOPEN, offsetof(struct options, tcp_fastopen) },
	{ 'Z', offsetof(struct options, parallel) },
	{ OPT_FAIL_EARLY, offsetof(struct options, fail_early) },
};

/* Options without a value. @return false: it is none of them. */
static bool
take_flag(struct options *o, int opt)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].opt == opt) {
			*(bool *)((char *)o + flags[i].offset) = true;
			return true;
		}
	}
	return false;
}

static int
take_many(const char *name, const char *value, uint64_t most, uint64_t *out,
          struct pln_error *error)
{
	int ret = number_parse(value, 1, most, out);

	if (ret < 0)
		return fault_set(error, ret, "%s %s: give a number from 1 to %llu.", name, value,
		                 (unsigned long long)most);
	return 0;
}

static int
take_time(struct options *o, int opt, const char *value, struct pln_error *error)
{
	switch (opt) {
	case OPT_CONNECT_TIMEOUT:
		return optvalue_seconds("--connect-timeout", value, &o->connect_timeout_ns, error);
	case OPT_KEEPALIVE_TIME:
		return take_many("--keepalive-time", value, KEEPALIVE_MAX, &o->keepalive_s, error);
	case OPT_NO_KEEPALIVE:
		o->keepalive_s = 0;
		return 0;
	case 'm':
		return optvalue_seconds("-m", value, &o->max_time_ns, error);
	case OPT_RETRY_DELAY:
		return optvalue_seconds("--retry-delay", value, &o->retry_delay_ns, error);
	case OPT_RETRY_MAX_TIME:
		return optvalue_seconds("--retry-max-time", value, &o->retry_max_time_ns, error);
	default:
		return take_count("--retry", value, &o->retries, error);
	}
}

static int
take_request(struct options *o, int opt, const char *value, struct pln_error *error)
{
	switch (opt) {
	case 'H':
		return take_header(o, value, error);
	case 'A':
		if (check_line("-A", value, error) < 0)
			return -EINVAL;
		return optvalue_string(&o->user_agent, value, error);
	case 'X':
		return take_method(o, value, error);
	case 'r':
		return take_range(o, value, error);
	case OPT_MAX_REDIRS:
		return take_redirs(o, value, error);
	default:
		return take_data(o, opt, value, error);
	}
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (take_flag(o, opt))
		return 0;
	switch (opt) {
	case 'h':
		o->action = OPTIONS_HELP;
		return 0;
	case 'V':
		o->action = OPTIONS_VERSION;
		return 0;
	case 'o':
		return add_string(&o->outputs, value, error);
	case 'O':
		return add_string(&o->outputs, NULL, error);
	case 'x':
		return take_many("-x", value, SPLIT_MAX, &o->split, error);
	case OPT_PARALLEL_MAX:
		return take_many("--parallel-max", value, PARALLEL_MAX, &o->parallel_max, error);
	case OPT_OUTPUT_DIR:
		return optvalue_string(&o->output_dir, value, error);
	case 'w':
		return take_write_out(o, value, error);
	case 'C':
		return take_resume(o, value, error);
	case OPT_RESOLVE:
		return add_string(&o->resolves, value, error);
	case OPT_CHECKSUM:
		return take_checksum(o, value, error);
	case OPT_URL:
		return add_string(&o->urls, value, error);
	case 'H':
	case 'A':
	case 'X':
	case 'r':
	case 'd':
	case OPT_MAX_REDIRS:
	case OPT_DATA_RAW:
	case OPT_DATA_BINARY:
		return take_request(o, opt, value, error);
	default:
		return take_time(o, opt, value, error);
	}
}

int
options_parse(struct options *out, int argc, char **argv, struct pln_error *error)
{
	static const int repeatable[] = { 'o',         'O',          'H',
		                          'd',         OPT_DATA_RAW, OPT_DATA_BINARY,
		                          OPT_RESOLVE, OPT_URL,      0 };
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.config_short = 'c',
		.program = "fetch",
		.repeatable = repeatable,
		.apply = apply,
		.ctx = out,
		.host = &out->host,
		.error = error,
	};
	int first;
	int ret;

	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	out->host.ports.many = true;
	out->max_redirs = 50;
	out->parallel_max = 50;
	out->keepalive_s = KEEPALIVE_S;
	out->split = 1;
	first = optscan_read(&scan, &argc, &argv);
	if (first < 0)
		return first;
	for (int i = first; i < argc; i++) {
		ret = add_string(&out->urls, argv[i], error);
		if (ret < 0)
			return ret;
	}
	out->host.config.verbose = out->verbose;
	if (out->action != OPTIONS_FETCH)
		return 0;
	return options_check(out, error) < 0 ? optscan_cite(&scan) : 0;
}
