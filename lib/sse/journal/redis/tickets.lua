-- Tickets and sessions of all hubs. Secrets are not here: what stands for them is their SHA-256 in hex.
-- KEYS: tickets, of which the other keys are made
-- ARGV: what to do, and its arguments: `add`, `find`, `take`, `sign-in`, `end`, `changes`, below
--
--   tickets:<hash>          a hash: kind, principal, text, ends (ms), number; cookie; renewals. It expires
--   tickets:made            all, by number: the newest has the highest
--   tickets:of:<principal>  hashes of one principal, the same
--   tickets:names           all by their hash, for what is known by its first digits
--   tickets:ends:<kind>     all of a kind, by the ms in which they are over
--   tickets:changes         hashes of sessions that have ended or were renewed, in order; the first is `begin`,
--                           numbered by the clock: in a list that begins again all numbers are higher than before
-- An item of `made`, `names` and `ends` is `<hash> <principal>`.
local base = KEYS[1]
local made, names, changes = base .. ':made', base .. ':names', base .. ':changes'
local kMostChanges, kMostAtOnce = 10000, 1000
local function text(number) return string.format('%.0f', number) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function key_of(hash) return base .. ':' .. hash end
local function own(principal) return base .. ':of:' .. principal end
local function ends(kind) return base .. ':ends:' .. kind end

local function drop(kind, hash, principal)
  local item = hash .. ' ' .. principal
  redis.call('UNLINK', key_of(hash))
  redis.call('ZREM', made, item)
  redis.call('ZREM', names, item)
  redis.call('ZREM', ends(kind), item)
  redis.call('ZREM', own(principal), hash)
end

local function begin_changes()
  local number = text(t[1] * 1000000 + t[2])
  redis.pcall('ZADD', changes, number, 'begin')
  return number
end

-- Hubs that know the session ask for it again. Where no change can be noted, as without memory, the
-- list goes: hubs then ask for all that they know.
local function note_change(hash)
  local last = redis.call('ZREVRANGE', changes, 0, 0, 'WITHSCORES')[2] or begin_changes()
  local noted = redis.pcall('ZADD', changes, text(last + 1), hash)
  if type(noted) == 'table' and noted.err then return redis.call('UNLINK', changes) end
  redis.call('ZREMRANGEBYRANK', changes, 0, -kMostChanges - 1)
end

local function clean()
  for _, kind in ipairs({'ticket', 'session'}) do
    for _, item in ipairs(redis.call('ZRANGEBYSCORE', ends(kind), '-inf', text(now), 'LIMIT', 0, 100)) do
      drop(kind, string.sub(item, 1, 64), string.sub(item, 66))
    end
  end
end

local function push_out(hash, principal)
  local kind = redis.call('ZSCORE', ends('session'), hash .. ' ' .. principal) and 'session' or 'ticket'
  if kind == 'session' then note_change(hash) end
  drop(kind, hash, principal)
end

-- kind hash principal text life first_use most most_own; times in ms. Returns how many have made room.
local function add(kind, hash, principal, value, life, first_use, most, most_own)
  clean()
  local pushed = 0
  -- Hubs with other limits may have left more than one too many.
  while pushed < 10 and redis.call('ZCARD', own(principal)) >= tonumber(most_own) do
    push_out(redis.call('ZRANGE', own(principal), 0, 0)[1], principal)
    pushed = pushed + 1
  end
  while pushed < 10 and redis.call('ZCARD', made) >= tonumber(most) do
    local item = redis.call('ZRANGE', made, 0, 0)[1]
    push_out(string.sub(item, 1, 64), string.sub(item, 66))
    pushed = pushed + 1
  end
  local number = text(t[1] * 1000000 + t[2])
  local over, item = now + tonumber(life), hash .. ' ' .. principal
  local waits = kind == 'ticket' and math.min(over, now + tonumber(first_use)) or over
  redis.call('HSET', key_of(hash), 'kind', kind, 'principal', principal, 'text', value,
             'ends', text(over), 'number', number)
  redis.call('PEXPIREAT', key_of(hash), text(waits))
  redis.call('ZADD', made, number, item)
  redis.call('ZADD', names, 0, item)
  redis.call('ZADD', ends(kind), text(waits), item)
  redis.call('ZADD', own(principal), number, hash)
  return pushed
end

-- Of an engine that takes no writes, as a master that is cut off from its replicas: sessions may have ended at its
-- successor, so it says nothing of them. With an error of its disk it has no successor. It deletes what is not there.
local function refusal()
  local done = redis.pcall('UNLINK', base .. ':none')
  if type(done) == 'table' and done.err and not string.find(done.err, 'MISCONF', 1, true) then return done end
end

-- hash. Returns kind text cookie renewals life, or nil.
local function find(hash)
  local m = redis.call('HMGET', key_of(hash), 'kind', 'text', 'cookie', 'renewals', 'ends')
  if not m[1] then return false end
  local refused = m[1] == 'session' and refusal()
  if refused then return refused end
  return {m[1], m[2], m[3] or '', m[4] or '0', text(math.max(tonumber(m[5]) - now, 0))}
end

-- hash cookie, then first digits and cookie of others. Returns the numbers of these, with '' for one that is not
-- there; or nil, when the ticket is gone or another cookie has it. The same again changes nothing.
local function take(hash, cookie, ...)
  local m = redis.call('HMGET', key_of(hash), 'kind', 'principal', 'ends', 'cookie')
  if m[1] ~= 'ticket' or (m[4] and m[4] ~= cookie) then return false end
  redis.call('HSET', key_of(hash), 'cookie', cookie)
  redis.call('PEXPIREAT', key_of(hash), m[3])
  redis.call('ZADD', ends('ticket'), m[3], hash .. ' ' .. m[2])
  local others, numbers = {...}, {}
  for i = 1, #others, 2 do
    local number = ''
    for _, item in ipairs(redis.call('ZRANGEBYLEX', names, '[' .. others[i], '(' .. others[i] .. 'g', 'LIMIT', 0, 16)) do
      local other = redis.call('HMGET', key_of(string.sub(item, 1, 64)), 'cookie', 'number')
      if other[1] == others[i + 1] then number = other[2] end
    end
    numbers[#numbers + 1] = number
  end
  return numbers
end

-- hash of the session before, or '', then as `add`. Returns 'renewed', 'other' or 'new', and what `add` returns.
local function sign_in(before, hash, principal, value, life, most, most_own)
  local m = before ~= '' and redis.call('HMGET', key_of(before), 'kind', 'principal') or {}
  local is_session = m[1] == 'session'
  if is_session and m[2] == principal then
    local over = text(now + tonumber(life))
    redis.call('HSET', key_of(before), 'text', value, 'ends', over)
    redis.call('HINCRBY', key_of(before), 'renewals', 1)
    redis.call('PEXPIREAT', key_of(before), over)
    redis.call('ZADD', ends('session'), over, before .. ' ' .. principal)
    note_change(before)
    return {'renewed', 0}
  end
  -- First what needs memory: without it nothing is done.
  local pushed = add('session', hash, principal, value, life, life, most, most_own)
  if is_session then
    note_change(before)
    drop('session', before, m[2])
  end
  return {is_session and 'other' or 'new', pushed}
end

-- hash. Of one that is not there, too.
local function finish(hash)
  local m = redis.call('HMGET', key_of(hash), 'kind', 'principal')
  if m[1] ~= 'session' then return 0 end
  note_change(hash)
  drop('session', hash, m[2])
  return 1
end

-- The number of a change. Returns how many tickets and sessions there are, the newest change, the oldest that is
-- listed, and hashes and numbers of those behind the given one, at most 1,000.
local function changed(since)
  local refused = refusal()
  if refused then return refused end
  clean()
  if redis.call('ZCARD', changes) == 0 then begin_changes() end
  local newest = text(redis.call('ZREVRANGE', changes, 0, 0, 'WITHSCORES')[2] or 0)
  local oldest = text(redis.call('ZRANGE', changes, 0, 0, 'WITHSCORES')[2] or 0)
  local list = redis.call('ZRANGEBYSCORE', changes, '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, kMostAtOnce)
  for i = 2, #list, 2 do list[i] = text(list[i]) end
  return {redis.call('ZCARD', ends('ticket')), redis.call('ZCARD', ends('session')), newest, oldest, list}
end

local operations = {add = add, find = find, take = take, changes = changed,
                    ['sign-in'] = sign_in, ['end'] = finish}
return operations[ARGV[1]](unpack(ARGV, 2))
