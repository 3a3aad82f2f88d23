-- Outcomes go onto the results queue and their marks go, in one step: one whose mark is gone is there already. Never more than `a.max` wait
-- there; with 0 that queue is not used, and outcomes are told all the same. args[2] and on: the data of the results' jobs, one for each of `a.items`; `a.opts`: what is the same in the options of all of them.
-- Answers how many of the items are there now, counted from the first, and how many wait on the queue.
-- needs: bullmq, published_entries, outcome_feed
script('publish', { run = function(a, args)
  local waiting = bullmq.waiting(a.queue)
  local digests = {}
  for i, item in ipairs(a.items) do digests[i] = item.digest end
  local marks = #digests > 0 and call('ZMSCORE', keys.outbox, unpack(digests)) or {}
  local jobs, published, told, done = {}, {}, {}, 0
  for i, item in ipairs(a.items) do
    if marks[i] then
      if a.max > 0 and waiting + #jobs >= a.max then break end
      published[#published + 1] = item.digest
      told[#told + 1] = item
      jobs[#jobs + 1] = { id = item.id, name = item.name, data = args[i + 1] }
    end
    done = i
  end
  if a.max > 0 then waiting = waiting + bullmq.add(a.queue, jobs, { opts = a.opts, timestamp = a.timestamp }) end
  outcome_feed.add(told, a.outcomeDays)
  published_entries.drop(published, a)
  return { done, waiting }
end })
