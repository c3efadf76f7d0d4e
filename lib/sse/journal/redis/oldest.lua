-- Where the log begins, once what is too old is deleted: the id of the oldest entry, its number of
-- events, its epoch; where there is none an empty id, and time, sequence and epoch of the newest event
-- that there was. Rows of parts that are gone go, too.
-- KEYS: log meta parts
local log, meta, parts = KEYS[1], KEYS[2], KEYS[3]
local function text(number) return string.format('%.0f', number) end

local ttl = tonumber(redis.call('HGET', meta, 'ttl') or 0)
if ttl > 0 then
  local t = redis.call('TIME')
  -- Where this is refused, as without replicas, it is done another time.
  redis.pcall('XTRIM', log, 'MINID', text(math.max(t[1] * 1000 + math.floor(t[2] / 1000) - ttl, 0)))
end
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
if not first then
  local m = redis.call('HMGET', meta, 'ms', 'seq', 'e')
  redis.pcall('ZREMRANGEBYSCORE', parts, '-inf', m[2] or '0')
  return {'', m[1] or '0', m[2] or '0', m[3] or '0'}
end
local fields = {}
for i = 1, #first[2], 2 do fields[first[2][i]] = first[2][i + 1] end
-- What is not an entry of events says nothing of parts.
local last, count = tonumber(string.match(first[1], '%-(%d+)$')), tonumber(fields['n'])
if last and count and fields['e'] then
  redis.pcall('ZREMRANGEBYSCORE', parts, '-inf', '(' .. text(last + 1 - count))
end
return {first[1], fields['n'] or '', fields['e'] or ''}
