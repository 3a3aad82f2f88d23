-- The pace of an account: from one call of a family to the next lies a gap that is drawn anew each time, and after so many of those calls a break. A
-- call is booked with its grant, as sent at its deadline; its answer says when it was sent at the latest, and one that is known not to have been
-- sent takes its gap with it.
-- needs: texts, state_loss
local paces = {}
-- The line of the jobs that wait for the gap of a family.
local LINE = 'pace:'
-- No gap is longer than a day, and it is kept once on each day on which a call is booked.
local KEPT_SECONDS = 3 * 86400
-- The break after so many calls, which holds for all families that have a gap; and the field that counts them.
local BREAK, COUNT = 'break', 'calls'
-- The day on which it was said last how long it is kept.
local KEPT = 'kept'
local BYTES, SPREAD = 131, 2147483647

-- The pace of an account, its own or the careful one; nil for one without.
function paces.of(text)
  if not text or text == '' then return api_key.get('careful') and CAREFUL_PACE or nil end
  local own = texts.read(text)
  return next(own.gaps) and own or nil
end

function paces.line(family) return LINE .. family end
-- The family whose gap a line waits for; nil for another line.
function paces.family(line) return string.match(line, '^' .. LINE .. '(.+)$') end

-- A number between two, by the call's name and what it is drawn for.
local function draw(seed, least, most)
  if least == most then return least end
  local sum = 0
  for i = 1, #seed do sum = (sum * BYTES + string.byte(seed, i)) % SPREAD end
  return least + sum % (most - least + 1)
end

-- A field holds until when its gap lasts, how long it is, and which call it follows.
local function parts(value)
  local till, gap, name = string.match(value or '', '^(%d+) (%d+) (.*)$')
  return num(till), num(gap), name
end

-- The fields of the break, of its count, of the day on which they were kept last, and of the families of these scopes that have a gap; nil where none has one.
function paces.read(account_id, pace, scopes)
  local fields, read = { BREAK, COUNT, KEPT }, {}
  for name in string.gmatch(scopes, '[^,]+') do
    if pace.gaps[name] then fields[#fields + 1] = name end
  end
  if #fields == 3 then return nil end
  for i, value in ipairs(call('HMGET', keys.paced(account_id), unpack(fields))) do read[fields[i]] = value end
  return read
end

-- Until when the next call of a family waits; a moment that is over for one that may go. After a state was lost it waits for the longest gap and the longest break. `read`: its fields.
function paces.till(pace, family, read)
  local longest = math.max(pace.gaps[family][2], pace['break'] and pace['break'].ms[2] or 0)
  return math.max((parts(read[family])), (parts(read[BREAK])), state_loss.known_again_at(longest))
end

-- Until when a call of these scopes waits, and in which line; nil: it may go. `read`: nil where none of them has a gap.
function paces.free_at(pace, scopes, read)
  local till, line
  for name in string.gmatch(read and scopes or '', '[^,]+') do
    if pace.gaps[name] then
      local free_at = paces.till(pace, name, read)
      if free_at > now and (not till or free_at > till) then till, line = free_at, LINE .. name end
    end
  end
  return till, line
end

local function text(at, gap, name) return int(at + gap) .. ' ' .. int(gap) .. ' ' .. name end

-- A call was granted, and may be sent until `at`. `read`: as `paces.read` reads for its scopes.
function paces.book(account_id, pace, q, read)
  local puts = {}
  local function put(field, value)
    puts[#puts + 1] = field
    puts[#puts + 1] = value
  end
  for name in string.gmatch(q.scopes, '[^,]+') do
    local gap = pace.gaps[name]
    if gap then put(name, text(q.at, draw(q.call .. name, gap[1], gap[2]), q.call)) end
  end
  local pause = pace['break']
  if pause then
    local left = num(read[COUNT])
    if left == 0 then left = draw(q.call .. COUNT, pause.every[1], pause.every[2]) end
    put(COUNT, int(left - 1))
    if left == 1 then put(BREAK, text(q.at, draw(q.call .. BREAK, pause.ms[1], pause.ms[2]), q.call)) end
  end
  local is_kept = read[KEPT] == int(today)
  if not is_kept then put(KEPT, int(today)) end
  call('HSET', keys.paced(account_id), unpack(puts))
  if not is_kept then call('EXPIRE', keys.paced(account_id), KEPT_SECONDS) end
end

-- The fields that a call of these scopes booked, each with its gap.
local function booked_by(entry)
  local fields, found = { BREAK }, {}
  for name in string.gmatch(entry.scopes, '[^,]+') do fields[#fields + 1] = name end
  for i, value in ipairs(call('HMGET', keys.paced(entry.account), unpack(fields))) do
    local _, gap, name = parts(value or nil)
    if name == entry.call then found[#found + 1] = { fields[i], gap } end
  end
  return found
end

-- A booked call was sent by now. `entry`: of its job.
function paces.sent(entry)
  local puts = {}
  for _, one in ipairs(booked_by(entry)) do
    puts[#puts + 1] = one[1]
    puts[#puts + 1] = text(now, one[2], entry.call)
  end
  if #puts > 0 then call('HSET', keys.paced(entry.account), unpack(puts)) end
end

-- A booked call is known not to have been sent: the gaps before it were over, so none is left.
function paces.unsent(entry)
  for _, one in ipairs(booked_by(entry)) do
    call('HDEL', keys.paced(entry.account), one[1])
    if one[1] == BREAK then call('HSET', keys.paced(entry.account), COUNT, 1) end
  end
end

return paces
