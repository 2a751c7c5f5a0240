# Texts der Web-App auf Deutsch. Jeder Text steht auch in en.ftl, mit denselben Variablen.

app-name = Kuvert
app-loading = Kuvert wird geöffnet …
app-live-message = { $name }: { $text }
title-unread = ({ $count }) { $title }

start-heading = Schreiben, ohne dass jemand mitliest
start-sentence = Kuvert ist ein Messenger mit Briefgeheimnis: ohne Telefonnummer, ohne Konto, und niemand dazwischen liest mit.
start-name = Wie heißt du?
start-name-hint = Diesen Namen sehen die Menschen, denen du schreibst.
start-button = Loslegen
start-note = Deine Nachrichten bleiben verschlüsselt auf diesem Gerät.

door-invite-heading = Noch etwas: eine Einladung
door-invite-text = Dieses Relais nimmt neue Leute nur mit Einladung auf. Wer es betreibt, kann dir eine geben.
door-invite-label = Einladung
door-invite-hint = 22 Buchstaben, Ziffern, - und _. Jede gilt einmal.
door-invite-button = Weiter
door-invite-refused = Das Relais kennt diese Einladung nicht, oder sie wurde schon benutzt. Bitte um eine andere.
door-closed-heading = Dieses Relais nimmt niemanden mehr auf
door-closed-text = Ohne Postfach hier kannst du weder schreiben noch erreicht werden. Nimm ein anderes Relais: Öffne dessen Adresse im Browser.
door-later = Jetzt nicht
door-note = Was du begonnen hast, bleibt auf diesem Gerät.

name-invalid = Bitte gib einen Namen mit 1 bis 64 Zeichen ein.
text-too-long = Diese Nachricht ist zu lang. Bitte teile sie auf mehrere auf.
text-missing = Bitte schreib erst etwas.

list-heading = Unterhaltungen
list-empty-heading = Noch keine Unterhaltung
list-empty-text = Gib deinen Link weiter. Wer ihn öffnet, kann dir sofort schreiben.
list-empty-button = Meinen Link zeigen
list-choose-heading = Schön, dass du da bist
list-choose-text = Wähle links eine Unterhaltung, oder gib deinen Link weiter.
list-unread = { $count ->
    [one] { $count } ungelesene Nachricht
   *[other] { $count } ungelesene Nachrichten
}
list-own = Du: { $text }
list-request = Anfrage
list-requested = Angefragt
list-nothing = Noch keine Nachricht

nav-link = Mein Link
nav-settings = Einstellungen
nav-back = Zurück

trust-new = neu
trust-introduced = vorgestellt
trust-verified = überprüft
trust-changed = Schlüssel geändert
trust-new-hint = Du kennst diesen Kontakt nur über einen Link.
trust-introduced-hint = Jemand, den du kennst, hat dir diesen Kontakt vorgestellt.
trust-verified-hint = Ihr habt euch persönlich überprüft.
trust-changed-hint = Dieser Kontakt hat einen anderen Schlüssel als bisher. Frag nach, bevor du Vertrauliches schreibst.

delivery-queued = wartet auf Versand
delivery-sent = gesendet
delivery-delivered = zugestellt
delivery-read = gelesen
delivery-failed = nicht gesendet
delivery-retry = Nochmal senden

message-deleted = Diese Nachricht wurde gelöscht.
message-not-here = Diese Nachricht ist nicht auf diesem Gerät.
message-edited = bearbeitet
message-reactions = Reaktionen
message-unsupported = Diese Nachricht braucht eine neuere Version von Kuvert.

day-today = Heute

## Die Unterhaltung: Nachrichten, Menüs, was geschrieben wird.
timeline-hint = Mit den Pfeiltasten kommst du von Nachricht zu Nachricht, mit der Eingabetaste in ihr Menü.
timeline-unread = Ungelesen
conversation-newest-unread = { $count ->
    [one] Zu den neuesten Nachrichten, { $count } ungelesen
   *[other] Zu den neuesten Nachrichten, { $count } ungelesen
}
message-menu = Was du mit dieser Nachricht tun kannst
message-more = Mehr anzeigen
message-less = Weniger anzeigen
message-expires = Wird gelöscht: { $when }
message-copied = Text kopiert
message-copy-failed = Dein Browser lässt das Kopieren nicht zu. Markiere den Text und kopiere ihn von Hand.
menu-react = Reagieren
menu-more-reactions = Weitere Reaktionen
menu-reply = Antworten
menu-edit = Bearbeiten
menu-copy = Text kopieren
menu-details = Details
menu-delete = Löschen …
reactions-heading = Reaktionen
reactions-any = Ein anderes Emoji
reactions-give = Reagieren
delete-heading = Diese Nachricht löschen?
delete-text = Sie ist dann von diesem Gerät verschwunden. Andere behalten sie.
delete-text-own = Für alle: Sie verschwindet von den Geräten aller, die sie haben. Nur hier: Die anderen behalten sie.
delete-keep = Behalten
delete-here = Auf diesem Gerät löschen
delete-everywhere = Für alle löschen
details-heading = Details
details-written = Geschrieben
details-expires = Wird gelöscht
details-state = Zustand
details-receipts = Wer sie hat
details-nobody = Noch hat niemand sie bestätigt.
dialog-done = Fertig
timer-heading = Verschwindende Nachrichten
timer-text = Was du hier von jetzt an schreibst, wird auf allen Geräten einige Zeit nach dem Lesen gelöscht.
timer-off = Aus: Nachrichten bleiben
timer-hour = 1 Stunde
timer-day = 1 Tag
timer-week = 7 Tage
timer-month = 30 Tage
timer-quarter = 90 Tage
day-heading = Zu einem Tag gehen
day-choose = Zu einem anderen Tag gehen
day-label = Tag
day-go = Anzeigen
composer-editing = Du bearbeitest eine Nachricht
composer-replying = Antwort an
composer-leave-edit = Nicht mehr bearbeiten
composer-leave-reply = Nicht antworten
composer-timer = Verschwindende Nachrichten
composer-timer-on = Verschwindende Nachrichten: { $after }
composer-room = { $count ->
    [one] Noch Platz für { $count } Zeichen
   *[other] Noch Platz für { $count } Zeichen
}
list-draft = Entwurf:

## Eine Unterhaltung
conversation-messages = Nachrichten
conversation-older = Ältere Nachrichten laden
conversation-newest = Zu den neuesten Nachrichten
conversation-beginning = Hier beginnt eure Unterhaltung. Nur ihr beide könnt sie lesen.
conversation-gone = Diese Unterhaltung gibt es auf diesem Gerät nicht.
conversation-own = Du
composer-label = Nachricht an { $name }
composer-placeholder = Nachricht schreiben
composer-send = Senden
request-asking = { $name } möchte dir schreiben
request-asking-text = Wenn du annimmst, könnt ihr euch schreiben. Bis dahin kann { $name } nichts weiter senden.
request-accept = Annehmen
request-decline = Ablehnen
request-decline-sure = Ablehnen, für immer
conversation-blocked = Du hast { $name } blockiert. Von { $name } kommt hier nichts an, und du kannst nichts senden.
request-waiting = Deine Anfrage wartet, bis { $name } annimmt. Danach könnt ihr euch schreiben.

link-heading = Mein Link
link-text = Wer diesen Link öffnet oder den Code scannt, kann dir eine Anfrage schicken. Du entscheidest, ob du sie annimmst.
link-label = Dein Link
link-copy = Link kopieren
link-copied = Link kopiert
link-copy-failed = Bitte markiere den Link und kopiere ihn von Hand.
link-share = Teilen
link-share-text = Schreib mir auf Kuvert
link-qr = QR-Code deines Links
link-qr-hint = Mit der Kamera eines Telefons scannen
link-loading = Dein Link wird vorbereitet …
link-waiting = Dein Link entsteht, sobald eine Verbindung da ist.
link-secret = Der Teil hinter dem # ist der Schlüssel zu deiner Karte. Er bleibt im Link und wird nie an das Relais geschickt.
link-renew-heading = Link zurückziehen
link-renew-text = Falls der Link in falsche Hände geraten ist: Er führt dann nirgends mehr hin, und du bekommst einen neuen. Deine Kontakte bleiben.
link-renew-button = Zurückziehen …
link-renew-sure = Zurückziehen und neuen machen
link-renew-keep = Behalten
link-paste-heading = Hast du einen Link bekommen?
link-paste-label = Link einfügen
link-paste-button = Link öffnen

card-loading = Der Link wird geöffnet …
card-loading-hint = Einen Augenblick, der Umschlag wird geprüft.
card-heading = Schreib an { $name }
card-intro = Ihr schreibt euch Ende-zu-Ende verschlüsselt. Du brauchst kein Konto und musst nichts installieren.
card-id = Kuvert-ID
card-relay = Relais
card-own-name = Dein Name
card-own-name-hint = So sieht dich { $name }.
card-message = Deine Nachricht
card-message-hint = Deine erste Nachricht ist eine Anfrage. Sobald { $name } annimmt, geht es weiter.
card-send = Nachricht senden
card-sending = Wird gesendet …
card-known = Ihr schreibt euch schon.
card-open = Unterhaltung öffnen
card-own = Das ist dein eigener Link. Gib ihn weiter, damit andere dir schreiben können.
card-own-button = Meinen Link zeigen
card-failed-heading = Der Link ließ sich nicht öffnen
card-elsewhere-heading = Diese Person benutzt ein anderes Relais
card-elsewhere-text = Im Browser spricht Kuvert nur mit dem Relais, von dem es kommt. Du kannst den Link bei dem anderen öffnen und von dort schreiben; Kuvert im Terminal schreibt an Menschen bei allen Relais.
card-elsewhere-button = Bei { $relay } öffnen
card-retry = Nochmal versuchen
card-home = Zur Startseite

settings-heading = Einstellungen
settings-profile = Das bist du
settings-name = Name
settings-id = Kuvert-ID
settings-relay = Relais
settings-look = Darstellung
settings-language = Sprache
settings-theme = Farben
settings-theme-system = Wie das Gerät
settings-theme-light = Hell
settings-theme-dark = Dunkel
settings-storage = Auf diesem Gerät
settings-storage-lasting = Deine Nachrichten liegen verschlüsselt in diesem Browser. Wer die Daten des Browsers löscht, löscht auch sie.
settings-storage-passing = Dieser Browser kann nichts dauerhaft speichern. Beim Schließen ist alles weg.

connection-offline = Keine Verbindung. Was du schreibst, wird aufgehoben und gesendet, sobald es wieder geht.
connection-connecting = Verbindung wird aufgebaut …
storage-passing = Hier wird nichts gespeichert: Wenn du diese Seite schließt, ist alles weg. Ein normales (nicht privates) Fenster behält deine Nachrichten.

elsewhere-heading = Kuvert ist in einem anderen Tab offen
elsewhere-text = Damit nichts durcheinandergerät, läuft Kuvert immer nur an einer Stelle. Du kannst dort weiterschreiben oder hierher wechseln.
elsewhere-button = Hier verwenden

broken-heading = Kuvert ist stehen geblieben
broken-text = Ein Teil der App hat mehrmals nacheinander aufgehört zu arbeiten. Was gesendet wurde, ist gespeichert. Lade die Seite neu, dann geht es weiter.
broken-button = Seite neu laden

failure-dismiss = Meldung schließen
failure-name-invalid = Dieser Name geht nicht: Er ist leer, länger als 64 Zeichen oder sieht aus wie eine Kuvert-ID. Bitte wähle einen anderen.
failure-text-invalid = Diese Nachricht ist leer oder zu lang. Sie steht wieder im Eingabefeld; bitte kürze sie.
failure-link-unreadable = Das ist kein vollständiger Kuvert-Link. Vielleicht ging beim Kopieren ein Stück verloren; kopiere ihn noch einmal ganz.
failure-card-gone = Diesen Link gibt es nicht mehr. Bitte frag nach einem neuen.
failure-card-invalid = Dieser Link passt nicht zu seiner Karte. Bitte lass dir den Link noch einmal schicken.
failure-unreachable = Das Relais ist gerade nicht erreichbar. Prüfe deine Verbindung und versuch es gleich noch einmal.
failure-other-relay = Diese Person benutzt ein anderes Relais. Im Browser spricht Kuvert nur mit dem eigenen Relais; öffne den Link dort.
failure-not-accepted = Deine Anfrage wurde noch nicht angenommen. Du kannst weiterschreiben, sobald das geschehen ist.
failure-not-asked = Deine Anfrage ist nicht angekommen. Sende sie noch einmal.
failure-identity-exists = Auf diesem Gerät gibt es schon eine Identität. Lade die Seite neu, um sie zu verwenden.
failure-no-identity = Dafür brauchst du erst einen Namen. Geh zur Startseite und leg los.
failure-unknown = Diese Unterhaltung oder Nachricht gibt es hier nicht mehr. Lade die Seite neu.
failure-database = Der Speicher dieses Geräts lässt sich nicht öffnen oder ist voll. Schaffe Platz und lade die Seite neu.
failure-own-link = Das ist dein eigener Link. Gib ihn weiter, damit andere dir schreiben können.
failure-profile-in-use = Ein anderes Programm verwendet dieses Profil gerade. Schließe es und lade diese Seite neu.
failure-relay-closed = Dieses Relais nimmt niemanden mehr auf. Lesen und schreiben kannst du nur bei einem Relais, das ein Postfach für dich hat.
failure-invite-needed = Dieses Relais nimmt neue Leute nur mit Einladung auf. Frag den Betreiber nach einer Einladung.
failure-not-yours = Für alle löschen kannst du nur eigene Nachrichten, und bearbeiten nur eigene Texte.
failure-blocked = Du hast diesen Kontakt blockiert. Hebe die Blockierung auf, um wieder zu schreiben.
failure-nothing-to-decline = Hier gibt es keine Anfrage mehr, die du ablehnen könntest.
failure-reaction-invalid = Eine Reaktion ist ein Emoji oder ein sehr kurzer Text.
failure-code-unreadable = Das ist kein Prüfcode von Kuvert. Scanne ihn noch einmal.
failure-code-of-another = Dieser Code gehört jemand anderem. Wer ihn zeigt, ist nicht der Kontakt in dieser Unterhaltung.
failure-code-for-another = Dieser Code wurde für einen anderen Schlüssel als deinen gemacht. Frag nach, ob er für dich ist; wenn ja, steht jemand zwischen euch.
failure-invite-invalid = Das ist keine vollständige Einladung. Kopiere sie noch einmal.
failure-files-invalid = Eine Nachricht fasst 1 bis 16 Dateien von je höchstens 4 GiB.
alert-forgotten = Das Relais hatte dieses Gerät vergessen. War es lange weg, können Nachrichten fehlen; frag deine Kontakte, was fehlt.
alert-lost = Einige Nachrichten gingen beim Relais verloren, bevor dieses Gerät sie abholen konnte. Frag deine Kontakte, was fehlt.
failure-version = Seite und Programmteil passen nicht zusammen. Lade die Seite neu.

notice-created = { $you ->
    [by] Du hast die Gruppe angelegt
   *[none] { $by } hat die Gruppe angelegt
}
notice-added = { $you ->
    [by] Du hast { $what } hinzugefügt
    [what] { $by } hat dich hinzugefügt
   *[none] { $by } hat { $what } hinzugefügt
}
notice-removed = { $you ->
    [by] Du hast { $what } entfernt
    [what] { $by } hat dich entfernt
   *[none] { $by } hat { $what } entfernt
}
notice-left = { $you ->
    [by] Du hast die Gruppe verlassen
   *[none] { $by } hat die Gruppe verlassen
}
notice-renamed = { $you ->
    [by] Du hast die Gruppe { $what } genannt
   *[none] { $by } hat die Gruppe { $what } genannt
}
notice-picture = { $you ->
    [by] Du hast das Bild geändert
   *[none] { $by } hat das Bild geändert
}
notice-promoted = { $you ->
    [by] Du hast { $what } zum Admin gemacht
    [what] { $by } hat dich zum Admin gemacht
   *[none] { $by } hat { $what } zum Admin gemacht
}
notice-demoted = { $you ->
    [by] { $what } ist durch dich kein Admin mehr
    [what] Du bist durch { $by } kein Admin mehr
   *[none] { $what } ist durch { $by } kein Admin mehr
}
notice-healed = Dieses Gerät hatte etwas verpasst. Hier können Nachrichten fehlen.
notice-broken = { $by } hat die Regeln der Gruppe gebrochen. Hier kann niemand mehr schreiben.
notice-lost = Dieses Gerät hat die Gruppe verloren. Bitte einen Admin, dich wieder hinzuzufügen.
notice-not-added = { $by } konnte nicht hinzugefügt werden
notice-not-added-elsewhere = { $by } konnte nicht hinzugefügt werden: Die beiden Relais erreichen einander nicht
notice-not-added-refused = { $by } konnte nicht hinzugefügt werden: Das Relais dieser Person lässt es nicht zu
notice-unknown = Etwas, das eine neuere Version braucht
failure-not-admin = Das kann nur ein Admin der Gruppe.
failure-not-owner = Das kann nur, wem der Anschluss gehört.
failure-no-line = Das geht nur auf Geräten, die zu einem Anschluss gehören.
failure-too-large = Das ist zu groß, um es zu senden. Bitte kürze es.
failure-last-admin = Die Gruppe braucht einen Admin. Mach zuerst jemand anderen zum Admin.
failure-no-member = Kein Mitglied dieser Gruppe.
failure-not-reachable = Dieser Kontakt kann noch nicht in Gruppen aufgenommen werden. Tauscht zuerst eine Nachricht aus.
failure-picture-invalid = Das Bild einer Gruppe hat höchstens 4 KiB.
failure-form-changed = Das passt nicht zum Formular, wie es jetzt ist. Öffne es noch einmal.
failure-score-not-asked = Dieser Anschluss fragt nicht danach. Schreib einfach eine Nachricht.
failure-too-much = In dieser Gruppe wartet zu viel darauf, erledigt zu werden. Versuch es später noch einmal.
failure-too-late = Dafür ist es zu spät: Die Nachricht wurde schon gesendet. Löschen kannst du sie noch.

## Ein Anschluss: was er von sich zeigt.
line-about = Über diesen Anschluss
line-kind-pharmacy = Apotheke
line-kind-bank = Bank
line-kind-cinema = Kino
line-kind-restaurant = Restaurant
line-kind-taxi = Taxi
line-kind-practice = Praxis
line-kind-authority = Behörde
line-kind-other = Organisation
line-open = Jetzt erreichbar
line-open-until = Jetzt erreichbar, bis { $when }
line-closed = Gerade nicht erreichbar
line-closed-until = Gerade nicht erreichbar, wieder ab { $when }
line-read-by-all = Das Team von { $name } liest, was du schreibst.
line-read-by-some = Was du schreibst, liest, wer dir bei { $name } antwortet, und wer das Team leitet.
line-kept = { $count ->
    [0] Sobald dein Anliegen erledigt ist, wird die Unterhaltung auf beiden Seiten gelöscht.
    [one] Einen Tag, nachdem dein Anliegen erledigt ist, wird die Unterhaltung auf beiden Seiten gelöscht.
   *[other] { $count } Tage, nachdem dein Anliegen erledigt ist, wird die Unterhaltung auf beiden Seiten gelöscht.
}
line-imprint = Impressum
line-privacy = Datenschutzhinweise
line-message-hint = Du kannst gleich schreiben. Die Antwort kommt hierher.
line-beginning = Hier beginnt deine Unterhaltung mit { $name }. Außer dir kann sie nur das Team dort lesen.
line-away = Gerade ist niemand da. Deine Nachricht kommt trotzdem an.
line-back = Wieder erreichbar ab { $when }.
line-erased = Was ihr bisher geschrieben habt, wird am { $when } auf beiden Seiten gelöscht.
score-ask = Wie zufrieden bist du? Du musst nichts sagen.
score-worst = gar nicht
score-best = sehr
score-of-five = { $count } von 5
score-said = Zufrieden: { $stars }

## Menschen: Kontakte, Gruppen, Prüfung, Scannen, Suche
about-title = Kontakt
about-trust = Wie gut kennt ihr euch?
about-groups = Gemeinsame Gruppen
about-actions = Was du tun kannst
familiarity-label = Vertrautheit
familiarity-stranger = Ihr habt euch noch kaum geschrieben
familiarity-acquainted = Ihr habt euch in letzter Zeit ein paarmal geschrieben
familiarity-familiar = Ihr schreibt euch immer wieder
familiarity-close = Ihr schreibt euch oft
block-button = Blockieren
block-heading = { $name } blockieren?
block-text = Von { $name } kommt dann nichts mehr an, und du kannst nichts senden. { $name } erfährt davon nichts. Gemeinsame Gruppen bleiben, wie sie sind. Du kannst die Blockierung jederzeit aufheben.
block-sure = Blockieren
block-undo = Blockierung aufheben
request-decline-heading = Anfrage von { $name } ablehnen?
request-decline-text = Von der Anfrage bleibt nichts übrig. { $name } erfährt davon nichts.
request-keep = Noch nicht entscheiden
list-requests = Anfragen
list-others = Unterhaltungen
list-blocked = Blockiert

verify-heading = Kontakt überprüfen
verify-button = Überprüfen
verify-look = Prüfung ansehen
verify-why = So stellt ihr sicher, dass niemand zwischen dir und { $name } steht. Am besten sitzt ihr dafür nebeneinander.
verify-changed = Unter diesem Kontakt liegt ein anderer Schlüssel als der, den du kanntest. Das kann ein neues Gerät sein, oder jemand gibt sich für deinen Kontakt aus. Frag auf einem anderen Weg nach, und überprüft euch dann neu.
verify-looked-at = Ich habe nachgefragt
verify-both = Du hast { $name } überprüft. Damit es in beide Richtungen gilt, scannt { $name } auch deinen Code oder bestätigt die Wörter.
verify-own-heading = Diesen Code scannt { $name }
verify-own-code = Dein Prüfcode
verify-own-hint = Nur für diesen Kontakt
verify-scan-heading = Den Code von { $name } scannen
verify-scan-text = { $name } öffnet dafür dieselbe Seite auf dem eigenen Gerät.
verify-code-is-link = Das ist ein Link zu einer Karte. { $name } zeigt den Prüfcode unter „Kontakt überprüfen“.
verify-words-heading = Oder die Wörter vergleichen
verify-words-text = Lest euch diese sechs Wörter vor, am Telefon oder nebeneinander. Bei { $name } müssen dieselben stehen, in derselben Reihenfolge.
verify-words-same = Sie sind gleich
verify-words-differ = Sie sind verschieden
verify-differ-text = Dann seid ihr nicht sicher verbunden: Vielleicht ist es die falsche Unterhaltung, vielleicht steht jemand zwischen euch. Schreib nichts Vertrauliches an { $name }. Prüft beide, ob ihr dieselbe Unterhaltung geöffnet habt; bleibt es dabei, blockiere den Kontakt und tauscht neue Links auf einem Weg aus, dem ihr traut.
verify-undo = Prüfung zurücknehmen
verify-undo-heading = Prüfung zurücknehmen?
verify-undo-text = { $name } gilt dann wieder als neu. Ihr könnt euch jederzeit neu überprüfen.
verify-undo-sure = Zurücknehmen

scan-open = Kamera öffnen
scan-close = Kamera schließen
scan-picture = Bild mit Code wählen
scan-view = Bild der Kamera
scan-opening = Der Browser fragt dich, ob Kuvert die Kamera benutzen darf.
scan-looking = Halte den Code vor die Kamera.
scan-no-code = In diesem Bild ist kein Code zu erkennen. Nimm eines, das ihn ganz und scharf zeigt.
scan-denied = Kuvert darf die Kamera nicht benutzen. Erlaube es in den Einstellungen des Browsers für diese Seite, oder wähle ein Bild mit dem Code.
scan-no-camera = Dieses Gerät hat keine Kamera. Wähle ein Bild mit dem Code.
scan-busy = Ein anderes Programm benutzt die Kamera gerade. Schließe es und versuch es noch einmal.
scan-unsupported = Dieser Browser gibt Kuvert hier keine Kamera. Wähle ein Bild mit dem Code.

new-heading = Neue Unterhaltung
new-scan-heading = Jemanden hinzufügen
new-scan-text = Scanne den Code, den dir jemand zeigt, oder füge den Link ein, den du bekommen hast.
new-other = Andere Wege
new-own-link = Meinen Link zeigen
new-own-link-text = Wer ihn öffnet oder scannt, kann dir schreiben.
new-link-missing = Bitte füge erst einen Link ein.
new-code-is-verification = Das ist ein Prüfcode. Öffne die Unterhaltung mit diesem Kontakt, tippe auf den Namen und dann auf „Überprüfen“.
new-code-is-other = Dieser Code ist kein Kuvert-Link.
new-group-heading = Neue Gruppe
new-group-text = Mit mehreren Menschen zugleich schreiben.
new-group-who = Wer soll dabei sein?
new-group-nobody = Bitte wähle mindestens einen Kontakt.
new-group-button = Gruppe anlegen
new-group-hint = Du wirst Admin: Du kannst Menschen hinzufügen und entfernen und den Namen ändern.
link-print = Drucken

picker-search = Kontakte suchen
picker-chosen = Gewählt
picker-remove = { $name } nicht mehr wählen
picker-nobody = Es gibt niemanden zu wählen. Hinzufügen kannst du Kontakte, mit denen du dir schon schreibst.
picker-no-match = Kein Kontakt heißt so.

group-title = Gruppe
group-name = Name der Gruppe
group-members = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
group-members-heading = Mitglieder
group-you = (du)
group-admin = Admin
group-no-contact = kein Kontakt von dir
group-no-contact-hint = Diesen Menschen kennst du nur aus dieser Gruppe. Wenn ihr euch schreiben wollt, tauscht eure Links aus.
group-look-at = Kontakt ansehen
group-promote = Zum Admin machen
group-demote = Adminrechte nehmen
group-remove = Aus der Gruppe entfernen
group-remove-heading = { $name } entfernen?
group-remove-text = { $name } kann dann nichts mehr lesen, was hier geschrieben wird. Was schon ankam, bleibt dort.
group-remove-sure = Entfernen
group-add = Hinzufügen
group-add-button = Zur Gruppe hinzufügen
group-rename = Umbenennen
group-rename-save = Namen ändern
group-leave = Gruppe verlassen
group-leave-heading = { $name } verlassen?
group-leave-text = Du bekommst dann keine Nachrichten dieser Gruppe mehr. Was bisher geschrieben wurde, bleibt auf diesem Gerät. Zurück kommst du nur, wenn ein Admin dich wieder hinzufügt.
group-leave-sure = Verlassen
group-needed = Du bist der einzige Admin. Mach zuerst jemand anderen zum Admin, dann kannst du die Gruppe verlassen.
group-invited = Jemand hat dich zu { $name } hinzugefügt
group-invited-text = Wer dich hinzugefügt hat, ist kein Kontakt von dir. Wenn du beitrittst, sehen alle Mitglieder, was du schreibst.
group-join = Beitreten
group-who = Mitglieder ansehen
group-left = Du hast diese Gruppe verlassen. Lesen kannst du sie weiter, schreiben nicht.
group-removed = Du wurdest aus dieser Gruppe entfernt. Lesen kannst du sie weiter, schreiben nicht.
group-broken = Diese Gruppe funktioniert auf diesem Gerät nicht mehr. Bitte jemanden, eine neue zu machen.

search-label = Suchen
search-heading = Suchen
search-clear = Suche leeren
search-messages = Nachrichten
search-nothing = Keine Nachricht gefunden.
search-no-name = Keine Unterhaltung heißt so.
search-more = Ältere Treffer zeigen
search-in-button = In dieser Unterhaltung suchen
search-in-label = In dieser Unterhaltung suchen
settings-privacy = Privatsphäre
settings-read-reports = Lesebestätigungen senden
settings-read-reports-hint = Andere sehen dann, dass du ihre Nachrichten gelesen hast. Schaltest du es aus, siehst du weiter, was sie dir bestätigen.

## Fragen und Fenster
dialog-close = Schließen
dialog-cancel = Abbrechen

## Die Seite mit allen Bausteinen
components-heading = Bausteine
components-text = Jeder Baustein in jedem seiner Zustände, gemacht mit dem Code der Ansichten. Hier bewirkt nichts etwas.
components-colours = Farben
components-letters = Schrift
components-buttons = Knöpfe
components-fields = Felder und Schalter
components-marks = Marken und Zeichen
components-talk = Unterhaltung
components-line = Anschluss
components-notices = Hinweise
components-dialogs = Fragen und Fenster

# Die App selbst: neue Fassungen.
version-new = Eine neue Version von Kuvert ist da.
version-reload = Neu laden
version-later = Nicht jetzt

# Die Sperre: eine Passphrase vor allem anderen.
lock-heading = Kuvert ist gesperrt
lock-text = Gib deine Passphrase ein, um deine Nachrichten auf diesem Gerät zu öffnen.
lock-label = Passphrase
lock-open = Entsperren
lock-trying = Wird geprüft …
lock-wrong = Das ist nicht deine Passphrase. Versuch es noch einmal; es geht nichts verloren.
lock-note = Die Passphrase verlässt dieses Gerät nie.
lock-forgotten = Passphrase vergessen?
lock-forgotten-text = Ohne sie kann niemand deine Nachrichten öffnen, und niemand kann sie zurücksetzen. Es bleibt nur, neu anzufangen.
lock-section = Sperre
lock-has = Wer Kuvert auf diesem Gerät öffnet, braucht deine Passphrase.
lock-has-not = Wer diesen Browser benutzen darf, kann deine Nachrichten lesen. Eine Passphrase hält andere fern.
lock-set = Passphrase festlegen
lock-now = Jetzt sperren
lock-change = Passphrase ändern
lock-remove = Passphrase entfernen
lock-current = Bisherige Passphrase
lock-new = Neue Passphrase
lock-new-hint = Mindestens 8 Zeichen. Vier oder fünf Wörter merken sich leicht und sind schwer zu erraten.
lock-again = Neue Passphrase noch einmal
lock-warning = Wenn du sie vergisst, kann niemand mehr deine Nachrichten öffnen.
lock-save = Passphrase speichern
lock-cancel = Abbrechen
lock-done = Erledigt. Das gilt ab jetzt.
lock-too-short = Diese Passphrase ist zu kurz. Bitte nimm mindestens 8 Zeichen.
lock-differs = Die beiden sind nicht gleich. Bitte gib die neue Passphrase noch einmal ein.
lock-wrong-current = Die bisherige Passphrase stimmt nicht. Es hat sich nichts geändert.
lock-not-written = Dieser Browser konnte das nicht speichern. Alles ist wie bisher.

# Ein Profil, das nicht mehr da ist oder sich nicht öffnen lässt.
gone-heading = Deine Nachrichten sind nicht mehr hier
gone-all-text = Dieser Browser hat weggeworfen, was Kuvert auf diesem Gerät aufgehoben hat: deine Identität, deine Kontakte und deine Nachrichten. Browser tun das, wenn der Platz ausgeht oder wenn jemand ihre Daten löscht.
gone-database-text = Dieser Browser hat die Datenbank mit deiner Identität, deinen Kontakten und deinen Nachrichten weggeworfen. Browser tun das, wenn der Platz ausgeht oder wenn jemand ihre Daten löscht.
gone-key-text = Deine Nachrichten sind noch hier, aber dieser Browser hat den Schlüssel dazu weggeworfen. Ohne ihn kann sie niemand mehr öffnen.
gone-advice = Wenn du diesen Browser aus einer Sicherung wiederherstellen kannst, tu das zuerst. Sonst kannst du neu anfangen: mit einer neuen Identität, die deine Kontakte erst wieder kennenlernen müssen.
unreadable-heading = Deine Nachrichten lassen sich nicht öffnen
unreadable-text = Was Kuvert auf diesem Gerät aufgehoben hat, ist beschädigt oder gehört zu einem anderen Schlüssel.
no-access-heading = Dieser Browser lässt Kuvert nicht an seinen Speicher
no-access-text = Deine Nachrichten sind wahrscheinlich noch da. Erlaube dieser Seite in den Einstellungen des Browsers, Daten zu speichern, schließe private Fenster und lade die Seite neu.
stuck-heading = Kuvert kann seinen Speicher gerade nicht öffnen
stuck-text = Vielleicht benutzt ihn noch etwas anderes, oder der Platz ist ausgegangen. Schließe andere Fenster mit Kuvert, schaffe Platz und lade die Seite neu.
anew-button = Neu anfangen …
anew-text = Was von deiner alten Identität auf diesem Gerät übrig ist, wird dann endgültig gelöscht.
anew-sure = Löschen und neu anfangen
anew-keep = Abbrechen

# Was der Browser aufhebt.
storage-promised = Dieser Browser hat versprochen, deine Nachrichten aufzuheben, auch wenn der Platz ausgeht.
storage-not-promised = Wenn der Platz ausgeht, darf dieser Browser deine Nachrichten wegwerfen.
storage-ask = Den Browser bitten, sie aufzuheben
storage-refused = Der Browser hat es nicht versprochen. Er tut es eher, wenn Kuvert installiert ist oder oft benutzt wird.
storage-used = { $size } auf diesem Gerät
install-section = Kuvert als App
install-text = Mit eigenem Symbol und ohne die Leisten des Browsers. Für deine Nachrichten ändert sich nichts.
install-button = Installieren
broken-passing-text = Ein Teil der App hat aufgehört zu arbeiten. Dieser Browser speichert nichts; was du geschrieben hast, ist deshalb weg.

## Dateien
files-attach = Dateien anhängen
files-camera = Foto aufnehmen
files-drop = Hier loslassen, um es mitzuschicken
files-tray = Das geht mit
files-remove = { $name } weglassen
files-sealing = { $count ->
    [one] Die Datei wird versiegelt …
   *[other] { $count } Dateien werden versiegelt …
}
files-cancel = Abbrechen
files-take-back = Nicht senden
files-message = Datei
files-nameless = Datei ohne Namen
files-picture = Bild: { $name }
files-picture-nameless = Bild ohne Namen
files-open-picture = Bild { $name } groß ansehen
files-size = { $size }
files-uploading = { $size } · wird gesendet, { $done } %
files-downloading = { $size } · wird geladen, { $done } %
files-not-uploaded = { $size } · nicht gesendet
files-saving = { $size } · wird gesichert …
files-saved = { $size } · an den Browser übergeben
files-fetch = Laden
files-retry = Nochmal laden
files-stop = Laden abbrechen
files-open = Ansehen
files-save = Sichern
files-do-to = { $what }: { $name }
files-bar-up = { $name } wird gesendet
files-bar-down = { $name } wird geladen
files-too-many = Eine Nachricht fasst höchstens 16 Dateien. Schick die übrigen mit der nächsten.
files-unreadable = { $name } lässt sich nicht lesen. Ordner musst du vorher in ein Archiv packen; sonst wähle die Datei noch einmal aus.
files-too-large = { $name } ist größer als 4 GB. Teile die Datei auf.
files-picture-too-large = { $name } ist als Bild zu groß (höchstens 67 MB), um daraus zu entfernen, wo und wann es entstand. Verkleinere es, oder schick es in einem Archiv.
files-picture-damaged = { $name } ist als Bild beschädigt; was es über Ort und Zeit verrät, lässt sich nicht entfernen. Schick es in einem Archiv, wenn es so gehen soll.
files-no-space = Auf diesem Gerät ist für Kuvert kein Platz mehr. Schaffe Platz und versuch es noch einmal; es ging nichts verloren.
files-unwritable = Die Dateien lassen sich auf diesem Gerät nicht ablegen. Lade die Seite neu und versuch es noch einmal.
files-failed-not-admitted = Das Relais nimmt von diesem Gerät gerade keine Dateien an. Versuch es morgen noch einmal.
files-failed-too-large = Die Datei ist größer, als das Relais annimmt. Schick eine kleinere oder mehrere Teile.
files-failed-no-room = Das Relais hat gerade keinen Platz dafür. Versuch es später noch einmal.
files-failed-gone = Das Relais hat die Datei nicht mehr. Lass sie dir noch einmal schicken.
files-failed-forged = Was das Relais hat, ist nicht das, was gesendet wurde, und wurde weggeworfen. Lass es dir noch einmal schicken.
files-failed-local = Die Datei lässt sich auf diesem Gerät nicht mehr lesen. Lade sie noch einmal.
files-failed-unsupported = So große Dateien kann dieser Browser nicht sichern (höchstens 268 MB). Nimm Chrome oder Edge, oder Kuvert im Terminal.

## Benachrichtigungen
notices-title = Benachrichtigungen
notices-something-new = Es wartet etwas Neues auf dich.
notices-off = Aus. Du siehst Neues, wenn du Kuvert öffnest.
notices-about = Ist Kuvert geschlossen, weckt dein Relais diesen Browser über den Benachrichtigungsdienst seines Herstellers. Der erfährt, dass und wann etwas für dich da ist, aber nicht was und von wem.
notices-on = An, auch wenn Kuvert geschlossen ist.
notices-starting = An. Dein Relais erfährt davon, sobald du verbunden bist.
notices-while-open = An, solange Kuvert im Hintergrund offen ist. Geschlossen weckt dich hier niemand: Dein Relais oder dieser Browser bietet es nicht an.
notices-failed = An, solange Kuvert im Hintergrund offen ist. Die Anmeldung beim Benachrichtigungsdienst deines Browsers oder bei deinem Relais ist nicht gelungen. Versuche es später noch einmal.
notices-denied = Dein Browser zeigt für diese Seite keine Benachrichtigungen. Erlaube sie in den Einstellungen der Seite: Du findest sie über das Zeichen links neben der Adresse. Komm dann hierher zurück.
notices-unsupported = Dieser Browser zeigt keine Benachrichtigungen. Auf iPhone und iPad füge Kuvert zuerst zum Home-Bildschirm hinzu und öffne es von dort.
notices-turn-on = Einschalten
notices-turn-off = Ausschalten
notices-try-again = Nochmal versuchen
notices-detail = Was sie zeigen, wenn Kuvert im Hintergrund offen ist
notices-detail-none = Nur, dass etwas da ist
notices-detail-all = Name und Text
notices-detail-hint = Ist Kuvert geschlossen, zeigen sie nie mehr, als dass etwas da ist.

# Formulare eines Anschlusses
form-heading = Formular
form-open = Formulare
form-or = Direkt zum Formular, oder schreib einfach eine Nachricht
form-optional = (freiwillig)
form-gone = Dieses Formular gibt es nicht mehr.
form-private = Was du hier einträgst, kann nur das Team von { $name } lesen.
form-send = Absenden
form-sending = Wird gesendet …
form-later = Dieses Feld kennt erst eine neuere Version von Kuvert. Lade die Seite neu, oder schreib eine Nachricht.
form-day = Tag
form-time = Uhrzeit
form-product = PZN oder Name
form-quantity = Anzahl
form-product-add = Noch ein Produkt
form-product-remove = Produkt entfernen
form-photo-add = Foto hinzufügen
form-file-add = Datei hinzufügen
form-wrong-fill-in = Bitte füll dieses Feld aus.
form-wrong-characters = Bitte höchstens { $max } Zeichen.
form-wrong-lines = Bitte höchstens { $max } Zeilen.
form-wrong-shorten = Das ist zusammen zu lang. Bitte kürz die längsten Antworten.
form-wrong-visible = Hier stehen unsichtbare Zeichen. Bitte schreib es neu.
form-wrong-choose = Bitte wähl etwas aus.
form-wrong-between = Bitte eine Zahl von { $min } bis { $max }.
form-wrong-day = Bitte wähl einen Tag.
form-wrong-time = Bitte wähl eine Uhrzeit.
form-wrong-most = Bitte höchstens { $max }.
form-wrong-product = Bitte gib zu jedem Produkt die PZN oder den Namen an.
form-wrong-pzn = Diese PZN stimmt nicht. Bitte vergleich sie mit der Packung.
form-wrong-attach = Bitte füg die Dateien noch einmal hinzu.
form-wrong-agree = Bitte stimm zu; sonst geht es nicht weiter.
request-state = Stand:
request-appointment = { $from } bis { $to }
## Bevor etwas an einen Anschluss geht
guard-heading = Wirklich senden?
guard-text = Das sieht nach etwas aus, das nicht in einen Chat gehört. Der Anschluss bittet darum, vorher nachzusehen.
guard-iban = IBAN
guard-card = Nummer einer Bankkarte
guard-insurance = Versichertennummer
guard-tax = Steuernummer
guard-prescription = Zugang zu einem E-Rezept
guard-anyway = Trotzdem senden
guard-change = Ändern
guard-refused-heading = Das wird nicht gesendet
guard-refused-text = Der Zugang zu einem E-Rezept darf nicht per Chat weitergegeben werden (§ 360 SGB V). Nimm stattdessen die Gesundheitskarte, die E-Rezept-App oder den Ausdruck. Dein Text steht noch da.
guard-understood = Verstanden

## Was man von einem Anschluss verlangen kann
rights-heading = Deine Rechte
rights-export = Alles sichern, was hier gesagt wurde
rights-erase = Alles löschen und Löschung verlangen
rights-erase-heading = Alles mit { $name } löschen?
rights-erase-text = Auf diesem Gerät wird alles gelöscht, was hier gesagt wurde. Der Anschluss wird gebeten, auch bei sich alles zu löschen, was er von dir hat; behalten darf er nur, was das Gesetz verlangt, etwa Rechnungen.
rights-erase-sure = Alles löschen
rights-erase-words = Bitte löscht alles, was ihr von mir habt (Art. 17 DSGVO). Einwilligungen nehme ich zurück.
form-slots-hint = Was frei war, als wir zuletzt davon hörten. Sicher ist es mit der Bestätigung.
form-slots-none = Gerade ist nichts frei. Öffne den Link noch einmal, um nachzusehen, oder schreib einfach eine Nachricht.
form-seats-free = Noch frei: { $seats }
form-seats-none = Gerade ist nichts frei. Öffne den Link noch einmal, um nachzusehen.
request-calendar = In meinen Kalender
request-ticket = Karte als QR-Code
request-ticket-hint = Am Eingang vorzeigen

move-section = Auf ein anderes Gerät umziehen
move-text = Alle Gespräche gehen dort weiter und werden hier gelöscht. Dateien lassen sich dort öffnen, solange das Relais sie hat: 30 Tage. Benachrichtigungen musst du dort neu einschalten.
move-begin = Auf ein anderes Gerät umziehen
move-sure = Ab jetzt lässt sich hier nichts lesen und schreiben, bis das andere Gerät alles hat oder du den Umzug beendest.
moving-heading = Kuvert zieht um
moving-text = Öffne den Link auf dem anderen Gerät, innerhalb von 30 Tagen. Bis dahin wartet alles hier.
moving-show = Link zeigen
moving-qr = QR-Code mit dem Link des Umzugs
moving-qr-hint = Scanne ihn mit der Kamera des anderen Geräts.
moving-secret = Wer diesen Link hat, bekommt alles: alle Gespräche und deinen Namen. Zeig ihn niemandem.
moving-leaving = Unterwegs: { $percent } %
moving-stay = Auf diesem Gerät bleiben
moved-heading = Umgezogen
moved-text = Das andere Gerät hat jetzt alles. Hier ist es gelöscht.
moved-done = Fertig
arrival-heading = Auf diesem Gerät weitermachen?
arrival-text = Deine Gespräche vom anderen Gerät kommen hierher und werden dort gelöscht.
arrival-warning = Mach nur weiter, wenn du diesen Link gerade von deinem eigenen anderen Gerät hast. Mit dem Link von jemand anderem würdest du unter dessen Identität schreiben.
arrival-take = Alles hierher umziehen
arrival-coming = Kommt: { $percent } %
arrival-leave = Jetzt nicht
move-undecided = Noch steht nicht fest, welches Gerät weitermacht: das andere wurde dabei unterbrochen. Versuch es später wieder; bis morgen steht es fest.
move-fault-gone = Unter diesem Link ist nichts mehr: Er wurde schon benutzt, das andere Gerät ist geblieben, oder er ist älter als 30 Tage.
move-fault-forged = Was ankam, ist nicht, was geschickt wurde. Beginne den Umzug am anderen Gerät noch einmal.
move-fault-too-large = Es ist zu viel für einen Umzug.
move-fault-refused = Das Relais nimmt es gerade nicht an. Versuch es später wieder.
move-fault-locked = Hier sperrt eine Passphrase Kuvert. Nimm sie zuerst weg, und setz auf dem anderen Gerät wieder eine.
move-fault-passing = Dieser Browser bewahrt nichts auf. Deshalb lässt sich nichts von hier oder hierher umziehen.
move-fault-in-use = In diesem Browser gibt es schon ein Profil. Nimm einen anderen Browser, oder zieh zuerst mit diesem um.
move-fault-database = Dieser Browser kann seine Datenbank gerade nicht lesen oder schreiben.
move-fault-long-ago = Mehr als 25 Tage sind vergangen, und das Relais weiß vielleicht nicht mehr, ob das andere Gerät weitergemacht hat. Wenn nicht, drück noch einmal „Auf diesem Gerät bleiben“. Wenn doch, dann nicht: Nachrichten gingen verloren.
failure-moving = Kuvert zieht auf ein anderes Gerät um. Bis dahin geht hier nichts.
