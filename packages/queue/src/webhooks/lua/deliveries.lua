-- Hands items over to webhooks: one entry for each webhook that asked for it, in the lane of its recipient, so that the order of a
-- recipient's outcomes is the order in which they were settled. Nothing here posts.
-- needs: owed, outcomes
local deliveries = {}
-- Above a day at LinkUp's full rate (300 a minute: 432,000); what comes past it is a dead letter at once.
local MOST_WAITING = 500000
local MOST_DEAD = 100000

-- A dead letter: kept for a person to look at and to send again. The oldest go first when there are too many, and are counted.
-- letter: line (its stored name), since, tries, why.
function deliveries.bury(hook, item, letter, outcome_days)
  call('ZADD', keys.hook_dead(hook.gen), now, item)
  call('HSET', keys.hook_why(hook.gen), item, cjson.encode(letter))
  call('EXPIRE', owed.payload_key(item), outcomes.OWED_SECONDS, 'GT')
  while call('ZCARD', keys.hook_dead(hook.gen)) > MOST_DEAD do
    local oldest = call('ZPOPMIN', keys.hook_dead(hook.gen))[1]
    call('HDEL', keys.hook_why(hook.gen), oldest)
    call('HINCRBY', keys.webhook(hook.id), 'dropped', 1)
    owed.settle(oldest, outcome_days)
  end
end

function deliveries.append(hook, item, lane)
  local at = string.format('%.0f', now)
  -- An empty lane that is due at some time has a post that is out.
  if call('RPUSH', keys.hook_lane(hook.gen, lane), item .. '|' .. at) == 1 then call('ZADD', keys.hook_due(hook.gen), 'NX', at, lane) end
  call('HINCRBY', keys.webhook(hook.id), 'waiting', 1)
end

-- Whether a list of a webhook's wishes, names with commas between, has this one; '' has all.
local function asked_for(list, name) return list == '' or string.find(',' .. list .. ',', ',' .. name .. ',', 1, true) ~= nil end

-- Answers to how many webhooks it is owed. A script that calls this must not do so again when it is repeated.
-- event: item, kind: outcome | campaign | account | key | brake | person, status, campaign, lane.
function deliveries.take(event, outcome_days)
  local count = 0
  for _, id in ipairs(call('ZRANGE', keys.webhooks, '0', '-1')) do
    local h = call('HMGET', keys.webhook(id), 'gen', 'events', 'statuses', 'campaign', 'waiting', 'ended')
    local hook = { id = id, gen = h[1] }
    local asked = not h[6] and h[2] and h[2] ~= '' and asked_for(h[2], event.kind)
    if asked and event.status then asked = asked_for(h[3], event.status) end
    if asked and h[4] ~= '' then asked = h[4] == event.campaign end
    if asked then
      count = count + 1
      owed.add(event.item)
      if num(h[5]) >= MOST_WAITING then
        deliveries.bury(hook, event.item, { line = event.lane, since = now, tries = 0, why = 'too_many_waiting' }, outcome_days)
      else
        deliveries.append(hook, event.item, event.lane)
      end
    end
  end
  return count
end

return deliveries
