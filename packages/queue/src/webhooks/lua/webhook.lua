-- Webhooks as people handle them, and events that are no job's outcome. Nothing here posts.
-- needs: outcomes, owed, deliveries
-- Dead letters that are sent again at once.
local BATCH = 200

-- The fields of a webhook that works again, or is given a new start.
local NO_TROUBLE = { 'fails', 0, 'rest', 0, 'failingSince', '' }

script('webhook_put', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local hook = keys.webhook(a.id)
  local fresh = call('EXISTS', hook) == 0
  if fresh and call('ZCARD', keys.webhooks) >= a.mostHooks then return 'full' end
  call('HSET', hook, 'sealed', a.sealed, 'events', a.events, 'statuses', a.statuses, 'campaign', a.campaign, 'updatedAt', now, unpack(NO_TROUBLE))
  call('HDEL', hook, 'ended', 'asked')
  if fresh then call('HSET', hook, 'gen', a.gen, 'createdAt', now, 'waiting', 0, 'delivered', 0, 'dropped', 0) end
  call('ZADD', keys.webhooks, 0, a.id)
  return fresh and 'created' or 'replaced'
end })

-- The webhook's waiting deliveries are cleared batch by batch, by whoever claims deliveries.
script('webhook_remove', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local gen = call('HGET', keys.webhook(a.id), 'gen')
  if not gen then return 0 end
  call('SADD', keys.hooks_gone, gen)
  call('DEL', keys.webhook(a.id))
  call('ZREM', keys.webhooks, a.id)
  return 1
end })

-- Repeating it changes nothing. Answers how many webhooks will get it.
script('webhook_publish', { flags = { 'allow-oom' }, run = function(a)
  tick()
  if call('ZCARD', keys.webhooks) == 0 then return 0 end
  if not call('SET', keys.event(a.item), a.payload, 'NX', 'EX', outcomes.OWED_SECONDS) then return 0 end
  return deliveries.take({ item = a.item, kind = a.kind, campaign = a.campaign, lane = a.lane }, a.outcomeDays)
end })

-- A post by hand, whatever the webhook asked for, in a lane of its own. Answers -1 for no such webhook, 0 for one that has ended.
script('webhook_test', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local h = call('HMGET', keys.webhook(a.webhook), 'gen', 'ended')
  if not h[1] then return -1 end
  if h[2] then return 0 end
  if not call('SET', keys.event(a.item), a.payload, 'NX', 'EX', outcomes.OWED_SECONDS) then return 1 end
  owed.add(a.item)
  deliveries.append({ id = a.webhook, gen = h[1] }, a.item, 'test')
  return 1
end })

-- A dead letter goes to the end of its lane with a new day. Answers whether its data was still there.
local function send_again(hook, item, outcome_days)
  local letter = cjson.decode(call('HGET', keys.hook_why(hook.gen), item))
  call('HDEL', keys.hook_why(hook.gen), item)
  if call('EXISTS', owed.payload_key(item)) == 0 then
    owed.settle(item, outcome_days)
    return false
  end
  call('EXPIRE', owed.payload_key(item), outcomes.OWED_SECONDS, 'GT')
  deliveries.append(hook, item, letter.line)
  return true
end

-- Answers how many dead letters were sent again, and how many have no data left; -1 for no such webhook.
script('webhook_redrive', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local hook = { id = a.webhook, gen = call('HGET', keys.webhook(a.webhook), 'gen') }
  if not hook.gen then return { -1, 0 } end
  call('HSET', keys.webhook(hook.id), unpack(NO_TROUBLE))
  call('HDEL', keys.webhook(hook.id), 'ended')
  local redriven, gone = 0, 0
  for _, item in ipairs(a.items or call('ZRANGE', keys.hook_dead(hook.gen), 0, BATCH - 1)) do
    if call('ZREM', keys.hook_dead(hook.gen), item) == 1 then
      if send_again(hook, item, a.outcomeDays) then redriven = redriven + 1 else gone = gone + 1 end
    end
  end
  return { redriven, gone }
end })
