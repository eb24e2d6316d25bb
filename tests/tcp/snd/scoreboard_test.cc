/* SPDX-License-Identifier: BSD-3-Clause */
/* The scoreboard verb by verb. Against a model it is tested in scoreboard_model_test.cc. */
#include <gtest/gtest.h>

#include "board.h"

TEST(ScoreboardRfc6675, PipeIsWhatIsNeitherSackedNorLost)
{
	Board board;

	board.send(10, 1);
	EXPECT_EQ(board.pipe(), 1000U);
	board.sack(300, 600);
	board.lose(0);
	EXPECT_EQ(board.text(), "L..SSS....");
	EXPECT_EQ(board.pipe(), 600U);
	board.again(0, 2);
	EXPECT_EQ(board.text(), "R..SSS....");
	EXPECT_EQ(board.pipe(), 700U) << "what is sent again is in flight again";
}

TEST(ScoreboardRfc6675, WhatIsSentAgainAlthoughNotLostIsInFlightTwice)
{
	Board board;

	board.send(3, 1);
	board.again(0, 2);
	EXPECT_EQ(board.text(), "T..");
	EXPECT_EQ(board.pipe(), 400U);
	board.lose(0);
	EXPECT_EQ(board.pipe(), 200U) << "both copies";
	board.again(0, 3);
	board.again(0, 4);
	EXPECT_EQ(board.pipe(), 400U);
	board.sack(0, 100);
	EXPECT_EQ(board.pipe(), 200U);
}

TEST(ScoreboardRfc2018, BlocksThatTouchAreOneRangeAndRecordsComeBack)
{
	Board board;

	board.send(6, 1);
	board.sack(200, 300);
	EXPECT_EQ(board.given_back, 2U);
	board.sack(400, 500);
	board.sack(300, 400);
	EXPECT_EQ(board.given_back, 4U);
	EXPECT_EQ(board.text(), "..SSS.");
	EXPECT_EQ(board.b.count, 4U);
	EXPECT_EQ(board.at(200)->segs, 3U);
	EXPECT_EQ(board.b.sacked_segs, 3U);
}

TEST(ScoreboardRfc2018, BlockCutsALargeFrameAtItsEdges)
{
	Board board;

	board.send(1, 7, 1000);
	board.sack(300, 600);
	EXPECT_EQ(board.given_back, 0U);
	EXPECT_EQ(board.text(), "...SSS....");
	EXPECT_EQ(board.b.sacked_segs, 3U) << "a device has cut it";
	EXPECT_EQ(board.at(600)->tx_ns, 7U);
	EXPECT_EQ(board.pipe(), 700U);
	board.ack(1000);
	EXPECT_EQ(board.b.count, 0U);
	EXPECT_EQ(pln_scoreboard_gone(&board.b), 0);
}

TEST(ScoreboardRfc2018, WithoutRecordsOnlyWholeRangesAreMarked)
{
	Board board;

	board.send(3, 1);
	board.sack(50, 250, 0);
	EXPECT_EQ(board.text(), ".S.");
	EXPECT_EQ(board.got.refused, 2U);
	EXPECT_EQ(board.got.sacked_bytes, 100U);
	board.sack(0, 300, 0);
	EXPECT_EQ(board.text(), "SSS");
}

TEST(ScoreboardRfc2018, CrumbsAreRefusedBeyondABound)
{
	Board board;

	board.send(10, 1);
	board.max_ranges = 14;
	for (uint32_t seq = 1; seq < 1000; seq += 2)
		board.sack(seq, seq + 1);
	EXPECT_LE(board.b.count, 15U);
	EXPECT_GT(board.got.refused, 400U);
	board.ack(1000);
	EXPECT_EQ(pln_scoreboard_gone(&board.b), 0);
}

TEST(ScoreboardSecurity, BlockFarAwayIsFoundBySeveralAcksNotByOne)
{
	Board board;

	board.send(2000, 1);
	board.sack(199900, 200000);
	EXPECT_EQ(board.got.refused, 1U);
	EXPECT_EQ(board.b.sacked_bytes, 0U);
	for (int i = 0; i < 3; i++)
		board.sack(199900, 200000);
	EXPECT_EQ(board.b.sacked_bytes, 100U);
	EXPECT_EQ(board.got.refused, 3U);
}

TEST(ScoreboardRfc8985, NewestDeliveredIsByTimeThenBySequenceNumber)
{
	Board board;

	board.send(2, 10);
	board.send(2, 20);
	board.got.resent_before = PLN_NEVER;
	board.lose(0);
	board.again(0, 30);
	board.sack(200, 400);
	EXPECT_EQ(board.got.tx_ns, 20U);
	EXPECT_EQ(board.got.end, 400U);
	EXPECT_EQ(board.got.sample_tx_ns, 20U);
	board.ack(100);
	EXPECT_EQ(board.got.tx_ns, 30U);
	EXPECT_EQ(board.got.end, 100U);
	EXPECT_EQ(board.got.bytes, 300U);
}

TEST(ScoreboardRfc8985, RetransmissionThatIsAmbiguousDoesNotCount)
{
	Board board;

	board.send(2, 10);
	board.again(0, 30);
	board.got.resent_before = 29;
	board.ack(100);
	EXPECT_EQ(board.got.tx_ns, 0U);
	EXPECT_EQ(board.got.bytes, 100U);
}

TEST(ScoreboardRfc8985, ReorderingIsSeenInWhatWasSentOnce)
{
	Board board;

	board.send(5, 10);
	board.lose(0);
	board.again(0, 20);
	board.got.fack = 500;
	board.sack(0, 100);
	EXPECT_FALSE(board.got.reordered) << "a retransmission is late by nature";
	board.sack(200, 300);
	EXPECT_TRUE(board.got.reordered);
}

TEST(ScoreboardRfc6675, WhatIsLostStandsInOrder)
{
	Board board;

	board.send(5, 10);
	for (uint32_t seq : { 300U, 100U, 0U, 200U })
		board.lose(seq);
	uint32_t seq = 0;
	for (const struct pln_range *r = board.b.lost.head; r != nullptr; r = r->later) {
		EXPECT_EQ(r->start, seq);
		seq += 100;
	}
	EXPECT_EQ(seq, 400U);
	EXPECT_EQ(board.b.lost_bytes, 400U);
}

TEST(ScoreboardRfc6675, LargeLostFrameIsSentAgainPieceByPiece)
{
	Board board;

	board.send(1, 10, 300);
	board.lose(0);
	board.again(0, 20);
	EXPECT_EQ(board.b.lost_bytes, 200U);
	EXPECT_EQ(board.b.lost.head->resent, 100U);
	EXPECT_EQ(board.pipe(), 100U);
	board.ack(50);
	EXPECT_EQ(board.b.lost.head->resent, 50U);
	board.again(100, 21);
	board.again(200, 22);
	EXPECT_EQ(board.text(), "RRR");
	EXPECT_EQ(board.b.lost_bytes, 0U);
	EXPECT_EQ(board.b.resent_bytes, 250U);
}

/* The front was sent again in part; a block behind it must not leave a lost range of which nothing is left to send. */
TEST(ScoreboardRfc6675, FrontSentAgainAndCutOffIsInFlight)
{
	Board board;

	board.send(1, 10, 300);
	board.lose(0);
	board.again(0, 20);
	board.sack(100, 200);
	EXPECT_EQ(board.text(), "RSL");
	EXPECT_EQ(board.b.lost.head->start, 200U);
	EXPECT_EQ(board.pipe(), 100U);
}

TEST(ScoreboardRfc2018, RenegingMakesWhatWasHeldLost)
{
	Board board;

	board.send(4, 10);
	board.sack(100, 300);
	pln_scoreboard_renege(&board.b);
	EXPECT_EQ(board.text(), ".LL.");
	EXPECT_EQ(board.b.sacked_bytes + board.b.sacked_segs, 0U);
}

TEST(ScoreboardRfc2018, KnownBlocksAreTold)
{
	Board board;
	const struct pln_sack_block block = { 100, 200 }, other = { 100, 201 };

	EXPECT_FALSE(pln_scoreboard_is_seen(&board.b, &block));
	board.b.seen[2] = block;
	EXPECT_TRUE(pln_scoreboard_is_seen(&board.b, &block));
	EXPECT_FALSE(pln_scoreboard_is_seen(&board.b, &other));
}

TEST(ScoreboardRfc8985, WhatIsFoundStandsWhereItsTimeIs)
{
	Board board;

	board.send(1, 10);
	board.send(1, 20);
	board.send(1, 30);
	board.lose(0);
	board.lose(100);
	pln_scoreboard_find(&board.b);
	EXPECT_EQ(board.text(), "...");
	uint64_t last = 0;
	for (const struct pln_range *r = board.b.flight.head; r != nullptr; r = r->later) {
		EXPECT_GT(r->tx_ns, last);
		last = r->tx_ns;
	}
	EXPECT_EQ(last, 30U);
}

TEST(ScoreboardRfc8985, OldestInFlightIsFirstAndWhatIsSentAgainIsLast)
{
	Board board;

	board.send(3, 10);
	board.again(0, 20);
	EXPECT_EQ(board.b.flight.head->start, 100U);
	EXPECT_EQ(board.b.flight.tail->start, 0U);
}
