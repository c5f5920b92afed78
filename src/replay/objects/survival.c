/* SPDX-License-Identifier: BSD-3-Clause */
/* Invariant: share never falls from bin to bin. Plain operations only, so that all machines agree. */
#include "config.h"

#include "replay/objects/survival.h"

#include <string.h>

#define ALL HR_SURVIVAL_ALL
/* Objects that a class needs in a bin to weigh as much as what all classes say. */
#define SHRINK 50.0

void hr_survival_init(struct hr_survival *s)
{
	memset(s, 0, sizeof(*s));
}

/* In the middle of a bin: of [2^k, 1.5 x 2^k) or [1.5 x 2^k, 2^(k + 1)). A table, as every death drawn asks four times. */
#define OCTAVE(k) 1.25 * (UINT64_C(1) << (k)), 1.75 * (UINT64_C(1) << (k))
#define OCTAVES(k) OCTAVE(k), OCTAVE((k) + 1), OCTAVE((k) + 2), OCTAVE((k) + 3)
const double hr_survival_middles[HR_SURVIVAL_BINS] = {OCTAVES(0),  OCTAVES(4),	OCTAVES(8),  OCTAVES(12),
						      OCTAVES(16), OCTAVES(20), OCTAVES(24), OCTAVES(28)};

static inline double middle(unsigned bin)
{
	return hr_survival_middles[bin];
}

/* Pool adjacent violators: the weighted least squares fit that does not fall. */
static void pool(double *value, double *weight)
{
	double v[HR_SURVIVAL_BINS], w[HR_SURVIVAL_BINS];
	unsigned upto[HR_SURVIVAL_BINS], n = 0;

	for (unsigned i = 0; i < HR_SURVIVAL_BINS; i++) {
		v[n] = value[i];
		w[n] = weight[i];
		upto[n++] = i;
		while (n > 1 && v[n - 2] >= v[n - 1]) {
			double both = w[n - 2] + w[n - 1];

			v[n - 2] = both > 0 ? (v[n - 2] * w[n - 2] + v[n - 1] * w[n - 1]) / both : v[n - 2];
			w[n - 2] = both;
			upto[n - 2] = upto[n - 1];
			n--;
		}
	}
	for (unsigned i = 0, block = 0; i < HR_SURVIVAL_BINS; i++) {
		block += i > upto[block];
		value[i] = v[block];
	}
}

static void fit(struct hr_survival *s, unsigned row)
{
	double *share = s->share[row], weight[HR_SURVIVAL_BINS], last = 0;

	s->known[row] = false;
	for (unsigned i = 0; i < HR_SURVIVAL_BINS; i++) {
		double seen = s->seen[row][i], dead = s->dead[row][i];

		if (row != ALL) {
			seen += SHRINK;
			dead += SHRINK * s->share[ALL][i];
		}
		s->known[row] |= s->seen[row][i] > 0;
		if (seen > 0)
			last = dead / seen;
		share[i] = last;
		weight[i] = seen;
	}
	if (!s->known[row])
		return;
	pool(share, weight);
	for (unsigned i = 0, bin = 0; i < HR_SURVIVAL_GUIDES; i++) {
		while (bin < HR_SURVIVAL_BINS - 1 && share[bin] <= (double)i / HR_SURVIVAL_GUIDES)
			bin++;
		s->guide[row][i] = (uint8_t)bin;
	}
}

void hr_survival_learn(struct hr_survival *s)
{
	for (unsigned i = 0; i < HR_SURVIVAL_BINS; i++) {
		double seen = 0, dead = 0;

		for (unsigned c = 0; c < HR_SPAN_CLASSES; c++) {
			seen += s->seen[c][i];
			dead += s->dead[c][i];
		}
		s->seen[ALL][i] = seen;
		s->dead[ALL][i] = dead;
	}
	fit(s, ALL);
	for (unsigned c = 0; c < HR_SPAN_CLASSES; c++)
		fit(s, c);
	for (unsigned c = 0; c <= HR_SPAN_CLASSES; c++)
		for (unsigned i = 0; i < HR_SURVIVAL_BINS; i++) {
			s->seen[c][i] /= 2;
			s->dead[c][i] /= 2;
		}
}

static inline double dead_by(const struct hr_survival *s, unsigned row, double age)
{
	const double *share = s->share[row];
	double before = 0, from = 0;
	unsigned bin;

	if (age <= 0)
		return 0;
	bin = age < 4e9 ? hr_survival_bin((uint64_t)age) : HR_SURVIVAL_BINS - 1;
	if (bin < HR_SURVIVAL_BINS - 1 && age >= middle(bin))
		bin++;
	if (bin > 0) {
		before = share[bin - 1];
		from = middle(bin - 1);
	}
	if (age >= middle(bin))
		return share[bin];
	return before + (share[bin] - before) * (age - from) / (middle(bin) - from);
}

double hr_survival_dead_by(const struct hr_survival *s, unsigned span_class, double age)
{
	const unsigned row = hr_survival_row(s, span_class);

	return row != HR_SURVIVAL_NO_ROW ? dead_by(s, row, age) : 0;
}

double hr_survival_age_at(const struct hr_survival *s, unsigned span_class, double share)
{
	const unsigned row = hr_survival_row(s, span_class);

	return row != HR_SURVIVAL_NO_ROW ? hr_survival_age_in(s, row, share) : -1;
}
