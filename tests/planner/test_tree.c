/* test_tree.c: the arrays that a search lives in. */
#include "planner/tree.h"

#include <math.h>

#include "core/cmocka_all.h"

/* 8 nodes, 2 actions, beliefs of 8 bytes, observations of 1. */
static void tree_open(heed_tree *tree, bool share_states) {
  heed_error err = {0};
  *tree = (heed_tree){.action_count = 2,
                      .horizon = 4,
                      .belief_size = 8,
                      .obs_size = 1,
                      .node_capacity = 8,
                      .edge_capacity = 6,
                      .outcome_capacity = 5,
                      .rollout_capacity = 3,
                      .depth_capacity = 5,
                      .share_states = share_states};
  assert_ok(heed__tree_init(tree, &err), &err);
}

/* A belief and its tag. */
typedef struct row {
  uint64_t belief;
  heed_state_tag tag;
} row;

static heed_index add_state(heed_tree *tree, uint64_t belief, uint32_t is_terminal, bool *is_new) {
  row r = {belief, {.is_terminal = is_terminal}};
  return heed__tree_add_state(tree, &r, is_new);
}

static void equal_beliefs_are_one_state_when_shared(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  assert_int_equal(add_state(&tree, 5, 0, &is_new), 0);
  assert_true(is_new);
  assert_int_equal(add_state(&tree, 6, 0, &is_new), 1);
  assert_true(is_new);
  assert_int_equal(add_state(&tree, 5, 0, &is_new), 0);
  assert_false(is_new);
  assert_int_equal(*(const uint64_t *)(const void *)heed__tree_belief(&tree, 1), 6);
  heed__tree_deinit(&tree);
}

static void equal_beliefs_are_states_of_their_own_when_not(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, false);
  assert_int_equal(add_state(&tree, 5, 0, &is_new), 0);
  assert_int_equal(add_state(&tree, 5, 0, &is_new), 1);
  assert_true(is_new);
  heed__tree_deinit(&tree);
}

static void the_end_is_another_state_than_its_look(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  heed_index goes_on = add_state(&tree, 5, 0, &is_new);
  heed_index is_over = add_state(&tree, 5, 1, &is_new);
  assert_true(is_new && goes_on != is_over);
  assert_false(heed__tree_is_terminal(&tree, goes_on));
  assert_true(heed__tree_is_terminal(&tree, is_over));
  heed__tree_deinit(&tree);
}

static void outcomes_keep_their_order_and_are_found_by_belief(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  heed_index s = add_state(&tree, 1, 0, &is_new);
  assert_false(heed__tree_is_tried(&tree, s));
  assert_true(heed__tree_expand(&tree, heed__tree_add_node(&tree, s, 0, &is_new)));
  heed_transition *t = heed__tree_transition(&tree, s, 1);
  assert_int_equal(t->first_outcome, HEED_INDEX_NONE);
  for (uint64_t b = 2; b < 5; b++) {
    heed_index next = add_state(&tree, b, 0, &is_new);
    heed_index o = heed__tree_add_outcome(&tree, t, next);
    assert_int_equal(o, b - 2);
    assert_int_equal(tree.outcomes[o].state, next);
    assert_int_equal(tree.outcomes[o].count, 0);
  }
  assert_int_equal(t->first_outcome, 0);
  assert_int_equal(tree.outcomes[0].next, 1);
  assert_int_equal(tree.outcomes[1].next, 2);
  assert_int_equal(tree.outcomes[2].next, HEED_INDEX_NONE);
  row wanted = {.belief = 3};
  assert_int_equal(heed__tree_find_outcome(&tree, t, &wanted), 1);
  wanted.tag.is_terminal = 1;
  assert_int_equal(heed__tree_find_outcome(&tree, t, &wanted), HEED_INDEX_NONE);
  assert_int_equal(heed__tree_find_outcome(&tree, heed__tree_transition(&tree, s, 0), &wanted),
                   HEED_INDEX_NONE);
  heed__tree_deinit(&tree);
}

static void a_state_is_one_node_at_each_depth(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  heed_index s = add_state(&tree, 1, 0, &is_new);
  heed_index other = add_state(&tree, 2, 0, &is_new);
  assert_int_equal(heed__tree_find_node(&tree, s, 0), HEED_INDEX_NONE);
  assert_int_equal(heed__tree_add_node(&tree, s, 0, &is_new), 0);
  assert_true(is_new);
  assert_int_equal(heed__tree_add_node(&tree, s, 2, &is_new), 1);
  assert_int_equal(heed__tree_add_node(&tree, other, 2, &is_new), 2);
  assert_int_equal(heed__tree_add_node(&tree, s, 2, &is_new), 1);
  assert_false(is_new);
  assert_int_equal(heed__tree_find_node(&tree, other, 2), 2);
  assert_int_equal(tree.deepest, 2);
  /* newest first */
  assert_int_equal(tree.at_depth[0], 0);
  assert_int_equal(tree.at_depth[1], HEED_INDEX_NONE);
  assert_int_equal(tree.at_depth[2], 2);
  assert_int_equal(tree.next_at_depth[2], 1);
  assert_int_equal(tree.next_at_depth[1], HEED_INDEX_NONE);
  heed__tree_deinit(&tree);
}

static void edges_start_without_a_value(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  heed_index node = heed__tree_add_node(&tree, add_state(&tree, 1, 0, &is_new), 0, &is_new);
  assert_false(heed__tree_is_expanded(&tree, node));
  assert_true(heed__tree_expand(&tree, node));
  assert_true(heed__tree_is_expanded(&tree, node));
  assert_int_equal(tree.edge_count, 2);
  assert_int_equal(tree.transition_count, 2);
  for (uint32_t a = 0; a < 2; a++) {
    assert_true(heed__tree_edges(&tree, node).values[a] == -HUGE_VAL);
    assert_int_equal(heed__tree_edges(&tree, node).visits[a], 0);
    assert_int_equal(heed__tree_edges(&tree, node).children[a], HEED_INDEX_NONE);
  }
  heed__tree_deinit(&tree);
}

static void what_has_no_room_is_refused_and_changes_nothing(void **state) {
  (void)state;
  for (int share = 0; share < 2; share++) {
    heed_tree tree;
    bool is_new;
    tree_open(&tree, share != 0);
    for (uint32_t i = 0; i < 8; i++) {
      heed_index s = add_state(&tree, i, 0, &is_new);
      assert_int_equal(heed__tree_add_node(&tree, s, 1, &is_new), i);
      assert_int_equal(heed__tree_expand(&tree, i), i < 3); /* 6 edges for 2 actions */
      heed_index o = heed__tree_add_outcome(&tree, heed__tree_transition(&tree, 0, 0), s);
      assert_int_equal(o, i < 5 ? i : HEED_INDEX_NONE);
    }
    assert_int_equal(add_state(&tree, 99, 0, &is_new), HEED_INDEX_NONE);
    assert_false(is_new);
    assert_int_equal(heed__tree_add_node(&tree, 0, 2, &is_new), HEED_INDEX_NONE);
    assert_false(is_new);
    assert_int_equal(tree.states.count, 8);
    assert_int_equal(tree.places.count, 8);
    assert_int_equal(tree.outcome_count, 5);
    assert_int_equal(tree.edge_count, 6);
    assert_int_equal(tree.deepest, 1);
    assert_true(tree.arena.high_water <= tree.arena.size);
    heed__tree_deinit(&tree);
  }
}

static void clearing_forgets_nodes_or_everything(void **state) {
  (void)state;
  heed_tree tree;
  bool is_new;
  tree_open(&tree, true);
  heed_index s = add_state(&tree, 1, 0, &is_new);
  tree.root = heed__tree_add_node(&tree, s, 3, &is_new);
  (void)heed__tree_expand(&tree, tree.root);
  (void)heed__tree_add_outcome(&tree, heed__tree_transition(&tree, s, 0), s);
  heed__tree_clear_nodes(&tree);
  assert_int_equal(tree.root, HEED_INDEX_NONE);
  assert_int_equal(tree.at_depth[3], HEED_INDEX_NONE);
  assert_int_equal(tree.edge_count, 0);
  assert_int_equal(heed__tree_find_node(&tree, s, 3), HEED_INDEX_NONE);
  assert_int_equal(add_state(&tree, 1, 0, &is_new), s);
  assert_false(is_new);
  assert_int_equal(tree.outcome_count, 1);
  heed__tree_clear(&tree);
  assert_int_equal(tree.outcome_count, 0);
  assert_int_equal(add_state(&tree, 2, 0, &is_new), 0);
  assert_true(is_new);
  assert_false(heed__tree_is_tried(&tree, 0));
  assert_int_equal(tree.transition_count, 0);
  heed__tree_deinit(&tree);
  heed__tree_deinit(&tree); /* a zeroed tree may be released */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_beliefs_are_one_state_when_shared),
      cmocka_unit_test(equal_beliefs_are_states_of_their_own_when_not),
      cmocka_unit_test(the_end_is_another_state_than_its_look),
      cmocka_unit_test(outcomes_keep_their_order_and_are_found_by_belief),
      cmocka_unit_test(a_state_is_one_node_at_each_depth),
      cmocka_unit_test(edges_start_without_a_value),
      cmocka_unit_test(what_has_no_room_is_refused_and_changes_nothing),
      cmocka_unit_test(clearing_forgets_nodes_or_everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
