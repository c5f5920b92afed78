/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/random.h"

void hr_random_seed(struct hr_random *r, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		r->s[i] = hr_splitmix(&seed);
}

/* ln of f / 2^31, for f of [2^31, 2^32). */
static uint64_t ln(uint64_t f)
{
	const uint64_t one = HR_RANDOM_ONE;
	uint64_t z = ((f - (one >> 1)) << 32) / (f + (one >> 1)), zz = z * z >> 32, sum = one / 15;

	for (unsigned k = 13; k > 1; k -= 2)
		sum = one / k + (sum * zz >> 32);
	sum = one + (sum * zz >> 32);
	/* z is below a third, the sum below 1.04. */
	return 2 * (z * sum >> 32);
}

uint64_t hr_random_exponential(struct hr_random *r)
{
	const uint64_t ln2 = UINT64_C(2977044472);
	uint64_t u = hr_random_next(r) | 1;
	unsigned zeros = hr_clz(u);

	/* u = 2^-(zeros + 1) * f */
	return (zeros + 1) * ln2 - ln(u << zeros >> 32);
}
