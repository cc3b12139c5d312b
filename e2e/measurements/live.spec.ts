// Measures how long it takes from signing in to the conversations, and from a customer's request to the gateway's simulator
// to the screens of two agents who have the conversation open.

import type { Page } from "@playwright/test";

import { openNewConversation } from "../fixtures/conversation.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
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
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
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

test("signing in", async ({ page, server }) => {
  const waits: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    await page.context().clearCookies();
    await page.goto(`${server.url}/sign-in`);
    const signIn = new SignInPage(page);
    await signIn.button.waitFor();
    const started = Date.now();
    await signIn.signIn("bo");
    await page.getByRole("link", { name: /^Open conversation/ }).first().waitFor();
    waits.push(Date.now() - started);
  }
  waits.sort((a, b) => a - b);
  console.log(`From signing in to the conversations: median ${waits[5]} ms, longest ${waits[9]} ms`);
});
