/* test_card.c: what a file says about how it came to be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/document.h"

/* Writes the card under the key "card", and reads it back. */
static heed_status round_trip(const heed_card *card, heed_card *back, heed_error *err) {
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, err), err);
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "card");
  heed_pack_card(writer, card);
  unsigned char *bytes;
  size_t size;
  assert_ok(heed_pack_save_memory(writer, "test", 1, &bytes, &size, err), err);
  heed_pack_writer_destroy(writer);
  heed_pack_reader *reader;
  assert_ok(heed_pack_open_memory(bytes, size, "test", 1, &reader, err), err);
  heed_status status = heed_pack_get_card(heed_pack_root(reader), back, err);
  heed_pack_close(reader);
  free(bytes);
  return status;
}

static void entries_keep_their_order_and_come_back(void **state) {
  (void)state;
  heed_card card = {0};
  heed_card_text(&card, "environment", "%s-%d", "boat", 2);
  heed_card_number(&card, "steps", 3000);
  heed_card_number(&card, "loss", 0.1);
  heed_card back;
  heed_error err = {0};
  assert_ok(round_trip(&card, &back, &err), &err);
  assert_memory_equal(&back, &card, sizeof card);
  assert_string_equal(back.entries[0].text, "boat-2");
  assert_false(back.entries[0].is_number);
  assert_true(back.entries[1].is_number && back.entries[1].number == 3000);
}

static void setting_twice_replaces(void **state) {
  (void)state;
  heed_card card = {0};
  heed_card_text(&card, "seed", "one");
  heed_card_number(&card, "seed", 2);
  assert_int_equal(card.count, 1);
  assert_true(card.entries[0].is_number);
  assert_string_equal(card.entries[0].text, "");
  heed_card_text(&card, "seed", "three");
  assert_int_equal(card.count, 1);
  assert_string_equal(heed_card_find(&card, "seed")->text, "three");
  assert_false(card.entries[0].is_number);
  assert_null(heed_card_find(&card, "see"));
}

static void long_names_and_texts_are_cut(void **state) {
  (void)state;
  char word[400];
  memset(word, 'x', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  heed_card card = {0};
  heed_card_text(&card, word, "%s", word);
  heed_card_text(&card, word, "%s", word); /* found again under its cut name */
  assert_int_equal(card.count, 1);
  assert_int_equal(strlen(card.entries[0].name), sizeof card.entries->name - 1);
  assert_int_equal(strlen(card.entries[0].text), sizeof card.entries->text - 1);
  heed_card back;
  heed_error err = {0};
  assert_ok(round_trip(&card, &back, &err), &err);
  assert_memory_equal(&back, &card, sizeof card);
}

static void a_number_that_is_not_finite_becomes_a_text(void **state) {
  (void)state;
  heed_card card = {0};
  heed_card_number(&card, "loss", (double)NAN);
  heed_card_number(&card, "bound", -(double)INFINITY);
  heed_card back;
  heed_error err = {0};
  assert_ok(round_trip(&card, &back, &err), &err);
  assert_string_equal(heed_card_find(&back, "loss")->text, "nan");
  assert_string_equal(heed_card_find(&back, "bound")->text, "-inf");
}

static void a_full_card_fits_its_file(void **state) {
  (void)state;
  heed_card card = {0};
  for (int i = 0; i < HEED_CARD_MAX; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "n%d", i);
    heed_card_number(&card, name, i);
  }
  heed_card back;
  heed_error err = {0};
  assert_ok(round_trip(&card, &back, &err), &err);
  assert_int_equal(back.count, HEED_CARD_MAX);
  assert_memory_equal(&back, &card, sizeof card);
}

/* Builds a document and reads its card. */
static heed_status read_card(build body, heed_card *card, heed_error *err) {
  heed_pack_reader *reader = opened(body);
  heed_status status = heed_pack_get_card(heed_pack_root(reader), card, err);
  heed_pack_close(reader);
  return status;
}

static void write_none(heed_pack_writer *writer) {
  heed_pack_map(writer, 0);
}
static void write_text(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "card");
  heed_pack_text(writer, "x");
}
static void write_too_many(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "card");
  heed_pack_map(writer, HEED_CARD_MAX + 1);
  for (int i = 0; i <= HEED_CARD_MAX; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "n%d", i);
    heed_pack_key(writer, name);
    heed_pack_uint(writer, 1);
  }
}
static void write_nested(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "card");
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "deep");
  heed_pack_array(writer, 0);
}
static void write_others(heed_pack_writer *writer) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "card");
  heed_pack_map(writer, 3);
  heed_pack_key(writer, "negative");
  heed_pack_int(writer, -4);
  heed_pack_key(writer, "flag");
  heed_pack_bool(writer, true);
  heed_pack_key(writer, "escape");
  heed_pack_text(writer, "\x1b[2J");
}

static void an_absent_card_is_empty(void **state) {
  (void)state;
  heed_card card;
  memset(&card, 0xff, sizeof card);
  heed_error err = {0};
  assert_ok(read_card(write_none, &card, &err), &err);
  assert_int_equal(card.count, 0);
}

static void other_scalars_are_read_as_numbers_and_texts(void **state) {
  (void)state;
  heed_card card;
  heed_error err = {0};
  assert_ok(read_card(write_others, &card, &err), &err);
  assert_true(heed_card_find(&card, "negative")->number == -4);
  assert_string_equal(heed_card_find(&card, "flag")->text, "true");
  assert_string_equal(heed_card_find(&card, "escape")->text, "?[2J");
}

static void what_is_no_card_is_refused(void **state) {
  (void)state;
  heed_card card;
  heed_error err = {0};
  assert_fails(read_card(write_text, &card, &err), HEED_ERR_FORMAT, &err,
               "key 'card' is a text, a map expected");
  assert_fails(read_card(write_too_many, &card, &err), HEED_ERR_FORMAT, &err,
               "card of 65 entries, at most 64 expected");
  assert_fails(read_card(write_nested, &card, &err), HEED_ERR_FORMAT, &err,
               "card: key 'deep': a number or a text expected");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(entries_keep_their_order_and_come_back),
      cmocka_unit_test(setting_twice_replaces),
      cmocka_unit_test(long_names_and_texts_are_cut),
      cmocka_unit_test(a_number_that_is_not_finite_becomes_a_text),
      cmocka_unit_test(a_full_card_fits_its_file),
      cmocka_unit_test(an_absent_card_is_empty),
      cmocka_unit_test(other_scalars_are_read_as_numbers_and_texts),
      cmocka_unit_test(what_is_no_card_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
