-- Judges a batch of events, and puts those that hold at the end of the order, in one entry.
-- KEYS: log meta node rows names fullest, and the once keys of the batch
-- ARGV: 1 epoch that the node knows  2 counter of the node's batches  3 number of events
--       4 chunks                     5 changes of rows and conditions 6 claims of once keys
--       7 retention of once keys, in ms
-- The formats of 4 to 6, and of what is returned, are in redis_batch.h.
local log, meta, node, rows, names, fullest = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local count, changes, claims = tonumber(ARGV[3]), ARGV[5], ARGV[6]
local kMostSequence = 281474976710655
local function text(number) return string.format('%.0f', number) end

local m = redis.call('HMGET', meta, 'epoch', 'ms', 'seq', 'bytes', 'calls', 'members', 'rows',
                     'series', 'all', 'ttl', 'keep')
if m[1] ~= ARGV[1] then return redis.error_reply('STALE epoch ' .. tostring(m[1])) end
local ms, seq = tonumber(m[2] or 0), tonumber(m[3] or 0)
-- The commands of a connection that is closed already may still be carried out, after those of the
-- one that follows it.
local counter = tonumber(ARGV[2])
-- Something is written, so that a WAIT over this connection is for all that was written up to here.
local function touch() redis.pcall('HSET', meta, 'touched', '1') end
if counter <= tonumber(redis.call('GET', node) or 0) then
  touch()
  return {'dup', text(ms), text(seq)}
end
if seq + count > kMostSequence then return redis.error_reply('NOSEQUENCE no sequences are left') end

local left, left_count, reasons = {}, 0, {}
local function leave_out(item, why, rest)
  left[item] = true
  left_count = left_count + 1
  reasons[#reasons + 1] = struct.pack('<I4BI4', item, why, #rest) .. rest
end

-- Claims of once keys: all events of a request whose key is known are left out.
local to_claim = {}
local at = 1
local key_index = 7
while at <= #claims do
  local first, last, fingerprint
  first, last, fingerprint, at = struct.unpack('<I4I4c16', claims, at)
  local known = redis.call('GET', KEYS[key_index])
  if known then
    for item = first, last do leave_out(item, 5, item == first and known or '') end
  else
    to_claim[#to_claim + 1] = {KEYS[key_index], first, last, fingerprint}
  end
  key_index = key_index + 1
end

local members = tonumber(m[6] or 0)
local max_rows, max_series, max_all = tonumber(m[7]), tonumber(m[8]), tonumber(m[9])
local function rank(sequence) return string.format('%012x', kMostSequence - sequence) end
local function name_of(name) return string.format('%04x', #name) .. name end
local function series_of(key) return rows .. ':' .. key end
local function find(key)
  local row = redis.call('HGET', rows, key)
  return row and tonumber(string.sub(row, 1, 12), 16), row
end
local function drop_oldest(ranked, key)
  redis.call('LPOP', series_of(key))
  if tonumber(redis.call('ZINCRBY', fullest, -1, ranked)) <= 0 then redis.call('ZREM', fullest, ranked) end
  members = members - 1
end

local drops = {}
local judges = {
  -- A new row. Its condition may be that its name is free.
  [1] = function(item, sequence, condition, key, name, bytes)
    if find(key) then return leave_out(item, 4, '') end
    if condition == 2 then
      local prefix = '[' .. name_of(name)
      local same = redis.call('ZRANGEBYLEX', names, prefix .. '0', prefix .. 'g', 'LIMIT', 0, 1)[1]
      if same then
        local taken = string.sub(same, -16)
        local _, row = find(taken)
        return leave_out(item, 2, taken .. string.sub(row, 17 + #name))
      end
    end
    if redis.call('HLEN', rows) >= max_rows then return leave_out(item, 3, '') end
    redis.call('HSET', rows, key, string.format('%012x', sequence) .. name_of(name) .. bytes)
    redis.call('ZADD', names, 0, name_of(name) .. string.format('%012x', sequence) .. key)
  end,
  -- A row and its series go.
  [2] = function(item, _, _, key)
    local put, row = find(key)
    if not put then return leave_out(item, 1, '') end
    local name = string.sub(row, 17, 16 + tonumber(string.sub(row, 13, 16), 16))
    redis.call('HDEL', rows, key)
    redis.call('ZREM', names, name_of(name) .. string.format('%012x', put) .. key)
    local ranked = rank(put) .. key
    members = members - tonumber(redis.call('ZSCORE', fullest, ranked) or 0)
    redis.call('ZREM', fullest, ranked)
    redis.call('UNLINK', series_of(key))
  end,
  -- One more at the end of a row's series. Of series of equal length that of the oldest row gives way.
  [3] = function(item, sequence, _, key, _, bytes)
    local put = find(key)
    if not put then return leave_out(item, 1, '') end
    redis.call('RPUSH', series_of(key), string.format('%012x', sequence) .. bytes)
    local ranked = rank(put) .. key
    local length = tonumber(redis.call('ZINCRBY', fullest, 1, ranked))
    members = members + 1
    if length > max_series then
      drop_oldest(ranked, key)
    elseif members > max_all then
      ranked = redis.call('ZREVRANGE', fullest, 0, 0)[1]
      key = string.sub(ranked, 13)
      drop_oldest(ranked, key)
    else
      return
    end
    drops[#drops + 1] = struct.pack('<I4', item) .. key
  end,
  -- No change: the row of an event must be there.
  [0] = function(item, _, condition, key)
    if condition == 1 and not find(key) then leave_out(item, 1, '') end
  end,
}

at = 1
local passed, left_before = 0, 0
while at <= #changes do
  local item, kind, condition, key, name_size, size
  item, kind, condition, key, name_size, size, at = struct.unpack('<I4BBc16I2I4', changes, at)
  local name = string.sub(changes, at, at + name_size - 1)
  local bytes = string.sub(changes, at + name_size, at + name_size + size - 1)
  at = at + name_size + size
  for before = passed, item - 1 do
    if left[before] then left_before = left_before + 1 end
  end
  passed = item
  if not left[item] then
    judges[kind](item, seq + 1 + item - left_before, condition, key, name, bytes)
  end
end

local kept = count - left_count
local left_out = table.concat(reasons)
if kept == 0 then
  touch()
  return {'none', text(ms), text(seq), left_out}
end

local t = redis.call('TIME')
ms = math.max(ms, t[1] * 1000 + math.floor(t[2] / 1000))
local bytes_before = tonumber(m[4] or 0)
local bytes = bytes_before + #ARGV[4]
local id
local function add()
  id = text(ms) .. '-' .. text(seq + kept)
  return redis.pcall('XADD', log, id, 'e', m[1], 'n', kept, 'o', node .. ' ' .. ARGV[2], 't', text(bytes),
                     'b', ARGV[4], 'r', changes, 'x', left_out, 'd', table.concat(drops))
end
local added = add()
if added.err and string.find(added.err, 'equal or smaller', 1, true) then
  -- Something else has put an entry of a later time there. Rows have changed: this must not fail.
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then ms = tonumber(string.match(info[i + 1], '%d+')) + 1 end
  end
  added = add()
end
if added.err then return added end
local calls = tonumber(m[5] or 0) + 1
redis.call('HSET', meta, 'ms', text(ms), 'seq', text(seq + kept), 'e', m[1], 'bytes', text(bytes),
           'calls', calls % 1000, 'members', members)
redis.call('SET', node, ARGV[2], 'EX', 86400)
-- Claims are in order of their events.
local item, sequence = 0, seq + 1
for _, claim in ipairs(to_claim) do
  local key, first, last, fingerprint = unpack(claim)
  local own
  while item <= last do
    if not left[item] then
      if item >= first then own = sequence break end
      sequence = sequence + 1
    end
    item = item + 1
  end
  if own then
    redis.call('SET', key, fingerprint .. 'i' .. text(ms) .. ' ' .. m[1] .. ' ' .. text(own), 'PX', ARGV[7])
  end
end

-- Retention. A mark stands at each sixteenth of the bytes that are kept. What fails here is done
-- another time: the events are taken.
local ttl, keep = tonumber(m[10] or 0), tonumber(m[11] or 0)
local marks = log .. ':marks'
local step = math.max(math.floor(keep / 16), 1)
local is_marked = keep > 0 and math.floor(bytes / step) > math.floor(bytes_before / step)
if is_marked then redis.pcall('RPUSH', marks, text(bytes) .. ' ' .. id) end
if is_marked or calls >= 1000 then
  if ttl > 0 then redis.pcall('XTRIM', log, 'MINID', text(math.max(ms - ttl, 0))) end
  local behind
  for _, mark in ipairs(keep > 0 and redis.call('LRANGE', marks, 0, -1) or {}) do
    local mark_bytes, mark_id = string.match(mark, '^(%d+) (%d+%-%d+)$')
    if bytes - tonumber(mark_bytes or 0) < keep then break end
    behind = mark_id
    redis.pcall('LPOP', marks)
  end
  if behind then redis.pcall('XTRIM', log, 'MINID', behind) end
end
return {'kept', text(ms), text(seq + kept), ''}
