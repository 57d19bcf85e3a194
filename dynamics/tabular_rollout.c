/* tabular_rollout.c: many imagined futures side by side.
 *
 * A rollout through a large model waits for memory at each of its steps, and cannot know earlier where
 * the next one lies. So all rollouts of a batch take one step each in turn; when a step is drawn, and the
 * action after it, the slot of the next one is asked of memory, and the observation, if it is wanted: both
 * are there when the turn comes round again. Beliefs are never written: a history is its number. */
#include "dynamics/tabular.h"

/* A rollout that is under way. */
typedef struct lane {
  const tabular_slot *slot; /* of the next step; `unaimed` where that must be searched for */
  heed_rollout *r;
  const unsigned char *seen; /* the latest observation */
  uint32_t history;          /* HEED_INTERN_NONE: it is written out in `numbers` */
  uint32_t action;           /* of the next step */
  bool is_plain;             /* steps are drawn from the posterior mean, and not taped */
  uint32_t numbers[TABULAR_NUMBERS_MAX];
} lane;

/* No outcome comes of it at once. */
static const tabular_slot unaimed = {.context = HEED_INTERN_NONE};

/* Writes the latest observation to its place; a turn later than it was drawn. */
static inline void write_obs(const tabular *self, const lane *l) {
  if (l->r->obs != NULL && l->r->steps > 0) {
    size_t t = l->r->steps - 1;
    heed__tabular_copy(l->r->obs + t * self->obs_size, l->seen, self->obs_size);
  }
}

static inline void aim(const tabular *self, lane *l) {
  l->slot = l->history != HEED_INTERN_NONE && l->is_plain
                ? heed__tabular_slot(self, l->history, l->action)
                : &unaimed;
  __builtin_prefetch(l->slot);
}

/* Begins a rollout; false: it has no steps. */
static bool begin(const tabular *self, lane *l, heed_rollout *r) {
  l->r = r;
  l->seen = heed__tabular_obs(self, r->belief);
  l->history = heed__tabular_history(self, r->belief);
  l->is_plain = r->hypothesis == NULL && r->rng->tape == NULL;
  if (l->history == HEED_INTERN_NONE) {
    memcpy(l->numbers, heed__tabular_written((void *)r->belief),
           2 * (size_t)self->history * sizeof *l->numbers);
  }
  r->steps = 0;
  r->is_terminal = false;
  if (r->most == 0) {
    return false;
  }
  l->action = heed_rng_choice(r->rng, self->action_count);
  aim(self, l);
  return true;
}

/* A step that is more than its slot tells. */
static __attribute__((noinline)) tabular_step search(const tabular *self, lane *l) {
  tabular_step step = {.history = l->history,
                       .action = l->action,
                       .numbers = l->numbers,
                       .hypothesis = l->r->hypothesis,
                       .rng = l->r->rng,
                       .next_numbers = l->numbers};
  heed__tabular_aim(self, &step);
  heed__tabular_take(self, &step);
  return step;
}

/* Takes the next step of a rollout and draws the action after it; false: it was the last. The generator goes
 * through registers: the draws are most of the work. */
static inline bool go_on(const tabular *self, lane *l, uint32_t action_count) {
  heed_rollout *r = l->r;
  const tabular_slot *slot = l->slot;
  write_obs(self, l);
  heed_rng rng = *r->rng;
  bool is_first = heed__rng_unit(&rng) < slot->below;
  uint32_t obs = slot->obs;
  double channel = slot->channel;
  bool is_terminal = slot->is_terminal;
  if (is_first) {
    l->history = slot->history;
  } else if (slot->is_only) {
    obs = HEED_INTERN_NONE;
    channel = 0;
    is_terminal = false;
  } else {
    tabular_step step = search(self, l); /* from the draw on, which was made of a copy */
    rng = *r->rng;
    l->history = step.next_history;
    obs = step.next_obs;
    channel = step.channel;
    is_terminal = step.is_terminal;
  }
  uint32_t t = r->steps++;
  r->actions[t] = (int32_t)l->action;
  r->channel[t] = channel;
  if (r->obs != NULL && obs != HEED_INTERN_NONE) {
    l->seen = heed__records_obs(&self->records, obs);
    __builtin_prefetch(l->seen);
  }
  if (is_terminal || t + 1 == r->most) {
    *r->rng = rng;
    r->is_terminal = is_terminal;
    return false;
  }
  if (rng.tape != NULL) {
    l->action = heed_rng_choice(r->rng, action_count);
  } else {
    uint64_t product = (heed_rng_next(&rng) >> 32) * action_count;
    *r->rng = rng;
    if ((uint32_t)product < action_count) {
      product = heed__rng_reject(r->rng, action_count, product);
    }
    l->action = (uint32_t)(product >> 32);
  }
  aim(self, l);
  return true;
}

/* At most TABULAR_TOGETHER rollouts. */
static void roll_out_together(const tabular *self, heed_rollout *batch, size_t count) {
  lane lanes[TABULAR_TOGETHER];
  lane *open[TABULAR_TOGETHER]; /* those that go on */
  uint32_t action_count = self->action_count;
  size_t left = 0;
  for (size_t i = 0; i < count; i++) {
    open[left] = &lanes[i];
    left += begin(self, &lanes[i], &batch[i]);
  }
  while (left > 0) {
    size_t kept = 0;
    for (size_t i = 0; i < left; i++) {
      lane *l = open[i];
      open[kept] = l;
      kept += go_on(self, l, action_count);
    }
    left = kept;
  }
  for (size_t i = 0; i < count; i++) {
    write_obs(self, &lanes[i]);
  }
}

void heed__tabular_rollout(const void *self_, heed_rollout *batch, size_t count, void *workspace) {
  const tabular *self = self_;
  (void)workspace;
  for (size_t i = 0; i < count; i += TABULAR_TOGETHER) {
    size_t left = count - i;
    roll_out_together(self, batch + i, left < TABULAR_TOGETHER ? left : TABULAR_TOGETHER);
  }
}
