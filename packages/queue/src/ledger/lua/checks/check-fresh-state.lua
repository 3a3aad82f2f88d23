-- No state in Redis means that nobody knows what was sent in the last window: nothing leaves for one.
-- needs: asking
return function(ask)
  local a = ask.a
  if not api_key.get('born') then
    if not api_key.get('state') then api_key.put('state', 'open') end
    api_key.put('born', now)
    api_key.put('closedUntil', now + a.windowMs + a.marginMs)
    api_key.put('closedAt', now)
    api_key.put('window', a.windowMs)
    api_key.put('margin', a.marginMs)
    api_key.put('accountMax', a.accountMax)
    return asking.wait(a.windowMs + a.marginMs, 'fresh_state')
  end
  local closed_until = num(api_key.get('closedUntil'))
  if closed_until > now then return asking.wait(closed_until - now, 'fresh_state') end
  return nil
end
