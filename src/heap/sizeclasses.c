/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "heap/sizeclasses.h"

/* Up to this size the pointers of a span's objects are told by a bitmap at its end. Since Go 1.22. */
#define MAX_BITMAP_BYTES 512
#define HEADER_BYTES 8
/* Go 1.26: mark bits that lie in the span itself, for objects from 16 bytes to that size. */
#define INLINE_MARKS_BYTES 128
#define MIN_INLINE_MARKS_BYTES 16

/* clang-format off */
const struct hr_size_class hr_size_classes[HR_SIZE_CLASSES] = {
	{0, 0}, {8, 8192}, {16, 8192}, {24, 8192}, {32, 8192}, {48, 8192},
	{64, 8192}, {80, 8192}, {96, 8192}, {112, 8192}, {128, 8192}, {144, 8192},
	{160, 8192}, {176, 8192}, {192, 8192}, {208, 8192}, {224, 8192}, {240, 8192},
	{256, 8192}, {288, 8192}, {320, 8192}, {352, 8192}, {384, 8192}, {416, 8192},
	{448, 8192}, {480, 8192}, {512, 8192}, {576, 8192}, {640, 8192}, {704, 8192},
	{768, 8192}, {896, 8192}, {1024, 8192}, {1152, 8192}, {1280, 8192}, {1408, 16384},
	{1536, 8192}, {1792, 16384}, {2048, 8192}, {2304, 16384}, {2688, 8192}, {3072, 24576},
	{3200, 16384}, {3456, 24576}, {4096, 8192}, {4864, 24576}, {5376, 16384}, {6144, 24576},
	{6528, 32768}, {6784, 40960}, {6912, 49152}, {8192, 8192}, {9472, 57344}, {9728, 49152},
	{10240, 40960}, {10880, 32768}, {12288, 24576}, {13568, 40960}, {14336, 57344}, {16384, 16384},
	{18432, 73728}, {19072, 57344}, {20480, 40960}, {21760, 65536}, {24576, 24576}, {27264, 81920},
	{28672, 57344}, {32768, 32768},
};
/* clang-format on */

unsigned hr_span_class_of(uint64_t size, bool noscan, unsigned go_minor)
{
	unsigned low = 1, high = HR_SIZE_CLASSES - 1;

	/* Go 1.22 and later leave room for a header in every span. */
	if (size > HR_MAX_SMALL_BYTES - (go_minor >= 22 ? HEADER_BYTES : 0))
		return noscan;
	if (!noscan && go_minor >= 22 && size > MAX_BITMAP_BYTES)
		size += HEADER_BYTES;
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (hr_size_classes[middle].object_bytes >= size)
			high = middle;
		else
			low = middle + 1;
	}
	return low << 1 | noscan;
}

unsigned hr_objects_a_span(unsigned span_class, unsigned go_minor)
{
	const struct hr_size_class *c = &hr_size_classes[hr_size_class_of_span_class(span_class)];
	uint32_t bytes = c->span_bytes;

	if (!hr_is_noscan(span_class) && go_minor >= 22 && c->object_bytes <= MAX_BITMAP_BYTES)
		bytes -= c->span_bytes / 64;
	if (go_minor >= 26 && c->object_bytes >= MIN_INLINE_MARKS_BYTES && c->object_bytes <= MAX_BITMAP_BYTES)
		bytes -= INLINE_MARKS_BYTES;
	return bytes / c->object_bytes;
}
