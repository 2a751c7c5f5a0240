//! Forms of cinemas, restaurants and taxis.

use super::{End, LINE, MOMENT, appointment_flow, choice, field, flow, form, note};
use crate::form::{FieldKind, Form};
use crate::request::StatusFlow;
use crate::text::Text;

/// Seats at a performance. Who comes need not say who they are: the ticket is enough.
pub(super) fn tickets() -> Form {
    let statuses = flow(
        &[
            ("new", "Eingegangen", "Received", End::Goes),
            ("held", "Für kurze Zeit vorgemerkt", "Held for a short time", End::Goes),
            ("confirmed", "Reserviert", "Reserved", End::Goes),
            ("done", "Abgeholt", "Picked up", End::Done),
            ("expired", "Nicht abgeholt", "Not picked up", End::Done),
            ("declined", "Leider ausverkauft", "Sold out", End::Done),
            ("cancelled", "Storniert", "Cancelled", End::Done),
        ],
        &[(0, 1), (0, 2), (0, 5), (0, 6), (1, 2), (1, 4), (1, 6), (2, 3), (2, 4), (2, 6)],
    );
    let fields = vec![
        field("event", "Welche Vorstellung?", "Which performance?", LINE).needed(),
        field("when", "Wann?", "When?", MOMENT).needed(),
        field("seats", "Wie viele Plätze?", "How many seats?", FieldKind::Quantity { max: 10 }).needed(),
        field(
            "category",
            "Wo möchten Sie sitzen?",
            "Where would you like to sit?",
            choice(
                false,
                &[
                    ("any", "Egal", "Anywhere"),
                    ("front", "Vorn", "In front"),
                    ("middle", "In der Mitte", "In the middle"),
                    ("back", "Hinten", "At the back"),
                    ("aisle", "Am Gang", "At the aisle"),
                ],
            ),
        ),
        field(
            "access",
            "Was brauchen Sie?",
            "What do you need?",
            choice(
                true,
                &[
                    ("wheelchair", "Rollstuhlplatz", "A place for a wheelchair"),
                    ("companion", "Platz für eine Begleitperson", "A seat for a companion"),
                    ("hearing", "Induktive Höranlage", "An induction loop"),
                ],
            ),
        ),
        field(
            "discount",
            "Ermäßigte Karten",
            "Tickets at a reduced price",
            FieldKind::Number { min: 0, max: 10, unit: Text::default() },
        )
        .help("Den Nachweis zeigen Sie bitte am Einlass.", "Please show the proof at the entrance."),
        note(),
    ];
    form(
        "tickets",
        Text::both("Plätze reservieren", "Reserve seats"),
        Text::both(
            "Wir halten Ihnen die Plätze frei und senden Ihnen eine Karte mit Code. Bitte beachten Sie die \
             Altersfreigabe.",
            "We hold the seats for you and send you a ticket with a code. Please mind the age rating.",
        ),
        fields,
        statuses,
    )
    .kept(7)
}

/// A table at a restaurant.
pub(super) fn table() -> Form {
    let fields = vec![
        field("when", "Wann?", "When?", MOMENT).needed(),
        field("persons", "Wie viele Personen?", "How many persons?", FieldKind::Quantity { max: 30 })
            .needed(),
        field("name", "Auf welchen Namen?", "In which name?", LINE).needed(),
        field(
            "place",
            "Wo möchten Sie sitzen?",
            "Where would you like to sit?",
            choice(
                false,
                &[
                    ("any", "Egal", "Anywhere"),
                    ("inside", "Drinnen", "Inside"),
                    ("outside", "Draußen", "Outside"),
                ],
            ),
        ),
        field(
            "needs",
            "Was brauchen Sie?",
            "What do you need?",
            choice(
                true,
                &[
                    ("high-chair", "Kinderstuhl", "A high chair"),
                    ("step-free", "Stufenloser Zugang", "Step-free access"),
                    ("dog", "Platz für einen Hund", "Room for a dog"),
                ],
            ),
        ),
        note().help(
            "Unverträglichkeiten können Sie uns auch vor Ort sagen.",
            "You can also tell us of intolerances at the table.",
        ),
    ];
    form(
        "table",
        Text::both("Tisch reservieren", "Reserve a table"),
        Text::both(
            "Die Reservierung gilt, wenn wir sie bestätigt haben.",
            "The reservation stands when we have confirmed it.",
        ),
        fields,
        appointment_flow(),
    )
    .kept(7)
}

/// A ride, which goes to the first driver who takes it.
pub(super) fn ride() -> Form {
    let fields = vec![
        field("from", "Wo sollen wir Sie abholen?", "Where should we pick you up?", FieldKind::Place)
            .needed(),
        field("to", "Wohin möchten Sie?", "Where would you like to go?", FieldKind::Place),
        field("when", "Wann?", "When?", MOMENT).help(
            "Leer lassen, wenn Sie sofort fahren möchten.",
            "Leave it empty if you would like to go now.",
        ),
        field("persons", "Wie viele Personen?", "How many persons?", FieldKind::Quantity { max: 8 }).needed(),
        field(
            "luggage",
            "Was kommt mit?",
            "What comes along?",
            choice(
                true,
                &[
                    ("bags", "Koffer oder Taschen", "Suitcases or bags"),
                    ("bulky", "Sperriges", "Something bulky"),
                    ("pram", "Kinderwagen", "A pram"),
                    ("walker", "Rollator oder faltbarer Rollstuhl", "A walker or a folding wheelchair"),
                    (
                        "wheelchair",
                        "Rollstuhl, in dem jemand sitzen bleibt",
                        "A wheelchair in which somebody stays seated",
                    ),
                    ("child-seat", "Kindersitz wird gebraucht", "A child seat is needed"),
                    ("animal", "Ein Tier", "An animal"),
                ],
            ),
        ),
        field(
            "payment",
            "Wie möchten Sie bezahlen?",
            "How would you like to pay?",
            choice(
                false,
                &[
                    ("cash", "Bar", "Cash"),
                    ("card", "Mit Karte", "By card"),
                    ("invoice", "Auf Rechnung", "On account"),
                ],
            ),
        )
        .needed(),
        note(),
    ];
    let ride = form(
        "ride",
        Text::both("Taxi bestellen", "Order a taxi"),
        Text::both(
            "Ihre Fahrt geht an die Wagen in Ihrer Nähe. Es gilt der Taxitarif.",
            "Your ride is offered to the cars near you. The taxi tariff applies.",
        ),
        fields,
        ride_flow(),
    );
    Form { dispatch: true, ..ride }.kept(1)
}

/// A ride that is offered, taken, and driven to its end.
fn ride_flow() -> StatusFlow {
    flow(
        &[
            ("new", "Wir suchen einen Wagen", "Looking for a car", End::Goes),
            ("accepted", "Ein Wagen übernimmt die Fahrt", "A car takes the ride", End::Goes),
            ("arrived", "Der Wagen ist da", "The car is there", End::Goes),
            ("on-board", "Unterwegs", "On the way", End::Goes),
            ("done", "Beendet", "Finished", End::Done),
            ("no-car", "Leider kein Wagen frei", "No car available", End::Done),
            ("no-show", "Niemand angetroffen", "Nobody there", End::Done),
            ("cancelled", "Storniert", "Cancelled", End::Done),
        ],
        &[(0, 1), (0, 5), (0, 7), (1, 0), (1, 2), (1, 7), (2, 3), (2, 6), (2, 7), (3, 4)],
    )
}
