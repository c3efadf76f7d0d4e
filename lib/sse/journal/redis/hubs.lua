-- The hubs of a cluster: each says once a second that it is there.
-- KEYS: hubs (a sorted set: ids by the ms in which they are given up), log, meta, epochs
-- ARGV: `here`, an id, for how many ms, and fields and values | `leave`, an id | `list`
local hubs, log, meta, epochs = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function text(number) return string.format('%.0f', number) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function key_of(id) return hubs .. ':' .. id end

if ARGV[1] == 'leave' then
  redis.call('UNLINK', key_of(ARGV[2]))
  return redis.call('ZREM', hubs, ARGV[2])
end

if ARGV[1] == 'here' then
  -- What fails here, as without memory, is said the next time: what is returned must be known.
  redis.pcall('HSET', key_of(ARGV[2]), 'at', text(now), unpack(ARGV, 4))
  redis.pcall('PEXPIRE', key_of(ARGV[2]), ARGV[3])
  redis.pcall('ZADD', hubs, text(now + tonumber(ARGV[3])), ARGV[2])
  redis.pcall('ZREMRANGEBYSCORE', hubs, '-inf', text(now))
  return {redis.call('HGET', meta, 'epoch') or '0', redis.call('ZCOUNT', hubs, text(now), '+inf')}
end

local all = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', hubs, text(now), '+inf', 'LIMIT', 0, 1000)) do
  local fields = redis.call('HGETALL', key_of(id))
  if #fields > 0 then all[#all + 1] = {id, fields} end
end
local info = redis.call('INFO', 'server') .. redis.call('INFO', 'replication') .. redis.call('INFO', 'memory')
return {text(now), redis.call('XLEN', log), redis.call('HGET', meta, 'seq') or '0', redis.call('LLEN', epochs), info, all}
