# Texts of the web app in English. Every text stands in de.ftl too, with the same variables.

app-name = Kuvert
app-loading = Opening Kuvert …
app-live-message = { $name }: { $text }
title-unread = ({ $count }) { $title }

start-heading = Write without anyone reading along
start-sentence = Kuvert is a messenger that keeps letters sealed: no phone number, no account, and nobody in between can read.
start-name = What is your name?
start-name-hint = The people you write to see this name.
start-button = Get started
start-note = Your messages stay encrypted on this device.

door-invite-heading = One more thing: an invitation
door-invite-text = This relay takes new people by invitation only. Whoever runs it can give you one.
door-invite-label = Invitation
door-invite-hint = 22 letters, digits, - and _. Each works once.
door-invite-button = Continue
door-invite-refused = The relay does not know this invitation, or it was used already. Ask for another one.
door-closed-heading = This relay takes nobody new
door-closed-text = Without an inbox here you can neither write nor be reached. Use another relay: open its address in your browser.
door-later = Not now
door-note = What you have begun stays on this device.

name-invalid = Please enter a name of 1 to 64 characters.
text-too-long = This message is too long. Please split it into several.
text-missing = Please write something first.

list-heading = Conversations
list-empty-heading = No conversation yet
list-empty-text = Pass on your link. Whoever opens it can write to you at once.
list-empty-button = Show my link
list-choose-heading = Good to see you
list-choose-text = Choose a conversation on the left, or pass on your link.
list-unread = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}
list-own = You: { $text }
list-request = Request
list-requested = Requested
list-nothing = No message yet

nav-link = My link
nav-settings = Settings
nav-back = Back

trust-new = new
trust-introduced = introduced
trust-verified = verified
trust-changed = key changed
trust-new-hint = You know this contact by a link only.
trust-introduced-hint = Somebody you know introduced this contact to you.
trust-verified-hint = You verified each other in person.
trust-changed-hint = This contact has another key than before. Ask them before you write anything confidential.

delivery-queued = waiting to be sent
delivery-sent = sent
delivery-delivered = delivered
delivery-read = read
delivery-failed = not sent
delivery-retry = Send again

message-unsupported = This message needs a newer version of Kuvert.
message-deleted = This message was deleted.
message-not-here = This message is not on this device.
message-edited = edited
message-reactions = Reactions

day-today = Today

## The conversation: messages, menus, what is being written.
timeline-hint = The arrow keys go from message to message; Enter opens the menu of one.
timeline-unread = Unread
conversation-newest-unread = { $count ->
    [one] To the newest messages, { $count } unread
   *[other] To the newest messages, { $count } unread
}
message-menu = What to do with this message
message-more = Show more
message-less = Show less
message-expires = Will be deleted: { $when }
message-copied = Text copied
message-copy-failed = Your browser does not allow copying. Select the text and copy it by hand.
menu-react = React
menu-more-reactions = More reactions
menu-reply = Reply
menu-edit = Edit
menu-copy = Copy text
menu-details = Details
menu-delete = Delete …
reactions-heading = Reactions
reactions-any = Any other emoji
reactions-give = React
delete-heading = Delete this message?
delete-text = It will be gone from this device. Others keep it.
delete-text-own = For everyone: it disappears from the devices of all who have it. Only here: the others keep it.
delete-keep = Keep
delete-here = Delete on this device
delete-everywhere = Delete for everyone
details-heading = Details
details-written = Written
details-expires = Will be deleted
details-state = State
details-receipts = Who has it
details-nobody = Nobody has reported it yet.
dialog-done = Done
timer-heading = Disappearing messages
timer-text = What you write here from now on is deleted on all devices some time after it was read.
timer-off = Off: messages stay
timer-hour = 1 hour
timer-day = 1 day
timer-week = 7 days
timer-month = 30 days
timer-quarter = 90 days
day-heading = Go to a day
day-choose = Go to another day
day-label = Day
day-go = Show
composer-editing = You are editing a message
composer-replying = Reply to
composer-leave-edit = Stop editing
composer-leave-reply = Do not reply
composer-timer = Disappearing messages
composer-timer-on = Disappearing messages: { $after }
composer-room = { $count ->
    [one] Room for { $count } more character
   *[other] Room for { $count } more characters
}
list-draft = Draft:

## A conversation
conversation-messages = Messages
conversation-older = Load older messages
conversation-newest = To the newest messages
conversation-beginning = Your conversation begins here. Only the two of you can read it.
conversation-gone = This conversation does not exist on this device.
conversation-own = You
composer-label = Message to { $name }
composer-placeholder = Write a message
composer-send = Send
request-asking = { $name } wants to write to you
request-asking-text = If you accept, you can write to each other. Until then { $name } cannot send anything more.
request-accept = Accept
request-decline = Decline
request-decline-sure = Decline for good
conversation-blocked = You have blocked { $name }. Nothing of { $name } arrives here, and nothing can be sent.
request-waiting = Your request is waiting until { $name } accepts. After that you can write to each other.

link-heading = My link
link-text = Whoever opens this link or scans the code can send you a request. You decide whether to accept it.
link-label = Your link
link-copy = Copy link
link-copied = Link copied
link-copy-failed = Please select the link and copy it by hand.
link-share = Share
link-share-text = Write to me on Kuvert
link-qr = QR code of your link
link-qr-hint = Scan it with a phone camera
link-loading = Preparing your link …
link-waiting = Your link will be made as soon as there is a connection.
link-secret = The part behind the # is the key to your card. It stays in the link and is never sent to the relay.
link-renew-heading = Take the link back
link-renew-text = If the link has come into wrong hands: it then leads nowhere any more, and you get a new one. Your contacts stay.
link-renew-button = Take back …
link-renew-sure = Take back and make a new one
link-renew-keep = Keep it
link-paste-heading = Were you given a link?
link-paste-label = Paste a link
link-paste-button = Open link

card-loading = Opening the link …
card-loading-hint = One moment, the envelope is being checked.
card-heading = Write to { $name }
card-intro = What you write is end-to-end encrypted. You need no account and install nothing.
card-id = Kuvert ID
card-relay = Relay
card-own-name = Your name
card-own-name-hint = This is how { $name } sees you.
card-message = Your message
card-message-hint = Your first message is a request. You can continue once { $name } accepts.
card-send = Send message
card-sending = Sending …
card-known = You are already in touch.
card-open = Open conversation
card-own = This is your own link. Pass it on so that others can write to you.
card-own-button = Show my link
card-failed-heading = The link could not be opened
card-elsewhere-heading = This person uses another relay
card-elsewhere-text = In the browser, Kuvert speaks only to the relay that it comes from. You can open the link at the other one and write from there; Kuvert for the terminal writes to people at all relays.
card-elsewhere-button = Open at { $relay }
card-retry = Try again
card-home = Go to the start page

settings-heading = Settings
settings-profile = This is you
settings-name = Name
settings-id = Kuvert ID
settings-relay = Relay
settings-look = Appearance
settings-language = Language
settings-theme = Colours
settings-theme-system = Same as device
settings-theme-light = Light
settings-theme-dark = Dark
settings-storage = On this device
settings-storage-lasting = Your messages are kept encrypted in this browser. Whoever clears the browser's data clears them, too.
settings-storage-passing = This browser cannot keep anything. When it is closed, everything is gone.

connection-offline = No connection. What you write is kept and sent as soon as possible.
connection-connecting = Connecting …
storage-passing = Nothing is kept here: when you close this page, everything is gone. A normal (not private) window keeps your messages.

elsewhere-heading = Kuvert is open in another tab
elsewhere-text = So that nothing gets mixed up, Kuvert runs in one place at a time. You can go on writing there or move here.
elsewhere-button = Use here

broken-heading = Kuvert has stopped
broken-text = A part of the app has stopped working, several times in a row. What was sent is saved. Reload the page to go on.
broken-button = Reload page

failure-dismiss = Close message
failure-name-invalid = This name cannot be used: it is empty, longer than 64 characters, or looks like a Kuvert ID. Please choose another.
failure-text-invalid = This message is empty or too long. It is back in the input field; please shorten it.
failure-link-unreadable = This is not a complete Kuvert link. Perhaps a part was lost in copying; copy all of it again.
failure-card-gone = This link no longer exists. Please ask for a new one.
failure-card-invalid = This link does not match its card. Please have the link sent to you again.
failure-unreachable = The relay cannot be reached. Check your connection and try again in a moment.
failure-other-relay = This person uses another relay. In the browser, Kuvert speaks to its own relay only; open the link there.
failure-not-accepted = Your request has not been accepted yet. You can go on writing once it is.
failure-not-asked = Your request did not get there. Send it again.
failure-identity-exists = This device already has an identity. Reload the page to use it.
failure-no-identity = You need a name for that first. Go to the start page and get started.
failure-unknown = This conversation or message no longer exists here. Reload the page.
failure-database = The storage of this device cannot be opened or is full. Make room and reload the page.
failure-own-link = This is your own link. Pass it on so that others can write to you.
failure-profile-in-use = Another program is using this profile. Close it and reload this page.
failure-relay-closed = This relay takes nobody new. You can read and write only at a relay that has an inbox for you.
failure-invite-needed = This relay takes new people by invitation only. Ask its operator for an invitation.
failure-not-yours = You can delete only your own messages for everybody, and edit only your own texts.
failure-blocked = You have blocked this contact. Unblock them to write again.
failure-nothing-to-decline = There is no request to decline here any more.
failure-reaction-invalid = A reaction is one emoji or a very short text.
failure-code-unreadable = This is not a verification code of Kuvert. Scan it again.
failure-code-of-another = This code belongs to somebody else. Whoever shows it is not the contact in this conversation.
failure-code-for-another = This code was made for another key than yours. Make sure it is meant for you; if it is, somebody is between you.
failure-invite-invalid = This is not a complete invitation. Copy it again.
failure-files-invalid = A message takes 1 to 16 files of at most 4 GiB each.
alert-forgotten = The relay had forgotten this device. If it was away for long, messages may be lost; ask your contacts what is missing.
alert-lost = Some messages were lost at the relay before this device could fetch them. Ask your contacts what is missing.
failure-version = Page and engine do not match. Reload the page.

notice-created = { $you ->
    [by] You made the group
   *[none] { $by } made the group
}
notice-added = { $you ->
    [by] You added { $what }
    [what] { $by } added you
   *[none] { $by } added { $what }
}
notice-removed = { $you ->
    [by] You removed { $what }
    [what] { $by } removed you
   *[none] { $by } removed { $what }
}
notice-left = { $you ->
    [by] You left
   *[none] { $by } left
}
notice-renamed = { $you ->
    [by] You named the group { $what }
   *[none] { $by } named the group { $what }
}
notice-picture = { $you ->
    [by] You changed the picture
   *[none] { $by } changed the picture
}
notice-promoted = { $you ->
    [by] You made { $what } an admin
    [what] { $by } made you an admin
   *[none] { $by } made { $what } an admin
}
notice-demoted = { $you ->
    [by] You took { $what } off the admins
    [what] { $by } took you off the admins
   *[none] { $by } took { $what } off the admins
}
notice-healed = This device had missed something. Messages may be missing here.
notice-broken = { $by } broke the rules of the group. Nobody can write here any more.
notice-lost = This device lost the group. Ask an admin to add you again.
notice-not-added = { $by } could not be added
notice-not-added-elsewhere = { $by } could not be added: their relay and the group's do not reach each other
notice-not-added-refused = { $by } could not be added: their relay does not let you
notice-unknown = Something that needs a newer version
failure-not-admin = Only an admin of the group can do this.
failure-not-owner = Only an owner of the line can do this.
failure-no-line = This is for devices that belong to a line.
failure-too-large = This is too large to be sent. Please shorten it.
failure-last-admin = The group needs an admin. Make somebody else an admin first.
failure-no-member = Not a member of this group.
failure-not-reachable = This contact cannot be added to groups yet. Exchange a message with them first.
failure-picture-invalid = The picture of a group has at most 4 KiB.
failure-form-changed = This does not fit the form as it is now. Open it again.
failure-score-not-asked = This line does not ask for that. Just write a message.
failure-too-much = Too much waits to be done in this group. Try again later.
failure-too-late = That is too late: the message was sent already. You can still delete it.

## A line: what it shows of itself.
line-about = About this line
line-kind-pharmacy = Pharmacy
line-kind-bank = Bank
line-kind-cinema = Cinema
line-kind-restaurant = Restaurant
line-kind-taxi = Taxi
line-kind-practice = Practice
line-kind-authority = Public authority
line-kind-other = Organisation
line-open = Available now
line-open-until = Available now, until { $when }
line-closed = Not available right now
line-closed-until = Not available right now, back from { $when }
line-read-by-all = The team of { $name } reads what you write.
line-read-by-some = Whoever answers you at { $name } reads what you write, and who leads the team.
line-kept = { $count ->
    [0] As soon as your matter is settled, the conversation is deleted on both sides.
    [one] One day after your matter is settled, the conversation is deleted on both sides.
   *[other] { $count } days after your matter is settled, the conversation is deleted on both sides.
}
line-imprint = Imprint
line-privacy = Privacy notice
line-message-hint = You can write right away. The answer comes here.
line-beginning = Your conversation with { $name } begins here. Besides you, only the team there can read it.
line-away = Nobody is here right now. Your message arrives all the same.
line-back = Back from { $when }.
line-erased = What was written so far will be deleted on both sides on { $when }.
score-ask = How satisfied are you? You need not say anything.
score-worst = not at all
score-best = very
score-of-five = { $count } of 5
score-said = Satisfied: { $stars }

## People: contacts, groups, verification, scanning, search
about-title = Contact
about-trust = How well do you know each other?
about-groups = Groups you share
about-actions = What you can do
familiarity-label = Familiarity
familiarity-stranger = You have hardly written to each other yet
familiarity-acquainted = You wrote to each other a few times lately
familiarity-familiar = You write to each other now and again
familiarity-close = You write to each other often
block-button = Block
block-heading = Block { $name }?
block-text = Nothing from { $name } will arrive any more, and you cannot send anything. { $name } is not told. Groups that you share stay as they are. You can unblock at any time.
block-sure = Block
block-undo = Unblock
request-decline-heading = Decline { $name }’s request?
request-decline-text = Nothing of the request is left. { $name } is not told.
request-keep = Decide later
list-requests = Requests
list-others = Conversations
list-blocked = Blocked

verify-heading = Verify contact
verify-button = Verify
verify-look = Look at verification
verify-why = This makes sure that nobody stands between you and { $name }. It is best done side by side.
verify-changed = Behind this contact is another key than the one you knew. It may be a new device, or somebody pretends to be your contact. Ask them in another way, then verify each other anew.
verify-looked-at = I have asked them
verify-both = You verified { $name }. For it to hold in both directions, { $name } scans your code, too, or confirms the words.
verify-own-heading = { $name } scans this code
verify-own-code = Your verification code
verify-own-hint = For this contact only
verify-scan-heading = Scan { $name }’s code
verify-scan-text = { $name } opens the same page on their own device.
verify-code-is-link = This is a link to a card. { $name } shows the verification code on “Verify contact”.
verify-words-heading = Or compare the words
verify-words-text = Read these six words to each other, on the phone or side by side. { $name } must see the same ones, in the same order.
verify-words-same = They are the same
verify-words-differ = They differ
verify-differ-text = Then you are not securely connected: perhaps it is the wrong conversation, perhaps somebody stands between you. Write nothing confidential to { $name }. Check that both of you opened the same conversation; if they still differ, block the contact and exchange new links in a way that you both trust.
verify-undo = Take verification back
verify-undo-heading = Take the verification back?
verify-undo-text = { $name } counts as new again then. You can verify each other again at any time.
verify-undo-sure = Take it back

scan-open = Open camera
scan-close = Close camera
scan-picture = Choose a picture with a code
scan-view = Picture of the camera
scan-opening = Your browser asks you whether Kuvert may use the camera.
scan-looking = Hold the code in front of the camera.
scan-no-code = No code can be seen in this picture. Use one that shows it whole and sharp.
scan-denied = Kuvert may not use the camera. Allow it for this page in the settings of your browser, or choose a picture with the code.
scan-no-camera = This device has no camera. Choose a picture with the code.
scan-busy = Another program is using the camera. Close it and try again.
scan-unsupported = This browser gives Kuvert no camera here. Choose a picture with the code.

new-heading = New conversation
new-scan-heading = Add somebody
new-scan-text = Scan the code that somebody shows you, or paste the link that you were given.
new-other = Other ways
new-own-link = Show my link
new-own-link-text = Whoever opens or scans it can write to you.
new-link-missing = Please paste a link first.
new-code-is-verification = This is a verification code. Open the conversation with this contact, press the name and then “Verify”.
new-code-is-other = This code is not a Kuvert link.
new-group-heading = New group
new-group-text = Write with several people at once.
new-group-who = Who is to be in it?
new-group-nobody = Please choose at least one contact.
new-group-button = Create group
new-group-hint = You become its admin: you can add and remove people and change the name.
link-print = Print

picker-search = Search contacts
picker-chosen = Chosen
picker-remove = Do not choose { $name } any more
picker-nobody = There is nobody to choose. You can add contacts whom you already write with.
picker-no-match = No contact has this name.

group-title = Group
group-name = Name of the group
group-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
group-members-heading = Members
group-you = (you)
group-admin = Admin
group-no-contact = not a contact of yours
group-no-contact-hint = You know this person from this group only. If you want to write to each other, exchange your links.
group-look-at = Look at contact
group-promote = Make admin
group-demote = Take admin rights away
group-remove = Remove from the group
group-remove-heading = Remove { $name }?
group-remove-text = { $name } can read nothing more of what is written here. What has arrived already stays there.
group-remove-sure = Remove
group-add = Add
group-add-button = Add to the group
group-rename = Rename
group-rename-save = Change name
group-leave = Leave group
group-leave-heading = Leave { $name }?
group-leave-text = You get no more messages of this group. What was written so far stays on this device. You only come back if an admin adds you again.
group-leave-sure = Leave
group-needed = You are the only admin. Make somebody else an admin first, then you can leave the group.
group-invited = Somebody added you to { $name }
group-invited-text = Whoever added you is not a contact of yours. If you join, all members see what you write.
group-join = Join
group-who = Look at members
group-left = You left this group. You can still read it, but not write.
group-removed = You were removed from this group. You can still read it, but not write.
group-broken = This group does not work on this device any more. Ask somebody to make a new one.

search-label = Search
search-heading = Search
search-clear = Clear search
search-messages = Messages
search-nothing = No message found.
search-no-name = No conversation has this name.
search-more = Show older results
search-in-button = Search in this conversation
search-in-label = Search in this conversation
settings-privacy = Privacy
settings-read-reports = Send read reports
settings-read-reports-hint = Others then see that you have read their messages. If you turn it off, you still see what they report to you.

## Questions and dialogs
dialog-close = Close
dialog-cancel = Cancel

## The page with every component
components-heading = Components
components-text = Every component in each of its states, made by the code that the screens use. Nothing here does anything.
components-colours = Colours
components-letters = Letters
components-buttons = Buttons
components-fields = Fields and switches
components-marks = Stamps and marks
components-talk = Conversation
components-line = Line
components-notices = Notices
components-dialogs = Questions and dialogs

# The app itself: new builds.
version-new = A new version of Kuvert is ready.
version-reload = Reload
version-later = Not now

# The lock: a passphrase before everything.
lock-heading = Kuvert is locked
lock-text = Enter your passphrase to open your messages on this device.
lock-label = Passphrase
lock-open = Unlock
lock-trying = Checking …
lock-wrong = This is not your passphrase. Try again; nothing is lost.
lock-note = The passphrase never leaves this device.
lock-forgotten = Forgotten the passphrase?
lock-forgotten-text = Nobody can open your messages without it, and nobody can reset it. All that is left is to begin anew.
lock-section = Lock
lock-has = Whoever opens Kuvert on this device needs your passphrase.
lock-has-not = Whoever may use this browser can read your messages. A passphrase keeps others out.
lock-set = Set a passphrase
lock-now = Lock now
lock-change = Change passphrase
lock-remove = Remove passphrase
lock-current = Passphrase until now
lock-new = New passphrase
lock-new-hint = At least 8 characters. Four or five words are easy to remember and hard to guess.
lock-again = New passphrase once more
lock-warning = If you forget it, nobody can open your messages any more.
lock-save = Save passphrase
lock-cancel = Cancel
lock-done = Done. It counts from now on.
lock-too-short = This passphrase is too short. Please choose at least 8 characters.
lock-differs = The two are not the same. Please type the new passphrase once more.
lock-wrong-current = The passphrase until now is not right. Nothing was changed.
lock-not-written = This browser could not write it down. Everything is as before.

# A profile that is not there any more, or does not open.
gone-heading = Your messages are not here any more
gone-all-text = This browser has thrown away what Kuvert kept on this device: your identity, your contacts and your messages. Browsers do that when space runs out, or when somebody clears their data.
gone-database-text = This browser has thrown away the database with your identity, your contacts and your messages. Browsers do that when space runs out, or when somebody clears their data.
gone-key-text = Your messages are still here, but this browser has thrown away the key to them. Without it nobody can open them any more.
gone-advice = If you can restore this browser from a backup, do that first. Otherwise you can begin anew: with a new identity, which your contacts have to get to know again.
unreadable-heading = Your messages cannot be opened
unreadable-text = What Kuvert kept on this device is damaged, or belongs to another key.
no-access-heading = This browser does not let Kuvert use its storage
no-access-text = Your messages are probably still there. Allow this site to store data in the browser's settings, close private windows, and reload the page.
stuck-heading = Kuvert cannot open its storage now
stuck-text = Something else may still be using it, or space has run out. Close other windows with Kuvert, make some room, and reload the page.
anew-button = Begin anew …
anew-text = What is left of your old identity on this device is then deleted for good.
anew-sure = Delete and begin anew
anew-keep = Cancel

# What the browser keeps.
storage-promised = This browser has promised to keep your messages, also when space runs out.
storage-not-promised = When space runs out, this browser may throw your messages away.
storage-ask = Ask the browser to keep them
storage-refused = The browser did not promise it. It is more willing when Kuvert is installed or used often.
storage-used = { $size } on this device
install-section = Kuvert as an app
install-text = With an icon of its own and without the browser's bars. Nothing changes for your messages.
install-button = Install
broken-passing-text = A part of the app has stopped working. This browser keeps nothing, so what you wrote is gone with it.

## Files
files-attach = Attach files
files-camera = Take a photo
files-drop = Drop here to send it along
files-tray = Goes along
files-remove = Leave out { $name }
files-sealing = { $count ->
    [one] The file is being sealed …
   *[other] { $count } files are being sealed …
}
files-cancel = Cancel
files-take-back = Do not send
files-message = File
files-nameless = File without a name
files-picture = Picture: { $name }
files-picture-nameless = Picture without a name
files-open-picture = Open picture { $name }
files-size = { $size }
files-uploading = { $size } · being sent, { $done }%
files-downloading = { $size } · being fetched, { $done }%
files-not-uploaded = { $size } · not sent
files-saving = { $size } · being saved …
files-saved = { $size } · handed to the browser
files-fetch = Fetch
files-retry = Fetch again
files-stop = Stop fetching
files-open = View
files-save = Save
files-do-to = { $what }: { $name }
files-bar-up = { $name } is being sent
files-bar-down = { $name } is being fetched
files-too-many = A message takes at most 16 files. Send the others with the next one.
files-unreadable = { $name } cannot be read. A folder has to be packed into an archive first; otherwise choose the file again.
files-too-large = { $name } is larger than 4 GB. Send it in parts.
files-picture-too-large = { $name } is too large a picture (at most 67 MB) to take out of it where and when it was taken. Make it smaller, or send it in an archive.
files-picture-damaged = { $name } is damaged as a picture, so that what it tells of place and time cannot be taken out. Send it in an archive if it is to go as it is.
files-no-space = Kuvert has no room left on this device. Make some and try again; nothing was lost.
files-unwritable = The files cannot be kept on this device. Reload the page and try again.
files-failed-not-admitted = The relay takes no files from this device now. Try again tomorrow.
files-failed-too-large = The file is larger than the relay takes. Send a smaller one, or several parts.
files-failed-no-room = The relay has no room for it now. Try again later.
files-failed-gone = The relay does not have the file any more. Ask for it to be sent again.
files-failed-forged = What the relay has is not what was sent, and was thrown away. Ask for it to be sent again.
files-failed-local = The file cannot be read on this device any more. Fetch it again.
files-failed-unsupported = This browser cannot save files of this size (at most 268 MB). Use Chrome or Edge, or Kuvert in the terminal.

## Notifications
notices-title = Notifications
notices-something-new = Something new is waiting for you.
notices-off = Off. You see what is new when you open Kuvert.
notices-about = While Kuvert is closed, your relay wakes this browser through the notification service of its maker. That service learns that something is there for you, and when, but not what or from whom.
notices-on = On, also while Kuvert is closed.
notices-starting = On. Your relay will know as soon as you are connected.
notices-while-open = On while Kuvert is open in the background. While it is closed nobody wakes you here: your relay or this browser does not offer it.
notices-failed = On while Kuvert is open in the background. Signing up with your browser's notification service, or with your relay, did not work. Try again later.
notices-denied = Your browser shows no notifications for this page. Allow them in the page’s settings: you find them by the sign to the left of the address. Then come back here.
notices-unsupported = This browser shows no notifications. On iPhone and iPad, first add Kuvert to the home screen and open it from there.
notices-turn-on = Turn on
notices-turn-off = Turn off
notices-try-again = Try again
notices-detail = What they show while Kuvert is open in the background
notices-detail-none = Only that something came
notices-detail-all = Name and text
notices-detail-hint = While Kuvert is closed, they never show more than that something came.

# Forms of a line
form-heading = Form
form-open = Forms
form-or = Straight to the form, or just write a message
form-optional = (optional)
form-gone = This form is no more.
form-private = Only the team of { $name } can read what you fill in here.
form-send = Send
form-sending = Sending …
form-later = Only a newer version of Kuvert knows this field. Reload the page, or write a message.
form-day = Day
form-time = Time
form-product = PZN or name
form-quantity = Quantity
form-product-add = Another product
form-product-remove = Remove product
form-photo-add = Add a photo
form-file-add = Add a file
form-wrong-fill-in = Please fill this in.
form-wrong-characters = Please use at most { $max } characters.
form-wrong-lines = Please use at most { $max } lines.
form-wrong-shorten = Together this is too long. Please shorten the longest answers.
form-wrong-visible = There are invisible characters here. Please write it again.
form-wrong-choose = Please choose something.
form-wrong-between = Please give a number from { $min } to { $max }.
form-wrong-day = Please choose a day.
form-wrong-time = Please choose a time.
form-wrong-most = Please keep at most { $max }.
form-wrong-product = Please give the PZN or the name of each product.
form-wrong-pzn = This PZN is not right. Please compare it with the package.
form-wrong-attach = Please add the files again.
form-wrong-agree = Please agree; it does not go on without that.
request-state = Status:
request-appointment = { $from } to { $to }
## Before something goes to a line
guard-heading = Really send it?
guard-text = This looks like something that does not belong in a chat. The line asks you to look again before you send it.
guard-iban = IBAN
guard-card = Number of a payment card
guard-insurance = Health insurance number
guard-tax = Tax number
guard-prescription = Access to an e-prescription
guard-anyway = Send anyway
guard-change = Change it
guard-refused-heading = This is not sent
guard-refused-text = Access to an e-prescription must not be handed on by chat (section 360 SGB V). Use the health card, the e-prescription app or the printout instead. Your text is still there.
guard-understood = I see

## What one can ask a line for
rights-heading = Your rights
rights-export = Save everything that was said here
rights-erase = Delete everything, and ask for erasure
rights-erase-heading = Delete everything with { $name }?
rights-erase-text = Everything that was said here is deleted on this device. The line is asked to erase all that it has of you, too; it may keep only what the law demands, such as invoices.
rights-erase-sure = Delete everything
rights-erase-words = Please erase everything that you have of me (Art. 17 GDPR). I take my consents back.
form-slots-hint = What was free when we last heard. It is certain once it is confirmed.
form-slots-none = Nothing is free right now. Open the link again to look, or just write a message.
form-seats-free = Still free: { $seats }
form-seats-none = Nothing is free right now. Open the link again to look.
request-calendar = Add to my calendar
request-ticket = Ticket as a QR code
request-ticket-hint = Show this at the entrance

move-section = Move to another device
move-text = All conversations go on there, and are deleted here. Files can be opened there as long as the relay has them: 30 days. Notifications have to be turned on again.
move-begin = Move to another device
move-sure = From now on nothing can be read or written here until the other device has everything, or you end the move.
moving-heading = Kuvert is moving
moving-text = Open the link on the other device, within 30 days. Until then, everything waits here.
moving-show = Show the link
moving-qr = QR code with the link of the move
moving-qr-hint = Scan it with the other device’s camera.
moving-secret = Whoever has this link gets everything: all conversations, and your name. Show it to nobody.
moving-leaving = On its way: { $percent } %
moving-stay = Stay on this device
moved-heading = Moved
moved-text = The other device has everything now. Here it is deleted.
moved-done = Done
arrival-heading = Go on at this device?
arrival-text = Your conversations from the other device come here, and are deleted there.
arrival-warning = Only go on if you have just got this link from your own other device. Somebody else’s link would make you write under their identity.
arrival-take = Move everything here
arrival-coming = Coming: { $percent } %
arrival-leave = Not now
move-undecided = It is not decided yet which device goes on, as the other one was interrupted. Please try again later; by tomorrow it is known.
move-fault-gone = There is nothing under this link any more: it was taken already, the other device stayed, or it is older than 30 days.
move-fault-forged = What came is not what was sent. Begin the move again at the other device.
move-fault-too-large = There is too much to be moved.
move-fault-refused = The relay refuses it for now. Please try again later.
move-fault-locked = A passphrase locks Kuvert here. Take it off first, and set one again on the other device.
move-fault-passing = This browser keeps nothing, so nothing can be moved from or to here.
move-fault-in-use = There is a profile in this browser already. Use another browser, or move this one away first.
move-fault-database = This browser cannot read or write its database now.
move-fault-long-ago = More than 25 days have passed, and the relay may have forgotten whether the other device went on. If it did not, press “Stay on this device” once more. If it did, do not: messages would be lost.
failure-moving = Kuvert is moving to another device. Nothing can be done here until then.
