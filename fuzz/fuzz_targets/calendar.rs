//! Calendars as servers send them: nothing panics, and what is read survives being written.

#![no_main]

use kuvert_desk::calendar::{Appointment, Status, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // Most inputs lack the line that every calendar begins with.
    for file in [text.clone().into_owned(), format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}\nEND:VEVENT\n")] {
        for entry in read(&file).unwrap_or_default() {
            assert!(!entry.uid.is_empty());
            let (Some(start), Some(end)) = (entry.start, entry.end) else { continue };
            let appointment = Appointment {
                uid: "a".to_owned(),
                sequence: entry.sequence,
                stamp: start,
                start,
                end,
                summary: entry.uid.clone(),
                description: text.clone().into_owned(),
                location: entry.uid,
                status: entry.status.unwrap_or(Status::Tentative),
                organizer: None,
                attendee: None,
                reminder: Some(entry.sequence),
            };
            let written = write(&appointment, None);
            assert!(written.split("\r\n").all(|line| line.len() <= 75));
            let again = read(&written).expect("what is written is a calendar");
            assert_eq!(again.len(), 1, "texts add no events");
            assert_eq!((again[0].uid.as_str(), again[0].start), ("a", Some(start)));
        }
    }
});
