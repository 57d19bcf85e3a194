/* test_params.c: named parameters as text. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/params.h"

typedef struct settings {
  int32_t rows;
  double rate;
  bool wraps;
  int32_t mood;
  char formula[HEED_PARAM_TEXT_SIZE];
} settings;

static const heed_param table[] = {
    {.name = "rows",
     .type = HEED_PARAM_INT,
     .offset = offsetof(settings, rows),
     .fallback = "4",
     .min = 1,
     .max = 64,
     .unit = "",
     .help = "height"},
    {.name = "rate",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(settings, rate),
     .fallback = "0.5",
     .min = 0,
     .max = 1,
     .unit = "1/s",
     .help = "how often"},
    {.name = "wraps",
     .type = HEED_PARAM_BOOL,
     .offset = offsetof(settings, wraps),
     .fallback = "true",
     .unit = "",
     .help = "a torus"},
    {.name = "mood",
     .type = HEED_PARAM_CHOICE,
     .offset = offsetof(settings, mood),
     .fallback = "neutral",
     .choices = "none|friend|neutral",
     .unit = "",
     .help = "of the other"},
    {.name = "formula",
     .type = HEED_PARAM_TEXT,
     .offset = offsetof(settings, formula),
     .fallback = "",
     .unit = "",
     .help = "what counts"},
};
#define COUNT (sizeof table / sizeof *table)

static heed_status parse(const char *text, settings *values, heed_error *err) {
  memset(values, 0xee, sizeof *values);
  return heed_params_parse(table, COUNT, text, values, err);
}

static void nothing_gives_the_defaults(void **state) {
  (void)state;
  const char *const texts[] = {NULL, "", "  \t"};
  for (size_t i = 0; i < 3; i++) {
    settings values;
    heed_error err = {0};
    assert_ok(parse(texts[i], &values, &err), &err);
    assert_int_equal(values.rows, 4);
    assert_true(values.rate == 0.5);
    assert_true(values.wraps);
    assert_int_equal(values.mood, 2);
    assert_string_equal(values.formula, "");
  }
}

static void values_are_set_by_name_in_any_order(void **state) {
  (void)state;
  settings values;
  heed_error err = {0};
  assert_ok(parse("mood=friend, rate = 0.25 ,wraps=0,rows=64", &values, &err), &err);
  assert_int_equal(values.rows, 64);
  assert_true(values.rate == 0.25);
  assert_false(values.wraps);
  assert_int_equal(values.mood, 1);
}

static void braces_hold_commas_equals_and_braces(void **state) {
  (void)state;
  settings values;
  heed_error err = {0};
  assert_ok(parse("formula={1, {a=2}, 3} , rows=2", &values, &err), &err);
  assert_string_equal(values.formula, "1, {a=2}, 3");
  assert_int_equal(values.rows, 2);
  assert_ok(parse("formula={}", &values, &err), &err);
  assert_string_equal(values.formula, "");
  assert_ok(parse("formula={ x }", &values, &err), &err);
  assert_string_equal(values.formula, " x ");
  assert_ok(parse("formula= x y ,rows={3}", &values, &err), &err);
  assert_string_equal(values.formula, "x y");
  assert_int_equal(values.rows, 3);
}

static void errors_name_the_parameter_and_what_was_expected(void **state) {
  (void)state;
  const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"rows=0", "rows: '0', an integer from 1 to 64 expected"},
      {"rows=65", "rows: '65', an integer from 1 to 64 expected"},
      {"rows=4294967300", "rows: '4294967300', an integer"},
      {"rows=99999999999999999999", "rows: '99999999999999999999', an integer"},
      {"rows=4x", "rows: '4x', an integer"},
      {"rows=4.0", "rows: '4.0', an integer"},
      {"rows=", "rows: '', an integer"},
      {"rows=1 2", "rows: '1 2', an integer"},
      {"rate=1.5", "rate: '1.5', a number from 0 to 1 expected, in 1/s"},
      {"rate=-1e-9", "rate: '-1e-9', a number"},
      {"rate=nan", "rate: 'nan', a number"},
      {"rate=inf", "rate: 'inf', a number"},
      {"rate=1e", "rate: '1e', a number"},
      {"wraps=yes", "wraps: 'yes', true or false expected"},
      {"mood=frien", "mood: 'frien', one of none|friend|neutral expected"},
      {"mood=friendly", "mood: 'friendly', one of"},
      {"mood=", "mood: '', one of"},
      {"mood=none|friend", "mood: 'none|friend', one of"},
      {"row=3", "unknown parameter 'row'; known: rows, rate, wraps, mood, formula"},
      {"=3", "unknown parameter ''; known"},
      {"rows=3,rows=3", "rows is given twice"},
      {"rows", "name=value expected at 'rows'"},
      {"rows,rate=1", "name=value expected at 'rows,rate=1'"},
      {"rows=3,", "name=value expected after the last comma"},
      {"rows=3, ", "name=value expected after the last comma"},
      {",rows=3", "name=value expected at ',rows=3'"},
      {"rows=3,,rate=1", "name=value expected at ',rate=1'"},
      {"rows=3=4", "rows: '=' after '3'"},
      {"formula=a{b", "formula: '{' after 'a'"},
      {"formula={a", "formula: '{' without its '}'"},
      {"formula={{a}", "formula: '{' without its '}'"},
      {"formula={a}b", "formula: 'b' after 'a'"},
      {"formula=a}", "formula: '}' after 'a'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    settings values;
    heed_error err = {0};
    assert_fails(parse(cases[i].text, &values, &err), HEED_ERR_ARG, &err, cases[i].message);
  }
}

static void an_integer_must_fit_its_field_whatever_its_range(void **state) {
  (void)state;
  heed_param param = {
      .name = "n", .type = HEED_PARAM_INT, .fallback = "0", .min = -1e12, .max = 1e12};
  int32_t value;
  heed_error err = {0};
  assert_ok(heed_params_parse(&param, 1, "n=2147483647", &value, &err), &err);
  assert_int_equal(value, INT32_MAX);
  assert_fails(heed_params_parse(&param, 1, "n=2147483648", &value, &err), HEED_ERR_ARG, &err,
               "n: '2147483648'");
  assert_ok(heed_params_parse(&param, 1, "n=-2147483648", &value, &err), &err);
  assert_fails(heed_params_parse(&param, 1, "n=-2147483649", &value, &err), HEED_ERR_ARG, &err,
               "n: '-2147483649'");
}

static void a_text_that_does_not_fit_is_refused(void **state) {
  (void)state;
  char text[400] = "formula=";
  size_t head = strlen(text);
  settings values;
  heed_error err = {0};
  memset(text + head, 'x', HEED_PARAM_TEXT_SIZE - 1);
  assert_ok(parse(text, &values, &err), &err);
  assert_int_equal(strlen(values.formula), HEED_PARAM_TEXT_SIZE - 1);
  memset(text + head, 'x', HEED_PARAM_TEXT_SIZE);
  assert_fails(parse(text, &values, &err), HEED_ERR_ARG, &err,
               "formula: 256 characters, at most 255 expected");
}

static void a_table_without_parameters_knows_none(void **state) {
  (void)state;
  heed_error err = {0};
  assert_ok(heed_params_parse(NULL, 0, "", NULL, &err), &err);
  assert_fails(heed_params_parse(NULL, 0, "a=1", NULL, &err), HEED_ERR_ARG, &err,
               "unknown parameter 'a'; known: none");
}

static void formatting_echoes_all_that_is_in_force(void **state) {
  (void)state;
  settings values;
  heed_error err = {0};
  assert_ok(parse("rate=0.1,formula={a,b}", &values, &err), &err);
  char text[128];
  assert_ok(heed_params_format(table, COUNT, &values, text, sizeof text, &err), &err);
  assert_string_equal(text, "rows=4,rate=0.1,wraps=true,mood=neutral,formula={a,b}");
}

static void what_is_formatted_parses_to_the_same_values(void **state) {
  (void)state;
  const char *const formulas[] = {"",    "plain", " blank ", "a,b", "x=1",
                                  "{a}", "{}",    "a{b}c",   "1, 2"};
  for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
    settings values;
    settings back;
    heed_error err = {0};
    assert_ok(parse("rows=17,wraps=false,mood=none", &values, &err), &err);
    values.rate = 1.0 / 3;
    (void)snprintf(values.formula, sizeof values.formula, "%s", formulas[i]);
    char text[512];
    assert_ok(heed_params_format(table, COUNT, &values, text, sizeof text, &err), &err);
    assert_ok(parse(text, &back, &err), &err);
    assert_int_equal(back.rows, 17);
    assert_true(back.rate == values.rate);
    assert_false(back.wraps);
    assert_int_equal(back.mood, 0);
    assert_string_equal(back.formula, formulas[i]);
  }
}

static void what_cannot_be_written_is_refused(void **state) {
  (void)state;
  settings values;
  heed_error err = {0};
  char text[512];
  const char *const unbalanced[] = {"}", "{", "}{", "a}b", "{a}}{"};
  for (size_t i = 0; i < sizeof unbalanced / sizeof *unbalanced; i++) {
    assert_ok(parse("", &values, &err), &err);
    (void)snprintf(values.formula, sizeof values.formula, "%s", unbalanced[i]);
    assert_fails(heed_params_format(table, COUNT, &values, text, sizeof text, &err), HEED_ERR_ARG,
                 &err, "formula: unbalanced braces");
  }
}

static void formatting_needs_room_for_all(void **state) {
  (void)state;
  settings values;
  heed_error err = {0};
  assert_ok(parse("", &values, &err), &err);
  const char *whole = "rows=4,rate=0.5,wraps=true,mood=neutral,formula=";
  char text[64];
  assert_ok(heed_params_format(table, COUNT, &values, text, strlen(whole) + 1, &err), &err);
  assert_string_equal(text, whole);
  for (size_t size = 1; size <= strlen(whole); size++) {
    assert_fails(heed_params_format(table, COUNT, &values, text, size, &err), HEED_ERR_ARG, &err,
                 "do not fit");
    assert_true(strlen(text) < size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_gives_the_defaults),
      cmocka_unit_test(values_are_set_by_name_in_any_order),
      cmocka_unit_test(braces_hold_commas_equals_and_braces),
      cmocka_unit_test(errors_name_the_parameter_and_what_was_expected),
      cmocka_unit_test(an_integer_must_fit_its_field_whatever_its_range),
      cmocka_unit_test(a_text_that_does_not_fit_is_refused),
      cmocka_unit_test(a_table_without_parameters_knows_none),
      cmocka_unit_test(formatting_echoes_all_that_is_in_force),
      cmocka_unit_test(what_is_formatted_parses_to_the_same_values),
      cmocka_unit_test(what_cannot_be_written_is_refused),
      cmocka_unit_test(formatting_needs_room_for_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
