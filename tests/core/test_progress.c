/* test_progress.c: the bar, its line and its silence. */
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cmocka_all.h"
#include "core/progress.h"

static void the_line_shows_bar_counts_rate_and_time_left(void **state) {
  (void)state;
  const struct {
    uint64_t done, total;
    double elapsed_s;
    const char *line; /* without the blanks at its end */
  } cases[] = {
      {1234, 3000, 0.03,
       "exploring       [########............]  1,234/3,000  41,133/s  0.0 s left"},
      {0, 3000, 2, "exploring       [....................]  0  0.0/s"},
      {3000, 3000, 2, "exploring       [####################]  3,000/3,000  1,500/s  0.0 s left"},
      {1500, 3000, 20, "exploring       [##########..........]  1,500/3,000  75/s  20 s left"},
      {1500, 3000, 1500, "exploring       [##########..........]  1,500/3,000  1.0/s  25 min left"},
      {1, 30, 10, "exploring       [....................]  1/30  0.1/s  5 min left"},
      {1, 3000, 60, "exploring       [....................]  1/3,000  0.0/s  49 h 59 min left"},
      {1234567, 12345678, 1,
       "exploring       [#..................]  1,234,567/12.3M  1,234,567/s  9.0 s left"},
      {23456789012, 0, 2, "exploring       23.5G  11.7G/s"},
      {5, 0, 2, "exploring       5  2.5/s"},
      {5, 4, 2, "exploring       5  2.5/s"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char line[80];
    heed__progress_line(line, 79, "exploring", cases[i].done, cases[i].total, cases[i].elapsed_s);
    assert_int_equal(strlen(line), 79);
    line[strlen(cases[i].line)] = '\0';
    assert_string_equal(line, cases[i].line);
  }
}

static void the_line_fills_its_columns_whatever_the_numbers(void **state) {
  (void)state;
  const uint64_t numbers[] = {0, 1, 999, 12345678, UINT64_MAX / 2, UINT64_MAX};
  const double times[] = {0, 1e-9, 1, 1e9};
  for (size_t d = 0; d < 6; d++) {
    for (size_t n = 0; n < 6; n++) {
      for (size_t t = 0; t < 4; t++) {
        for (size_t columns = 1; columns < 80; columns += 13) {
          char line[80];
          heed__progress_line(line, columns, "a title that is much too long for the line",
                              numbers[d], numbers[n], times[t]);
          assert_int_equal(strlen(line), columns);
        }
      }
    }
  }
}

/* Stderr as a terminal of 80 columns while `work` runs; what it wrote is in text[size]. */
static void on_terminal(void (*work)(void), char *text, size_t size) {
  int master;
  int terminal;
  struct winsize window = {.ws_row = 24, .ws_col = 80};
  assert_int_equal(openpty(&master, &terminal, NULL, NULL, &window), 0);
  (void)fflush(stderr);
  int before = dup(STDERR_FILENO);
  assert_true(dup2(terminal, STDERR_FILENO) >= 0);
  work();
  (void)fflush(stderr);
  assert_true(dup2(before, STDERR_FILENO) >= 0);
  (void)close(before);

  size_t used = 0;
  struct pollfd ready = {.fd = master, .events = POLLIN};
  while (used + 1 < size && poll(&ready, 1, 50) > 0 && (ready.revents & POLLIN) != 0) {
    ssize_t n = read(master, text + used, size - 1 - used);
    used += n > 0 ? (size_t)n : 0;
  }
  text[used] = '\0';
  (void)close(terminal);
  (void)close(master);
}

/* Reports twice, after `late` seconds. */
static void report(double late, bool quiet) {
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", quiet);
  bar.start_s -= late;
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  assert_true(heed_progress_report(&sink, 1, 4));
  assert_true(heed_progress_report(&sink, 2, 4)); /* too soon after the first to be drawn */
  heed_progress_bar_end(&bar);
}

static void report_late(void) {
  report(2, false);
}
static void report_early(void) {
  report(0, false);
}
static void report_quietly(void) {
  report(2, true);
}

static void after_a_second_it_is_drawn_and_erased(void **state) {
  (void)state;
  char text[512];
  on_terminal(report_late, text, sizeof text);
  char *drawn = strstr(text, "\rlearning        [#####...............]  1/4  0.5/s");
  assert_non_null(drawn);
  assert_null(strstr(text, "2/4"));
  char *blanks = strchr(drawn + 1, '\r');
  assert_int_equal(blanks - drawn, 80); /* and the cursor stays on the line */
  assert_int_equal(strspn(blanks + 1, " "), 79);
  assert_string_equal(blanks + 80, "\r");
}

static void before_a_second_nothing_is_drawn(void **state) {
  (void)state;
  char text[512];
  on_terminal(report_early, text, sizeof text);
  assert_string_equal(text, "");
}

static void when_quiet_nothing_is_drawn(void **state) {
  (void)state;
  char text[512];
  on_terminal(report_quietly, text, sizeof text);
  assert_string_equal(text, "");
}

static void without_a_terminal_nothing_is_drawn(void **state) {
  (void)state;
  int pipe_ends[2];
  assert_int_equal(pipe(pipe_ends), 0);
  int before = dup(STDERR_FILENO);
  assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
  report_late();
  assert_true(dup2(before, STDERR_FILENO) >= 0);
  (void)close(before);
  (void)close(pipe_ends[1]);
  char byte;
  assert_int_equal(read(pipe_ends[0], &byte, 1), 0);
  (void)close(pipe_ends[0]);
}

static bool stop(void *context, uint64_t done, uint64_t total) {
  *(uint64_t *)context = done + total;
  return false;
}

static void a_sink_can_stop_the_work_and_may_be_absent(void **state) {
  (void)state;
  uint64_t sum = 0;
  heed_progress_sink sink = {.report = stop, .context = &sum};
  assert_false(heed_progress_report(&sink, 3, 4));
  assert_int_equal(sum, 7);
  assert_true(heed_progress_report(NULL, 3, 4));
  assert_true(heed_progress_report(&(heed_progress_sink){0}, 3, 4));
}

static void the_clock_goes_forward(void **state) {
  (void)state;
  double before = heed_clock_s();
  (void)usleep(2000);
  double passed = heed_clock_s() - before;
  assert_true(passed >= 0.002 && passed < 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_line_shows_bar_counts_rate_and_time_left),
      cmocka_unit_test(the_line_fills_its_columns_whatever_the_numbers),
      cmocka_unit_test(after_a_second_it_is_drawn_and_erased),
      cmocka_unit_test(before_a_second_nothing_is_drawn),
      cmocka_unit_test(when_quiet_nothing_is_drawn),
      cmocka_unit_test(without_a_terminal_nothing_is_drawn),
      cmocka_unit_test(a_sink_can_stop_the_work_and_may_be_absent),
      cmocka_unit_test(the_clock_goes_forward),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
