/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/native/form.h"

#include "trace/varint.h"

#include <xxhash.h>

/* marker 4, type 1, version 1, zeros 2, stored 4, events 4, number 8, time 8, checksum of the payload 8, of this 8 */
void hr_native_pack_header(uint8_t to[HR_NATIVE_HEADER_BYTES], const struct hr_native_header *h)
{
	memcpy(to, HR_NATIVE_MARKER, 4);
	to[4] = h->type;
	to[5] = HR_NATIVE_VERSION;
	to[6] = to[7] = 0;
	hr_store32(to + 8, h->stored);
	hr_store32(to + 12, h->events);
	hr_store64(to + 16, h->number);
	hr_store64(to + 24, h->time_ns);
	hr_store64(to + 32, h->checksum);
	hr_store64(to + 40, XXH3_64bits(to, 40));
}

bool hr_native_unpack_header(const uint8_t from[HR_NATIVE_HEADER_BYTES], struct hr_native_header *h)
{
	if (memcmp(from, HR_NATIVE_MARKER, 4) != 0 || from[5] < HR_NATIVE_FIRST_VERSION ||
	    from[5] > HR_NATIVE_VERSION || from[6] != 0 || from[7] != 0 ||
	    hr_load64(from + 40) != XXH3_64bits(from, 40))
		return false;
	h->type = from[4];
	h->version = from[5];
	h->stored = hr_load32(from + 8);
	h->events = hr_load32(from + 12);
	h->number = hr_load64(from + 16);
	h->time_ns = hr_load64(from + 24);
	h->checksum = hr_load64(from + 32);
	return h->stored <= HR_NATIVE_MAX_STORED && h->events <= HR_NATIVE_MAX_EVENTS;
}

/* marker 4, zeros 4, offset of the index 8, checksum 8 */
void hr_native_pack_footer(uint8_t to[HR_NATIVE_FOOTER_BYTES], uint64_t index_offset)
{
	memcpy(to, HR_NATIVE_FOOTER_MARKER, 4);
	hr_store32(to + 4, 0);
	hr_store64(to + 8, index_offset);
	hr_store64(to + 16, XXH3_64bits(to, 16));
}

bool hr_native_unpack_footer(const uint8_t from[HR_NATIVE_FOOTER_BYTES], uint64_t *index_offset)
{
	*index_offset = hr_load64(from + 8);
	return memcmp(from, HR_NATIVE_FOOTER_MARKER, 4) == 0 && hr_load32(from + 4) == 0 &&
	       hr_load64(from + 16) == XXH3_64bits(from, 16);
}
