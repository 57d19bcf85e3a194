/* cmd_demo.c: `heed demo NAME`: finds the demonstration, which does the rest. */
#include <string.h>

#include "cli/commands.h"
#include "cli/demos.h"

/* The first is what is shown when none is named. */
static const heed__command demos[] = {
    {"off-switch", heed__demo_off_switch, "an agent in front of an off switch"},
    {"exploit", heed__demo_exploit, "what a search finds in a reward, and how that is put right"},
};
enum { DEMO_COUNT = sizeof demos / sizeof demos[0] };

/* The name may stand anywhere among the options, none of which takes such a word. */
static const heed__command *find(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    for (size_t k = 0; k < DEMO_COUNT; k++) {
      if (strcmp(argv[i], demos[k].name) == 0) {
        return &demos[k];
      }
    }
  }
  return &demos[0];
}

int heed__cmd_demo(int argc, char **argv) {
  return find(argc, argv)->run(argc, argv);
}
