/* heed.h: all of the library. What is listed here is public and installed, and nothing else is. */
#ifndef HEED_H
#define HEED_H

#include "core/api.h"
#include "core/arena.h"
#include "core/decimal.h"
#include "core/experience.h"
#include "core/intern.h"
#include "core/pack.h"
#include "core/params.h"
#include "core/percept.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/space.h"
#include "core/status.h"
#include "core/tape.h"

#include "envs/batch.h"
#include "envs/env.h"
#include "envs/map.h"
#include "envs/mdp.h"
#include "envs/picture.h"
#include "envs/solve.h"
#include "envs/trace.h"

#include "dynamics/dynamics.h"

#include "reward/acquisition.h"
#include "reward/choice.h"
#include "reward/features.h"
#include "reward/feedback.h"
#include "reward/people.h"
#include "reward/query.h"
#include "reward/reward.h"
#include "reward/store.h"
#include "reward/teacher.h"

#include "value/network.h"
#include "value/value.h"

#include "planner/exactly.h"
#include "planner/planner.h"
#include "planner/report.h"

#include "agent/agent.h"
#include "agent/ask.h"
#include "agent/assess.h"
#include "agent/episode.h"
#include "agent/exact.h"
#include "agent/explore.h"
#include "agent/rollouts.h"
#include "agent/self_play.h"

#include "scenarios/exploit.h"
#include "scenarios/off_switch.h"

#endif
