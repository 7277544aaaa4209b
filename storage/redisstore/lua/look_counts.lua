-- How many jobs are in each state, by N8 of queue and kind behind the state.
-- keys: count
return redis.call('HGETALL', k_count)
