#!lua flags=allow-oom
-- What was put into the queues: the cursors move on, once, however often this is repeated. Jobs that ended, are held or wait behind a
-- brake are not ahead. News that were told are dropped.
tick()
for _, step in ipairs(a.steps) do
  local key, todo = CAMPAIGN(step.campaign), TODO(step.campaign, step.from)
  -- The cursor is where the feeder read it, or this was done before. A cancelled campaign's jobs are out all the same.
  local place = call('HMGET', key, 'chunk:' .. step.from, 'at:' .. step.from)
  if num(place[1]) == step.chunk and num(place[2]) == step.at then
    if step.next >= step.size then
      call('LPOP', todo)
      call('HINCRBY', key, 'chunk:' .. step.from, 1)
      call('HSET', key, 'at:' .. step.from, 0)
    else
      call('HSET', key, 'at:' .. step.from, step.next)
    end
    call('HINCRBY', key, 'fed', step.next - step.at)
    call('HINCRBY', key, 'left:' .. step.from, step.at - step.next)
    for _, job in ipairs(step.jobs) do
      local state = call('HGET', JOB(job.d), 'state')
      if state and state ~= 'settled' then call('HSET', JOB(job.d), 'own', '1', 'campaign', step.campaign) end
      if state ~= 'settled' and state ~= 'held' and state ~= 'braked' and (state or not used_status(job.d, a.ledgerDays)) then
        -- A feeder that crashed may have put it in for another account: the job itself says whose it is.
        local data = call('HGET', bull(job.queue, job.id), 'data')
        local account = data and cjson.decode(data).accountId or job.account
        -- A note without a state is no ledger entry yet: to the gate the job is new.
        if not state then
          local meta = job.meta
          if account ~= job.account then
            local changed = cjson.decode(meta)
            changed.accountId = account
            meta = cjson.encode(changed)
          end
          call('HSET', JOB(job.d), 'queue', job.queue, 'id', job.id, 'account', account, 'campaign', step.campaign, 'meta', meta, 'own', '1')
        end
        put_ahead(account, job.d)
      end
    end
    call('ZADD', RUNNING, 'XX', step.turn, step.campaign)
  end
end
local served = num(call('HGET', KEY, 'fedAt'))
for i, one in ipairs(a.served) do
  call('ZADD', FED_AT, served + i, one[1])
  call('HSET', FED_LAST, one[1], one[2])
end
if #a.served > 0 then call('HSET', KEY, 'fedAt', served + #a.served) end
while true do
  local head = call('LINDEX', NEWS, 0)
  if not head or cjson.decode(head).seq > a.told then break end
  call('LPOP', NEWS)
end
if a.turn > num(call('GET', TURN)) then call('SET', TURN, a.turn) end
return 1
