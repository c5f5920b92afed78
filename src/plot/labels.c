/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/labels.h"

#include <math.h>

#define POINT_RADIUS 8.0 /* pixels that a point takes up */
#define NEAR 10.0	 /* from a point to its label */
#define STEP 9.0	 /* of the grid of places */
#define DOT_COST 12.0	 /* what hiding a dot is worth, in pixels of distance */

struct box {
	double left, bottom, right, top;
};

static struct box box_at(const struct hr_label *l, double left, double middle)
{
	return (struct box){left, middle - l->height / 2, left + l->width, middle + l->height / 2};
}

static bool overlap(const struct box *a, const struct box *b)
{
	return a->left < b->right && b->left < a->right && a->bottom < b->top && b->bottom < a->top;
}

/* From a point to the nearest of a box; 0 within. */
static double distance(const struct box *b, double x, double y)
{
	double dx = fmax(fmax(b->left - x, x - b->right), 0), dy = fmax(fmax(b->bottom - y, y - b->top), 0);

	return hypot(dx, dy);
}

struct task {
	const struct hr_label *labels;
	size_t n, i; /* all, and which of them is to be placed */
	const struct hr_label_dot *dots;
	size_t ndots;
	double width, height;
};

static bool is_free(const struct task *t, const struct box *b)
{
	if (b->left < 0 || b->bottom < 0 || b->right > t->width || b->top > t->height)
		return false;
	for (size_t k = 0; k < t->n; k++) {
		const struct hr_label *other = &t->labels[k];

		if (distance(b, other->x, other->y) < POINT_RADIUS)
			return false;
		if (k < t->i && other->placed) {
			struct box taken = box_at(other, other->left, other->middle);
			if (overlap(b, &taken))
				return false;
		}
	}
	return true;
}

static double cost_of(const struct task *t, const struct box *b)
{
	const struct hr_label *l = &t->labels[t->i];
	double cost = distance(b, l->x, l->y);

	for (size_t d = 0; d < t->ndots; d++)
		if (distance(b, t->dots[d].x, t->dots[d].y) < 2)
			cost += DOT_COST;
	return cost;
}

/* Tries one place; keeps it if it is the best so far. */
static void try_place(const struct task *t, struct hr_label *l, double left, double middle, double *least)
{
	struct box b = box_at(l, left, middle);
	double cost;

	if (!is_free(t, &b))
		return;
	cost = cost_of(t, &b);
	if (cost >= *least)
		return;
	*least = cost;
	l->placed = true;
	l->left = left;
	l->middle = middle;
	l->far = distance(&b, l->x, l->y) > 2 * NEAR;
}

/* Beside the point, on its right and left, above and below; then anywhere. */
static void place(const struct task *t, struct hr_label *l)
{
	double least = INFINITY, up = l->height / 2 + NEAR;

	l->placed = false;
	try_place(t, l, l->x + NEAR, l->y, &least);
	try_place(t, l, l->x - NEAR - l->width, l->y, &least);
	try_place(t, l, l->x - l->width / 2, l->y + up, &least);
	try_place(t, l, l->x - l->width / 2, l->y - up, &least);
	if (least <= NEAR)
		return;
	for (double y = l->height / 2; y < t->height; y += STEP)
		for (double x = 0; x < t->width; x += STEP)
			try_place(t, l, x, y, &least);
}

void hr_labels_place(struct hr_label *labels, size_t n, const struct hr_label_dot *dots, size_t ndots, double width,
		     double height)
{
	struct task t = {.labels = labels, .n = n, .dots = dots, .ndots = ndots, .width = width, .height = height};

	for (t.i = 0; t.i < n; t.i++)
		place(&t, &labels[t.i]);
}

#define EVERY 12.0 /* pixels between dots */

size_t hr_labels_cover_bars(struct hr_label_dot *dots, size_t n, size_t most, struct hr_label_dot point,
			    struct hr_label_bars bars)
{
	for (double x = bars.left; x <= bars.right && n < most; x += EVERY)
		dots[n++] = (struct hr_label_dot){x, point.y};
	for (double y = bars.bottom; y <= bars.top && n < most; y += EVERY)
		dots[n++] = (struct hr_label_dot){point.x, y};
	return n;
}
