//! Opening hours as people write them: `8-12:30, 14-18`.

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Spans in minutes after midnight; `None` if it does not read as hours.
pub(crate) fn read(typed: &str) -> Option<Vec<(u16, u16)>> {
    let spans = typed.split([',', ';']).map(str::trim).filter(|span| !span.is_empty());
    spans
        .map(|span| {
            let (from, to) = span.split_once(['-', '–'])?;
            let (from, to) = (time(from)?, time(to)?);
            (from < to).then_some((from, to))
        })
        .collect()
}

fn time(typed: &str) -> Option<u16> {
    let (hours, minutes) = typed.trim().split_once([':', '.']).unwrap_or((typed.trim(), "0"));
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let at = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && at <= DAY).then_some(at)
}

/// The other way.
pub(crate) fn write(day: &[(u16, u16)]) -> String {
    let clock = |at: u16| format!("{:02}:{:02}", at / 60, at % 60);
    let spans: Vec<_> = day.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect();
    spans.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        assert_eq!(read("8-12:30, 14.00 – 18"), Some(vec![(480, 750), (840, 1080)]));
        assert_eq!(read(" "), Some(Vec::new()));
        assert_eq!(read("0-24"), Some(vec![(0, 1440)]));
        for wrong in ["8", "18-8", "8-25", "8:75-9", "from 8 to 9", "-", "8-99999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_was_read_is_written_back() {
        let day = vec![(480, 750), (840, 1080)];
        assert_eq!(read(&write(&day)), Some(day));
        assert_eq!(write(&[]), "");
    }
}
