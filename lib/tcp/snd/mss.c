/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maximum segment sizes over IPv4: the value of our MSS option and the payload of a full segment
 * (RFC 9293 §3.7.1, RFC 6691). It decides by what it is told; finding the path's MTU out is not
 * done here.
 */
#include "tcp/snd/mss.h"

#define IP4_TCP_HDRS_LEN 40U /* fixed headers of IPv4 and TCP, bytes */

/* RFC 791 §3.2: every link carries 68 bytes, so nothing smaller is believed. */
#define IP4_MTU_MIN 68U

/* RFC 6691 §2: "When calculating the value to put in the TCP MSS option, the MTU value SHOULD be
 * decreased by only the size of the fixed IP and TCP headers and SHOULD NOT be decreased to
 * account for any possible IP or TCP options". */
static uint32_t
fixed_headers_off(uint16_t mtu)
{
	return (mtu < IP4_MTU_MIN ? IP4_MTU_MIN : mtu) - IP4_TCP_HDRS_LEN;
}

static uint32_t
lowered(uint32_t mss, uint16_t by)
{
	uint32_t limit = by < PLN_MSS_MIN ? PLN_MSS_MIN : by;

	return mss < limit ? mss : limit;
}

uint16_t
pln_mss_advertise(uint16_t mtu, uint16_t user_mss)
{
	uint32_t mss = fixed_headers_off(mtu);

	return (uint16_t)(user_mss != 0 ? lowered(mss, user_mss) : mss);
}

uint16_t
pln_mss_effective(uint16_t peer_mss, uint16_t path_mtu, uint16_t user_mss, uint8_t opts_len)
{
	/* MUST-16: "Eff.snd.MSS = min(SendMSS+20, MMS_S) - TCPhdrsize - IPoptionsize", where
	 * MMS_S + 20 is the path MTU. */
	uint32_t mss = fixed_headers_off(path_mtu);

	/* MUST-15: "If an MSS Option is not received at connection setup, TCP implementations
	 * MUST assume a default send MSS of 536". */
	mss = lowered(mss, peer_mss != 0 ? peer_mss : PLN_MSS_DEFAULT);
	if (user_mss != 0)
		mss = lowered(mss, user_mss);
	return (uint16_t)(mss > opts_len ? mss - opts_len : 1);
}
