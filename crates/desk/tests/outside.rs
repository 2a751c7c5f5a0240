//! What comes from outside breaks nothing: the fuzz target `form`, fed with what the templates encode to, damaged.

use kuvert_desk::form::{Answer, Answers, Value};
use kuvert_desk::imprint::Imprint;
use kuvert_desk::line::{LineKind, LineProfile, Readers};
use kuvert_desk::templates;
use proptest::prelude::*;

extern crate self as libfuzzer_sys;

// `no_main` says nothing in a module.
#[allow(unused_attributes)]
#[path = "../../../fuzz/fuzz_targets/form.rs"]
mod form;

/// A line that the templates made.
fn line(kind: LineKind) -> LineProfile {
    let mut line = LineProfile {
        version: 1,
        kind,
        name: "Muster am Markt".into(),
        imprint: Imprint::default(),
        privacy: Default::default(),
        languages: templates::LANGUAGES.map(str::to_owned).to_vec(),
        greeting: templates::greeting(kind),
        away: templates::away(kind),
        forms: templates::forms(kind),
        retention: templates::retention(kind),
        guard: 0,
        asks_satisfaction: false,
        answer_within: None,
        readers: Readers::WhoAnswers,
        origins: vec![],
        hours: None,
        seats: None,
    };
    line.privacy = templates::privacy_notice(&line);
    line
}

/// Answers under the names of a form's fields, of kinds that need not fit.
fn answers(kind: LineKind) -> Answers {
    let form = templates::forms(kind).remove(0);
    let values = [
        Value::Text("Guten Tag".into()),
        Value::Choice(vec!["any".into()]),
        Value::Number(7),
        Value::Quantity(2),
        Value::Place("Am Markt 1".into(), None),
        Value::Attachments(vec![0]),
    ];
    let answer = |(field, value): (&kuvert_desk::form::Field, &Value)| Answer {
        field: field.id.clone(),
        value: value.clone(),
    };
    Answers {
        form: form.id.clone(),
        version: form.version,
        values: form.fields.iter().zip(values.iter().cycle()).map(answer).collect(),
    }
}

/// Encodings that are whole.
fn whole() -> Vec<Vec<u8>> {
    let of_kind = |kind| {
        let forms = templates::forms(kind).into_iter().map(|form| form.encode());
        forms.chain([line(kind).encode(), answers(kind).encode()]).collect::<Vec<_>>()
    };
    LineKind::ALL.into_iter().flat_map(of_kind).collect()
}

#[test]
fn what_is_whole_is_taken() {
    for bytes in whole() {
        form::target(&bytes);
    }
    for kind in LineKind::ALL {
        assert!(LineProfile::decode(&line(kind).encode()).is_ok());
        assert!(Answers::decode(&answers(kind).encode()).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_damaged_breaks_nothing(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let whole = whole();
        let mut bytes = which.get(&whole).clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        form::target(&bytes);
    }

    #[test]
    fn what_is_anything_breaks_nothing(bytes in prop::collection::vec(any::<u8>(), 0..400), text in ".{0,60}") {
        form::target(&bytes);
        form::target(text.as_bytes());
    }
}

/// Of the target's body, a function. Stands last, so that the target finds it as it finds the real one: by its path.
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:block) => {
        pub(crate) fn target($bytes: &[u8]) {
            $body
        }
    };
}
