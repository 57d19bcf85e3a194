typedef int heed_envs_env_empty;
