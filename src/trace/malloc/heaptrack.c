/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recordings by heaptrack (KDE), file versions 0 to 3; heapreplay-trace(5)
 * describes what is read. The format is defined by heaptrack's own
 * src/track/libheaptrack.cpp (raw) and src/analyze/accumulatedtracedata.cpp,
 * AccumulatedTraceData::read (interpreted).
 *
 * One record a line, its type in the first byte, numbers in hexadecimal. Raw
 * recordings name objects by address. Interpreted ones have lost it: they say
 * only which allocation info (size and call stack) a freed object had, and
 * alike.h chooses.
 *
 * Nearly all lines are `+` and `-` of 3 to 30 bytes, or, at the start of small
 * files, strings, frames and stacks that nobody wants here. So the buffer is
 * cut at its last newline: below it numbers are scanned without a look at the
 * bounds, as a newline ends them.
 */
#include "config.h"

#include "base/bits.h"
#include "base/fuzzed.h"
#include "trace/format.h"
#include "trace/malloc/alike.h"
#include "trace/malloc/mallocs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	NEWEST_VERSION = 3,
	OLD_VERSION_1 = 0x10200, /* this heaptrack version without a file version means 1 */
	FINAL_TICK = 0x10200,	 /* heaptrack ends with a time stamp from this version on, if not from an earlier one */
#ifndef HR_FUZZED
	BUFFER_BYTES = 1 << 18,
#else
	BUFFER_BYTES = 3 << 15,
#endif
	MAX_FIRST_LINE = 64,
	LOOK_BYTES = 8,		  /* numbers are looked at as words */
	MAX_TEXT_BYTES = 1 << 16, /* of a text with its length in front; longer ones end with the line */
};

#define MAX_MS (UINT64_C(1) << 40) /* 35 years; in ns it fits */
#define NS_A_MS UINT64_C(1000000)

enum shape {
	UNDECIDED,
	INFOS,	  /* `+ INFO`, `- INFO` */
	POINTERS, /* `+ SIZE TRACE PTR`, `- PTR` */
};

struct heaptrack {
	struct hr_reader *r;
	struct hr_mallocs mallocs;
	struct hr_alike alike;
	size_t pos, whole, len; /* [pos, whole) are whole lines, [whole, len) is the beginning of one */
	bool eof, skipping;	/* the rest of a line that is too long is to be dropped */
	unsigned version;
	enum shape shape;
	bool final_tick; /* there should be one */
	bool modules;	 /* x or m lines: the recording is raw */
	bool attached;	 /* an A line */
	uint64_t frees;
	enum hr_status status; /* what comes behind the events that are ready */
	struct hr_error err;
	bool finished;
	/* How the recording ends; events are counts of them at that point. */
	uint64_t clock_events, tail_events;
	bool tail, rss, rss_due; /* the lines `# strings`, R, and c without the R that follows it */
	char buf[BUFFER_BYTES + LOOK_BYTES];
};

/* --- lines -------------------------------------------------------------------- */

#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH ALL(0x80)

/* Its value; 16: it is none. */
static inline unsigned digit(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* The high bit of each byte of x that is a digit 0-9a-f. */
static inline uint64_t digits_of(uint64_t x)
{
	const uint64_t low = x & ~HIGH;
	/* Adding 0x80 - c sets it from c on. */
	const uint64_t decimal = (low + ALL(0x80 - '0')) & ~(low + ALL(0x80 - ('9' + 1)));
	const uint64_t letter = (low + ALL(0x80 - 'a')) & ~(low + ALL(0x80 - ('f' + 1)));

	return (decimal | letter) & ~x & HIGH;
}

/* The value of eight digits, the first in the lowest byte; bytes of 0 are digits 0. */
static inline uint64_t value_of(uint64_t x)
{
	x = __builtin_bswap64((x & ALL(0x0f)) + 9 * (x >> 6 & ALL(0x01)));
	x = (x | x >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (x | x >> 16) & UINT64_C(0xffffffff);
}

/*
 * A blank and a number of 1 to 16 digits at p, in what is readable: LOOK_BYTES
 * from the last newline on. Behind it, or NULL. Eight digits at once: how long
 * numbers are is what a processor's branch prediction fails at.
 */
static inline __attribute__((always_inline)) const char *number(const char *p, uint64_t *x)
{
	uint64_t word, rest;
	unsigned n;

	if (*p++ != ' ')
		return NULL;
	memcpy(&word, p, sizeof(word));
	rest = ~digits_of(word) & HIGH;
	if (rest != 0) {
		n = hr_ctz(rest) / 8;
		*x = n > 0 ? value_of(word << (64 - 8 * n)) : 0;
		return n > 0 ? p + n : NULL;
	}
	*x = value_of(word);
	for (n = 8; n < 17 && (word = digit(p[n])) < 16; n++)
		*x = *x << 4 | word;
	return n < 17 ? p + n : NULL;
}

/* Behind the line that should end at p; NULL: it does not, or p is. */
static inline const char *line_end(const char *p)
{
	if (p == NULL)
		return NULL;
	p += *p == '\r';
	return *p == '\n' ? p + 1 : NULL;
}

/* Behind the newline that is at p or after it. */
static inline const char *skip_line(const struct heaptrack *h, const char *p)
{
	const char *end = memchr(p, '\n', (size_t)(h->buf + h->whole - p));

	/* [pos, whole) ends with one. */
	return end != NULL ? end + 1 : h->buf + h->whole;
}

/* The lines up to p are done. */
static inline void advance(struct heaptrack *h, const char *p)
{
	h->pos = (size_t)(p - h->buf);
}

static uint64_t offset_of(const struct heaptrack *h, size_t pos)
{
	return h->r->stats.bytes_read - (h->len - pos);
}

static void bad_line(struct heaptrack *h)
{
	hr_reader_odd(h->r, HR_ANOMALY_BAD_LINE);
	advance(h, skip_line(h, h->buf + h->pos));
}

/* More lines behind those that are there, all of which are done. */
static enum hr_status fill(struct heaptrack *h, struct hr_error *err)
{
	size_t n;

	memmove(h->buf, h->buf + h->pos, h->len - h->pos);
	h->len -= h->pos;
	h->pos = h->whole = 0;
	if (h->len == BUFFER_BYTES) {
		/* Skip a line that fills the buffer: no line that matters is that long. */
		if (!h->skipping)
			hr_reader_odd(h->r, HR_ANOMALY_BAD_LINE);
		h->skipping = true;
		h->len = 0;
	}
	enum hr_status status = hr_reader_read(h->r, h->buf + h->len, BUFFER_BYTES - h->len, &n, err);
	if (status == HR_END) {
		h->eof = true;
		n = 0;
	} else {
		HR_TRY(status);
	}
	/* The rest of the last line can contain newlines if a string's end was missing. */
	h->len += n;
	memset(h->buf + h->len, 0, LOOK_BYTES);
	for (h->whole = h->len; h->whole > 0 && h->buf[h->whole - 1] != '\n';)
		h->whole--;
	if (h->skipping && h->whole > 0) {
		advance(h, skip_line(h, h->buf));
		h->skipping = false;
	}
	return HR_OK;
}

/*
 * A line of type s, x, m or S of version 3: the text may hold newlines, so the
 * line ends at the first one behind it. Behind it; NULL: more of the stream
 * must be there. A length that can't be is that of a bad line.
 */
static const char *skip_text(struct heaptrack *h, const char *line)
{
	const char *data_end = h->buf + h->len, *end, *p;
	uint64_t n;

	p = number(line + 1, &n);
	if (p != NULL && *p == ' ' && n <= MAX_TEXT_BYTES) {
		p++;
		if (n >= (uint64_t)(data_end - p)) {
			if (!h->eof)
				return NULL;
		} else if (p[n] == '\n' || p[n] == '\r' || p[n] == ' ') {
			end = memchr(p + n, '\n', (size_t)(data_end - (p + n)));
			if (end != NULL)
				return end + 1;
			if (!h->eof)
				return NULL;
		}
	}
	hr_reader_odd(h->r, HR_ANOMALY_BAD_LINE);
	return skip_line(h, line);
}

/* --- events --------------------------------------------------------------------- */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the recording's allocation infos");
}

static inline enum hr_status alloc_info(struct heaptrack *h, uint64_t info, struct hr_error *err)
{
	const uint64_t size = h->alike.groups[info].size;
	uint32_t object;

	if (!hr_mallocs_sound(&h->mallocs, size))
		return HR_OK;
	object = hr_alike_add(&h->alike, info);
	if (object == HR_NO_NUMBER)
		return no_memory(err);
	return hr_mallocs_add(&h->mallocs, HR_EV_OBJ_ALLOC, object, size, HR_NO_P, err);
}

static inline enum hr_status free_info(struct heaptrack *h, uint64_t info, struct hr_error *err)
{
	bool ambiguous;
	uint32_t object = hr_alike_remove(&h->alike, info, &ambiguous);

	if (object == HR_NO_NUMBER) {
		hr_reader_odd(h->r, HR_ANOMALY_UNKNOWN_FREE);
		return HR_OK;
	}
	h->frees++;
	h->r->stats.anomalies[HR_ANOMALY_AMBIGUOUS_FREE] += ambiguous;
	return hr_mallocs_add(&h->mallocs, HR_EV_OBJ_FREE, object, h->alike.groups[info].size, HR_NO_P, err);
}

/* By the first allocation: a third field, or x and m lines before it, make a raw one; version 0 has the raw shape. */
static void decide_shape(struct heaptrack *h, const char *line)
{
	uint64_t x;
	const char *p = number(line + 1, &x);

	p = p != NULL ? number(p, &x) : NULL;
	h->shape = h->modules || h->version == 0 || p != NULL ? POINTERS : INFOS;
}

/*
 * `+` and `-` lines of an interpreted recording, as many as follow each other
 * and are sound; what is not is left for event_line. The loop that all the time
 * goes into.
 */
static enum hr_status take_infos(struct heaptrack *h, struct hr_error *err)
{
	const char *line = h->buf + h->pos, *const whole = h->buf + h->whole;
	enum hr_status status = HR_OK;

	while (line < whole && (*line == '+' || *line == '-') && status == HR_OK) {
		uint64_t info;
		const char *end = line_end(number(line + 1, &info));

		if (end == NULL || info >= h->alike.n)
			break;
		status = *line == '+' ? alloc_info(h, info, err) : free_info(h, info, err);
		line = end;
	}
	advance(h, line);
	return status;
}

/* The line is `+` or `-`, of a raw recording; behind it, or NULL: it is not what it should be. */
static const char *take_pointer(struct heaptrack *h, const char *line, enum hr_status *status, struct hr_error *err)
{
	uint64_t first, trace, ptr;
	const char *p = number(line + 1, &first);

	if (*line == '-') {
		p = line_end(p);
		if (p != NULL)
			*status = hr_mallocs_free(&h->mallocs, first, HR_NO_P, err);
		return p;
	}
	p = p != NULL ? number(p, &trace) : NULL;
	p = line_end(p != NULL ? number(p, &ptr) : NULL);
	if (p != NULL)
		*status = hr_mallocs_alloc(&h->mallocs, ptr, first, HR_NO_P, err);
	return p;
}

static enum hr_status event_line(struct heaptrack *h, struct hr_error *err)
{
	const char *line = h->buf + h->pos, *end = NULL;
	enum hr_status status = HR_OK;

	if (h->shape == UNDECIDED && *line == '-' && h->version > 0 && !h->modules) {
		/* An interpreted recording frees nothing before its first allocation; a raw one may, if it was attached. */
		end = line_end(number(line + 1, &(uint64_t){0}));
		if (end != NULL)
			hr_reader_odd(h->r, HR_ANOMALY_UNKNOWN_FREE);
	} else if (h->shape == UNDECIDED) {
		decide_shape(h, line);
	}
	if (h->shape == INFOS) {
		HR_TRY(take_infos(h, err));
		end = h->buf + h->pos > line ? h->buf + h->pos : NULL;
	} else if (h->shape == POINTERS) {
		end = take_pointer(h, line, &status, err);
	}
	if (end != NULL)
		advance(h, end);
	else
		bad_line(h);
	return status;
}

/* --- the other lines -------------------------------------------------------------- */

static enum hr_status info_line(struct heaptrack *h, struct hr_error *err)
{
	const char *line = h->buf + h->pos, *p;
	uint64_t size, trace;

	p = number(line + 1, &size);
	p = line_end(p != NULL ? number(p, &trace) : NULL);
	if (p == NULL) {
		/* The entry is lost, but later ones must keep their numbers: insert one that nothing refers to. */
		hr_reader_odd(h->r, HR_ANOMALY_BAD_LINE);
		size = UINT64_MAX;
		p = skip_line(h, line);
	}
	advance(h, p);
	return hr_alike_add_group(&h->alike, size) ? HR_OK : no_memory(err);
}

static void clock_line(struct heaptrack *h)
{
	const char *line = h->buf + h->pos, *end;
	uint64_t ms;

	end = line_end(number(line + 1, &ms));
	if (end == NULL || ms > MAX_MS) {
		bad_line(h);
		return;
	}
	hr_mallocs_time(&h->mallocs, ms * NS_A_MS);
	h->clock_events = h->mallocs.events;
	h->rss_due = true;
	advance(h, end);
}

/* The bytes of a valid UTF-8 sequence at s, of which n are there; 0: it is none. RFC 3629, section 4. */
static size_t utf8_length(const uint8_t *s, size_t n)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Reject overlong forms, surrogates and values beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* The command line, as much of it as has room, as clean UTF-8. */
static void set_program(struct hr_trace_meta *meta, const char *text, size_t n)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t to = 0;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_length(s + i, n - i);
		bool fine = len > 0 && s[i] >= 0x20 && s[i] != 0x7f;

		len = len > 0 ? len : 1;
		if (to + len >= sizeof(meta->program))
			break;
		if (fine)
			memcpy(meta->program + to, s + i, len);
		else
			meta->program[to] = '?';
		to += len;
	}
	meta->program[to] = '\0';
}

static void command_line(struct heaptrack *h)
{
	const char *line = h->buf + h->pos, *end = skip_line(h, line);
	size_t n = (size_t)(end - line) - 1;

	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (n > 2 && line[1] == ' ')
		set_program(&h->r->meta, line + 2, n - 2);
	advance(h, end);
}

static enum hr_status version_line(struct heaptrack *h, struct hr_error *err)
{
	const char *line = h->buf + h->pos, *p, *end;
	uint64_t heaptrack, version = 0;

	p = number(line + 1, &heaptrack);
	end = line_end(p);
	if (end != NULL)
		version = heaptrack == OLD_VERSION_1;
	else
		end = p != NULL ? line_end(number(p, &version)) : NULL;
	if (end == NULL)
		return hr_error_at(err, HR_EINPUT, offset_of(h, h->pos), "damaged first line of a heaptrack recording");
	if (version > NEWEST_VERSION)
		return hr_error_at(
		    err, HR_EINPUT, offset_of(h, h->pos),
		    "a heaptrack recording of file version %" PRIu64
		    ", newer than %d; heaptrack_interpret and heaptrack up to 1.5 write ones that are read",
		    version, NEWEST_VERSION);
	h->version = h->r->meta.version = (unsigned)version;
	h->final_tick = heaptrack >= FINAL_TICK;
	advance(h, end);
	return HR_OK;
}

static bool starts(const struct heaptrack *h, const char *line, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(h->buf + h->whole - line) > n && memcmp(line, with, n) == 0;
}

/* A line that is no event. *more: it is not whole. */
static enum hr_status other_line(struct heaptrack *h, bool *more, struct hr_error *err)
{
	const char *line = h->buf + h->pos, *end;

	switch (*line) {
	case 'a':
		return info_line(h, err);
	case 'c':
		clock_line(h);
		return HR_OK;
	case 'R':
		h->rss = true;
		h->rss_due = false;
		break;
	case 'X':
		command_line(h);
		return HR_OK;
	case 'A':
		if (h->attached)
			break;
		h->attached = true;
		hr_reader_assume(h->r,
				 "heaptrack was attached to a running program: what that had before is not known");
		break;
	case '#':
		if (starts(h, line, "# strings:")) {
			h->tail = true;
			h->tail_events = h->mallocs.events;
		}
		break;
	case 'v':
		bad_line(h);
		return HR_OK;
	case 'x':
	case 'm':
		h->modules = true;
		__attribute__((fallthrough));
	case 's':
	case 'S':
		if (h->version < 3)
			break;
		end = skip_text(h, line);
		*more = end == NULL;
		if (end != NULL)
			advance(h, end);
		return HR_OK;
	case 't':
	case 'i':
	case 'I':
	case 'f':
	case 'e':
	case '\n':
	case '\r':
		break;
	default:
		/* Tizen's heaptrack writes mmap and managed memory; nobody knows what others add. */
		hr_reader_odd(h->r, HR_ANOMALY_OTHER_RECORD);
		break;
	}
	advance(h, skip_line(h, line));
	return HR_OK;
}

/* The next whole line; *more: it is not whole after all. */
static inline enum hr_status take_line(struct heaptrack *h, bool *more, struct hr_error *err)
{
	const char type = h->buf[h->pos];

	return type == '+' || type == '-' ? event_line(h, err) : other_line(h, more, err);
}

/* --- the end ------------------------------------------------------------------------ */

/* Is something missing? What, by the first sign of it. */
static void note_cut(struct heaptrack *h)
{
	const uint64_t end = h->r->stats.bytes_read, events = h->mallocs.events;
	const bool killed = h->final_tick && (h->clock_events != events || (h->rss && h->rss_due));

	if (hr_input_cut(h->r->in))
		hr_reader_set_cut(h->r, end, "the compressed data is not whole: what came behind is lost");
	else if (h->skipping || h->pos < h->len)
		hr_reader_set_cut(h->r, offset_of(h, h->pos), "the last line is not whole and is dropped");
	else if (killed)
		hr_reader_set_cut(h->r, end, "the final time stamp is missing: the program or heaptrack was killed");
	else if (h->shape == INFOS && !(h->tail && h->tail_events == events))
		hr_reader_set_cut(
		    h->r, end,
		    "heaptrack_interpret's last lines (# strings) are missing: what it had not written is lost");
}

static void finish(struct heaptrack *h)
{
	const uint64_t ambiguous = h->r->stats.anomalies[HR_ANOMALY_AMBIGUOUS_FREE];
	static const char *const rules[] = {
	    [HR_IDENTITY_LIFO] = "the newest",
	    [HR_IDENTITY_FIFO] = "the oldest",
	    [HR_IDENTITY_RANDOM] = "any",
	};

	hr_mallocs_finish(&h->mallocs);
	if (h->status == HR_END)
		note_cut(h);
	if (ambiguous > 0)
		hr_reader_assume(h->r,
				 "%.1f %% of the frees fit several live objects: %s of them is taken (--identity); "
				 "record with heaptrack -r to know",
				 100.0 * (double)ambiguous / (double)h->frees, rules[h->alike.rule]);
}

/* --- the format ---------------------------------------------------------------------- */

static bool heaptrack_detect(const uint8_t *head, size_t n)
{
	const uint8_t *newline = memchr(head, '\n', n < MAX_FIRST_LINE ? n : MAX_FIRST_LINE);
	uint64_t x;

	if (newline == NULL || head[0] != 'v')
		return false;
	const char *p = number((const char *)head + 1, &x);
	return p != NULL && (line_end(p) != NULL || line_end(number(p, &x)) != NULL);
}

/* To the first event: then meta is complete. */
static enum hr_status read_header(struct heaptrack *h, struct hr_error *err)
{
	bool more = false;

	while (h->whole == 0)
		HR_TRY(fill(h, err));
	HR_TRY(version_line(h, err));
	while (h->mallocs.events == 0) {
		if (h->pos < h->whole && !more) {
			HR_TRY(take_line(h, &more, err));
			continue;
		}
		if (h->eof)
			return hr_error_at(err, HR_EINPUT, h->r->stats.bytes_read,
					   "the heaptrack recording ends before its first allocation%s",
					   hr_input_cut(h->r->in) ? ": its compressed data is cut off" : "");
		HR_TRY(fill(h, err));
		more = false;
	}
	if (h->modules)
		h->r->meta.format_name = "heaptrack, raw";
	return HR_OK;
}

static enum hr_status heaptrack_open(struct hr_reader *r, struct hr_error *err)
{
	struct heaptrack *h = malloc(sizeof(*h));

	if (h == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	/* The buffer needs no zeros. */
	memset(h, 0, offsetof(struct heaptrack, buf));
	h->r = r;
	r->state = h;
	hr_mallocs_init(&h->mallocs, r, HR_CLOCK_TICKS);
	hr_alike_init(&h->alike, r->options.identity);
	return read_header(h, err);
}

static enum hr_status heaptrack_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n,
				     struct hr_error *err)
{
	struct heaptrack *h = r->state;
	bool more = false;

	while (hr_mallocs_ready(&h->mallocs) == 0 && h->status == HR_OK) {
		while (h->pos < h->whole && hr_mallocs_ready(&h->mallocs) == 0 && !more && h->status == HR_OK)
			h->status = take_line(h, &more, &h->err);
		if (hr_mallocs_ready(&h->mallocs) > 0 || h->status != HR_OK)
			break;
		more = false;
		if (!h->eof)
			h->status = fill(h, &h->err);
		else
			h->status = HR_END;
	}
	if (h->status != HR_OK && !h->finished) {
		h->finished = true;
		finish(h);
	}
	*n = hr_mallocs_take(&h->mallocs, ev, cap);
	if (hr_mallocs_ready(&h->mallocs) > 0 || h->status == HR_OK)
		return HR_OK;
	if (h->status != HR_END && err != NULL)
		*err = h->err;
	return h->status;
}

static void heaptrack_close(struct hr_reader *r)
{
	struct heaptrack *h = r->state;

	if (h == NULL)
		return;
	hr_mallocs_release(&h->mallocs);
	hr_alike_release(&h->alike);
	free(h);
}

const struct hr_format_ops hr_heaptrack_format = {
    .format = HR_FORMAT_HEAPTRACK,
    .name = "heaptrack",
    .detect = heaptrack_detect,
    .open = heaptrack_open,
    .next = heaptrack_next,
    .close = heaptrack_close,
};
