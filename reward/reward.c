typedef int heed_reward_reward_empty;
