-- Those that wait behind a brake, see brakes.lua: who is sent to be the probe, how all come back when it is off, and how it is told. For the
-- scripts that look now and then; no call waits for them.
do
  -- How many of a line are looked at for one probe.
  local LOOKS = 50

  -- Jobs that wait behind a brake come back to their queue.
  local function let_go(op, member, chosen)
    call('ZREM', BRAKED(op), member)
    local d = string.sub(member, -20)
    local j = call('HMGET', JOB(d), 'state', 'account', 'campaign')
    if j[1] ~= 'braked' then return end
    if chosen then call('HSET', JOB(d), 'chosen', '1') end
    if j[3] then
      call('ZREM', HELD(j[3]), d)
      put_ahead(j[2], d)
    end
    if promote_job(d) == 1 then return wait_for_bullmq(d) end
    -- Not put away yet: who does that looks again.
    call('HSET', JOB(d), 'state', 'released')
    call('ZADD', RELEASED, now, d)
  end

  -- Sends the first of a line whose target was not tried lately and whose account can work to be the probe.
  local function send_one(op, chosen)
    local other
    for _, member in ipairs(call('ZRANGEBYSCORE', BRAKED(op), '-inf', now, 'LIMIT', 0, LOOKS)) do
      local d = string.sub(member, -20)
      local j = call('HMGET', JOB(d), 'state', 'target', 'account', 'queue', 'id')
      local due = brakes.due_of(op, j[2])
      if j[1] ~= 'braked' then call('ZREM', BRAKED(op), member)
      elseif call('EXISTS', bull(j[4], j[5])) == 0 then
        call('ZREM', BRAKED(op), member)
        vanish(d)
      elseif due > 0 then call('ZADD', BRAKED(op), due, member)
      elseif j[4] == 'auth' or call('HGET', ACCOUNT(j[3]), 'state') == 'active' then
        other = member
        break
      else other = other or member end
    end
    if not other then return false end
    call('HSET', BRAKE(op), 'sent', now)
    let_go(op, other, chosen)
    return true
  end

  -- Probes where one is due and nobody came by himself; lines whose brake is off come back to their queues, a piece at a time.
  function brakes.sweep(every, most)
    brakes.free_places()
    local k = call('HMGET', KEY, 'state', 'reason', 'nextProbe', 'probe', 'sent')
    local by_hand = k[1] == 'stopped' and k[2] == 'by_hand'
    local stopped = k[1] == 'stopped' and not by_hand
    local patience = math.floor(every / 60)
    local waits = {}
    for _, op in ipairs(call('ZRANGE', BRAKES, 0, -1)) do
      local b = brakes.read(op)
      if not b then
        for _, member in ipairs(call('ZRANGE', BRAKED(op), 0, most - 1)) do let_go(op, member) end
        if call('ZCARD', BRAKED(op)) == 0 then call('ZREM', BRAKES, op) end
      elseif not by_hand and not brakes.out(b.probe) then
        if stopped then table.insert(waits, { op = op, sent = b.sent })
        elseif now >= b.next and now >= b.sent + patience then send_one(op, false) end
      end
    end
    -- The key's probe: first come those whose operation has no brake, at the gate; then each braked operation in its turn.
    if not stopped or now < num(k[3]) + math.floor(every / 300) or now < num(k[5]) + patience or brakes.out(k[4]) then return end
    table.sort(waits, function(one, another) return one.sent < another.sent end)
    for _, w in ipairs(waits) do
      if send_one(w.op, true) then
        call('HSET', KEY, 'sent', now)
        return
      end
    end
  end

  -- Takes a brake off by hand. Few calls at once until one succeeds, as the person may be wrong.
  function brakes.release(op)
    if call('DEL', BRAKE(op)) == 1 then call('HSET', KEY, 'doubt', brakes.is_login(op) and 'logins' or 'calls') end
  end

  function brakes.any() return call('EXISTS', BRAKES) == 1 end

  -- Whether jobs of an operation are not to be put into its queue: others wait already, or it is no time for a probe.
  function brakes.keeps_back(op)
    local b = brakes.read(op)
    return b ~= nil and (call('ZCARD', BRAKED(op)) > 0 or now < b.next or (brakes.out(b.probe) and true or false))
  end

  -- For people.
  function brakes.list()
    local list = {}
    for _, op in ipairs(call('ZRANGE', BRAKES, 0, -1)) do
      local b = brakes.read(op)
      if b then
        table.insert(list, { operation = op, cause = b.cause, sinceMs = b.since, nextProbeMs = b.next, waiting = call('ZCARD', BRAKED(op)) })
      end
    end
    return #list == 0 and '[]' or cjson.encode(list)
  end
end
