/* teacher.h: who is asked, from the command line: "person", a simulated person by name with parameters, or
 * several of them:
 *
 *   simulated                 as it always was
 *   noisy,beta=0.5            a kind of reward/teacher.h, changed
 *   skip,equal=0.1,gamma=0.9  traits can be mixed
 *   oracle+noisy+noisy        one of several, drawn for each question */
#ifndef HEED_CLI_TEACHER_H
#define HEED_CLI_TEACHER_H

#include "envs/env.h"
#include "reward/teacher.h"

enum { HEED__TEACHERS_MAX = 8 };

/* What was asked for. */
typedef struct heed__teachers {
  bool is_person; /* a real one */
  size_t count;   /* at least 1; of a real person the first says beta and mistakes */
  heed_simulated_params params[HEED__TEACHERS_MAX];
  char names[HEED__TEACHERS_MAX][HEED_WHO_SIZE]; /* all different */
} heed__teachers;

/* Reads `teacher`, then `params` (may be NULL), which goes for all of them. Errors: HEED_ERR_ARG. */
heed_status heed__teachers_parse(const char *teacher, const char *params, heed__teachers *teachers,
                                 heed_error *err);

/* What a simulated person thinks of a step: the environment's appraisal. */
typedef struct heed__critic {
  const heed_env *env; /* borrowed */
  double safety;
} heed__critic;

/* Simulated people at work. */
typedef struct heed__crowd {
  heed__critic critics[HEED__TEACHERS_MAX];
  heed__critic later[HEED__TEACHERS_MAX]; /* what they come to be, if their taste turns */
  heed_simulated_person people[HEED__TEACHERS_MAX];
  heed_simulated_crowd crowd;
} heed__crowd;

/* The teacher that was asked for; all is borrowed. `known`: answers that there are already, so that a run
 * that goes on does not draw the same luck again. */
heed_teacher heed__crowd_init(heed__crowd *crowd, const heed__teachers *teachers,
                              const heed_env *env, const heed_rng *master, size_t known);

#endif
