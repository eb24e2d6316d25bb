/* SPDX-License-Identifier: BSD-3-Clause */
/* Delivery rate on a connection: snd/rate is told what is sent and what arrives, and a congestion control that has a model of the path is told the samples. */
#ifndef POLLEN_TCP_RATING_H
#define POLLEN_TCP_RATING_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* Somebody wants to know: it is measured from now on. */
void pln_rating_begin(struct pln_tcp_conn *c);

/* While c->rate.on: `bytes` were sent for the first time; [start, end) again: both are on the scoreboard. */
void pln_rating_sent(struct pln_tcp_conn *c, uint32_t bytes);
void pln_rating_resent(struct pln_tcp_conn *c, uint32_t start, uint32_t end);

/* While c->rate.on. Something may be sent soon: had the application nothing more to send before (CheckIfApplicationLimited)? */
void pln_rating_check(struct pln_tcp_conn *c);

/* While c->rate.on. An ACK has been taken, and what it delivered is off the scoreboard: a sample; then recovery has seen it: the model. */
void pln_rating_ack(struct pln_tcp_conn *c, const struct pln_ack *ack,
                    const struct pln_delivered *got, struct pln_rate_sample *out);
void pln_rating_model(struct pln_tcp_conn *c, const struct pln_ack *ack,
                      struct pln_rate_sample *rs);

/* Of a congestion control with a model: it hears of what is found lost until the scoreboard's ear is taken away. */
struct pln_rating_ear {
	struct pln_loss_ear ear;
	struct pln_tcp_conn *c;
};
void pln_rating_listen(struct pln_tcp_conn *c, struct pln_rating_ear *ear);

/* The same without SACK: one segment is lost. */
void pln_rating_lost_one(struct pln_tcp_conn *c);

PLN_C_END

#endif
