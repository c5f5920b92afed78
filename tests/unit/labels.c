/* SPDX-License-Identifier: BSD-3-Clause */
/* Labels: beside their points where there is room, and never over each other or over a point. */
#include "config.h"

#include "plot/labels.h"

#include "testing.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 1000.0
#define HEIGHT 500.0

static void one_is_beside_its_point(void **state)
{
	struct hr_label l = {.x = 500, .y = 250, .width = 80, .height = 20};

	(void)state;
	hr_labels_place(&l, 1, NULL, 0, WIDTH, HEIGHT);
	assert_true(l.placed && !l.far);
	assert_true(l.left > l.x && l.left < l.x + 20);
	assert_true(fabs(l.middle - l.y) < 1e-9);
}

static void edges_turn_it_round(void **state)
{
	struct hr_label l = {.x = 990, .y = 250, .width = 80, .height = 20};

	(void)state;
	hr_labels_place(&l, 1, NULL, 0, WIDTH, HEIGHT);
	assert_true(l.placed && l.left + l.width < l.x);
}

static void curves_are_kept_off(void **state)
{
	struct hr_label l = {.x = 500, .y = 250, .width = 80, .height = 20};
	struct hr_label_dot dots[40];

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		dots[i] = (struct hr_label_dot){500 + 5 * i, 250};
	hr_labels_place(&l, 1, dots, 40, WIDTH, HEIGHT);
	assert_true(l.placed && !l.far);
	assert_true(l.left + l.width < l.x || fabs(l.middle - l.y) > 12);
}

static void what_has_no_room_is_left_out(void **state)
{
	struct hr_label l = {.x = 500, .y = 250, .width = 2000, .height = 20};

	(void)state;
	hr_labels_place(&l, 1, NULL, 0, WIDTH, HEIGHT);
	assert_false(l.placed);
}

static bool apart(const struct hr_label *a, const struct hr_label *b)
{
	return a->left >= b->left + b->width || b->left >= a->left + a->width ||
	       fabs(a->middle - b->middle) >= (a->height + b->height) / 2;
}

/* Whether the point is outside the label's text. */
static bool clear_of(const struct hr_label *l, const struct hr_label *point)
{
	return point->x < l->left || point->x > l->left + l->width || fabs(point->y - l->middle) > l->height / 2;
}

static void none_overlap(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (unsigned round = 0; round < (test_quick() ? 20 : 200); round++) {
		struct hr_label l[24];
		size_t n = 1 + round % 24;
		unsigned placed = 0;
		double spread = round % 3 == 0 ? 30 : round % 3 == 1 ? 200 : 480; /* crowds as well */

		for (size_t i = 0; i < n; i++)
			l[i] = (struct hr_label){
			    .x = 10 + (double)(test_random(&random) % 1000) / 1000 * 2 * spread,
			    .y = 10 + (double)(test_random(&random) % 1000) / 1000 * spread,
			    .width = 20 + (double)(test_random(&random) % 100),
			    .height = 20,
			};
		hr_labels_place(l, n, NULL, 0, WIDTH, HEIGHT);
		for (size_t i = 0; i < n; i++) {
			if (!l[i].placed)
				continue;
			placed++;
			assert_true(l[i].left >= 0 && l[i].left + l[i].width <= WIDTH);
			assert_true(l[i].middle - 10 >= 0 && l[i].middle + 10 <= HEIGHT);
			for (size_t k = 0; k < n; k++) {
				assert_true(clear_of(&l[i], &l[k]));
				assert_true(k == i || !l[k].placed || apart(&l[i], &l[k]));
			}
		}
		assert_int_equal(placed, n); /* 24 small labels find room in so large an area */
	}
}

HR_TEST_MAIN(labels)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_is_beside_its_point),
	    cmocka_unit_test(edges_turn_it_round),
	    cmocka_unit_test(curves_are_kept_off),
	    cmocka_unit_test(what_has_no_room_is_left_out),
	    cmocka_unit_test(none_overlap),
	};

	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
