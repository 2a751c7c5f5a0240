//! How much the line did, and how fast. Counted on this device; nothing is said of single members.

use kuvert_view::{DayView, LabelCountView, StatisticsView, ToolCommand};
use leptos::prelude::*;

use super::team_state::team;
use super::tools::post_tool;
use crate::dates;
use crate::i18n::{Lang, language, t, t1, text};
use crate::screens::desk::PaneHead;

/// Days that can be chosen.
const DAYS: [u16; 3] = [7, 30, 90];

/// The page.
#[component]
pub(super) fn StatisticsPage() -> impl IntoView {
    let shown = team().tools().statistics;
    let days = RwSignal::new(DAYS[1]);
    Effect::new(move |_| post_tool(ToolCommand::ShowStatistics { days: days.get() }));
    let choice = move |count: u16| {
        let words = t1("desk-statistics-days", "count", move || u32::from(count));
        view! {
            <button
                type="button"
                class="queue-filter"
                aria-pressed=move || (days.get() == count).to_string()
                on:click=move |_| days.set(count)
            >
                {words}
            </button>
        }
    };
    let counted = Memo::new(move |_| shown.get().filter(|shown| shown.days == days.get()));
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("desk-statistics")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="lead">{t("desk-statistics-text")}</p>
                <div class="queue-filters" role="group" aria-label=t("desk-statistics-period")>
                    {DAYS.map(choice)}
                </div>
                {move || counted.get().map(sheets)}
            </div>
        </article>
    }
}

fn sheets(view: StatisticsView) -> AnyView {
    let lang = language();
    let sum = |of: fn(&DayView) -> u32| view.by_day.iter().map(of).sum::<u32>();
    let took = view.first_answer;
    let facts = [
        ("desk-statistics-opened", sum(|day| day.opened)),
        ("desk-statistics-answered", sum(|day| day.answered)),
        ("desk-statistics-done", sum(|day| day.done)),
        ("desk-statistics-reopened", sum(|day| day.reopened)),
    ];
    view! {
        <section class="sheet">
            <dl class="figures" data-testid="figures">
                {facts.map(|(key, count)| view! { <div class="figure"><dt>{t(key)}</dt><dd>{count}</dd></div> })}
                <div class="figure">
                    <dt>{t("desk-statistics-first")}</dt>
                    <dd>{move || took.map_or_else(|| "–".to_owned(), |took| span(lang.get(), took))}</dd>
                </div>
            </dl>
            <p class="hint">{t("desk-statistics-first-hint")}</p>
        </section>
        {by_day(&view.by_day)}
        {(!view.labels.is_empty()).then(|| by_label(view.labels))}
        {(view.asks_satisfaction || view.scores.iter().sum::<u64>() > 0).then(|| scores(view.scores))}
    }
    .into_any()
}

/// A bar for each day, as a table for who does not see it.
fn by_day(days: &[DayView]) -> AnyView {
    let lang = language();
    let most = days.iter().map(|day| day.opened.max(day.answered)).max().unwrap_or(0).max(1);
    let row = |day: &DayView| {
        let (at, opened, answered) = (day.at, day.opened, day.answered);
        let height = |count: u32| format!("{}%", count * 100 / most);
        view! {
            <tr class="bars-day">
                <th scope="row"><span class="bars-name">{move || dates::day_of_year(lang.get(), at)}</span></th>
                <td class="bars-bar" style=("--part", height(opened))><span>{opened}</span></td>
                <td class="bars-bar bars-bar-is-second" style=("--part", height(answered))><span>{answered}</span></td>
            </tr>
        }
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-statistics-by-day")}</h2>
            <p class="bars-legend" aria-hidden="true">
                <span class="bars-key">{t("desk-statistics-opened")}</span>
                <span class="bars-key bars-key-is-second">{t("desk-statistics-answered")}</span>
            </p>
            <div class="bars-scroll" tabindex="0" role="region" aria-label=t("desk-statistics-by-day")>
                <table class="bars">
                    <thead class="hidden-words">
                        <tr>
                            <th scope="col">{t("desk-statistics-day")}</th>
                            <th scope="col">{t("desk-statistics-opened")}</th>
                            <th scope="col">{t("desk-statistics-answered")}</th>
                        </tr>
                    </thead>
                    <tbody>{days.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn by_label(labels: Vec<LabelCountView>) -> AnyView {
    let lang = language();
    let desk = team().desk();
    let row = move |one: LabelCountView| {
        let name = move || {
            desk.with(|desk| {
                let labels = desk.iter().flat_map(|desk| &desk.labels);
                let found = labels.into_iter().find(|label| label.id == one.label);
                found.map(|label| label.name.clone()).unwrap_or_default()
            })
        };
        let took = move || one.first_answer.map_or_else(|| "–".to_owned(), |took| span(lang.get(), took));
        view! { <tr><th scope="row"><bdi>{name}</bdi></th><td>{one.opened}</td><td>{took}</td></tr> }
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-statistics-by-label")}</h2>
            <table class="counts">
                <thead>
                    <tr>
                        <th scope="col">{t("desk-labels")}</th>
                        <th scope="col">{t("desk-statistics-opened")}</th>
                        <th scope="col">{t("desk-statistics-first")}</th>
                    </tr>
                </thead>
                <tbody>{labels.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn scores(counts: [u64; 5]) -> AnyView {
    let all = counts.iter().sum::<u64>().max(1);
    let row = |(score, count): (u32, u64)| {
        let part = format!("{}%", count * 100 / all);
        let words = t1("score-of-five", "count", move || score);
        view! {
            <tr>
                <th scope="row">{words}</th>
                <td class="score-bar" style=("--part", part)><span>{count.to_string()}</span></td>
            </tr>
        }
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-statistics-scores")}</h2>
            <table class="counts" data-testid="scores">
                <tbody>{(1..).zip(counts).collect::<Vec<_>>().into_iter().rev().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// A time in words, rounded up to minutes or, from two hours on, to hours.
fn span(lang: Lang, millis: i64) -> String {
    let minutes = u32::try_from((millis + 59_999) / 60_000).unwrap_or(u32::MAX);
    let (key, count) =
        if minutes < 120 { ("desk-minutes", minutes) } else { ("desk-hours-count", minutes.div_ceil(60)) };
    text(lang, key, &[("count", count.into())])
}
