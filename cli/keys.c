#include "cli/keys.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char letters[] = "abcdefgijklmnopstvwxyz"; /* without h, q, r, u */
static const char *const directions[4][2] = {
    {"up", "north"}, {"down", "south"}, {"left", "west"}, {"right", "east"}};
static const char *const idle[] = {"noop", "none", "nothing", "stay", "wait", "coast"};

/* Is `word` one of the words of `name`? */
static bool has_word(const char *name, const char *word) {
  size_t length = strlen(word);
  for (const char *at = strstr(name, word); at != NULL; at = strstr(at + 1, word)) {
    bool begins = at == name || isalpha((unsigned char)at[-1]) == 0;
    if (begins && isalpha((unsigned char)at[length]) == 0) {
      return true;
    }
  }
  return false;
}

/* The first action that has one of the words in its name; -1 for none. */
static int32_t find(const heed_env_spec *spec, const char *const *words, size_t count) {
  for (uint32_t a = 0; spec->action_names != NULL && a < spec->accepted_actions; a++) {
    for (size_t w = 0; w < count; w++) {
      if (has_word(spec->action_names[a], words[w])) {
        return (int32_t)a;
      }
    }
  }
  return -1;
}

static int32_t find_idle(const heed_env_spec *spec) {
  return find(spec, idle, sizeof idle / sizeof idle[0]);
}

int32_t heed__key_action(const heed_env *env, int key) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  int32_t action = -1;
  if (key >= HEED__KEY_UP && key <= HEED__KEY_RIGHT) {
    return find(spec, directions[key - HEED__KEY_UP], 2);
  }
  if (key == ' ') {
    return find_idle(spec);
  }
  if (key >= '0' && key <= '9') {
    action = key - '0';
  } else if (key > 0 && key < 128 && strchr(letters, key) != NULL) {
    action = 10 + (int32_t)(strchr(letters, key) - letters);
  }
  return action >= 0 && (uint32_t)action < spec->accepted_actions ? action : -1;
}

const char *heed__key_text(const heed_env *env, int32_t action, char text[8]) {
  static const char *const arrows[] = {"Up", "Down", "Left", "Right"};
  const heed_env_spec *spec = heed_env_spec_of(env);
  size_t letter = (size_t)action - 10;
  char character = '?';
  if (action < 10) {
    character = "0123456789"[action];
  } else if (letter < sizeof letters - 1) {
    character = letters[letter];
  }
  (void)snprintf(text, 8, "%c", character);
  if (find_idle(spec) == action) {
    (void)snprintf(text, 8, "Space");
  }
  for (int d = 3; d >= 0; d--) {
    if (find(spec, directions[d], 2) == action) {
      (void)snprintf(text, 8, "%s", arrows[d]);
    }
  }
  return text;
}

/* The bounds of a number, or -1 and 1 where it has none. */
static void bounds(const heed_space *actions, uint32_t i, float *low, float *high) {
  *low = isfinite(actions->low[i]) ? actions->low[i] : fminf(-1, actions->high[i]);
  *high = isfinite(actions->high[i]) ? actions->high[i] : fmaxf(1, actions->low[i]);
}

float heed__key_nudge(const heed_space *actions, uint32_t i, float value, int direction) {
  float low;
  float high;
  bounds(actions, i, &low, &high);
  float next = value + (float)direction * (high - low) / 10;
  /* what rounding left of zero is zero */
  next = fabsf(next) < (high - low) * 1e-5F ? 0 : next;
  return fminf(fmaxf(next, low), high);
}

float heed__key_level(const heed_space *actions, uint32_t i, int digit) {
  float low;
  float high;
  bounds(actions, i, &low, &high);
  return fminf(fmaxf(low + (high - low) * (float)(digit - 1) / 8, low), high);
}
