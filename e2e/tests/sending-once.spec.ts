// One text stays one text, however impatient the agent is and whatever becomes of an answer: what counts is the
// gateway's ledger.

import { type Page, expect } from "@playwright/test";

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { MESSAGES, loseAnswer } from "../fixtures/answers.ts";
import type { Customer } from "../fixtures/customer.ts";
import { test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const CONVERSATIONS = "**/api/v1/conversations";
const CLOSURE = "**/api/v1/conversations/*/closure";

/** The idempotency keys of the replies that the page sends from now on. */
function keysOf(page: Page): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/messages"))
      keys.push(request.headers()["idempotency-key"] ?? "none");
  });
  return keys;
}

/** Waits until everything has been handed over, and expects exactly these texts in the ledger. */
async function expectLedger(page: Page, customer: Customer, bodies: string[]): Promise<void> {
  const messages = page.getByRole("region", { name: "Messages" });
  await expect(messages.getByText("✓✓")).toHaveCount(bodies.length);
  expect((await customer.received()).map((text) => text.body)).toEqual(bodies);
}

const composer = (page: Page) => ({
  box: page.getByRole("textbox", { name: "Message" }),
  send: page.getByRole("button", { name: "Send", exact: true }),
  lost: page.getByText("The server cannot be reached."),
});

test("impatience sends a reply once", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  const { box, send } = composer(page);
  const hold = async (...keys: string[]) => {
    for (const key of keys.slice(0, -1)) await page.keyboard.down(key);
    for (let times = 0; times < 6; times += 1) await page.keyboard.down(keys.at(-1)!);
    for (const key of keys.toReversed()) await page.keyboard.up(key);
  };
  const impatience: [string, () => Promise<void>][] = [
    ["a double click", () => send.dblclick()],
    ["three clicks", () => send.click({ clickCount: 3 })],
    ["Enter held down on the button", () => send.focus().then(() => hold("Enter"))],
    ["Ctrl+Enter held down", () => box.focus().then(() => hold("Control", "Enter"))],
  ];
  const bodies = impatience.map(([body]) => body);
  for (const [place, [body, act]] of impatience.entries()) {
    await box.fill(body);
    await act();
    await expectLedger(page, customer, bodies.slice(0, place + 1));
  }
});

test("the key belongs to the draft: it survives a reload, and changes only once the text was sent", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/messages");
  const [customer] = await texting({ page, context, desk });
  const { box, send, lost } = composer(page);
  const keys = keysOf(page);
  await page.route(MESSAGES, (route) => route.abort(), { times: 2 });
  await box.fill("Friday is fine");
  await send.click();
  await expect(lost).toBeVisible();
  await box.fill("Friday is fine with us");
  await send.click();
  await expect(lost).toBeVisible();
  await page.reload();
  await expect(box).toHaveValue("Friday is fine with us");
  await send.click();
  await expectLedger(page, customer, ["Friday is fine with us"]);
  await box.fill("Friday is fine with us");
  await send.click();
  await expectLedger(page, customer, ["Friday is fine with us", "Friday is fine with us"]);
  expect(keys).toHaveLength(4);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
});

test("a reply whose answer got lost is one text after a reload, and after a look at another conversation", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/messages");
  const { box, send, lost } = composer(page);
  const wanderings: [string, () => Promise<unknown>][] = [
    ["a reload", () => page.reload()],
    [
      "a look at another conversation",
      async () => {
        await page.getByRole("link", { name: "Conversations in progress" }).click();
        await expect(page.getByRole("heading", { name: "Conversations in progress" })).toBeVisible();
        await page.goBack();
      },
    ],
  ];
  for (const [body, wander] of wanderings) {
    const [customer] = await texting({ page, context, desk });
    await loseAnswer(page, MESSAGES);
    await box.fill(body);
    await send.click();
    await expect(lost).toBeVisible();
    await wander();
    await expect(box).toHaveValue(body);
    await send.click();
    await expect(box).toHaveValue("");
    await expectLedger(page, customer, [body]);
  }
});

test("another wording after a lost answer is held until the agent has seen that the first one went out", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/messages");
  problems.expect(422, "/messages");
  const [customer] = await texting({ page, context, desk });
  const { box, send, lost } = composer(page);
  await loseAnswer(page, MESSAGES);
  await box.fill("Friday is fine");
  await send.click();
  await expect(lost).toBeVisible();
  await box.fill("Friday is fine with us");
  await send.click();
  await expect(page.getByText("An earlier version of this message was sent already.")).toBeVisible();
  await expect(box).toHaveValue("Friday is fine with us");
  await expectLedger(page, customer, ["Friday is fine"]);
  await send.click();
  await expectLedger(page, customer, ["Friday is fine", "Friday is fine with us"]);
});

test("two tabs have one draft: what is typed in one stands in the other, and both together send it once", async ({
  page,
  context,
  desk,
}) => {
  const [customer, id] = await texting({ page, context, desk });
  const other = await context.newPage();
  const [here, there] = [composer(page), composer(other)];
  await here.box.fill("Friday");
  await other.goto(`/conversations/${id}`);
  await expect(there.box).toHaveValue("Friday");
  await here.box.fill("Friday is fine");
  await expect(there.box).toHaveValue("Friday is fine");
  await Promise.all([here.send.click(), there.send.click()]);
  await expectLedger(page, customer, ["Friday is fine"]);
  await expect(here.box).toHaveValue("");
  await expect(there.box).toHaveValue("");

  await here.box.fill("Until then");
  await other.reload();
  await expect(there.box).toHaveValue("Until then");
  await here.send.click();
  await expect(there.box).toHaveValue("");
  await expectLedger(page, customer, ["Friday is fine", "Until then"]);
});

test("a template chosen while a reply is on its way is a draft of its own", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  const { box, send } = composer(page);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(MESSAGES, (route) => released.then(() => route.continue()), { times: 1 });
  await box.fill("Friday is fine");
  await send.click();
  await page.getByRole("combobox", { name: "Template" }).selectOption("Greeting");
  release();
  await expectLedger(page, customer, ["Friday is fine"]);
  await expect(box).toHaveValue(/this is Ann from Collections/);
  await box.fill("Until then");
  await send.click();
  await expectLedger(page, customer, ["Friday is fine", "Until then"]);
});

test("an ad-hoc message that two tabs send at once is one text", async ({ page, context, desk }) => {
  const customer = desk.customer("Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  const here = new AdHocDialog(page, "Claims");
  await here.open();
  await here.address(customer.number, customer.shown);
  await here.message.fill("Your claim is settled");
  const other = await context.newPage();
  await other.goto("/");
  const there = new AdHocDialog(other, "Claims");
  await there.open();
  await expect(there.message).toHaveValue("Your claim is settled");
  await expect(there.dialog.getByText(customer.shown)).toBeVisible();
  await Promise.all([here.send.click(), there.send.click()]);
  await here.expectSent(customer.shown);
  await there.expectSent(customer.shown);
  await expect.poll(async () => (await customer.received()).length).toBe(1);
});

test("a closing whose answer got lost is one closing, and a double click is one too", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/api/v1/");
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/closure")) asked.push(request.headers()["idempotency-key"] ?? "none");
  });
  // The agent is quicker than the news of it.
  await page.route("**/api/v1/events", (route) => route.abort());
  await texting({ page, context, desk });
  const closing = page.getByRole("region", { name: "Close conversation" });
  await closing.getByLabel("Reason").selectOption("Payment arranged");
  await loseAnswer(page, CLOSURE);
  await closing.getByRole("button", { name: "Close conversation" }).dblclick();
  await expect(closing.getByText("The server cannot be reached.")).toBeVisible();
  await closing.getByRole("button", { name: "Close conversation" }).dblclick();
  await expect(page.getByText(/^Closed by Ann .* · Payment arranged$/)).toBeVisible();
  expect(new Set(asked).size).toBe(1);
});
