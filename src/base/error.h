/*
 * Errors are values: a function that can fail returns an hr_status and, where
 * the caller asked for it, fills an hr_error with the sentence that the user
 * will read. Nothing below src/cmd prints or exits.
 */
#ifndef HR_BASE_ERROR_H
#define HR_BASE_ERROR_H

#include <stdint.h>

enum hr_status {
	HR_OK = 0,
	HR_END,	      /* no more input; not an error */
	HR_EINPUT,    /* the input is wrong or damaged */
	HR_EUSAGE,    /* the caller asked for something that makes no sense */
	HR_ENOMEM,    /* memory is exhausted, or a stated limit is */
	HR_EIO,	      /* the system refused to read or write */
	HR_EINTERNAL, /* an invariant of ours does not hold */
};

#define HR_NO_OFFSET UINT64_MAX

struct hr_error {
	enum hr_status status;
	uint64_t offset; /* byte in the (decompressed) input, or HR_NO_OFFSET */
	uint64_t line;	 /* 1-based line of a text input, or 0 */
	char text[480];	 /* "what is wrong; what to do", no full stop */
};

/*
 * Both fill *err (which may be NULL) and return status, so that
 * `return hr_error_at(err, HR_EINPUT, off, "...")` reads as one thought. The
 * text is cut at the size of hr_error.text; control characters in it become '?'.
 */
enum hr_status hr_error_set(struct hr_error *err, enum hr_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
enum hr_status hr_error_at(struct hr_error *err, enum hr_status status, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define HR_TRY(call)                                                                                                   \
	do {                                                                                                           \
		enum hr_status hr_try_status_ = (call);                                                                \
		if (hr_try_status_ != HR_OK)                                                                           \
			return hr_try_status_;                                                                         \
	} while (0)

#endif
