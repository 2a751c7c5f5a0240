// A business line from its customers' side: they open its link in a browser, the line answers from a terminal.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { DESKTOP, eventually, PHONE, World } from "./lib/harness.mjs";
import { message, request, say } from "./lib/journeys.mjs";
import { about, back } from "./lib/people.mjs";
import { pictures } from "./lib/pictures.mjs";
import { LIMIT, terminal } from "./lib/terminal.mjs";
import { expectDelivery } from "./lib/waiting.mjs";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY = 24 * 60;
/** Words of first contact with a person, who is asked before anything else. */
const ASKING = /Anfrage|annimmst|annimmt|request|accepts/i;

/** Minutes since midnight where lines are, in Germany. */
function minutes() {
  const shown = new Date().toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin" });
  const [hour, minute] = shown.split(":").map(Number);
  return hour * 60 + minute;
}

/** The same hours on each day, during and outside of which the test runs. */
const HOURS = {
  open: () => (minutes() + 120 < DAY ? [0, minutes() + 120] : [6 * 60, DAY]),
  closed: () => (minutes() + 180 < DAY ? [minutes() + 120, DAY] : [0, minutes() - 120]),
};

/** The example of a description with other hours: each day the same, and no holiday. */
function description(example, [from, to]) {
  const time = (at) => [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, "0")).join(":");
  const week = DAYS.map((day) => `${day} = "${time(from)}-${time(to)}"`);
  return [example.replace('kind = "other"', 'kind = "cinema"').split("[hours]")[0], "[hours]", ...week].join("\n");
}

/** A line with its one device, in a terminal, and its link for customers. */
async function openLine(world, hours) {
  const desk = terminal(world, "line");
  await desk("desk", "create", "--name", "Kino am Ring", "--person", "Olga", "--relay", world.relay.origin);
  const { example } = await desk("desk", "publish", "--example");
  const file = world.path("line.toml");
  await writeFile(file, description(example, hours));
  const { link } = await desk("desk", "publish", file);
  return { desk, link };
}

/** What the line shows of itself on the screen that is open. */
async function expectLine(page, said) {
  const line = page.getByTestId("line");
  await line.waitFor();
  for (const words of said) await line.getByText(words).first().waitFor();
}

test("a customer writes to a line at once and is answered", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t);
  const { desk, link } = await openLine(world, HOURS.open());
  const carla = await world.browser("carla", { locale: "de-DE", viewport: DESKTOP });
  const page = await carla.open(link);
  await page.getByRole("heading", { level: 1, name: "Schreib an Kino am Ring" }).waitFor();
  await expectLine(page, [
    "Kino",
    /^Jetzt erreichbar, bis (.+ )?\d\d:\d\d$/,
    "Guten Tag! Wie können wir helfen?",
    "Das Team von Kino am Ring liest, was du schreibst.",
    /^30 Tage, nachdem dein Anliegen erledigt ist, wird die Unterhaltung auf beiden Seiten gelöscht\.$/,
  ]);
  assert.doesNotMatch(await page.locator("main").innerText(), ASKING, "nobody has to accept");
  const imprint = page.getByText("12345 Musterstadt");
  assert.ok(await imprint.isHidden(), "the imprint is folded");
  await page.getByText("Impressum", { exact: true }).click();
  await imprint.waitFor();
  await page.getByText("Datenschutzhinweise").click();
  await page.getByText("Was Sie schreiben, liest nur unser Team.").waitFor();
  await carla.screenshot(page, "unfolded");
  await pictures(carla, page, "card", page.getByTestId("line"));

  await request(page, { name: "Carla", text: "Läuft heute noch etwas?" });
  assert.doesNotMatch(await page.locator("article").innerText(), ASKING);
  await page.getByText(/Außer dir kann sie nur das Team dort lesen/).waitFor();
  assert.equal(await page.getByTestId("line-away").count(), 0, "somebody is there");
  await say(page, "Am liebsten ein Film für Kinder.");
  await expectDelivery(page, "Am liebsten", /^(sent|delivered|read)$/);

  const [waiting] = await eventually("the line sees who waits", async () => {
    const { rows } = await desk("desk", "queue");
    return rows[0]?.last === "Am liebsten ein Film für Kinder." && rows;
  }, LIMIT);
  assert.equal(waiting.name, "Carla");
  await desk("desk", "claim", "Carla");
  assert.equal((await desk("send", "Carla", "Um 17 Uhr, in Saal 2.")).state, "sent");
  await message(page, "Um 17 Uhr, in Saal 2.").waitFor();
  await pictures(carla, page, "conversation", message(page, "Saal 2"));

  await about(page);
  await expectLine(page, ["Kino", /^Jetzt erreichbar/, "Impressum", "Datenschutzhinweise"]);
  await pictures(carla, page, "about", page.getByTestId("line"));
  await back(page);
  await message(page, "Saal 2").waitFor();
  world.assertQuiet();
});

test("who writes while nobody is there is told so", async (t) => {
  const world = await World.start(t);
  const { desk, link } = await openLine(world, HOURS.closed());
  const dora = await world.browser("dora", { locale: "en-GB", viewport: PHONE });
  const page = await dora.open(link);
  await expectLine(page, [
    "Cinema",
    /^Not available right now, back from (.+ )?\d\d:\d\d$/,
    "Hello! How can we help?",
    "The team of Kino am Ring reads what you write.",
  ]);
  await request(page, { name: "Dora", text: "Do you have popcorn?" });
  const away = page.getByTestId("line-away");
  await away.getByText("Nobody is here right now. We answer as soon as we open.").waitFor();
  await away.getByText(/Back from (.+ )?\d\d:\d\d\.$/).waitFor();
  await pictures(dora, page, "away", away);
  const { rows } = await desk("desk", "queue");
  assert.equal(rows[0].last, "Do you have popcorn?");

  // Who comes back is told again.
  await page.setViewportSize(PHONE);
  await page.reload();
  await away.waitFor();
  world.assertQuiet();
});
