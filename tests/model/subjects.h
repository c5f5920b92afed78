/* SPDX-License-Identifier: BSD-3-Clause */
/* What the explorer runs: the two indexes, the runtime's own steps, and the indexes with a fault that they once had. */
#ifndef HR_TESTS_MODEL_SUBJECTS_H
#define HR_TESTS_MODEL_SUBJECTS_H

#include "explore.h"

/* Pages that OP_FREE frees, up to op.page, and that OP_ALLOC takes; chunks of the density index begin full. */
#define MODEL_PAGES 32u

extern const struct subject runtime_bits, runtime_density; /* runtime.c */
extern const struct subject index_bits, index_density;	   /* subjects.c */
/* find loads a word again after it has seen that it isn't zero. */
extern const struct subject reloading_bits, reloading_density;
/* find loads the bounds and the generation before the search address. */
extern const struct subject early_density;
/* nextGen stores the generation before the bits that it makes ready. */
extern const struct subject late_density;

#endif
