//! Requests that go on by themselves: a ride goes to one driver, and the last seat to one customer.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::{case, hire, listen, stranger};
use crate::support::{Person, Relay};

/// Nothing here takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line with these forms, and the link to it.
fn open_line(dir: &tempfile::TempDir, relay: &Relay, forms: &str) -> (Person, String) {
    let owner = stranger(dir, "olga");
    case(&owner, &["create", "--name", "Line", "--person", "Olga", "--relay", &relay.origin()]);
    let description = dir.path().join("line.toml");
    let example = owner.text(&["desk", "publish", "--example"]).stdout;
    fs::write(&description, example.replace("forms = [\"call-back\"]", forms)).expect("writes");
    let file = description.to_str().expect("UTF-8");
    let link = case(&owner, &["publish", file])["link"].as_str().expect("a link").to_owned();
    (owner, link)
}

/// Asks again until it is so.
fn until(what: &str, mut ask: impl FnMut() -> Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let said = ask();
        if is_so(&said) {
            return said;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {said}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn has_offers(said: &Value) -> bool {
    said["offers"].as_array().is_some_and(|all| !all.is_empty())
}

fn has_rows(said: &Value) -> bool {
    said["rows"].as_array().is_some_and(|all| !all.is_empty())
}

#[test]
fn a_ride_goes_to_the_first_driver_and_the_second_one_is_told_who_has_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay, "forms = [\"ride\"]");
    let anne = hire(&dir, &owner, "Anne", "agent");
    let bert = hire(&dir, &owner, "Bert", "agent");
    for driver in [&anne, &bert] {
        case(driver, &["duty", "on"]);
    }
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    let online = listen(&owner);
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    for driver in [&anne, &bert] {
        until("the customer", || case(driver, &["queue"]), has_rows);
    }
    drop(online);
    let order = ["--answer", "from=Hauptstraße 1", "--answer", "persons=2", "--answer", "payment=cash"];
    carla.run(&[&["form", "Line", "ride"], order.as_slice()].concat()).json();

    // Nobody has to offer it by hand.
    let offered = until("an offer", || case(&anne, &["offers"]), has_offers);
    assert_eq!(offered["offers"][0]["for_you"], true, "{offered}");
    assert!(offered["offers"][0]["text"].as_str().is_some_and(|text| text.contains("Hauptstraße 1")));
    until("the same offer", || case(&bert, &["offers"]), has_offers);
    let first = case(&anne, &["take", "Carla"]);
    assert_eq!(first["mine"], true, "{first}");
    let second = case(&bert, &["take", "Carla"]);
    assert_eq!((&second["mine"], &second["claimed_by"]), (&json!(false), &json!("Anne")));
    assert!(!has_offers(&case(&bert, &["offers"])));
    // The customer is told, once.
    case(&anne, &["offers"]);
    assert_eq!(carla.hear(1), ["A car takes the ride"]);
    let asked = case(&owner, &["request", "Carla"]);
    assert_eq!(asked["requests"][0]["state"], "A car takes the ride", "{asked}");
}

#[test]
fn a_ride_that_nobody_takes_in_time_is_offered_to_every_agent() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay, "forms = [\"call-back\"]");
    let anne = hire(&dir, &owner, "Anne", "agent");
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    let online = listen(&owner);
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    until("the customer", || case(&anne, &["queue"]), has_rows);
    drop(online);
    let forms = carla.run(&["form", "Line"]).json();
    let fields = forms["forms"][0]["fields"].as_array().expect("fields").clone();
    let mut call = vec!["form".to_owned(), "Line".into(), "call-back".into()];
    for field in fields.iter().filter(|field| field["required"] == true) {
        let value = match field["kind"].as_str() {
            Some("choice") => field["options"][0][0].as_str().unwrap_or_default(),
            Some("consent") => "yes",
            _ => "0",
        };
        call.extend(["--answer".into(), format!("{}={value}", field["id"].as_str().expect("an id"))]);
    }
    carla.run(&call.iter().map(String::as_str).collect::<Vec<_>>()).json();
    // Offered by hand to one who is not there.
    case(&owner, &["offer", "Carla", "--to", "Olga", "--for", "1"]);
    let escalated = until("an escalation", || case(&anne, &["offers"]), has_offers);
    assert_eq!(escalated["offers"][0]["escalated"], true, "{escalated}");
    assert_eq!(case(&anne, &["decline", "Carla"])["mine"], false);
    assert!(!has_offers(&case(&anne, &["offers"])));
    assert!(has_offers(&case(&owner, &["offers"])), "a supervisor sees it still");
    assert_eq!(case(&owner, &["take", "Carla"])["mine"], true);
}

#[test]
fn two_customers_never_get_the_same_last_seat() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay, "forms = [\"tickets\"]");
    let anne = hire(&dir, &owner, "Anne", "agent");
    case(&owner, &["seats", "add", "Casablanca", "--seats", "Parkett=3", "--when", "2099-05-31 20:00-22:00"]);
    let used = case(&owner, &["seats", "use", "Casablanca", "tickets"]);
    assert_eq!(used["seats"][0]["forms"], json!(["tickets"]), "{used}");

    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    let dora = Person::new(&dir, "dora", "Dora", &relay.origin());
    let order = ["--answer", "event=Casablanca", "--answer", "when=2099-05-31T20:00", "--answer", "seats=2"];
    let devices = [listen(&owner), listen(&anne)];
    for customer in [&carla, &dora] {
        customer.run(&["contact", "add", &link, "--message", "Hello"]).json();
    }
    for customer in [&carla, &dora] {
        customer.run(&[&["form", "Line", "tickets"], order.as_slice()].concat()).json();
    }
    let told = [carla.hear(1), dora.hear(1)];
    drop(devices);
    let (winner, at) = if told[0][0].starts_with("Reserved") { ("Carla", 0) } else { ("Dora", 1) };
    assert!(told[at][0].starts_with("Reserved"), "{told:?}");
    assert_eq!(told[1 - at][0], "Sold out\nSorry, that is already taken. Still free: Parkett (1)");

    let shown = case(&anne, &["seats", "show"]);
    assert_eq!(
        (&shown["seats"][0]["lots"][0]["free"], &shown["seats"][0]["lots"][0]["confirmed"]),
        (&json!(1), &json!(2))
    );
    // The ticket lets its holder in once.
    let words = told[at][0].lines().last().expect("a ticket").to_owned();
    let code = words.split_whitespace().find(|word| word.starts_with("KT-")).expect("a code");
    assert_eq!(case(&anne, &["ticket", code])["name"], winner);
    assert_eq!(case(&anne, &["ticket", "KT-NONE"])["ticket"], "unknown");
    assert_eq!(case(&anne, &["ticket", code, "--admit"])["admitted"], true);
    assert_eq!(case(&owner, &["ticket", code])["ticket"], "used");
}

#[test]
fn what_is_free_is_on_the_card_and_who_cancels_gives_a_time_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&dir.path().join("relay"), &[]);
    let (owner, link) = open_line(&dir, &relay, "forms = [\"table\"]");
    let series =
        ["--first", "2099-06-01", "--last", "2099-06-01", "--on", "mon", "--from", "18:00", "--to", "20:00"];
    case(&owner, &[&["seats", "series", "Tables", "--length", "60"], series.as_slice()].concat());
    case(&owner, &["seats", "use", "Tables", "table"]);
    let carla = Person::new(&dir, "carla", "Carla", &relay.origin());
    carla.run(&["contact", "add", &link, "--message", "Hello"]).json();
    let forms = carla.run(&["form", "Line"]).json();
    let free = &forms["seats"][0]["lots"];
    assert_eq!(free, &json!([["2099-06-01 18:00-19:00", 1], ["2099-06-01 19:00-20:00", 1]]), "{forms}");
    let slot = "when=2099-06-01 18:00-19:00";
    let order =
        ["form", "Line", "table", "--answer", slot, "--answer", "persons=2", "--answer", "name=Muster"];
    carla.run(&order).json();
    let lots = |free: u32| move |said: &Value| said["seats"][0]["lots"][0]["free"] == free;
    until("a table", || case(&owner, &["seats", "show"]), lots(0));
    assert!(carla.hear(1)[0].starts_with("Confirmed\n2099-06-01, 18:00–19:00"));
    case(&owner, &["claim", "Carla"]);
    case(&owner, &["request", "Carla", "Cancelled"]);
    until("a free table", || case(&owner, &["seats", "show"]), lots(1));
}
