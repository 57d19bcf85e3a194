#include "cli/game.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t state_size(const heed__game *game) {
  return heed_env_spec_of(game->env)->state_size;
}

static unsigned char *state_at(const heed__game *game, size_t i) {
  return game->states + i * state_size(game);
}

/* The generator of an episode: as in `heed run`, whose streams are apart from those of exploration. */
static heed_rng rng_of(const heed__game *game, uint32_t episode) {
  return heed_rng_derive(&game->master, HEED_STREAM_ENV, (UINT64_C(1) << 32) + episode - 1);
}

/* Resets the state in the first place; what it was before is kept. */
static void begin(heed__game *game) {
  heed__moment first = {.rng = rng_of(game, game->episode)};
  memcpy(game->before, state_at(game, 0), state_size(game));
  heed_env_reset(game->env, state_at(game, 0), &first.rng);
  game->moments[0] = first;
  game->count = 1;
}

/* Makes room for one more moment. */
static heed_status reserve(heed__game *game, heed_error *err) {
  if (game->count < game->capacity) {
    return HEED_OK;
  }
  size_t capacity = game->capacity > 0 ? 2 * game->capacity : 256;
  unsigned char *states = realloc(game->states, capacity * state_size(game));
  game->states = states != NULL ? states : game->states;
  heed__moment *moments = realloc(game->moments, capacity * sizeof *moments);
  game->moments = moments != NULL ? moments : game->moments;
  if (states == NULL || moments == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "an episode of %zu steps: no memory", game->count);
  }
  game->capacity = capacity;
  return HEED_OK;
}

heed_status heed__game_init(heed__game *game, const heed_env *env, uint64_t seed,
                            heed_recorder *recorder, heed_error *err) {
  *game = (heed__game){.env = env, .recorder = recorder, .episode = 1};
  heed_rng_init(&game->master, seed);
  game->before = malloc(state_size(game));
  game->scratch = malloc(state_size(game));
  heed_status status = reserve(game, err);
  if (status != HEED_OK || game->before == NULL || game->scratch == NULL) {
    heed__game_deinit(game);
    return status != HEED_OK ? status : heed_fail(err, HEED_ERR_NOMEM, "state: no memory");
  }
  if (recorder != NULL) {
    heed_recorder_session(recorder, env);
  }
  heed_env_init(env, state_at(game, 0));
  begin(game);
  return HEED_OK;
}

void heed__game_deinit(heed__game *game) {
  free(game->states);
  free(game->moments);
  free(game->before);
  free(game->scratch);
  *game = (heed__game){0};
}

const heed__moment *heed__game_now(const heed__game *game) {
  return &game->moments[game->count - 1];
}

const void *heed__game_state(const heed__game *game) {
  return state_at(game, game->count - 1);
}

bool heed__game_is_over(const heed__game *game) {
  heed_outcome last = heed__game_now(game)->outcome;
  return last.is_terminal || last.is_truncated;
}

heed_status heed__game_step(heed__game *game, heed_action action, heed_error *err) {
  assert(!heed__game_is_over(game));
  heed_status status = reserve(game, err);
  if (status != HEED_OK) {
    return status;
  }
  heed__moment next = *heed__game_now(game);
  unsigned char *state = state_at(game, game->count);
  memcpy(state, heed__game_state(game), state_size(game));
  next.action = action;
  next.outcome = heed_env_step(game->env, state, action, &next.rng);
  next.reward_sum += next.outcome.reward;
  game->moments[game->count++] = next;
  return HEED_OK;
}

bool heed__game_undo(heed__game *game) {
  if (game->count == 1) {
    return false;
  }
  game->count--;
  return true;
}

/* Plays the episode once more, for the recorder. */
static void record(heed__game *game) {
  if (game->recorder == NULL) {
    return;
  }
  heed_rng rng = rng_of(game, game->episode);
  rng.tape = heed_recorder_tape(game->recorder);
  memcpy(game->scratch, game->before, state_size(game));
  heed_env_reset(game->env, game->scratch, &rng);
  heed_recorder_begin(game->recorder, game->scratch);
  for (size_t i = 1; i < game->count; i++) {
    heed_action action = game->moments[i].action;
    heed_outcome outcome = heed_env_step(game->env, game->scratch, action, &rng);
    heed_recorder_step(game->recorder, action, outcome, game->scratch);
  }
  heed_recorder_end(game->recorder, game->scratch);
  assert(memcmp(game->scratch, heed__game_state(game), state_size(game)) == 0);
  game->recorded++;
  game->recorded_steps += game->count - 1;
}

void heed__game_restart(heed__game *game) {
  record(game);
  memmove(state_at(game, 0), heed__game_state(game), state_size(game));
  game->episode++;
  begin(game);
}

void heed__game_finish(heed__game *game) {
  if (game->count > 1) {
    record(game);
  }
}
