//! What a line's card says, what customers answer to its forms and consent to, and what the line says about their requests.

#![no_main]

use kuvert_desk::consent::Consent;
use kuvert_desk::form::{Answers, Form, limits};
use kuvert_desk::line::LineProfile;
use kuvert_desk::pzn::Pzn;
use kuvert_desk::request::{RequestStatus, latest};
use kuvert_desk::score::Score;
use kuvert_desk::templates;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(form) = Form::decode(bytes) {
        assert_eq!(Form::decode(&form.encode()), Ok(form.clone()), "a form that was taken is taken again");
        let _ = form.check();
    }
    if let Ok(line) = LineProfile::decode(bytes) {
        assert_eq!(LineProfile::decode(&line.encode()), Ok(line.clone()), "so is a line");
        for language in templates::LANGUAGES {
            let _ = templates::privacy(&line, language);
        }
    }
    if let Ok(answers) = Answers::decode(bytes) {
        // Held against the templates under their own names, so that fields are looked at.
        for kind in kuvert_desk::line::LineKind::ALL {
            for form in templates::forms(kind) {
                let answers = Answers { form: form.id.clone(), version: form.version, ..answers.clone() };
                let _ = form.validate(&answers, 3);
                assert!(answers.text(&form, "de").len() <= limits::MAX_SUMMARY, "a summary has a bound");
            }
        }
    }
    if let Ok(score) = Score::decode(bytes) {
        assert_eq!(Score::decode(&score.encode()), Ok(score), "how it was as well");
    }
    if let Ok(consent) = Consent::decode(bytes) {
        assert_eq!(Consent::decode(&consent.encode()), Ok(consent.clone()), "what was consented to as well");
    }
    if let Ok(status) = RequestStatus::decode(bytes) {
        assert_eq!(RequestStatus::decode(&status.encode()), Ok(status.clone()));
        let flow = &templates::forms(kuvert_desk::line::LineKind::Taxi)[0].statuses;
        let _ = latest(flow, status.request, [&status, &status]);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(pzn) = Pzn::parse(text)
    {
        assert_eq!(Pzn::parse(&pzn.to_string()), Ok(pzn));
    }
});
