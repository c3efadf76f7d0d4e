-- On every connect, before anything else: which epoch holds, and where the order stands.
-- KEYS: log meta epochs
-- ARGV: 1 random epoch, taken if a new one begins
--       2-4 limits of rows, of a series, of all series, which the first node sets
--       5 random key of fingerprints  6 most bytes of an event, the same
--       7 age in ms, 8 bytes of events that the stream keeps, the same; 0: no limit
local log, meta, epochs = KEYS[1], KEYS[2], KEYS[3]
local function text(number) return string.format('%.0f', number) end
local function field(info, pattern) return string.match(redis.call('INFO', info), pattern) or '' end

if field('replication', 'role:(%a+)') ~= 'master' then
  return redis.error_reply('READONLY this server is not the master')
end
-- A server that was restarted has another run_id, one that was promoted another replication id. What
-- it has may end before what it, or the master before it, has acknowledged.
local run = field('replication', 'master_replid:(%x+)') .. ' ' .. field('server', 'run_id:(%x+)')

local m = redis.call('HMGET', meta, 'epoch', 'run', 'ms', 'seq', 'e')
local ms, seq, newest = tonumber(m[3] or 0), tonumber(m[4] or 0), m[5] or ''
-- Both are written in one step; only a stream that was restored by itself is ahead of the rest.
local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if last then
  local last_ms, last_seq = string.match(last[1], '(%d+)-(%d+)')
  if tonumber(last_seq) > seq then
    ms, seq = tonumber(last_ms), tonumber(last_seq)
    for i = 1, #last[2], 2 do
      if last[2][i] == 'e' then newest = last[2][i + 1] end
    end
    redis.call('HSET', meta, 'ms', text(ms), 'seq', text(seq), 'e', newest)
  end
end

local why = 'same'
if not m[1] then why = 'new log' elseif m[2] ~= run then why = 'engine changed' end
local epoch = m[1]
if why ~= 'same' then
  epoch = ARGV[1]
  if newest == '' then newest = epoch end
  redis.call('HSET', meta, 'epoch', epoch, 'run', run, 'e', newest)
  if why == 'new log' then
    redis.call('HSET', meta, 'rows', ARGV[2], 'series', ARGV[3], 'all', ARGV[4], 'event', ARGV[6])
  end
  redis.call('RPUSH', epochs, epoch .. ' ' .. text(seq + 1) .. ' ' .. text(ms) .. ' ' .. newest)
  redis.call('LTRIM', epochs, -64, -1)
end
-- Nothing is written where nothing has changed: so it works without memory, and without replicas.
if not redis.call('HGET', meta, 'digest') then redis.call('HSET', meta, 'digest', ARGV[5]) end
if not redis.call('HGET', meta, 'keep') then redis.call('HSET', meta, 'ttl', ARGV[7], 'keep', ARGV[8]) end
local t = redis.call('TIME')
local limits = redis.call('HMGET', meta, 'rows', 'series', 'all', 'event', 'ttl', 'keep')
return {why, epoch, text(ms), text(seq), newest, text(t[1] * 1000 + math.floor(t[2] / 1000)),
        limits, redis.call('LRANGE', epochs, 0, -1), redis.call('HGET', meta, 'digest')}
