/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DPDK ring of letters in memory of our own, so that a stack needs no name for it. Whoever posts to a sleeping stack writes to its
 * event descriptor; the order of the two flags (the letter before `asleep` is read, `asleep` before the ring is looked at) leaves no
 * gap in which a letter wakes nobody. The descriptor is made by the first sleep: a stack that never sleeps has none.
 */
#include "stack/mbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "base/order.h"
#include "dev/ring.h"

static_assert(sizeof(struct pln_mbox_letter) % 4 == 0, "rte_ring counts elements in words");

int
pln_mbox_init(struct pln_mbox *mbox)
{
	*mbox = (struct pln_mbox){ .own = { .fd = -1 }, .waker = &mbox->own };
	mbox->ring =
		pln_ring_create(PLN_MBOX_LEN + 1, sizeof(struct pln_mbox_letter), RING_F_SC_DEQ);
	return mbox->ring != NULL ? 0 : -ENOMEM;
}

void
pln_mbox_fini(struct pln_mbox *mbox)
{
	if (mbox->own.fd >= 0)
		close(mbox->own.fd);
	pln_ring_free(mbox->ring);
	mbox->ring = NULL;
}

void
pln_mbox_share_waker(struct pln_mbox *mbox, struct pln_mbox *with)
{
	mbox->waker = with->waker;
}

void
pln_mbox_wake(struct pln_mbox *mbox)
{
	const uint64_t one = 1;

	/* Who sleeps has made the descriptor before. The write can only fail when the counter is full: then it is awake. */
	if (__atomic_load_n(&mbox->waker->asleep, __ATOMIC_ACQUIRE) &&
	    write(mbox->waker->fd, &one, sizeof(one)) < 0)
		return;
}

static int
post(struct pln_mbox *mbox, const struct pln_mbox_letter *letter)
{
	uint32_t words[sizeof(*letter) / 4]; /* as the ring copies it */

	memcpy(words, letter, sizeof(words));
	PLN_ORDER_RELEASED(mbox->ring);
	if (rte_ring_mp_enqueue_elem(mbox->ring, words, sizeof(words)) != 0) {
		__atomic_fetch_add(&mbox->refused, 1, __ATOMIC_RELAXED);
		return -EAGAIN;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pln_mbox_wake(mbox);
	return 0;
}

int
pln_mbox_post(struct pln_mbox *mbox, pln_stack_call *call, void *ctx)
{
	const struct pln_mbox_letter letter = { .call = call, .ctx = ctx };

	return post(mbox, &letter);
}

int
pln_mbox_post_bytes(struct pln_mbox *mbox, pln_stack_call *call, const void *bytes, size_t len)
{
	struct pln_mbox_letter letter = { .call = call, .bytes = (uint32_t)len };

	PLN_ASSERT(len > 0 && len <= sizeof(letter.inside));
	memcpy(letter.inside, bytes, len);
	return post(mbox, &letter);
}

unsigned int
pln_mbox_run(struct pln_mbox *mbox, struct pln_stack *stack, struct pln_counters *counters)
{
	uint64_t refused = __atomic_load_n(&mbox->refused, __ATOMIC_RELAXED);
	struct pln_mbox_letter letter;
	unsigned int count = 0;

	pln_counters_add(counters, PLN_MBOX_FULL, refused - mbox->refused_told);
	mbox->refused_told = refused;
	while (count < PLN_MBOX_BURST &&
	       rte_ring_sc_dequeue_elem(mbox->ring, &letter, sizeof(letter)) == 0) {
		PLN_ORDER_ACQUIRED(mbox->ring);
		letter.call(stack, letter.bytes != 0 ? letter.inside : letter.ctx);
		count++;
	}
	pln_counters_add(counters, PLN_MBOX_CALLS, count);
	return count;
}

int
pln_mbox_wake_fd(struct pln_mbox *mbox)
{
	struct pln_waker *waker = mbox->waker;

	if (waker->fd < 0)
		waker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return waker->fd < 0 ? -errno : waker->fd;
}

void
pln_mbox_lie_down(struct pln_mbox *mbox)
{
	__atomic_store_n(&mbox->waker->asleep, pln_mbox_wake_fd(mbox) >= 0, __ATOMIC_SEQ_CST);
}

bool
pln_mbox_waits(const struct pln_mbox *mbox)
{
	return !rte_ring_empty(mbox->ring);
}

void
pln_mbox_get_up(struct pln_mbox *mbox)
{
	uint64_t writes;

	__atomic_store_n(&mbox->waker->asleep, false, __ATOMIC_RELEASE);
	/* Nothing to read: nobody called. What is written from now on ends the next sleep at once. */
	if (read(mbox->waker->fd, &writes, sizeof(writes)) < 0)
		return;
}

void
pln_mbox_sleep(struct pln_mbox *mbox, uint64_t ns)
{
	struct timespec length = { .tv_sec = (time_t)(ns / PLN_NS_PER_S),
		                   .tv_nsec = (long)(ns % PLN_NS_PER_S) };
	/* Without a descriptor (there are none left) poll sleeps its time. */
	struct pollfd fd = { .fd = mbox->waker->fd, .events = POLLIN };

	if (ns > 0)
		(void)ppoll(&fd, 1, &length, NULL);
	pln_mbox_get_up(mbox);
}
