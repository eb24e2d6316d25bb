/* SPDX-License-Identifier: BSD-3-Clause */
/* The public calls that count, echo and trace: thin wrappers, each leads to the room that decides. */
#include <pollen/icmp.h>
#include <pollen/stats.h>
#include <pollen/trace.h>

#include "stack/sized.h"
#include "stack/stack.h"
#include "tcp/user.h"

unsigned int
pln_stats_counters(const struct pln_stack *stack, struct pln_counter *out, unsigned int max)
{
	unsigned int i, count = PLN_COUNTER_COUNT - 1;
	enum pln_drop id;

	for (i = 0; i < count && i < max; i++) {
		id = (enum pln_drop)(i + 1);
		out[i].name = pln_counters_name(id);
		out[i].sentence = pln_counters_sentence(id);
		out[i].value = stack->env.counters.value[id];
		out[i].drop = pln_counters_is_drop(id);
	}
	return count;
}

int
pln_stats_counter(const struct pln_stack *stack, const char *name, uint64_t *value)
{
	int id;

	for (id = 1; id < PLN_COUNTER_COUNT; id++) {
		if (strcmp(pln_counters_name((enum pln_drop)id), name) != 0)
			continue;
		*value = stack->env.counters.value[id];
		return 0;
	}
	return -ENOENT;
}

int
pln_icmp_echo(struct pln_stack *stack, const struct pln_icmp_echo_args *args)
{
	struct pln_icmp_echo_args a;
	int ret = pln_sized_take(&a, sizeof(a), args);

	if (ret == 0 && stack->group != NULL && stack->home.self != PLN_HOME_CONTROL)
		ret = -EOPNOTSUPP;
	return ret != 0 ? ret : pln_icmp_send_echo(&stack->icmp, &a);
}

unsigned int
pln_icmp_events(struct pln_stack *stack, struct pln_icmp_event *events, unsigned int max)
{
	return pln_icmp_take_events(&stack->icmp, events, max);
}

size_t
pln_icmp_payload(const struct pln_stack *stack, const struct pln_icmp_event *event, size_t offset,
                 void *buf, size_t len)
{
	return pln_icmp_read_payload(&stack->icmp, event, offset, buf, len);
}

unsigned int
pln_trace_read(struct pln_stack *stack, struct pln_trace_record *out, unsigned int max)
{
	return pln_user_trace_read(&stack->tcp, out, max);
}
