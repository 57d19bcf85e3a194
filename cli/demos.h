/* demos.h: the demonstrations of `heed demo`, one file each. All take argv from "demo" on and return the
 * exit status. */
#ifndef HEED_CLI_DEMOS_H
#define HEED_CLI_DEMOS_H

int heed__demo_off_switch(int argc, char **argv);
int heed__demo_exploit(int argc, char **argv);

#endif
