#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/pack.h"

/* The entry of a name, new if need be; NULL when the card is full. */
static heed_card_entry *entry_for(heed_card *card, const char *name) {
  char cut[sizeof card->entries->name] = "";
  (void)snprintf(cut, sizeof cut, "%s", name);
  for (uint32_t i = 0; i < card->count; i++) {
    if (strcmp(card->entries[i].name, cut) == 0) {
      return &card->entries[i];
    }
  }
  assert(card->count < HEED_CARD_MAX);
  if (card->count == HEED_CARD_MAX) {
    return NULL;
  }
  heed_card_entry *entry = &card->entries[card->count++];
  memset(entry, 0, sizeof *entry);
  memcpy(entry->name, cut, sizeof cut);
  return entry;
}

void heed_card_text(heed_card *card, const char *name, const char *format, ...) {
  heed_card_entry *entry = entry_for(card, name);
  if (entry == NULL) {
    return;
  }
  memset(entry->text, 0, sizeof entry->text); /* equal cards have equal bytes */
  va_list args;
  va_start(args, format);
  (void)vsnprintf(entry->text, sizeof entry->text, format, args);
  va_end(args);
  entry->number = 0.0;
  entry->is_number = false;
}

void heed_card_number(heed_card *card, const char *name, double number) {
  if (!isfinite(number)) {
    heed_card_text(card, name, "%g", number);
    return;
  }
  heed_card_entry *entry = entry_for(card, name);
  if (entry != NULL) {
    memset(entry->text, 0, sizeof entry->text);
    entry->number = number;
    entry->is_number = true;
  }
}

const heed_card_entry *heed_card_find(const heed_card *card, const char *name) {
  for (uint32_t i = 0; i < card->count; i++) {
    if (strcmp(card->entries[i].name, name) == 0) {
      return &card->entries[i];
    }
  }
  return NULL;
}

void heed_pack_card(heed_pack_writer *writer, const heed_card *card) {
  heed_pack_map(writer, card->count);
  for (uint32_t i = 0; i < card->count; i++) {
    const heed_card_entry *entry = &card->entries[i];
    heed_pack_key(writer, entry->name);
    if (entry->is_number) {
      heed_pack_real(writer, entry->number);
    } else {
      heed_pack_text(writer, entry->text);
    }
  }
}

/* Reads one value: a number, or the text of any other scalar. */
static heed_status read_entry(const heed_pack_value *map, uint32_t i, heed_card *card,
                              heed_error *err) {
  const char *name = heed_pack_key_at(map, i);
  const heed_pack_value *value = heed_pack_item(map, i);
  double number;
  switch (heed_pack_type_of(value)) {
    case HEED_PACK_UINT:
    case HEED_PACK_INT:
    case HEED_PACK_REAL: {
      heed_status status = heed_pack_get_real(map, name, &number, err);
      if (status == HEED_OK) {
        heed_card_number(card, name, number);
      }
      return status;
    }
    case HEED_PACK_TEXT:
    case HEED_PACK_BOOL:
    case HEED_PACK_NIL: {
      char text[sizeof card->entries->text];
      heed_pack_to_text(value, text, sizeof text);
      heed_card_text(card, name, "%s", text);
      return HEED_OK;
    }
    default:
      return heed_fail(err, HEED_ERR_FORMAT, "key '%s': a number or a text expected", name);
  }
}

heed_status heed_pack_get_card(const heed_pack_value *map, heed_card *card, heed_error *err) {
  memset(card, 0, sizeof *card);
  if (heed_pack_find(map, "card") == NULL) {
    return HEED_OK;
  }
  const heed_pack_value *entries;
  heed_status status = heed_pack_get_map(map, "card", &entries, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t count = heed_pack_count(entries);
  if (count > HEED_CARD_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "card of %" PRIu32 " entries, at most %d expected",
                     count, HEED_CARD_MAX);
  }
  for (uint32_t i = 0; i < count; i++) {
    status = read_entry(entries, i, card, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "card");
    }
  }
  return HEED_OK;
}
