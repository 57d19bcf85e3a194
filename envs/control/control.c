#include "envs/control/control.h"

void heed__control_spec_init(heed_env_spec *spec, uint32_t obs_dim, const float *low,
                             const float *high, size_t state_size, int32_t max_steps) {
  *spec = (heed_env_spec){
      .state_size = (state_size + 15) / 16 * 16,
      .tally_size = sizeof(control_tally),
      .obs_space = heed_space_box(obs_dim, low, high),
      .max_steps = (uint32_t)max_steps,
  };
}

heed_status heed__control_check_range(double low, double high, heed_error *err) {
  if (low > high) {
    return heed_fail(err, HEED_ERR_ARG, "low is %g and high %g: low <= high expected", low, high);
  }
  return HEED_OK;
}

double heed__control_performance(const void *self, const void *state) {
  (void)self;
  return ((const control_tally *)state)->episode_return;
}

static bool read_number(heed_reading *reading, double value) {
  *reading = (heed_reading){.count = 1, .values = {value}};
  return true;
}

bool heed__control_inspect(const control_tally *tally, const char *const *names,
                           const double *numbers, size_t count, const char *name,
                           heed_reading *reading) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(name, names[i]) == 0) {
      return read_number(reading, numbers[i]);
    }
  }
  if (strcmp(name, "return") == 0) {
    return read_number(reading, tally->episode_return);
  }
  return strcmp(name, "steps") == 0 && read_number(reading, tally->steps);
}
