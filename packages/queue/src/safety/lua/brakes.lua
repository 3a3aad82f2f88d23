-- Brakes: an operation that the service itself refuses (its path is gone, its version has ended, something in front says no) stands still
-- but for one probe at a time; its jobs wait in a line of the brake's own. From the first refusal on there is doubt, and few calls are out at
-- once; enough refusals with no success between stop the key. A brake and the doubt end with proof: the success of a call that was granted
-- after the last refusal, as one that left before it may have been early enough. A log-in proves nothing for calls. The arithmetic is in
-- decision 14. `every` is always the time between two probes of a stopped key, ms; the other pauses are parts of it.
-- Here is what every call meets; those that wait behind one are in braked-jobs.lua.
-- needs: rests, window
local brakes = {}

-- Together at most 18 calls leave between the first refusal and the stop of the key, whatever comes in between.
local MOST_IN_DOUBT = 8
local MOST_REFUSALS = 12
local MOST_TARGETS = 1000
-- One answer that makes no sense may be its job's own; so many of an operation running are the service's.
local DOUBTFUL_IN_A_ROW = 3
-- Twice the longest pause of a target, so that a pause never ends with its record.
local TARGETS_SECONDS = 2 * 86400
-- A call that has no place in doubt asks again after this.
local DOUBT_WAIT_MS = 100

-- 1 s at first, as most refusals are one target's own; then 30 s, doubling to 10 min.
local function pause_of(step, every)
  if step <= 1 then return math.max(1, math.floor(every / 600)) end
  return rests.nth({ first_ms = math.floor(every / 20), factor = 2, most_ms = every }, step - 1)
end
-- 1 min, then fourfold up to a day: one target alone can't spend without end.
local function target_pause_of(times, every)
  return rests.nth({ first_ms = math.floor(every / 10), factor = 4, most_ms = every * 144 }, times)
end

-- Whether there may be a brake at all: each is put on by a refusal, which the key's state counts for ever. Nearly always there was none.
local function ever_refused() return not SHORT_WAYS or num(api_key.get('refusals')) > 0 end

-- The brake of an operation; nil for none.
function brakes.read(op)
  if not ever_refused() then return nil end
  local b = call('HMGET', keys.brake(op), 'since', 'nextProbe', 'probe', 'step', 'seq', 'sent', 'cause')
  if not b[1] then return nil end
  return { since = num(b[1]), next_probe = num(b[2]), probe = b[3], step = num(b[4]), seq = num(b[5]), sent = num(b[6]), cause = b[7] }
end

function brakes.is_login(op) return string.sub(op, 1, 5) == 'auth.' end

-- Whether another call is the probe now; one whose worker died is given up with its slot.
function brakes.probe_is_out(probe, but) return probe and probe ~= but and window.has(keys.slots, probe) end

local function read_target(op, target)
  local times, seq, due = string.match(target and call('HGET', keys.refused(op), target) or '', '^(%d+):(%d+):(%d+)$')
  if times then return { times = num(times), seq = num(seq), due = num(due) } end
end
-- When a target may be tried again; 0 for now.
function brakes.due_of(op, target)
  local t = read_target(op, target)
  return t and t.due > now and t.due or 0
end

-- Whether a call may go on through the gate, and whether it is a brake's probe then. While the key is stopped by an answer, only a job
-- that the sweep chose to be the key's probe. q: op, target, call, chosen, key_stopped.
function brakes.lets(q)
  local b = brakes.read(q.op)
  if not b then return true, nil end
  if brakes.probe_is_out(b.probe, q.call) or brakes.due_of(q.op, q.target) > 0 then return false, nil end
  if q.key_stopped then return q.chosen, b end
  return now >= b.next_probe, b
end

-- Its score: 0, or when its target may be tried again.
function brakes.line_up(op, member, target) call('ZADD', keys.braked(op), brakes.due_of(op, target), member) end

-- In doubt, how long a call has to wait for a place, ms; 0 when it has one.
function brakes.doubt_wait(id)
  -- Grants that were taken back give no word of their end: their places are free at their deadline.
  local out = window.count(keys.doubted)
  if out < MOST_IN_DOUBT or window.has(keys.doubted, id) then return 0 end
  return DOUBT_WAIT_MS
end

-- Whether all places that there are in doubt are taken; for those who only read.
function brakes.doubt_is_full() return api_key.get('doubt') and window.look(keys.doubted) >= MOST_IN_DOUBT end

-- A grant in doubt, or a brake's probe. q: op, call, brake, deadline, every.
function brakes.granted(q)
  if api_key.get('doubt') then window.take(keys.doubted, q.call, q.deadline) end
  if q.brake then call('HSET', keys.brake(q.op), 'probe', q.call, 'nextProbe', now + pause_of(q.brake.step, q.every)) end
end

-- The last look, for a call that was granted before the brake or the doubt. q: op, call, deadline.
function brakes.may_leave(q)
  local b = ever_refused() and call('HMGET', keys.brake(q.op), 'since', 'probe')
  if b and b[1] and b[2] ~= q.call then return false end
  if not api_key.get('doubt') then return true end
  if brakes.doubt_wait(q.call) > 0 then return false end
  window.take(keys.doubted, q.call, q.deadline)
  return true
end

local function end_doubt()
  call('DEL', keys.doubt, keys.doubted)
  api_key.put('doubt', false)
  api_key.put('unproved', false)
end

-- The key was opened: each brake may be probed at once, and the doubt is counted anew. Few calls at once until one succeeds.
function brakes.key_opened()
  local all = call('ZRANGE', keys.brakes, 0, -1)
  for _, op in ipairs(all) do
    if call('EXISTS', keys.brake(op)) == 1 then call('HSET', keys.brake(op), 'nextProbe', now, 'sent', 0) end
  end
  call('DEL', keys.doubt)
  api_key.put('unproved', false)
  if #all > 0 then api_key.put('doubt', 'calls') end
end

-- Two operations, or three targets over two accounts, with no success between; or many with none that proves anything.
local function enough()
  if api_key.add('unproved', 1) >= MOST_REFUSALS then return true end
  local count = { o = 0, t = 0, a = 0 }
  for _, field in ipairs(call('HKEYS', keys.doubt)) do
    local kind = string.sub(field, 1, 1)
    count[kind] = count[kind] + 1
  end
  return count.o >= 2 or (count.t >= 3 and count.a >= 2)
end

local function refused(c, b, probe)
  local t = read_target(c.op, c.target)
  -- The operation worked since this target was refused: it is the target.
  if t and not b and api_key.get('reason') ~= 'service_refused' and num(call('HGET', keys.worked, c.op) or '-1') >= t.seq then
    return { own = true, events = {} }
  end
  local seq = api_key.add('refusals', 1)
  local times = (t and t.times or 0) + 1
  if call('HLEN', keys.refused(c.op)) >= MOST_TARGETS then call('DEL', keys.refused(c.op)) end
  call('HSET', keys.refused(c.op), c.target, string.format('%d:%d:%.0f', times, seq, now + target_pause_of(times, c.every)))
  call('EXPIRE', keys.refused(c.op), TARGETS_SECONDS)
  local events = {}
  if not b then
    local next_probe = now + pause_of(1, c.every)
    call('HSET', keys.brake(c.op), 'since', now, 'cause', c.cause, 'step', 1, 'seq', seq, 'nextProbe', next_probe)
    call('ZADD', keys.brakes, now, c.op)
    table.insert(events, { kind = 'braked', operation = c.op, cause = c.cause, nextProbeMs = next_probe })
  else
    call('HSET', keys.brake(c.op), 'seq', seq)
    if probe then call('HSET', keys.brake(c.op), 'step', b.step + 1, 'nextProbe', now + pause_of(b.step + 1, c.every)) end
  end
  -- It says nothing of other operations: no doubt, and no step towards the stop of the key.
  if c.alone then return { own = false, events = events } end
  api_key.put('doubt', brakes.is_login(c.op) and c.doubt ~= 'calls' and 'logins' or 'calls')
  call('HSET', keys.doubt, 'o:' .. c.op, '1', 't:' .. c.op .. ':' .. c.target, '1', 'a:' .. c.account, '1')
  if enough() and api_key.get('state') ~= 'stopped' then
    api_key.put('state', 'stopped')
    api_key.put('reason', 'service_refused')
    api_key.put('nextProbe', now + c.every)
    api_key.put('probe', false)
    table.insert(events, { kind = 'stopped', operation = c.op, cause = c.cause, nextProbeMs = now + c.every })
  end
  return { own = false, events = events }
end

local function worked(c, b)
  if call('EXISTS', keys.refused(c.op)) == 1 then
    call('HSET', keys.worked, c.op, math.max(c.seen, num(call('HGET', keys.worked, c.op))))
    call('HDEL', keys.refused(c.op), c.target)
  end
  local events = {}
  if b and c.seen >= b.seq then
    call('DEL', keys.brake(c.op))
    table.insert(events, { kind = 'opened', operation = c.op, cause = b.cause })
  end
  local proves = c.doubt ~= 'calls' or not brakes.is_login(c.op)
  if c.doubt and proves then
    if c.seen >= c.refusals then end_doubt() else call('DEL', keys.doubt) end
  end
  return { own = false, events = events, proves = proves }
end

-- One more answer of an operation that makes no sense. Answers how many running there were.
local function count_doubtful(op)
  local text = api_key.get('doubtful')
  local all = text and cjson.decode(text) or {}
  all[op] = (all[op] or 0) + 1
  api_key.put('doubtful', cjson.encode(all))
  return all[op]
end

-- One more refusal of an operation that may be the account's, the person's or the service's. Answers whether it is the service's: so many running
-- of different people over more than one account, which no account's rest can end.
local function is_unclear_too_often(op, account, target)
  local text = api_key.get('unclear')
  local all = text and cjson.decode(text) or {}
  local last = all[op] or {}
  for _, one in ipairs(last) do
    if one.target == target then return false end
  end
  table.insert(last, { account = account, target = target })
  if #last > DOUBTFUL_IN_A_ROW then table.remove(last, 1) end
  all[op] = last
  api_key.put('unclear', cjson.encode(all))
  if #last < DOUBTFUL_IN_A_ROW then return false end
  for _, one in ipairs(last) do
    if one.account ~= account then return true end
  end
  return false
end

local function forget(field, op)
  local text = api_key.get(field)
  if not text then return end
  local all = cjson.decode(text)
  if not all[op] then return end
  all[op] = nil
  api_key.put(field, next(all) and cjson.encode(all) or false)
end

-- No answer of an operation stands in a row any more.
local function end_row(op)
  forget('doubtful', op)
  forget('unclear', op)
end

-- Whether an answer that may be its job's own counts as a refusal by the service; behind a brake each does: the probe was to show that the operation works.
local function counts_as_refusal(c)
  if not c.doubtful and not c.unclear then return false end
  if call('EXISTS', keys.brake(c.op)) == 1 then return true end
  if c.doubtful then return count_doubtful(c.op) >= DOUBTFUL_IN_A_ROW end
  return is_unclear_too_often(c.op, c.account, c.target)
end

-- Judges the service by the end of a call. c: op, target, account, call; seen: the refusals known at its grant; every;
-- cause: the service refused; alone: this operation for a cause of its own; doubtful: the answer made no sense; unclear: a refusal that does not say
-- whose it is; worked: it succeeded; told: LinkUp's own answer about the job; left.
-- Answers blamed: an answer that may have been the account's or the person's counts as the service's; own: the refusal is the job's alone; proves: the service does what it refused, or it refused nothing; events: what changed, for people.
function brakes.settled(c)
  c.refusals, c.doubt = num(api_key.get('refusals')), api_key.get('doubt')
  if c.worked then end_row(c.op) end
  local blamed = counts_as_refusal(c)
  if blamed then
    end_row(c.op)
    c.cause = c.doubtful or c.unclear
    -- Of other operations a refusal that may be the account's or the person's says nothing.
    c.alone = not c.doubtful
  end
  if not ever_refused() and not c.cause then return { own = false, events = {}, proves = c.worked } end
  local b = brakes.read(c.op)
  local probe = b and b.probe == c.call
  if probe then call('HDEL', keys.brake(c.op), 'probe') end
  if c.doubt then window.free(keys.doubted, c.call) end
  if c.cause then
    local judged = refused(c, b, probe)
    judged.blamed = blamed
    return judged
  end
  if c.worked then return worked(c, b) end
  -- Nothing is known of the service by what never left, or by an answer about the job: the next probe follows at once.
  if probe and (c.told or not c.left) then call('HSET', keys.brake(c.op), 'nextProbe', now) end
  return { own = false, events = {} }
end

return brakes
