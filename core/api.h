/* api.h: what every header needs: symbol visibility and compiler attributes. */
#ifndef HEED_CORE_API_H
#define HEED_CORE_API_H

/* Marks a function as public. Everything else stays hidden in the shared library. */
#if defined(__GNUC__)
#define HEED_API __attribute__((visibility("default")))
#define HEED_PRINTF(format_index, first_arg) \
  __attribute__((format(printf, format_index, first_arg)))
#else
#define HEED_API
#define HEED_PRINTF(format_index, first_arg)
#endif

#define HEED_VERSION "0.1.0"

#endif
