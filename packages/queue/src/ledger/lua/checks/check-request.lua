-- Whether the job is still wanted: its date, and what its campaign says of it. A campaign that is cancelled, or without a record, sends nothing
-- more to its recipients, as what was cancelled would be sent once an account comes back. A name that was never a campaign's is only a name.
-- A look sends nothing to anybody, so it goes on past the job's date and its campaign's end.
-- needs: asking, people
return function(ask)
  local a = ask.a
  if a.campaign then
    local v = call('HMGET', keys.campaign(a.campaign), 'state', 'maxCredits', 'charged', 'uncertain', 'held', 'rev', 'gapDays', 'stopOnReply', 'createdAt')
    ask.campaign = v[1] and { state = v[1], max_credits = v[2], spent = num(v[3]) + num(v[4]), held = num(v[5]), revision = num(v[6]), gap_days = num(v[7]),
      stops_from = people.stops_from(ask.job.is.noReply or v[8], v[9]) }
  end
  local campaign = ask.campaign
  local expired = a.expiresAt and now >= a.expiresAt
  if campaign then
    campaign.stands_still = campaign.state == 'paused' or campaign.state == 'scheduled'
    -- A job was made from its campaign's text as it was then: what has not left goes by the one of now, its date too. While the campaign stands
    -- still it may be edited again, so its jobs are held as they are. The worker asks again at once: the fetched job keeps its limiter token.
    local outdated = campaign.state ~= 'cancelled' and a.revision and campaign.revision ~= a.revision
    if outdated and (expired or not campaign.stands_still) then return asking.edited(ask) end
  end
  if a.look then return nil end
  if expired then return asking.refused(ask, 'expired') end
  if campaign and campaign.state == 'cancelled' or a.isRecipientJob and not campaign then return asking.refused(ask, 'cancelled') end
  return nil
end
