-- What the user of this connection may not do of what scripts do. Leaves nothing. Other errors, as
-- without memory, are met again when there is something to do.
-- KEYS: a key that is not used otherwise
local key = KEYS[1]
local commands = {
  {'INFO', 'server'}, {'TIME'}, {'SET', key, '1', 'EX', 1}, {'GET', key}, {'UNLINK', key},
  {'HSET', key, 'a', '1'}, {'HGET', key, 'a'}, {'HMGET', key, 'a'}, {'HGETALL', key}, {'HLEN', key},
  {'HINCRBY', key, 'b', 1}, {'PEXPIRE', key, 1000}, {'PEXPIREAT', key, '9000000000000'}, {'HDEL', key, 'a', 'b'},
  {'ZADD', key, 0, 'a'}, {'ZINCRBY', key, 1, 'a'}, {'ZSCORE', key, 'a'},
  {'ZRANGEBYLEX', key, '-', '+'}, {'ZREVRANGE', key, 0, 0}, {'ZRANGE', key, 0, 0}, {'ZCARD', key},
  {'ZRANGEBYSCORE', key, '-inf', '+inf'}, {'ZCOUNT', key, '-inf', '+inf'}, {'ZREMRANGEBYRANK', key, 5, 5},
  {'ZREMRANGEBYSCORE', key, '-inf', '-inf'}, {'ZREM', key, 'a'},
  {'RPUSH', key, 'a'}, {'LLEN', key}, {'LRANGE', key, 0, -1}, {'LTRIM', key, -1, -1}, {'LPOP', key},
  {'XADD', key, '1-1', 'a', 'b'}, {'XLEN', key}, {'XRANGE', key, '-', '+', 'COUNT', 1},
  {'XREVRANGE', key, '+', '-', 'COUNT', 1},
  {'XINFO', 'STREAM', key}, {'XTRIM', key, 'MINID', '2'}, {'UNLINK', key},
}
local missing = {}
for _, command in ipairs(commands) do
  local reply = redis.pcall(unpack(command))
  if type(reply) == 'table' and reply.err then
    local why = reply.err
    if string.find(why, 'NOPERM', 1, true) or string.find(why, "can't run this command", 1, true) or
       string.find(why, "can't access at least one", 1, true) then
      missing[#missing + 1] = string.lower(command[1])
    end
  end
end
return missing
