-- An account's change by a person or by the API: the event, then the account as it is now.
tick()
local said = account_event(a.account, a.event)
return { said, call('HGET', ACCOUNT(a.account), 'epoch') or '', call('HGET', ACCOUNT(a.account), 'try') or '' }
