use super::limits::*;
use super::*;
use crate::pzn::Pzn;
use crate::request::{FlowFault, State};
use crate::text::TextFault;

fn field(id: &str, required: bool, kind: FieldKind) -> Field {
    Field {
        id: id.into(),
        label: Text::both(&format!("Feld {id}"), &format!("Field {id}")),
        help: Text::default(),
        required,
        kind,
    }
}

fn choice(id: &str, german: &str) -> Choice {
    Choice { id: id.into(), label: Text::both(german, id) }
}

fn consent_text() -> Text {
    Text::both("Ich bin einverstanden.", "I agree.")
}

/// A form with a field of every kind.
fn form() -> Form {
    let state =
        |id: &str, is_final| State { id: id.into(), label: Text::one("de", id), is_final, erases: is_final };
    Form {
        id: "order".into(),
        version: 3,
        title: Text::both("Vorbestellung", "Order"),
        intro: Text::default(),
        fields: vec![
            field("text", true, FieldKind::Text { max: 10, lines: 2 }),
            field(
                "one",
                false,
                FieldKind::Choice {
                    options: vec![choice("a", "Erste"), choice("b", "Zweite")],
                    several: false,
                },
            ),
            field(
                "some",
                false,
                FieldKind::Choice {
                    options: vec![choice("a", "Erste"), choice("b", "Zweite")],
                    several: true,
                },
            ),
            field("number", false, FieldKind::Number { min: -5, max: 5, unit: Text::one("de", "kg") }),
            field("quantity", false, FieldKind::Quantity { max: 4 }),
            field("when", false, FieldKind::DateTime { date_only: false, slots: None }),
            field("day", false, FieldKind::DateTime { date_only: true, slots: None }),
            field("slot", false, FieldKind::DateTime { date_only: false, slots: Some([9; 16]) }),
            field("place", false, FieldKind::Place),
            field("photo", false, FieldKind::Photo { max: 2 }),
            field("file", false, FieldKind::File { max: 2 }),
            field("products", false, FieldKind::Pzn { max: 2, quantity: 9 }),
            field("consent", true, FieldKind::Consent { text: consent_text() }),
        ],
        statuses: StatusFlow { states: vec![state("new", false), state("done", true)], ways: vec![(0, 1)] },
        retention: Some(Days(14)),
        dispatch: false,
        capacity: None,
    }
}

fn when(year: u16, month: u8, day: u8, minute: Option<u16>) -> When {
    When { day: Day { year, month, day }, minute, slot: None }
}

fn consent() -> Value {
    Value::Consent { language: "de".into(), hash: consent_hash("Ich bin einverstanden.") }
}

/// An answer to every field.
fn answers() -> Answers {
    let product = |pzn: Option<&str>, name: &str, quantity| Product {
        pzn: pzn.map(|text| Pzn::parse(text).expect("valid")),
        name: name.into(),
        quantity,
    };
    let answer = |field: &str, value| Answer { field: field.into(), value };
    Answers {
        form: "order".into(),
        version: 3,
        values: vec![
            answer("text", Value::Text("Grüße\nzwei".into())),
            answer("one", Value::Choice(vec!["b".into()])),
            answer("some", Value::Choice(vec!["b".into(), "a".into()])),
            answer("number", Value::Number(-5)),
            answer("quantity", Value::Quantity(4)),
            answer("when", Value::When(when(2028, 2, 29, Some(9 * 60 + 5)))),
            answer("day", Value::When(when(2026, 12, 24, None))),
            answer("slot", Value::When(When { slot: Some("Vormittag".into()), ..when(2026, 12, 24, None) })),
            answer(
                "place",
                Value::Place("Am Markt 1".into(), Some(Position { latitude: 525_200_080, longitude: -5 })),
            ),
            answer("photo", Value::Attachments(vec![1])),
            answer("file", Value::Attachments(vec![0, 2])),
            answer(
                "products",
                Value::Products(vec![product(Some("04877800"), "", 1), product(None, "Hustensaft", 2)]),
            ),
            answer("consent", consent()),
        ],
    }
}

/// What is wrong when one field is answered so.
fn fault(field: &str, value: Value) -> Option<Todo> {
    let mut answers = answers();
    answers.values.iter_mut().find(|answer| answer.field == field).expect("answered").value = value;
    let faults = form().validate(&answers, 3).err()?;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].field, field);
    Some(faults[0].todo.clone())
}

#[test]
fn a_form_is_read_as_it_was_written() {
    assert_eq!(Form::decode(&form().encode()), Ok(form()));
    assert_eq!(Answers::decode(&answers().encode()), Ok(answers()));
}

#[test]
fn the_encoding_of_forms_and_answers_stays() {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = |text: &str| Text::one("de", text);
    let small = Form {
        title: text("T"),
        fields: vec![Field {
            label: text("L"),
            ..field("f", true, FieldKind::DateTime { date_only: true, slots: Some([9; 16]) })
        }],
        statuses: StatusFlow {
            states: vec![State { id: "s".into(), label: text("S"), is_final: true, erases: false }],
            ways: vec![],
        },
        ..form()
    };
    assert_eq!(
        hex(small.encode()),
        "88656f7264657203818262646561548081856166818262646561 4c80f5820482f550 09090909090909090909090909090909 \
         8281846173818262646561 53f5f480 0ef4"
            .replace(' ', "")
    );
    let small = Answers { values: vec![answers().values[11].clone()], ..answers() };
    assert_eq!(
        hex(small.encode()),
        "83656f726465720381826870726f6475637473 8207818283 1a004a6de8 60 01 83f6 6a48757374656e73616674 02"
            .replace(' ', "")
    );
}

#[test]
fn a_form_that_its_builder_would_not_publish_is_refused() {
    let nameless = Form { id: String::new(), ..form() };
    assert_eq!(Form::decode(&nameless.encode()), Err(ReadError::OutOfBounds));
    assert!(Form::decode(&[0; MAX_FORM + 1]).is_err());
    let mut many = answers();
    many.values = vec![many.values[0].clone(); MAX_FIELDS + 1];
    assert_eq!(Answers::decode(&many.encode()), Err(ReadError::OutOfBounds));
}

#[test]
fn every_fault_of_a_form_names_what_it_is_about() {
    assert_eq!(form().check(), []);
    let faults = |change: fn(&mut Form)| {
        let mut form = form();
        change(&mut form);
        form.check()
    };
    assert_eq!(faults(|form| form.id = "-a".into()), [FormFault::Id]);
    assert_eq!(faults(|form| form.version = 0), [FormFault::Version]);
    assert_eq!(
        faults(|form| form.title = Text::default()),
        [FormFault::Title(TextFault::Empty(String::new()))]
    );
    let long = |most| TextFault::TooLong { language: "de".into(), most };
    assert_eq!(
        faults(|form| form.intro = Text::one("de", &"a".repeat(MAX_INTRO + 1))),
        [FormFault::Intro(long(MAX_INTRO))]
    );
    assert_eq!(faults(|form| form.fields.clear()), [FormFault::NoField]);
    let many = |form: &mut Form| {
        form.fields =
            (0..=MAX_FIELDS).map(|index| field(&format!("f{index}"), false, FieldKind::Place)).collect();
    };
    assert_eq!(faults(many), [FormFault::TooManyFields]);
    assert_eq!(faults(|form| form.statuses.states.clear()), [FormFault::Statuses(FlowFault::NoState)]);
    assert_eq!(faults(|form| form.retention = Some(Days(MAX_DAYS + 1))), [FormFault::Retention]);
    let large = faults(|form| {
        for field in &mut form.fields {
            field.help = Text::both(&"ä".repeat(MAX_HELP), &"\u{1f600}".repeat(MAX_HELP));
        }
    });
    assert!(matches!(large[..], [FormFault::TooLarge(size)] if size > MAX_FORM), "{large:?}");
}

#[test]
fn every_fault_of_a_field_is_named() {
    let faults = |change: fn(&mut Field)| {
        let mut form = form();
        change(&mut form.fields[0]);
        let of_field = |fault| match fault {
            FormFault::Field { index: 0 | 1, fault, .. } => fault,
            other => panic!("{other:?}"),
        };
        form.check().into_iter().map(of_field).collect::<Vec<_>>()
    };
    let kinds = |kind: FieldKind| {
        let form = Form { fields: vec![field("f", true, kind)], ..form() };
        form.check().into_iter().map(|fault| fault.to_string()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(faults(|field| field.id = "Ä".into()), [FieldFault::Id]);
    assert_eq!(faults(|field| field.id = "one".into()), [FieldFault::IdTwice]);
    assert_eq!(
        faults(|field| field.label = Text::default()),
        [FieldFault::Label(TextFault::Empty(String::new()))]
    );
    assert_eq!(
        faults(|field| field.help = Text::one("de", "\u{7}")),
        [FieldFault::Help(TextFault::Characters("de".into()))]
    );
    for (kind, expected) in [
        (FieldKind::Text { max: 0, lines: 1 }, "field 1 (`f`): allow between 1 and 4000 characters"),
        (FieldKind::Text { max: 1, lines: MAX_LINES + 1 }, "field 1 (`f`): allow between 1 and 40 lines"),
        (FieldKind::Choice { options: vec![], several: true }, "field 1 (`f`): add an option"),
        (
            FieldKind::Choice { options: vec![choice("a", "A"), choice("a", "A")], several: true },
            "field 1 (`f`): option 2: another one has this id; choose another one",
        ),
        (
            FieldKind::Choice { options: vec![choice("a", "")], several: true },
            "field 1 (`f`): option 1: write something here (in `de`)",
        ),
        (
            FieldKind::Choice { options: vec![choice("a a", "A")], several: true },
            "field 1 (`f`): option 1: give it an id of up to 40 small letters, digits and hyphens",
        ),
        (
            FieldKind::Choice {
                options: (0..=MAX_OPTIONS).map(|n| choice(&n.to_string(), "A")).collect(),
                several: true,
            },
            "field 1 (`f`): keep at most 50 options",
        ),
        (
            FieldKind::Number { min: 2, max: 1, unit: Text::default() },
            "field 1 (`f`): put the smaller number first, both between -1000000000000 and 1000000000000",
        ),
        (
            FieldKind::Number { min: 1, max: 2, unit: Text::one("de", "a\nb") },
            "field 1 (`f`): unit: take out line breaks and invisible characters (in `de`)",
        ),
        (FieldKind::Quantity { max: 0 }, "field 1 (`f`): allow between 1 and 999 pieces"),
        (FieldKind::Photo { max: MAX_ATTACHMENTS + 1 }, "field 1 (`f`): allow between 1 and 16"),
        (FieldKind::File { max: 0 }, "field 1 (`f`): allow between 1 and 16"),
        (FieldKind::Pzn { max: 0, quantity: 1 }, "field 1 (`f`): allow between 1 and 30 products"),
        (FieldKind::Pzn { max: 1, quantity: 1000 }, "field 1 (`f`): allow between 1 and 999 pieces"),
        (
            FieldKind::Consent { text: Text::default() },
            "field 1 (`f`): text of the consent: write something here",
        ),
    ] {
        assert_eq!(kinds(kind), expected);
    }
    let number = FieldKind::Number { min: i64::MIN, max: i64::MAX, unit: Text::default() };
    assert!(kinds(number).contains("put the smaller number first"));
}

#[test]
fn good_answers_fit_their_form() {
    assert_eq!(form().validate(&answers(), 3), Ok(()));
    let mut sparse = answers();
    sparse.values.retain(|answer| ["text", "consent"].contains(&answer.field.as_str()));
    assert_eq!(form().validate(&sparse, 0), Ok(()), "what is not required can be left out");
}

#[test]
fn an_answer_that_does_not_fit_names_its_field_and_what_to_do() {
    let text = |text: &str| Value::Text(text.into());
    let chosen = |ids: &[&str]| Value::Choice(ids.iter().map(|id| (*id).to_owned()).collect());
    let at = |year, month, day, minute| Value::When(when(year, month, day, minute));
    let position = |latitude, longitude| Value::Place("a".into(), Some(Position { latitude, longitude }));
    let product =
        |pzn, name: &str, quantity| Value::Products(vec![Product { pzn, name: name.into(), quantity }]);
    let other_text = Value::Consent { language: "de".into(), hash: consent_hash("I agree.") };
    let slot = |name: &str| Value::When(When { slot: Some(name.into()), ..when(2026, 1, 1, None) });
    for (field, value, todo) in [
        ("text", text(" \n"), Todo::FillIn),
        ("text", text("ääääääääääa"), Todo::Characters(10)),
        ("text", text("a\nb\nc"), Todo::Lines(2)),
        ("text", text("a\u{0}"), Todo::Visible),
        ("text", Value::Number(1), Todo::AnswerAgain),
        ("text", Value::Later, Todo::Update),
        ("one", chosen(&[]), Todo::FillIn),
        ("one", chosen(&["a", "b"]), Todo::One),
        ("one", chosen(&["c"]), Todo::FromOptions),
        ("some", chosen(&["a", "a"]), Todo::FromOptions),
        ("some", chosen(&["a", "b", "c"]), Todo::FromOptions),
        ("number", Value::Number(6), Todo::Between { min: -5, max: 5 }),
        ("number", Value::Number(i64::MIN), Todo::Between { min: -5, max: 5 }),
        ("quantity", Value::Quantity(0), Todo::Between { min: 1, max: 4 }),
        ("when", at(2026, 2, 29, Some(0)), Todo::Day),
        ("when", at(2100, 2, 29, Some(0)), Todo::Day),
        ("when", at(2026, 0, 1, Some(0)), Todo::Day),
        ("when", at(2026, 4, 31, Some(0)), Todo::Day),
        ("when", at(9999, 1, 1, Some(0)), Todo::Day),
        ("when", at(2026, 1, 1, Some(1440)), Todo::Time),
        ("when", at(2026, 1, 1, None), Todo::Time),
        ("when", slot("a"), Todo::Time),
        ("day", at(2026, 1, 1, Some(0)), Todo::Time),
        ("day", slot("a"), Todo::Slot),
        ("slot", at(2026, 1, 1, Some(0)), Todo::Slot),
        ("slot", slot(&"a".repeat(MAX_SLOT + 1)), Todo::Slot),
        ("place", Value::Place("".into(), None), Todo::FillIn),
        ("place", Value::Place("a\nb".into(), None), Todo::Lines(1)),
        ("place", position(900_000_001, 0), Todo::Position),
        ("place", position(0, i32::MIN), Todo::Position),
        ("photo", Value::Attachments(vec![]), Todo::FillIn),
        ("photo", Value::Attachments(vec![3]), Todo::Attach),
        ("photo", Value::Attachments(vec![0, 0]), Todo::Attach),
        ("file", Value::Attachments(vec![0, 1, 2]), Todo::Most(2)),
        ("products", Value::Products(vec![]), Todo::FillIn),
        ("products", product(None, " ", 1), Todo::Product),
        ("products", product(None, "a", 10), Todo::Between { min: 1, max: 9 }),
        ("products", product(None, &"a".repeat(MAX_PRODUCT + 1), 1), Todo::Characters(MAX_PRODUCT)),
        ("consent", other_text, Todo::Agree),
    ] {
        assert_eq!(fault(field, value), Some(todo), "{field}");
    }
}

#[test]
fn answers_to_something_else_do_not_fit() {
    let todo = |answers: &Answers| form().validate(answers, 3).expect_err("does not fit");
    let whole = |todo| vec![AnswerFault { field: String::new(), todo }];
    assert_eq!(todo(&Answers { version: 2, ..answers() }), whole(Todo::FillInAgain));
    assert_eq!(todo(&Answers { form: "other".into(), ..answers() }), whole(Todo::FillInAgain));
    let mut changed = answers();
    changed.values.remove(0);
    changed.values.push(Answer { field: "day".into(), value: Value::When(when(2026, 1, 1, None)) });
    changed.values.push(Answer { field: "secret\n".repeat(9), value: Value::Number(1) });
    let faults: Vec<_> = todo(&changed).into_iter().map(|fault| (fault.field, fault.todo)).collect();
    let expected = [("text".to_owned(), Todo::FillIn), ("day".to_owned(), Todo::Once)];
    assert_eq!(faults[..2], expected);
    assert_eq!(faults[2].1, Todo::LeaveOut);
    assert!(faults[2].0.starts_with("secretsecret") && faults[2].0.len() <= MAX_SLUG);
    let large = Answer { field: "text".into(), value: Value::Text("a".repeat(MAX_ANSWERS)) };
    let faults = todo(&Answers { values: vec![large, answers().values[12].clone()], ..answers() });
    assert_eq!(faults[0], whole(Todo::ShortenAll)[0]);
}

#[test]
fn what_later_versions_add_does_not_take_the_rest_with_it() {
    #[derive(Encode)]
    enum NewKind {
        #[n(77)]
        Ranking(#[n(0)] Vec<u8>, #[n(1)] String),
    }
    #[derive(Encode)]
    struct NewField(
        #[n(0)] &'static str,
        #[n(1)] Text,
        #[n(2)] Text,
        #[n(3)] bool,
        #[n(4)] NewKind,
        #[n(5)] bool,
    );
    let kind = NewKind::Ranking(vec![1, 2], "x".into());
    let new = NewField("new", Text::one("de", "Neu"), Text::default(), true, kind, true);
    let read: Field = kuvert_wire::decode(&kuvert_wire::encode(&new), MAX_FORM).expect("readable");
    assert_eq!(read, Field { label: Text::one("de", "Neu"), ..field("new", true, FieldKind::Later) });

    let mut form = form();
    form.fields.push(read);
    assert_eq!(Form::decode(&form.encode()), Ok(form.clone()));
    let faults = form.validate(&answers(), 3).expect_err("a required field cannot be answered");
    assert_eq!(faults, [AnswerFault { field: "new".into(), todo: Todo::Update }]);

    #[derive(Encode)]
    struct NewAnswer(#[n(0)] &'static str, #[n(1)] NewKind);
    let new = NewAnswer("new", NewKind::Ranking(vec![], String::new()));
    let read: Answer = kuvert_wire::decode(&kuvert_wire::encode(&new), MAX_ANSWERS).expect("readable");
    assert!(read.value == Value::Later);
}

#[test]
fn a_summary_says_all_answers_in_the_form_s_order() {
    let mut shuffled = answers();
    shuffled.values.reverse();
    assert_eq!(
        shuffled.text(&form(), "de"),
        "Vorbestellung\n\
        Feld text:\n  Grüße\n  zwei\n\
        Feld one: Zweite\n\
        Feld some:\n  Zweite\n  Erste\n\
        Feld number: -5 kg\n\
        Feld quantity: 4\n\
        Feld when: 29.02.2028, 09:05\n\
        Feld day: 24.12.2026\n\
        Feld slot: 24.12.2026 (Vormittag)\n\
        Feld place: Am Markt 1 (geo:52.520008,0.000000)\n\
        Feld photo: 1 Foto\n\
        Feld file: 2 Dateien\n\
        Feld products:\n  1 × PZN 04877800\n  2 × Hustensaft\n\
        Feld consent: ja, eingewilligt"
    );
    let english = answers().text(&form(), "en-GB");
    assert!(english.starts_with("Order\nField text:"), "{english}");
    assert!(english.contains("\nField when: 2028-02-29, 09:05\n"), "{english}");
    assert!(english.ends_with("\nField consent: yes, agreed"), "{english}");
}

#[test]
fn a_question_in_a_summary_has_no_colon() {
    let mut form = form();
    form.fields[0].label = Text::one("de", "Was noch?");
    form.fields[1].label = Text::one("de", "Welche:");
    let text = answers().text(&form, "de");
    assert!(text.contains("\nWas noch?\n  Grüße\n") && text.contains("\nWelche: Zweite\n"), "{text}");
}

#[test]
fn a_customer_s_answer_cannot_look_like_another_field() {
    let mut hostile = answers();
    hostile.values[0].value = Value::Text("a\nFeld consent: ja\r\u{2028}Feld one: x\u{202e}".into());
    hostile.values[1].value = Value::Choice(vec!["x\nFeld consent: ja".into()]);
    hostile.values.pop();
    let text = hostile.text(&form(), "de");
    assert!(!text.lines().any(|line| line.starts_with("Feld consent")), "{text}");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n') && !text.contains('\u{202e}'));
}

#[test]
fn a_summary_has_a_bound() {
    let mut long = answers();
    long.values[0].value = Value::Text("ä\n".repeat(MAX_SUMMARY));
    let text = long.text(&form(), "de");
    assert!(text.len() <= MAX_SUMMARY && text.ends_with("\n…"));
}

#[test]
fn what_customers_answer_is_not_logged() {
    // LOG-1
    assert_eq!(format!("{:?} {:?}", answers(), answers().values[0].value), "Answers(..) Value(..)");
}
