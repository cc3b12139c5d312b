// Measures how long a customer's message takes to the screen of an agent who has the conversation open, and to the row of
// another agent's queue: from the request to the gateway's simulator to the change of the page.

import type { Page } from "@playwright/test";

import { openNewConversation } from "../fixtures/conversation.ts";
import { test } from "../fixtures/test.ts";

const MESSAGES = 200;

/** Records when a text "Message n" first appears on the page. */
async function recordAppearances(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    Object.assign(window, { seen });
    new MutationObserver(() => {
      for (const [text] of document.body.innerText.matchAll(/Message \d+/g)) seen[text] ??= Date.now();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function appearances(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => (window as unknown as { seen: Record<string, number> }).seen);
}

test("a message on the screens of two agents", async ({ page, otherPage, server }) => {
  test.setTimeout(120_000);
  const { customer, id } = await openNewConversation(page, server);
  await otherPage.setViewportSize({ width: 1440, height: 900 });
  await server.openAs(otherPage, "cy", `/conversations/${id}`);
  for (const screen of [page, otherPage]) {
    await screen.getByRole("textbox", { name: "Message" }).waitFor();
    await recordAppearances(screen);
  }
  const sent: number[] = [];
  for (let n = 1; n <= MESSAGES; n += 1) {
    sent.push(Date.now());
    await customer.send(`Message ${n}`);
    await page.waitForTimeout(100);
  }
  await page.waitForTimeout(1_000);
  for (const [name, screen] of [["the page", page], ["the workspace", otherPage]] as const) {
    const seen = await appearances(screen);
    const waits = sent.flatMap((at, n) => (seen[`Message ${n + 1}`] ?? Infinity) - at).sort((a, b) => a - b);
    const at = (share: number) => waits[Math.ceil(waits.length * share) - 1];
    console.log(`A message on ${name}: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
  }
});
