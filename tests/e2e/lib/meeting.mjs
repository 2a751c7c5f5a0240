// Anna and Ben get to know each other: how most journeys begin.

import { DESKTOP, PHONE, World } from "./harness.mjs";
import { accept, message, open, ownLink, request, say, start } from "./journeys.mjs";

export const HELLO = "Hallo Anna, hier ist Ben.";
export const ANSWER = "Schön, dass du schreibst, Ben!";

/** Anna on a desktop in German, Ben on a phone in English, and the request between them. */
export async function meet(t) {
  const world = await World.start(t);
  const anna = await world.browser("anna", { locale: "de-DE", viewport: DESKTOP });
  const ben = await world.browser("ben", { locale: "en-GB", viewport: PHONE });
  const annaPage = await anna.open("/");
  await start(annaPage, "Anna");
  const link = await ownLink(annaPage);
  const benPage = await ben.open(link);
  await request(benPage, { name: "Ben", text: HELLO });
  return { world, anna, ben, annaPage, benPage, link };
}

/** The same, and the request accepted: each has the other's first message. */
export async function befriend(t) {
  const met = await meet(t);
  await open(met.annaPage, "Ben");
  await accept(met.annaPage);
  await say(met.annaPage, ANSWER);
  await message(met.benPage, ANSWER).waitFor();
  return met;
}
