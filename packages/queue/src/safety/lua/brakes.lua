-- Brakes: an operation that the service itself refuses (its path is gone, its version has ended, something in front says no) stands still
-- but for one probe at a time; its jobs wait in a line of the brake's own. From the first refusal on there is doubt, and few calls are out at
-- once; enough refusals with no success between stop the key. A brake and the doubt end with proof: the success of a call that was granted
-- after the last refusal, as one that left before it may have been early enough. A log-in proves nothing for calls. The arithmetic is in
-- decision 14. `every` is always the time between two probes of a stopped key, ms; the other pauses are parts of it.
-- Here is what every call meets; the lines are in brake-lines.lua. Few locals, as a script may have 200.

-- Operations that have a brake, or whose jobs are not all back in their queues.
local BRAKES = P .. 'brakes'
local function BRAKE(op) return P .. 'brake:' .. op end

local brakes = {}
do
  -- What was refused since the last success: o:<operation>, t:<target>, a:<account>.
  local DOUBT = P .. 'doubt'
  -- Calls that were let out meanwhile, by their deadline.
  local DOUBTED = P .. 'doubted'
  -- By operation, how many refusals were known when its last successful call was granted.
  local WORKED = P .. 'worked'
  -- Targets that were refused lately: <how often>:<refusals known by then>:<not before>.
  local function REFUSED(op) return P .. 'refused:' .. op end

  -- Together at most 18 calls leave between the first refusal and the stop of the key, whatever comes in between.
  local MOST_IN_DOUBT = 8
  local MOST_REFUSALS = 12
  local MOST_TARGETS = 1000
  -- Twice the longest pause of a target, so that a pause never ends with its record.
  local TARGETS_SECONDS = 2 * 86400
  -- 1 s at first, as most refusals are one target's own; then 30 s, doubling to 10 min.
  local function pause_of(step, every)
    if step <= 1 then return math.max(1, math.floor(every / 600)) end
    return math.min(every, math.floor(every / 20) * 2 ^ math.min(step - 2, 20))
  end
  -- 1 min, then fourfold up to a day: one target alone can't spend without end.
  local function target_pause_of(times, every) return math.min(every * 144, math.floor(every / 10) * 4 ^ math.min(times - 1, 20)) end

  function brakes.read(op)
    local b = call('HMGET', BRAKE(op), 'since', 'nextProbe', 'probe', 'step', 'seq', 'sent', 'cause')
    if not b[1] then return nil end
    return { since = num(b[1]), next = num(b[2]), probe = b[3], step = num(b[4]), seq = num(b[5]), sent = num(b[6]), cause = b[7] }
  end

  function brakes.is_login(op) return string.sub(op, 1, 5) == 'auth.' end

  -- Whether another call is the probe now; one whose worker died is given up with its slot.
  function brakes.out(probe, but) return probe and probe ~= but and call('ZSCORE', SLOTS, probe) end

  local function read_target(op, target)
    local times, seq, due = string.match(target and call('HGET', REFUSED(op), target) or '', '^(%d+):(%d+):(%d+)$')
    if times then return { times = num(times), seq = num(seq), due = num(due) } end
  end
  function brakes.due_of(op, target)
    local t = read_target(op, target)
    return t and t.due > now and t.due or 0
  end

  -- Whether a call may go on through the gate, and whether it is a brake's probe then. While the key is stopped by an answer, only a job
  -- that the sweep chose to be the key's probe.
  function brakes.lets(q)
    local b = brakes.read(q.op)
    if not b then return true, false end
    if brakes.out(b.probe, q.call) or brakes.due_of(q.op, q.target) > 0 then return false end
    if q.key_stopped then return q.chosen, true end
    return now >= b.next, true
  end

  -- Its score: 0, or when its target may be tried again.
  function brakes.line_up(op, member, target) call('ZADD', BRAKED(op), brakes.due_of(op, target), member) end

  -- Grants that were taken back give no word of their end: their places are free at their deadline.
  function brakes.free_places() call('ZREMRANGEBYSCORE', DOUBTED, '-inf', now) end

  -- In doubt, how long a call has to wait for a place, ms; 0 when it has one.
  function brakes.doubt_wait(id)
    brakes.free_places()
    if call('ZSCORE', DOUBTED, id) or call('ZCARD', DOUBTED) < MOST_IN_DOUBT then return 0 end
    return 100
  end

  function brakes.granted(q)
    if q.doubt then call('ZADD', DOUBTED, q.deadline, q.call) end
    if not q.probes then return end
    local step = num(call('HGET', BRAKE(q.op), 'step'))
    call('HSET', BRAKE(q.op), 'probe', q.call, 'nextProbe', now + pause_of(step, q.every))
  end

  -- The last look, for a call that was granted before the brake or the doubt.
  function brakes.may_leave(q)
    local b = call('HMGET', BRAKE(q.op), 'since', 'probe')
    if b[1] and b[2] ~= q.call then return false end
    if not q.doubt then return true end
    if brakes.doubt_wait(q.call) > 0 then return false end
    call('ZADD', DOUBTED, q.deadline, q.call)
    return true
  end

  local function end_doubt()
    call('DEL', DOUBT, DOUBTED)
    call('HDEL', KEY, 'doubt', 'unproved')
  end

  -- The key was opened: each brake may be probed at once, and the doubt is counted anew. Few calls at once until one succeeds.
  function brakes.key_opened()
    local all = call('ZRANGE', BRAKES, 0, -1)
    for _, op in ipairs(all) do
      if call('EXISTS', BRAKE(op)) == 1 then call('HSET', BRAKE(op), 'nextProbe', now, 'sent', 0) end
    end
    call('DEL', DOUBT)
    call('HDEL', KEY, 'unproved')
    if #all > 0 then call('HSET', KEY, 'doubt', 'calls') end
  end

  -- Two operations, or three targets over two accounts, with no success between; or many with none that proves anything.
  local function enough()
    if call('HINCRBY', KEY, 'unproved', 1) >= MOST_REFUSALS then return true end
    local count = { o = 0, t = 0, a = 0 }
    for _, field in ipairs(call('HKEYS', DOUBT)) do
      local kind = string.sub(field, 1, 1)
      count[kind] = count[kind] + 1
    end
    return count.o >= 2 or (count.t >= 3 and count.a >= 2)
  end

  local function refused(c, b, probe)
    local t = read_target(c.op, c.target)
    local k = call('HMGET', KEY, 'state', 'reason')
    -- The operation worked since this target was refused: it is the target.
    if t and not b and k[2] ~= 'service_refused' and num(call('HGET', WORKED, c.op) or '-1') >= t.seq then return { own = true, news = {} } end
    local seq = call('HINCRBY', KEY, 'refusals', 1)
    local times = (t and t.times or 0) + 1
    if call('HLEN', REFUSED(c.op)) >= MOST_TARGETS then call('DEL', REFUSED(c.op)) end
    call('HSET', REFUSED(c.op), c.target, string.format('%d:%d:%.0f', times, seq, now + target_pause_of(times, c.every)))
    call('EXPIRE', REFUSED(c.op), TARGETS_SECONDS)
    local news = {}
    if not b then
      local next_probe = now + pause_of(1, c.every)
      call('HSET', BRAKE(c.op), 'since', now, 'cause', c.cause, 'step', 1, 'seq', seq, 'nextProbe', next_probe)
      call('ZADD', BRAKES, now, c.op)
      table.insert(news, { kind = 'braked', operation = c.op, cause = c.cause, nextProbeMs = next_probe })
    else
      call('HSET', BRAKE(c.op), 'seq', seq)
      if probe then
        call('HSET', BRAKE(c.op), 'step', b.step + 1, 'nextProbe', now + pause_of(b.step + 1, c.every))
      end
    end
    call('HSET', KEY, 'doubt', brakes.is_login(c.op) and c.doubt ~= 'calls' and 'logins' or 'calls')
    call('HSET', DOUBT, 'o:' .. c.op, '1', 't:' .. c.op .. ':' .. c.target, '1', 'a:' .. c.account, '1')
    if enough() and k[1] ~= 'stopped' then
      call('HSET', KEY, 'state', 'stopped', 'reason', 'service_refused', 'nextProbe', now + c.every)
      call('HDEL', KEY, 'probe')
      table.insert(news, { kind = 'stopped', operation = c.op, cause = c.cause, nextProbeMs = now + c.every })
    end
    return { own = false, news = news }
  end

  local function worked(c, b)
    if call('EXISTS', REFUSED(c.op)) == 1 then
      call('HSET', WORKED, c.op, math.max(c.seen, num(call('HGET', WORKED, c.op))))
      call('HDEL', REFUSED(c.op), c.target)
    end
    local news = {}
    if b and c.seen >= b.seq then
      call('DEL', BRAKE(c.op))
      table.insert(news, { kind = 'opened', operation = c.op, cause = b.cause })
    end
    local proves = c.doubt ~= 'calls' or not brakes.is_login(c.op)
    if c.doubt and proves then
      if c.seen >= c.refusals then end_doubt() else call('DEL', DOUBT) end
    end
    return { own = false, news = news, proves = proves }
  end

  -- What the end of a call says of the service. c: op, target, account, call; seen: the refusals known at its grant; every;
  -- cause: the service refused; worked: it succeeded; told: LinkUp's own answer about the job; left.
  -- Answers own: the refusal is the job's alone; proves: the service does what it refused, or it refused nothing; news: what changed, for people.
  function brakes.settled(c)
    local k = call('HMGET', KEY, 'refusals', 'doubt')
    c.refusals, c.doubt = num(k[1]), k[2]
    if c.refusals == 0 and not c.cause then return { own = false, news = {}, proves = c.worked } end
    local b = brakes.read(c.op)
    local probe = b and b.probe == c.call
    if probe then call('HDEL', BRAKE(c.op), 'probe') end
    if k[2] then call('ZREM', DOUBTED, c.call) end
    if c.cause then return refused(c, b, probe) end
    if c.worked then return worked(c, b) end
    -- Nothing is known of the service by what never left, or by an answer about the job: the next probe follows at once.
    if probe and (c.told or not c.left) then call('HSET', BRAKE(c.op), 'nextProbe', now) end
    return { own = false, news = {} }
  end
end
