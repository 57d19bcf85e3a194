#include "core/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIRST_S  1.0 /* what takes less needs no bar */
#define PERIOD_S 0.1 /* between two drawings: smooth to the eye, free for the work */

#define COLUMNS      80 /* at most, also on wider terminals */
#define TITLE_WIDTH  15
#define BAR_WIDTH    20
#define BAR_SHORTEST 5

double heed_clock_s(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool heed_progress_report(const heed_progress_sink *sink, uint64_t done, uint64_t total) {
  return sink == NULL || sink->report == NULL || sink->report(sink->context, done, total);
}

/* ---- the line ------------------------------------------------------------------------------- */

typedef struct word { /* a piece of the line, with room for any number */
  char text[32];
} word;

/* 1,234,567; from ten million on 12.3M, 12.3G, ... */
static word count_word(double count) {
  static const char suffixes[] = "MGTPE";
  word result;
  if (count >= 1e7) {
    double scaled = count / 1e6;
    const char *suffix = suffixes;
    while (scaled >= 999.95 && suffix[1] != '\0') {
      scaled /= 1e3;
      suffix++;
    }
    (void)snprintf(result.text, sizeof result.text, "%.1f%c", scaled, *suffix);
    return result;
  }
  unsigned n = (unsigned)count;
  if (n >= 1000000) {
    (void)snprintf(result.text, sizeof result.text, "%u,%03u,%03u", n / 1000000, n / 1000 % 1000,
                   n % 1000);
  } else if (n >= 1000) {
    (void)snprintf(result.text, sizeof result.text, "%u,%03u", n / 1000, n % 1000);
  } else {
    (void)snprintf(result.text, sizeof result.text, "%u", n);
  }
  return result;
}

static word rate_word(double rate) {
  if (rate >= 10.0) {
    return count_word(rate);
  }
  word result;
  (void)snprintf(result.text, sizeof result.text, "%.1f", rate);
  return result;
}

/* 0.1 s, 59 s, 3 min, 2 h 05 min; more than a thousand hours are as good as never. */
static word time_word(double seconds) {
  word result;
  if (seconds < 9.95) {
    (void)snprintf(result.text, sizeof result.text, "%.1f s", seconds);
  } else if (seconds < 99.5) {
    (void)snprintf(result.text, sizeof result.text, "%.0f s", seconds);
  } else if (seconds < 99.5 * 60) {
    (void)snprintf(result.text, sizeof result.text, "%.0f min", seconds / 60);
  } else if (seconds < 1000.0 * 3600) {
    unsigned minutes = (unsigned)(seconds / 60);
    (void)snprintf(result.text, sizeof result.text, "%u h %02u min", minutes / 60, minutes % 60);
  } else {
    (void)snprintf(result.text, sizeof result.text, ">1000 h");
  }
  return result;
}

/* "[####....]" of `width` columns in all, or nothing when that is too narrow. */
static void draw_bar(char bar[BAR_WIDTH + 3], int width, double fraction) {
  int cells = width - 2 < BAR_WIDTH ? width - 2 : BAR_WIDTH;
  if (cells < BAR_SHORTEST) {
    bar[0] = '\0';
    return;
  }
  int filled = (int)(fraction * cells);
  bar[0] = '[';
  memset(bar + 1, '#', (size_t)filled);
  memset(bar + 1 + filled, '.', (size_t)(cells - filled));
  memcpy(bar + 1 + cells, "]", 2);
}

void heed__progress_line(char *line, size_t columns, const char *title, uint64_t done,
                         uint64_t total, double elapsed_s) {
  /* The numbers come first; the bar takes what they leave. */
  double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0.0;
  char numbers[160];
  if (total > 0 && done > 0 && done <= total) {
    (void)snprintf(numbers, sizeof numbers, "%s/%s  %s/s  %s left", count_word((double)done).text,
                   count_word((double)total).text, rate_word(rate).text,
                   time_word((double)(total - done) / rate).text);
  } else {
    (void)snprintf(numbers, sizeof numbers, "%s  %s/s", count_word((double)done).text,
                   rate_word(rate).text);
  }
  char bar[BAR_WIDTH + 3] = "";
  if (total > 0 && done <= total) {
    draw_bar(bar, (int)columns - TITLE_WIDTH - (int)strlen(numbers) - 3,
             (double)done / (double)total);
  }
  char all[256];
  (void)snprintf(all, sizeof all, "%-*.*s %s%s%s", TITLE_WIDTH, TITLE_WIDTH, title, bar,
                 bar[0] != '\0' ? "  " : "", numbers);
  (void)snprintf(line, columns + 1, "%-*.*s", (int)columns, (int)columns, all);
}

/* ---- the bar -------------------------------------------------------------------------------- */

/* Columns to draw in: one less than there are, for the cursor stays on the line. */
static size_t line_columns(void) {
  struct winsize window;
  bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
  return (is_known && window.ws_col < COLUMNS ? window.ws_col : COLUMNS) - 1;
}

static bool draw(void *context, uint64_t done, uint64_t total) {
  heed_progress_bar *bar = context;
  if (!bar->enabled) {
    return true;
  }
  double now = heed_clock_s();
  if (now - bar->start_s < FIRST_S || now - bar->last_s < PERIOD_S) {
    return true;
  }
  char line[COLUMNS];
  heed__progress_line(line, line_columns(), bar->title, done, total, now - bar->start_s);
  (void)fprintf(stderr, "\r%s", line);
  (void)fflush(stderr);
  bar->last_s = now;
  return true;
}

void heed_progress_bar_begin(heed_progress_bar *bar, const char *title, bool quiet) {
  *bar = (heed_progress_bar){
      .title = title,
      .start_s = heed_clock_s(),
      .enabled = !quiet && isatty(STDERR_FILENO) == 1,
  };
}

heed_progress_sink heed_progress_bar_sink(heed_progress_bar *bar) {
  return (heed_progress_sink){.report = draw, .context = bar};
}

void heed_progress_bar_end(heed_progress_bar *bar) {
  if (bar->enabled && bar->last_s > 0) {
    (void)fprintf(stderr, "\r%*s\r", (int)line_columns(), "");
    (void)fflush(stderr);
  }
  bar->enabled = false;
}
