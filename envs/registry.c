typedef int heed_envs_registry_empty;
