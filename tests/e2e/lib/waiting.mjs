// Waiting for what became of a message.

import assert from "node:assert/strict";
import { eventually } from "./harness.mjs";

/** Waits until the mark of an own message says what is expected. */
export async function expectDelivery(page, text, expected, timeout = 15_000) {
  const mark = page.getByTestId("message").filter({ hasText: text }).locator("[data-delivery]");
  await eventually(
    `"${text}" is ${expected}`,
    async () => expected.test(await mark.getAttribute("data-delivery", { timeout: 1_000 })),
    timeout,
  );
  assert.equal(await mark.count(), 1, `"${text}" is shown once`);
}
