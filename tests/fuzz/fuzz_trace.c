/* fuzz_trace.c: any bytes as a trace. */
#include <stddef.h>
#include <stdint.h>

#include "envs/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  heed_trace_report report;
  heed_error err = {0};
  (void)heed_trace_replay_memory(data, size, "input", &report, &err);
  return 0;
}
