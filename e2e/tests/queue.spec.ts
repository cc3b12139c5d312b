// Conversations in progress: what stands there, in which order, and that nothing moves under the agent's hand.

import type { Locator, Page } from "@playwright/test";

import type { Conversation } from "../fixtures/agent.ts";
import { expect, test } from "../fixtures/test.ts";

const COLUMNS = ["Ref", "Name", "Number", "Last Message", "Next Action", "Link"];

function section(page: Page, team: string): Locator {
  return page.getByRole("region", { name: team, exact: true });
}

/** The rows of conversations, without the one of the column heads. */
function rows(within: Page | Locator): Locator {
  return within.locator("tbody").getByRole("row");
}

test("an agent of two teams sees a section for each, with counts and the columns in their order", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  for (const team of ["Collections", "Support"]) {
    await expect(section(page, team).getByRole("columnheader")).toHaveText(COLUMNS);
    const theirs = rows(section(page, team));
    const agent = await theirs.getByText("Agent", { exact: true }).count();
    const customer = await theirs.getByText("Customer", { exact: true }).count();
    await expect(section(page, team)).toContainText(`${agent} waiting for a reply · ${customer} with the customer`);
  }
});

test("those that need the agent come first, and the longest waiting first among them", async ({
  page,
  context,
  desk,
}) => {
  const first = desk.customer("Support");
  await first.text("I was first");
  await desk.customer("Support").text("I was second");
  await first.text("Hello? I was first");
  await desk.signIn(context, "bo");
  await page.goto("/");
  const byRule = (a: Conversation, b: Conversation) =>
    `${a.next_action} ${a.waiting_since}`.localeCompare(`${b.next_action} ${b.waiting_since}`) || a.id - b.id;
  const queue = await (await desk.agent("bo")).queue("Support");
  const expected = [...queue].sort(byRule).map((known) => new RegExp(`/conversations/${known.id}$`));
  await expect(rows(section(page, "Support"))).toHaveCount(expected.length);
  const links = await section(page, "Support").getByRole("link", { name: /^Open conversation/ }).all();
  for (const [place, address] of expected.entries()) await expect(links[place]!).toHaveAttribute("href", address);
});

test("somebody who is in no daily file has no ref and no name, and is reached by the link", async ({
  page,
  context,
  desk,
}) => {
  const stranger = desk.customer("Support");
  await stranger.text("Do you cover EH1?");
  await desk.signIn(context, "bo");
  await page.goto("/");
  const row = rows(page).filter({ hasText: stranger.shown });
  await expect(row.getByRole("cell")).toHaveText(["–", "–", stranger.shown, "just now", /^Agent/, /^Open/]);
  await row.getByRole("link", { name: `Open conversation with ${stranger.shown}` }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(stranger.shown);
  await expect(page.getByText("This number is not in the current daily file")).toBeVisible();
});

test("news waits while the pointer is over the rows, until R or until the pointer leaves", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  await rows(section(page, "Support")).first().hover();
  const [one, other] = [desk.customer("Support"), desk.customer("Support")];

  await one.text("Anybody there?");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(rows(page).filter({ hasText: one.shown })).toBeHidden();
  await page.keyboard.press("r");
  await expect(rows(page).filter({ hasText: one.shown })).toBeVisible();
  await expect(page.getByRole("button", { name: /new/ })).toBeHidden();

  await other.text("Anybody there?");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(rows(page).filter({ hasText: other.shown })).toBeHidden();
  await page.getByRole("heading", { level: 1 }).hover();
  await expect(rows(page).filter({ hasText: other.shown })).toBeVisible();
});

test("news waits while the focus is among the rows, and the button shows it", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  const link = section(page, "Support").getByRole("link").first();
  await link.focus();
  const customer = desk.customer("Support");
  await customer.text("Anybody there?");
  const button = page.getByRole("button", { name: "1 new" });
  await expect(button).toBeVisible();
  await expect(rows(page).filter({ hasText: customer.shown })).toBeHidden();
  await button.click();
  await expect(rows(page).filter({ hasText: customer.shown })).toBeVisible();
});

test("a reply from another desk moves the row to the customer's, and its count with it", async ({
  page,
  context,
  desk,
}) => {
  const customer = desk.customer("Support");
  await customer.text("Is it mended?");
  const bo = await desk.agent("bo");
  await desk.signIn(context, "bo");
  await page.goto("/");
  const row = rows(page).filter({ hasText: customer.shown });
  await expect(row).toContainText("Agent");
  await bo.reply((await bo.conversation("Support", customer.number)).id, "Yes, since noon.");
  await expect(row).toContainText("Customer");
});

test("a long section shows the rest on request, each conversation once", async ({ page, context, untouchedDesk }) => {
  const total = 60;
  const queue = await (await untouchedDesk.agent("cy")).queue("Claims");
  const missing = total - queue.length;
  await Promise.all(Array.from({ length: missing }, () => untouchedDesk.customer("Claims").text("Any news?")));
  await untouchedDesk.signIn(context, "cy");
  await page.goto(untouchedDesk.url);
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(total);
  await expect(page.getByRole("button", { name: /Show more/ })).toBeHidden();
  const addresses = await page
    .getByRole("link", { name: /^Open conversation/ })
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(new Set(addresses).size).toBe(total);
});

test("an empty queue says so, and the next text appears in it", async ({ page, context, untouchedDesk }) => {
  const cy = await untouchedDesk.agent("cy");
  for (const { id } of await cy.queue("Claims")) await cy.close(id);
  await untouchedDesk.signIn(context, "cy");
  await page.goto(untouchedDesk.url);
  await expect(page.getByText("No conversations in progress")).toBeVisible();
  await expect(section(page, "Claims")).toContainText("0 waiting for a reply · 0 with the customer");
  await untouchedDesk.customer("Claims").text("Any news?");
  await expect(rows(page)).toHaveCount(1);
  await expect(section(page, "Claims")).toContainText("1 waiting for a reply · 0 with the customer");
  await expect(page.getByText("No conversations in progress")).toBeHidden();
});
