/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HR_FUZZED: this is built for libFuzzer. Buffers are small then: most of an
 * execution's time would go to mapping them, and little input crosses their ends.
 * With -DHR_SMALL_BUFFERS tables and blocks are small, too, which is for hours of
 * fuzzing only: tests that count blocks then count others.
 */
#ifndef HR_BASE_FUZZED_H
#define HR_BASE_FUZZED_H

#ifdef __has_feature
#if __has_feature(coverage_sanitizer)
#define HR_FUZZED 1
#endif
#endif

#endif
