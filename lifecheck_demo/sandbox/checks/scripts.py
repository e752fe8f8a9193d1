"""What Redis is told to do in one step, so that no other caller comes in between (Lua).

Keys are made of a token within the scripts: they need one Redis, and no cluster.

check:T          a hash: the check's record; `place` is its place in `begun`
run:T            a hash: `id`, `state`, `portrait`;  samples:T  the records, by number
photo:T          a hash: `name`, `ends`, `what`;  photo-of:N  the token, by the name
report:T         the same
begun            all places by the time they began; a place is a number and the token
nonce:X, calls, moved, line, number, held:T (a run that is being changed)
"""

from typing import Final

from .records import KEPT, LIFETIME, MOST_RUNS

PREFIX: Final = "lifecheck-sandbox:"

# In front of every script. Times are in seconds, by the sandbox's clock; Redis takes
# keys away by its own.
COMMON: Final = f"""
local LIFETIME, KEPT, MOST_RUNS = {LIFETIME}, {KEPT}, {MOST_RUNS}
local function key(kind, name) return '{PREFIX}' .. kind .. ':' .. name end
local function drop_run(token)
  redis.call('DEL', key('run', token), key('samples', token))
end
local function drop(kind, token)
  local name = redis.call('HGET', key(kind, token), 'name')
  if name then redis.call('DEL', key(kind .. '-of', name)) end
  redis.call('DEL', key(kind, token))
end
local function keep(kind, token, name, now, what)
  drop(kind, token)
  local ends = string.format('%.17g', now + LIFETIME)
  redis.call('HSET', key(kind, token), 'name', name, 'ends', ends, 'what', what)
  redis.call('PEXPIRE', key(kind, token), LIFETIME * 1000)
  redis.call('SET', key(kind .. '-of', name), token, 'PX', LIFETIME * 1000)
end
local function forget(token)
  drop('photo', token)
  drop('report', token)
  drop_run(token)
  local place = redis.call('HGET', key('check', token), 'place')
  if place then redis.call('ZREM', key('begun', ''), place) end
  redis.call('DEL', key('check', token))
end
local function finish(token, outcome, photo, name, now)
  local ended = redis.call('HGET', key('check', token), 'outcome') == ''
  if ended then redis.call('HSET', key('check', token), 'outcome', outcome) end
  drop_run(token)
  if ended and outcome == 'passed' then keep('photo', token, name, now, photo) end
  return ended
end
local function is_run(token, run)
  return redis.call('HGET', key('run', token), 'id') == run
end
local function shorten(name, seconds)
  local left = redis.call('PTTL', name)
  if left < 0 then return end
  redis.call('PEXPIRE', name, math.max(0, math.floor(left - seconds * 1000)))
end
local function grow_older(token, seconds, now)
  local check = key('check', token)
  local place = redis.call('HGET', check, 'place')
  if not place then return end
  local began = tonumber(redis.call('HINCRBYFLOAT', check, 'began_at', -seconds))
  redis.call('HINCRBYFLOAT', check, 'consented_at', -seconds)
  if began < now - KEPT then return forget(token) end
  redis.call('ZADD', key('begun', ''), began, place)
  shorten(check, seconds)
  if began <= now - LIFETIME then drop_run(token) end
  shorten(key('run', token), seconds)
  shorten(key('samples', token), seconds)
  for _, kind in ipairs({{'photo', 'report'}}) do
    local name = redis.call('HGET', key(kind, token), 'name')
    if name then
      local ends = redis.call('HINCRBYFLOAT', key(kind, token), 'ends', -seconds)
      shorten(key(kind, token), seconds)
      shorten(key(kind .. '-of', name), seconds)
      if tonumber(ends) <= now then drop(kind, token) end
    end
  end
end
"""

# token, now, then names and values of its record
START: Final = """
local token, now = ARGV[1], tonumber(ARGV[2])
local begun, check = key('begun', ''), key('check', token)
local old = redis.call('ZRANGEBYSCORE', begun, '-inf', '(' .. now - KEPT, 'LIMIT', 0, 50)
for _, place in ipairs(old) do
  forget(string.sub(place, 18))
  redis.call('ZREM', begun, place)
end
local number = redis.call('INCR', key('number', ''))
local place = string.format('%016d %s', number, token)
redis.call('HSET', check, 'place', place, unpack(ARGV, 3))
redis.call('PEXPIRE', check, KEPT * 1000)
redis.call('ZADD', begun, now, place)
redis.call('PEXPIRE', begun, KEPT * 1000)
redis.call('PEXPIRE', key('number', ''), KEPT * 1000)
"""

# token
COUNT_QUERY: Final = """
local check = key('check', ARGV[1])
if redis.call('EXISTS', check) == 0 then return {} end
redis.call('HINCRBY', check, 'queries', 1)
return redis.call('HGETALL', check)
"""

# nonce, now, seconds
IS_FIRST: Final = """
local nonce, now, seconds = key('nonce', ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ends = redis.call('GET', nonce)
if ends and tonumber(ends) > now then return 0 end
ends = string.format('%.17g', now + seconds)
redis.call('SET', nonce, ends, 'PX', math.ceil(seconds * 1000))
return 1
"""

# token, then names and values of its record
NOTE: Final = """
local check = key('check', ARGV[1])
if redis.call('EXISTS', check) == 1 then redis.call('HSET', check, unpack(ARGV, 2)) end
"""

# token
EXPIRE: Final = """
local check = key('check', ARGV[1])
if redis.call('EXISTS', check) == 1 then redis.call('HSET', check, 'expired', 1) end
drop_run(ARGV[1])
"""

# token, now, outcome, a name for the photo
FINISH: Final = """
return finish(ARGV[1], ARGV[3], '', ARGV[4], tonumber(ARGV[2])) and 1 or 0
"""

# token, now, run, outcome, report, names for photo and report
FINISH_RUN: Final = """
local token, now, run = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local outcome, report = ARGV[4], ARGV[5]
if not is_run(token, run) then return 0 end
local portrait = redis.call('HGET', key('run', token), 'portrait') or ''
if not finish(token, outcome, portrait, ARGV[6], now) then return 0 end
keep('report', token, ARGV[7], now, report)
return 1
"""

# token, now, run, state
BEGIN_RUN: Final = """
local token, now = ARGV[1], tonumber(ARGV[2])
local check, run = key('check', token), key('run', token)
local runs = redis.call('HGET', check, 'runs')
if not runs or tonumber(runs) >= MOST_RUNS then return 0 end
redis.call('HINCRBY', check, 'runs', 1)
drop_run(token)
redis.call('HSET', run, 'id', ARGV[3], 'state', ARGV[4])
local left = tonumber(redis.call('HGET', check, 'began_at')) + LIFETIME - now
redis.call('PEXPIRE', run, math.max(1, math.floor(left * 1000)))
return 1
"""

# token, run
DROP_RUN: Final = "if is_run(ARGV[1], ARGV[2]) then drop_run(ARGV[1]) end"

# token, run
PEEK: Final = """
if not is_run(ARGV[1], ARGV[2]) then return false end
return redis.call('HGET', key('run', ARGV[1]), 'state')
"""

# token, run, who, for how many milliseconds; answers the state, 0 if the run is gone, 1
# if another one is changing it
HOLD: Final = """
if not is_run(ARGV[1], ARGV[2]) then return 0 end
local free = redis.call('SET', key('held', ARGV[1]), ARGV[3], 'NX', 'PX', ARGV[4])
if not free then return 1 end
return redis.call('HGET', key('run', ARGV[1]), 'state')
"""

# token, who
LET_GO: Final = """
local held = key('held', ARGV[1])
if redis.call('GET', held) ~= ARGV[2] then return 0 end
return redis.call('DEL', held)
"""

# token, run, who, state, number and record of the newest sample, portrait (or empty)
CHANGE: Final = """
local token, held = ARGV[1], key('held', ARGV[1])
local run, samples = key('run', token), key('samples', token)
if redis.call('GET', held) ~= ARGV[3] then return 0 end
redis.call('DEL', held)
if not is_run(token, ARGV[2]) then return 1 end
redis.call('HSET', run, 'state', ARGV[4])
if ARGV[7] ~= '' then redis.call('HSET', run, 'portrait', ARGV[7]) end
if ARGV[6] ~= '' then
  redis.call('ZADD', samples, ARGV[5], ARGV[6])
  redis.call('PEXPIRE', samples, math.max(1, redis.call('PTTL', run)))
end
return 1
"""

# what it was, what it is to be, for how many milliseconds; answers what it is instead
CHANGE_LINE: Final = """
local line = key('line', '')
local there = redis.call('GET', line) or ''
if there ~= ARGV[1] then return there end
redis.call('SET', line, ARGV[2], 'PX', ARGV[3])
return false
"""

# token, now, seconds
AGE: Final = "grow_older(ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[2]))"

# now, seconds
MOVE_CLOCK: Final = """
for _, place in ipairs(redis.call('ZRANGE', key('begun', ''), 0, -1)) do
  grow_older(string.sub(place, 18), tonumber(ARGV[2]), tonumber(ARGV[1]))
end
redis.call('INCRBYFLOAT', key('moved', ''), ARGV[2])
"""

# kind, name, now
KEPT_UNDER: Final = """
local kind, now = ARGV[1], tonumber(ARGV[3])
local token = redis.call('GET', key(kind .. '-of', ARGV[2]))
if not token then return {} end
local found = redis.call('HMGET', key(kind, token), 'ends', 'what')
if not found[1] or tonumber(found[1]) <= now then return {} end
return {found[2], token, redis.call('HGETALL', key('check', token))}
"""

# token
FORGET: Final = "forget(ARGV[1])"

RESET: Final = f"""
for _, name in ipairs(redis.call('KEYS', '{PREFIX}*')) do redis.call('DEL', name) end
"""
