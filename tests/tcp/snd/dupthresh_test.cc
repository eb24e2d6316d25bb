/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 6675's IsLost and NextSeg: a segment has 100 bytes, and that is SMSS. */
#include "tcp/snd/dupthresh.h"

#include <gtest/gtest.h>

#include "board.h"

TEST(DupthreshRfc6675, MoreThanTwoSegmentsAboveMakeItLost)
{
	Board board;

	board.send(6, 1);
	board.sack(200, 400);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.text(), "..SS..") << "two segments are not more than two";
	board.sack(400, 401);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.b.lost_bytes, 200U);
}

TEST(DupthreshRfc6675, ThreeBlocksAboveMakeItLostHoweverSmall)
{
	Board board;

	board.send(8, 1);
	board.sack(110, 111);
	board.sack(310, 311);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.b.lost_bytes, 0U);
	board.sack(510, 511);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.b.lost_bytes, 110U) << "what lies below the third block from above";
}

TEST(DupthreshRfc6675, HolesAreJudgedEachByWhatLiesAboveIt)
{
	Board board;

	board.send(8, 1);
	board.sack(100, 200);
	board.sack(300, 600);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.text(), "LSLSSS..");
	board.sack(700, 800);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.text(), "LSLSSS.S") << "one segment above the last hole";
}

TEST(DupthreshRfc6675, WhatWasSentAgainIsNotLostAgain)
{
	Board board;

	board.send(5, 1);
	board.sack(100, 500);
	pln_dupthresh_detect(&board.b, 100);
	board.again(0, 2);
	pln_dupthresh_detect(&board.b, 100);
	EXPECT_EQ(board.text(), "RSSSS");
}

TEST(DupthreshRfc6675, NextIsTheFirstBelowTheHighestBlockNotSentAgain)
{
	Board board;

	board.send(5, 1);
	EXPECT_EQ(pln_dupthresh_next(&board.b), nullptr) << "nothing is sacked";
	board.sack(300, 400);
	EXPECT_EQ(pln_dupthresh_next(&board.b)->start, 0U);
	board.again(0, 2);
	board.again(100, 2);
	EXPECT_EQ(pln_dupthresh_next(&board.b)->start, 200U);
	board.again(200, 2);
	EXPECT_EQ(pln_dupthresh_next(&board.b), nullptr) << "the last lies above the block";
}

TEST(DupthreshRfc6675, LastIsTheHighestNotSacked)
{
	Board board;

	board.send(4, 1);
	board.sack(300, 400);
	EXPECT_EQ(pln_dupthresh_last(&board.b)->start, 200U);
	board.sack(0, 300);
	EXPECT_EQ(pln_dupthresh_last(&board.b), nullptr);
}
