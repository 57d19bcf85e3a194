typedef int heed_agent_agent_empty;
